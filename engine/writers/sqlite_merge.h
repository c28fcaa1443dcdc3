// Rows that exist already, updated in a SQLite table: each is looked up and updated by itself, in order, so that every
// constraint and trigger sees them all.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/stores/sqlite.h"
#include "engine/writers/sqlite_keys.h"
#include "engine/writers/writer.h"

namespace etl::writers {

class SqliteMerge {
 public:
  // `columns` are those of the WriteRequest. All must outlive it; `journal` may be null. Throws Error (schema) for a view.
  SqliteMerge(stores::SqliteDatabase& database, const schema::Table& table, std::vector<SqliteKeyColumn> columns,
              const MergeRequest& request, ledger::Journal* journal);

  const MergeRequest& request() const { return request_; }
  TableWriter::Merged merge(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows);

 private:
  struct Update {
    std::uint32_t row = 0;
    std::int64_t number = 0;  // Of the target's row, where rows have numbers.
  };
  struct Piece {
    std::span<const ColumnPtr> columns;
    std::vector<SqliteBinder> sets;
    std::vector<SqliteBinder> keys;
    std::vector<Update> updates;  // That were made.
  };

  void prepare();
  void name_list();
  std::vector<SqliteBinder> binders(std::span<const std::size_t> numbers, int parameter,
                                    std::span<const ColumnPtr> columns) const;
  std::optional<Refusal> meet(Piece& piece, std::span<const std::uint32_t> rows, std::vector<Met>& outcomes);
  Met find(Piece& piece, std::uint32_t row, std::vector<Update>& changed);
  bool is_newer(const Column& values, std::uint32_t row);
  std::optional<Refusal> apply(Piece& piece, const Update& update);
  void save(Piece& piece);

  stores::SqliteDatabase& database_;
  const schema::Table& table_;
  std::vector<SqliteKeyColumn> columns_;
  MergeRequest request_;
  ledger::Journal* journal_;
  std::string row_number_;          // How the table's row numbers are called; "" without.
  stores::SqliteStatement find_;    // Row number, whether all is equal, the newest value.
  stores::SqliteStatement update_;  // None when nothing is set.
  std::string list_, make_list_, into_list_;
  std::string matched_;             // What the journal is told: target AS t JOIN list AS s ON ...
};

}  // namespace etl::writers
