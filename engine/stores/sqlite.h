// Opening SQLite databases: as a source (read-only, one snapshot) and as a target (a new one built beside).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/base/error.h"
#include "engine/data/value.h"
#include "engine/stores/store.h"

struct sqlite3;
struct sqlite3_stmt;
namespace SQLite {
class Database;
}

namespace etl::stores {

// What SQLite last complained about on this connection, as an Error with a remedy. `place` names the database as
// the user knows it; `what` says what was being done ("cannot write users"), or is empty.
[[noreturn]] void throw_sqlite_error(sqlite3* database, const std::string& place, std::string_view what,
                                     Error::Kind otherwise);

// One prepared statement. Not copyable; finalized with the object.
class SqliteStatement {
 public:
  SqliteStatement() = default;
  SqliteStatement(SqliteStatement&& other) noexcept;
  SqliteStatement& operator=(SqliteStatement&& other) noexcept;
  ~SqliteStatement();

  sqlite3_stmt* handle() const { return statement_; }
  explicit operator bool() const { return statement_ != nullptr; }

 private:
  friend class SqliteDatabase;
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_{statement} {}
  sqlite3_stmt* statement_ = nullptr;
};

// Binds a parameter of a user's SQL: numbers and booleans as such, bytes as a blob, all else as canonical text, which
// is copied. Decimals are numbers where a number of SQLite's is exactly the same, else text.
void bind_value(sqlite3_stmt* statement, int index, const Value& value);

class SqliteDatabase;
// Binds $name parameters by name; one that the SQL uses and that is not given is an Error (schema).
void bind_parameters(const SqliteDatabase& database, sqlite3_stmt* statement,
                     std::span<const std::pair<std::string, Value>> parameters);

// One connection. Not thread-safe: one thread uses it at a time.
class SqliteDatabase {
 public:
  SqliteDatabase(SqliteDatabase&&) noexcept;
  SqliteDatabase& operator=(SqliteDatabase&&) noexcept;
  ~SqliteDatabase();

  // Read-only, with a snapshot that stays until the object goes. A WAL database whose folder cannot be written is
  // copied, with its -wal, into a private temporary folder (hard-parts.md 8).
  static SqliteDatabase open_source(const ConnectionInfo& info);
  // `file` is the database to open (created when missing); messages name the connection's path.
  static SqliteDatabase open_for_writing(const ConnectionInfo& info, const std::string& file);

  sqlite3* handle() const;
  const std::string& place() const { return place_; }
  bool is_open() const { return database_ != nullptr; }
  // REQUIRES: every statement is finalized.
  void close();

  // Runs statements without rows. Throws Error.
  void execute(const std::string& sql);
  // A second database under a name of its own, for etl itself: SQL of a mapping cannot attach files.
  void attach(const std::string& file, const std::string& name);
  // One statement; a second one behind it is an Error, as are names that do not exist (schema).
  SqliteStatement prepare(std::string_view sql);
  // First column of the first row; 0 without rows or for NULL.
  std::int64_t number(const std::string& sql);

 private:
  SqliteDatabase() = default;
  void open(const std::string& file, int flags);
  void begin_snapshot();

  std::shared_ptr<void> private_copy_;  // Removes the temporary folder, after the connection is closed.
  std::unique_ptr<SQLite::Database> database_;
  std::string place_;
};

// The file that a target is written to: the database itself when it exists, else NAME.etl-new beside it, which
// `publish` syncs and renames and the destructor removes (hard-parts.md 7).
class SqliteTargetFile {
 public:
  explicit SqliteTargetFile(const ConnectionInfo& info);
  ~SqliteTargetFile();
  SqliteTargetFile(const SqliteTargetFile&) = delete;
  SqliteTargetFile& operator=(const SqliteTargetFile&) = delete;

  bool is_new() const { return is_new_; }
  const std::string& file() const { return is_new_ ? build_ : path_; }
  // REQUIRES: the connection to the file is closed. Afterwards the database exists and is_new() is false.
  void publish();

 private:
  std::string path_;
  std::string build_;
  std::string place_;
  bool is_new_ = false;
};

}  // namespace etl::stores
