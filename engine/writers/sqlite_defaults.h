// Fresh values of columns that a SQLite database would fill by itself.
#pragma once

#include <map>
#include <string>

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sqlite.h"

namespace etl::writers {

class SqliteDefaults {
 public:
  explicit SqliteDefaults(stores::SqliteDatabase& database) : database_{database} {}

  // `live` is the table as SQLite has it, `column` the column as the plan sees it (its type is the result's).
  // Numbers count on from the largest one in the table, and from those given out before.
  ColumnPtr make(const schema::Table& live, const schema::Column& column, std::size_t count, Arena& arena);

 private:
  ColumnPtr count_on(const schema::Table& live, const schema::Column& column, std::size_t count);
  ColumnPtr evaluate(const std::string& expression, const schema::Column& column, std::size_t count, Arena& arena);

  stores::SqliteDatabase& database_;
  std::map<std::string, std::int64_t> given_;  // Largest number given out, by table and column.
};

}  // namespace etl::writers
