// A backup put back: the tables afterwards hold the rows of the backup, and nothing of any other table is touched.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/undo/backup.h"

namespace etl::undo {

struct RestoreOptions {
  std::vector<std::string> only;  // Tables of the mapping; empty: all of the backup.
  bool dry_run = false;           // Everything but commit.
  // Rows that other tables refer to stay where they would have to go; without it they stop the restore.
  bool force = false;
};

// What became of one table.
struct RestoredTable {
  std::string table;           // Quoted, as in SQL.
  std::uint64_t removed = 0;   // Were not in the backup.
  std::uint64_t inserted = 0;  // Were missing.
  std::uint64_t updated = 0;   // Differed.
  std::uint64_t kept = 0;      // Not in the backup, but referred to by others (force).
  std::uint64_t rows = 0;      // Afterwards.
};

// Checks the backup's sums first, then works in one transaction per target. Only rows that differ are written: rows are
// known by the table's key, in tables without one by all their values. Sequences are left as they are. Throws Error when
// rows of other tables refer to rows that would go (validation), when a table no longer fits (schema), and when the
// tables do not hold the backup's rows at the end; nothing is then changed in that target.
std::vector<RestoredTable> restore(const plan::Plan& plan, const Backup& backup, const RestoreOptions& options);

}  // namespace etl::undo
