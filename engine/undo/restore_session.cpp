#include "engine/undo/restore_session.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "engine/base/error.h"
#include "engine/schema/live.h"
#include "engine/stores/postgres_stream.h"
#include "engine/stores/sql_text.h"
#include "engine/stores/sqlite.h"

namespace etl::undo {

namespace {

std::uint64_t to_number(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

class PostgresRestore : public RestoreSession {
 public:
  PostgresRestore(const stores::ConnectionInfo& info, std::string folder)
      : connection_{info}, folder_{std::move(folder)} {}

  schema::Dialect dialect() const override { return schema::Dialect::postgresql; }
  schema::Catalog catalog() override { return stores::live_catalog(connection_); }
  void begin() override { connection_.begin(); }
  void commit() override { connection_.commit(); }

  // LIKE copies names, types and NOT NULL; generated columns of the original are not in the backup.
  std::string stage(const BackupTable& table) override {
    const std::string name = fmt::format("pg_temp.etl_backup_{}", ++staged_);
    const std::string list = stores::quote_list(table.columns);
    connection_.execute(fmt::format("CREATE TEMP TABLE etl_backup_{} ON COMMIT DROP AS SELECT {} FROM {} WHERE false",
                                    staged_, list, table.table));
    std::ifstream in{folder_ + "/" + table.file, std::ios::binary};
    std::array<char, 1 << 16> piece{};
    const std::uint64_t rows =
        stores::copy_in(connection_, fmt::format("COPY {} ({}) FROM STDIN", name, list), [&]() -> std::string_view {
          in.read(piece.data(), piece.size());
          return {piece.data(), static_cast<std::size_t>(in.gcount())};
        });
    if (rows != table.rows) {
      throw Error{Error::Kind::validation,
                  fmt::format("{}/{} holds {} rows, {} were written", folder_, table.file, rows, table.rows),
                  "do not use this backup"};
    }
    connection_.execute("ANALYZE " + name);
    return name;
  }
  std::uint64_t change(const std::string& sql) override { return connection_.query(sql).affected(); }
  std::uint64_t count(const std::string& sql) override {
    const stores::PostgresRows rows = connection_.query(sql);
    return rows.size() == 0 ? 0 : to_number(rows.text(0, 0));
  }

 private:
  stores::PostgresConnection connection_;
  std::string folder_;
  int staged_ = 0;
};

class SqliteRestore : public RestoreSession {
 public:
  SqliteRestore(const stores::ConnectionInfo& info, const std::string& file)
      : database_{stores::SqliteDatabase::open_for_writing(info, info.path)} {
    database_.attach(file, "etl_backup");
    database_.execute("PRAGMA foreign_keys = ON");
  }
  ~SqliteRestore() override {
    try {
      if (open_) database_.execute("ROLLBACK");
    } catch (const std::exception&) {  // Closing rolls back as well.
    }
  }

  schema::Dialect dialect() const override { return schema::Dialect::sqlite; }
  schema::Catalog catalog() override { return schema::read_live_sqlite(database_.handle()); }
  void begin() override {
    database_.execute("BEGIN IMMEDIATE");
    open_ = true;
    database_.execute("PRAGMA defer_foreign_keys = ON");
  }
  void commit() override {
    database_.execute("COMMIT");
    open_ = false;
  }
  std::string stage(const BackupTable& table) override { return "etl_backup." + table.table; }
  std::uint64_t change(const std::string& sql) override {
    database_.execute(sql);
    return static_cast<std::uint64_t>(database_.number("SELECT changes()"));
  }
  std::uint64_t count(const std::string& sql) override { return static_cast<std::uint64_t>(database_.number(sql)); }

 private:
  stores::SqliteDatabase database_;
  bool open_ = false;
};

}  // namespace

std::unique_ptr<RestoreSession> open_restore(const stores::ConnectionInfo& info, const Backup& backup,
                                             const BackupTarget& target) {
  if (target.dialect == schema::Dialect::postgresql) return std::make_unique<PostgresRestore>(info, backup.folder);
  if (!std::filesystem::exists(info.path)) {
    throw Error{Error::Kind::connection, fmt::format("{} ({}) does not exist", info.name, info.path),
                "copy the backup's file there: it is a whole database"};
  }
  const std::string file = target.tables.empty() ? "" : backup.folder + "/" + target.tables.front().file;
  return std::make_unique<SqliteRestore>(info, file);
}

}  // namespace etl::undo
