#include "engine/stores/sqlite_copy.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>
#include <tuple>

#include "engine/base/error.h"

namespace etl::stores {

namespace fs = std::filesystem;

namespace {

constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kPause{200};

// Size and time of change; all zero for a file that is not there.
using Stamp = std::tuple<off_t, time_t, long>;

Stamp stamp_of(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) != 0) return {};
  return {info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

std::shared_ptr<void> make_private_folder(std::string& folder, const std::string& place) {
  folder = (fs::temp_directory_path() / "etl-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    throw Error{Error::Kind::environment, fmt::format("{}: no temporary folder can be made for a copy", place),
                "set TMPDIR to a folder that can be written"};
  }
  return std::shared_ptr<void>{new std::string{folder}, [](void* held) {
                                 std::unique_ptr<std::string> path{static_cast<std::string*>(held)};
                                 std::error_code ignored;
                                 fs::remove_all(*path, ignored);
                               }};
}

bool copy_both(const std::string& path, const std::string& copy) {
  const auto before = std::pair{stamp_of(path), stamp_of(path + "-wal")};
  fs::copy_file(path, copy, fs::copy_options::overwrite_existing);
  if (fs::exists(path + "-wal")) {
    fs::copy_file(path + "-wal", copy + "-wal", fs::copy_options::overwrite_existing);
  } else {
    fs::remove(copy + "-wal");
  }
  fs::permissions(copy, fs::perms::owner_read | fs::perms::owner_write);
  if (fs::exists(copy + "-wal")) fs::permissions(copy + "-wal", fs::perms::owner_read | fs::perms::owner_write);
  return before == std::pair{stamp_of(path), stamp_of(path + "-wal")};
}

}  // namespace

bool is_wal_database(const std::string& path) {
  std::array<char, 20> header{};
  std::ifstream file{path, std::ios::binary};
  file.read(header.data(), header.size());
  constexpr char kWal = 2;
  return file && header[18] == kWal && header[19] == kWal;
}

PrivateCopy copy_wal_database(const std::string& path, const std::string& place) {
  PrivateCopy copy;
  std::string folder;
  copy.folder = make_private_folder(folder, place);
  copy.file = folder + "/copy.db";
  try {
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      if (copy_both(path, copy.file)) return copy;
      std::this_thread::sleep_for(kPause);
    }
  } catch (const fs::filesystem_error& error) {
    throw Error{Error::Kind::environment,
                fmt::format("{}: its WAL database cannot be copied to {}: {}", place, folder, error.code().message()),
                "make its folder writable, or set TMPDIR to a folder with more room"};
  }
  throw Error{Error::Kind::connection, fmt::format("{} keeps changing while it is copied", place),
              "stop the program that writes to it, or make its folder writable so that it can be read in place"};
}

}  // namespace etl::stores
