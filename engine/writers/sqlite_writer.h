// Writes one SQLite table by prepared INSERTs and UPDATEs.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/stores/sqlite.h"
#include "engine/writers/sqlite_bind.h"
#include "engine/writers/sqlite_merge.h"
#include "engine/writers/writer.h"

namespace etl::writers {

class SqliteWriter : public TableWriter {
 public:
  // `live` is the table as SQLite has it; `declared` the PostgreSQL table that it was rendered from, or null.
  // `journal` is told of every row that is written, or null.
  SqliteWriter(stores::SqliteDatabase& database, const schema::Table& live, const schema::Table* declared,
               std::vector<std::string> columns, ledger::Journal* journal);
  ~SqliteWriter() override;

  Result write(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) override;
  Merged merge(const MergeRequest& request, std::span<const ColumnPtr> columns,
               std::span<const std::uint32_t> rows) override;
  void check(std::size_t column, const Column& values, Failures& failures) override;

  // Finalizes the statements, so that the database can be closed.
  void close();
  // Called by the destructor.
  std::function<void(SqliteWriter*)> on_close;

 private:
  struct Form {
    stores::SqliteColumn column;
    const schema::Column* declared = nullptr;
  };
  std::optional<Refusal> insert_rows(std::span<const std::uint32_t> rows, Result& result);
  void note_row();
  void note_key();
  void tell_journal();

  stores::SqliteDatabase& database_;
  schema::Table table_;
  std::vector<std::string> names_;
  std::vector<Form> forms_;
  std::vector<SqliteBinder> binders_;
  stores::SqliteStatement insert_;

  ledger::Journal* journal_;
  bool has_rowids_ = false;
  // Of the rows of this write: row ids, or the key's values as they rest in the table, by column of the key.
  std::vector<std::int64_t> rowids_;
  std::vector<std::vector<Value>> keys_;
  std::unique_ptr<Arena> texts_;  // That `keys_` look into.
  std::uint64_t noted_ = 0;
  std::unique_ptr<SqliteMerge> merge_;
};

}  // namespace etl::writers
