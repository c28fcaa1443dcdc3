// Writes one SQLite table by prepared INSERTs.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/stores/sqlite.h"
#include "engine/writers/sqlite_bind.h"
#include "engine/writers/writer.h"

namespace etl::writers {

class SqliteWriter : public TableWriter {
 public:
  // `live` is the table as SQLite has it; `declared` the PostgreSQL table that it was rendered from, or null.
  SqliteWriter(stores::SqliteDatabase& database, const schema::Table& live, const schema::Table* declared,
               std::vector<std::string> columns);
  ~SqliteWriter() override;

  Result write(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) override;
  void check(std::size_t column, const Column& values, Failures& failures) override;

  // Finalizes the statement, so that the database can be closed.
  void close() { insert_ = {}; }
  // Called by the destructor.
  std::function<void(SqliteWriter*)> on_close;

 private:
  struct Form {
    stores::SqliteColumn column;
    const schema::Column* declared = nullptr;
  };
  std::optional<Refusal> insert_rows(std::span<const std::uint32_t> rows, Result& result);
  Refusal refusal() const;

  stores::SqliteDatabase& database_;
  schema::Table table_;
  std::vector<std::string> names_;
  std::vector<Form> forms_;
  std::vector<SqliteBinder> binders_;
  stores::SqliteStatement insert_;
};

}  // namespace etl::writers
