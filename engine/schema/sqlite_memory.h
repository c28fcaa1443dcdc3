// A private SQLite database in memory in which DDL and queries are tried, and reading of results.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace etl::schema {

// Rows of one SELECT. Throws Error when SQLite refuses it.
class SqliteRows {
 public:
  SqliteRows(sqlite3* database, const std::string& sql, const std::string& parameter = {});
  bool next();
  std::string text(int column) const;  // "" for NULL.
  std::optional<std::string> optional_text(int column) const;
  int integer(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

// Cannot reach any file: ATTACH is refused; and a statement that runs for too long is stopped.
class SqliteMemory {
 public:
  SqliteMemory();

  struct Fault {
    std::string message;
    std::uint32_t offset = 0;  // In bytes of the text.
  };
  // Tries the first statement of `sql` and, if it makes a part of the schema (CREATE, ALTER, DROP), runs it.
  // `end` becomes the offset behind it. `sql` ends in NUL: a text that does not, SQLite copies whole for each statement.
  std::optional<Fault> apply(const char* sql, std::uint32_t& end) const;

  sqlite3* handle() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

// Whether a statement makes a part of the schema.
bool is_sqlite_schema_statement(std::string_view sql);

}  // namespace etl::schema
