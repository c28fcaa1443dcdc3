// Copies of the tables that a mapping writes: taken before a run, checked, and put back (hard-parts.md 26).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/plan/plan.h"

namespace etl::undo {

// One table of a backup. PostgreSQL: a file of its own in COPY's text format; SQLite: a table of a database file.
struct BackupTable {
  std::string table;                 // Quoted, as in SQL.
  std::vector<std::string> columns;  // Without generated ones.
  std::string file;                  // Within the folder.
  std::uint64_t rows = 0;
};

struct BackupFile {
  std::string name;
  std::uint64_t bytes = 0;
  std::string sha256;
};

// The tables of one target.
struct BackupTarget {
  std::string connection;  // Its name in the mapping.
  schema::Dialect dialect = schema::Dialect::postgresql;
  std::vector<BackupTable> tables;
};

struct Backup {
  std::string folder;
  std::string mapping;
  Instant taken;
  std::vector<BackupTarget> targets;
  std::vector<BackupFile> files;

  std::uint64_t rows() const;
  std::uint64_t bytes() const;
};

// Copies the selected tables of the plan into a new folder (0700, files 0600), each target in one snapshot, then reads
// every file again from disk: a backup whose sums differ is an Error. Targets and tables that do not exist yet hold
// nothing and are left out. `manifest.json` is written last. Throws Error.
Backup back_up(const plan::Plan& plan, const std::string& folder, Instant taken);

// Reads a manifest. Throws Error (environment) when the folder holds none or it is damaged.
Backup read_backup(const std::string& folder);
// Compares size and SHA-256 of every file with the manifest. Throws Error (validation) that names the first that differs.
void check_backup(const Backup& backup);

// The newest backup of a mapping below its reports' folder; "" without one.
std::string newest_backup(const std::string& reports, std::string_view mapping);

// Whether a run of the plan may update or remove rows, so that a backup is taken without being asked for.
bool may_change_rows(const plan::Plan& plan);

}  // namespace etl::undo
