// Databases that tests read and write without the engine: the same questions to SQLite and to PostgreSQL.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace etl::testing {

// A target that exists as long as this does.
class TestTarget {
 public:
  virtual ~TestTarget() = default;

  virtual std::string dialect() const = 0;  // "sqlite", "postgresql".
  virtual std::string url() const = 0;      // For a mapping.

  // Runs statements. Throws std::runtime_error with the database's words.
  virtual void execute(const std::string& sql) = 0;
  // Rows of a query, as canonical text; NULL is "NULL".
  virtual std::vector<std::vector<std::string>> query(const std::string& sql) = 0;
  // User tables, by name; those of the engine's own (etl, etl_*) are left out.
  virtual std::vector<std::string> tables() = 0;
  virtual std::vector<std::string> columns(const std::string& table) = 0;
  // Every row of a table, sorted as text: the same rows give the same lines in both dialects. Instants read
  // 2024-03-01T09:30:00Z, booleans 0 and 1, JSON has no blanks, decimals no closing zeros, bytes \x00ff.
  virtual std::vector<std::string> rows(const std::string& table) = 0;
};

// A new SQLite database in `folder`; the file is made by whoever writes first.
std::unique_ptr<TestTarget> sqlite_target(const std::filesystem::path& folder);
// A new database on the server of ETL_TEST_POSTGRES; nothing when that is not set.
std::unique_ptr<TestTarget> postgres_target();
// Both, as far as they are to be had.
std::vector<std::unique_ptr<TestTarget>> all_targets(const std::filesystem::path& folder);

// Every table with its columns and rows, as text.
std::string dump(TestTarget& target);

}  // namespace etl::testing
