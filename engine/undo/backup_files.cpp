#include "engine/undo/backup_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/error.h"

namespace etl::undo {

namespace {

constexpr std::size_t kBufferBytes = std::size_t{1} << 20;

}  // namespace

PrivateFile::PrivateFile(std::string path) : path_{std::move(path)} {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file_ < 0) fail(errno);
}

PrivateFile::~PrivateFile() {
  if (file_ >= 0) ::close(file_);
}

void PrivateFile::fail(int error) const {
  throw Error{Error::Kind::environment, fmt::format("cannot write {}: {}", path_, std::strerror(error)),
              "free the disk or mend its permissions, then run again"};
}

void PrivateFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() < kBufferBytes) return;
  send(buffer_);
  buffer_.clear();
}

void PrivateFile::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::write(file_, bytes.data(), bytes.size());
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) fail(errno);
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void PrivateFile::close() {
  send(buffer_);
  buffer_.clear();
  if (::fsync(file_) != 0) fail(errno);
  const int file = file_;
  file_ = -1;
  if (::close(file) != 0) fail(errno);
}

BackupFile sum_of(const std::string& folder, const std::string& name) {
  std::ifstream in{folder + "/" + name, std::ios::binary};
  if (!in) {
    throw Error{Error::Kind::environment, fmt::format("{}/{} cannot be read", folder, name),
                "the backup is not whole: take another one"};
  }
  BackupFile file{.name = name, .bytes = 0, .sha256 = {}};
  Sha256 sum;
  std::array<char, 1 << 16> piece{};
  while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
    sum.add({piece.data(), static_cast<std::size_t>(in.gcount())});
    file.bytes += static_cast<std::uint64_t>(in.gcount());
  }
  file.sha256 = sum.hex();
  return file;
}

void make_private_folder(const std::string& path) {
  std::error_code failed;
  const auto parent = std::filesystem::path{path}.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, failed);
  if (failed || ::mkdir(path.c_str(), 0700) != 0) {
    const int error = failed ? failed.value() : errno;
    throw Error{Error::Kind::environment, fmt::format("cannot make {}: {}", path, std::strerror(error)),
                error == EEXIST ? "name a folder that does not exist yet" : "mend its permissions, or name another folder"};
  }
}

}  // namespace etl::undo
