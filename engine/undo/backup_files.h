// Files that only this user can read, and their sums.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/sha256.h"
#include "engine/undo/backup.h"

namespace etl::undo {

// A new file, 0600. Throws Error (environment).
class PrivateFile {
 public:
  explicit PrivateFile(std::string path);
  ~PrivateFile();
  PrivateFile(const PrivateFile&) = delete;
  PrivateFile& operator=(const PrivateFile&) = delete;

  void write(std::string_view bytes);
  // Flushes and syncs.
  void close();

 private:
  void send(std::string_view bytes);
  [[noreturn]] void fail(int error) const;

  std::string path_;
  std::string buffer_;
  int file_ = -1;
};

// Size and sum of a file of the folder, read from disk. Throws Error (environment).
BackupFile sum_of(const std::string& folder, const std::string& name);

void make_private_folder(const std::string& path);

// Throws Error (environment).
void write_manifest(const Backup& backup);

}  // namespace etl::undo
