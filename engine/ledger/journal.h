// The journal of one table of a run: which rows were inserted, and how rows looked before they were updated or removed
// (hard-parts.md 21 to 23, docs/ledger.md). Writers call it inside the savepoint of the rows, so that rows and journal
// share their fate and, on PostgreSQL, their xmin.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sql_session.h"

namespace etl::ledger {

struct JournalRequest {
  Uuid run;
  int position = 0;                      // Of the table in the run.
  const schema::Table* table = nullptr;  // As the target holds it. Outlives the journal.
  std::vector<std::string> written;      // Columns that the run writes.
};

// The columns by which a table's rows are known: the primary key, else a unique key that is NOT NULL throughout; of
// columns that are all among `written`. Empty: none.
std::vector<std::string> key_columns(const schema::Table& table, std::span<const std::string> written);
// How each of them is kept: "ints", "uuids" or "texts".
std::vector<std::string> key_kinds(const schema::Table& table, std::span<const std::string> key);
// The name by which SQL reaches a SQLite table's row id: rowid, _rowid_ or oid, whichever is no column; "" for a table
// without row ids.
std::string rowid_name(const schema::Table& table);

class Journal {
 public:
  // `session` is the target's own connection, `step` the run's counter of pieces; both outlive the journal.
  static std::unique_ptr<Journal> open(stores::SqlSession& session, const JournalRequest& request, std::uint64_t& step);
  virtual ~Journal() = default;

  const std::vector<std::string>& key() const { return key_; }

  // Rows that are in the table now. `keys`: the columns of key(), in that order; `rows`: which of their values. With an
  // empty key: `keys` is empty and the number of rows counts (PostgreSQL). SQLite takes keys and hashes from the table
  // itself, by `rowids`; for a table without row ids `keys` are the values as they rest there (columns of type any).
  virtual void inserted(std::span<const ColumnPtr> keys, std::span<const std::uint32_t> rows,
                        std::span<const std::int64_t> rowids = {}) = 0;
  // Rows that were met and left alone: skipped, older or unchanged. SQLite: `rowids` as above where they are known,
  // else the keys as canonical text and numbers.
  virtual void met(std::span<const ColumnPtr> keys, std::span<const std::uint32_t> rows,
                   std::span<const std::int64_t> rowids = {}) = 0;

  // Saves rows as they are, before an update. `matched`: what stands behind FROM, naming the target's row `t` and an
  // integer `s.etl_ordinal`: "public.users AS t JOIN staging AS s ON ... WHERE ...". The number of rows saved.
  virtual std::uint64_t updating(const std::string& matched) = 0;
  // The rows of the last updating() have been updated.
  virtual void updated() = 0;
  // Copies the rows of the table whole before `replace` removes them; once per table and run. `where`: a condition on
  // the table's row `t`, "" for all rows. The number of rows copied.
  virtual std::uint64_t removing(const std::string& where) = 0;

 protected:
  explicit Journal(std::vector<std::string> key) : key_{std::move(key)} {}
  std::vector<std::string> key_;
};

}  // namespace etl::ledger
