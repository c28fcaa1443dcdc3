#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "engine/base/fault.h"
#include "engine/stores/sqlite.h"

namespace etl::stores {

namespace fs = std::filesystem;

namespace {

void sync_path(const std::string& path, int flags, const std::string& place) {
  const int file = ::open(path.c_str(), flags | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!synced) {
    throw Error{Error::Kind::insertion, fmt::format("{} cannot be synced: {}", place, std::strerror(error)),
                "check the disk, then run again"};
  }
}

void remove_with_journals(const std::string& path) {
  for (const char* suffix : {"-journal", "-wal", "-shm", ""}) std::remove((path + suffix).c_str());
}

// What a run that was killed left is removed, unless another run still holds it.
void remove_stale(const ConnectionInfo& info, const std::string& build) {
  if (!fs::exists(build)) return;
  try {
    SqliteDatabase stale = SqliteDatabase::open_for_writing(info, build);
    sqlite3_busy_timeout(stale.handle(), 0);
    stale.execute("BEGIN EXCLUSIVE");
    remove_with_journals(build);
  } catch (const Error& error) {
    if (error.kind() == Error::Kind::connection && std::string_view{error.what()}.find("locked") != std::string::npos) {
      throw Error{Error::Kind::connection, fmt::format("{} ({}) is being built by another run", info.name, info.path),
                  "wait for the other run to end"};
    }
    remove_with_journals(build);
  }
}

void check_folder(const ConnectionInfo& info) {
  const fs::path folder = fs::absolute(info.path).parent_path();
  const std::string place = fmt::format("{} ({})", info.name, info.path);
  if (!fs::is_directory(folder)) {
    throw Error{Error::Kind::connection, fmt::format("{}: the folder {} does not exist", place, folder.string()),
                "create the folder, or change the url of the connection"};
  }
  if (::access(folder.c_str(), W_OK) != 0) {
    throw Error{Error::Kind::connection, fmt::format("{}: the folder {} cannot be written", place, folder.string()),
                "check its permissions, or change the url of the connection"};
  }
}

}  // namespace

SqliteTargetFile::SqliteTargetFile(const ConnectionInfo& info)
    : path_{info.path}, build_{info.path + ".etl-new"}, place_{fmt::format("{} ({})", info.name, info.path)} {
  if (path_ == ":memory:") return;
  if (fs::is_directory(path_)) {
    throw Error{Error::Kind::connection, place_ + " is a folder, not a database", "name the database file"};
  }
  if (fs::exists(path_)) return;
  check_folder(info);
  remove_stale(info, build_);
  is_new_ = true;
}

SqliteTargetFile::~SqliteTargetFile() {
  if (is_new_) remove_with_journals(build_);
}

void SqliteTargetFile::publish() {
  sync_path(build_, O_RDWR, place_);
  if (fs::exists(path_)) {
    throw Error{Error::Kind::insertion, place_ + " was created by another program during the run",
                "move that file away, then run again"};
  }
  fault_point("before_rename");
  if (std::rename(build_.c_str(), path_.c_str()) != 0) {
    throw Error{Error::Kind::insertion, fmt::format("{} cannot be put in place: {}", place_, std::strerror(errno)),
                "check the permissions of its folder"};
  }
  is_new_ = false;
  fault_point("after_rename");
  sync_path(fs::absolute(path_).parent_path().string(), O_RDONLY | O_DIRECTORY, place_);
}

}  // namespace etl::stores
