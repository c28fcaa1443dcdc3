// Statements over the rows of a SQLite table that keys in memory identify: one prepared statement, run per key.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sqlite.h"
#include "engine/writers/sqlite_bind.h"

namespace etl::writers {

// A column of a table, as keys are compared with it and values are put into it.
struct SqliteKeyColumn {
  std::string name;
  stores::SqliteColumn form;
};

class SqliteKeys {
 public:
  SqliteKeys(stores::SqliteDatabase& database, const std::string& table, std::vector<SqliteKeyColumn> columns)
      : database_{database}, table_{table}, columns_{std::move(columns)} {}

  std::vector<bool> find(std::span<const ColumnPtr> keys);
  std::vector<ColumnPtr> fetch(std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                               std::span<const Type> types, Arena& arena);
  void update(std::span<const ColumnPtr> keys, const SqliteKeyColumn& column, const Column& values);
  std::uint64_t remove(std::span<const ColumnPtr> keys);

 private:
  std::string matches(int first_parameter) const;
  std::vector<SqliteBinder> binders(std::span<const ColumnPtr> keys, int first_parameter) const;
  // Binds a key and steps once; gives whether there is a row. The statement is then to be reset.
  bool step(sqlite3_stmt* statement, std::vector<SqliteBinder>& binders, std::uint32_t row);

  stores::SqliteDatabase& database_;
  std::string table_;  // Quoted.
  std::vector<SqliteKeyColumn> columns_;
};

// The statement's value into a column's row, read as the column's type. Throws Error (type) when it does not fit.
void take_sqlite_value(sqlite3_stmt* statement, int index, Column& column, std::size_t row, Arena& arena);

}  // namespace etl::writers
