// A private copy of a SQLite database that cannot be opened where it lies.
#pragma once

#include <memory>
#include <string>

namespace etl::stores {

// Whether the header says that the database is in WAL mode (SQLite file format, section 1.3.3).
bool is_wal_database(const std::string& path);

struct PrivateCopy {
  std::shared_ptr<void> folder;  // Removes the folder when the last owner goes.
  std::string file;
};

// Copies the database and its -wal into a new folder that only this user can enter. Both must keep still while they
// are copied, else the copy could be torn; after some attempts that is an Error.
PrivateCopy copy_wal_database(const std::string& path, const std::string& place);

}  // namespace etl::stores
