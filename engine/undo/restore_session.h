// One target into which a backup is put back: its dialect, its transaction, and the backup's rows beside its tables.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/schema/catalog.h"
#include "engine/stores/store.h"
#include "engine/undo/backup.h"

namespace etl::undo {

class RestoreSession {
 public:
  virtual ~RestoreSession() = default;  // Rolls back what was not committed.
  virtual schema::Dialect dialect() const = 0;
  virtual schema::Catalog catalog() = 0;
  virtual void begin() = 0;
  virtual void commit() = 0;
  // The rows of the backup as a table; its name, quoted.
  virtual std::string stage(const BackupTable& table) = 0;
  // One statement; the number of rows that it changed.
  virtual std::uint64_t change(const std::string& sql) = 0;
  // The first cell of a query, a count.
  virtual std::uint64_t count(const std::string& sql) = 0;
};

// Throws Error (connection).
std::unique_ptr<RestoreSession> open_restore(const stores::ConnectionInfo& info, const Backup& backup,
                                             const BackupTarget& target);

}  // namespace etl::undo
