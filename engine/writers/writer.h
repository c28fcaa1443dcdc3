// Where rows go: a target that takes typed batches inside one transaction.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/data/batch.h"
#include "engine/ledger/journal.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sql_session.h"
#include "engine/writers/condition.h"

namespace etl::writers {

// What the database said when it refused rows. From the server's words only SQLSTATE (or SQLite's extended
// code name), constraint, table and column are kept: DETAIL prints whole rows (hard-parts.md 39).
struct Refusal {
  std::string code;  // "23505", "SQLITE_CONSTRAINT_UNIQUE".
  std::string constraint;
  std::string column;
  std::string message;  // One clause made from the above, "violates check constraint positive_amount".
  bool foreign_key = false;
};

// The columns that will be written, in order; all columns of a batch have the types of `columns`.
struct WriteRequest {
  const schema::Table* table = nullptr;  // As the target holds it. Outlives the writer.
  std::vector<std::size_t> columns;      // Indexes into table->columns.
  // Told of every row inside its savepoint; null: the rows are not journaled (a target in memory, a scan). Outlives
  // the writer.
  ledger::Journal* journal = nullptr;
};

// How rows that exist already are met (on_conflict). Numbers are indexes into WriteRequest::columns.
struct MergeRequest {
  std::vector<std::size_t> key;         // A row is met where all of these are equal.
  std::vector<std::size_t> set;         // What an update sets; none of the key.
  // The row wins only where this is above what the target holds, which NULL always is below; NULL never wins. One of
  // `set`.
  std::optional<std::size_t> newest;

  bool operator==(const MergeRequest&) const = default;
};

// What became of a row that was merged. `dropped`: a trigger left the update out.
enum class Met : std::uint8_t { missing, updated, unchanged, older, dropped };

// Writes one table's rows, inside its Target's transaction.
class TableWriter {
 public:
  virtual ~TableWriter() = default;

  struct Result {
    std::uint64_t written = 0;       // Acknowledged by the database.
    std::optional<Refusal> refusal;  // Set: none of these rows is in the table.
    // Rows (of `rows`) that the database silently dropped (a trigger returned NULL or RAISE(IGNORE)).
    std::vector<std::uint32_t> dropped;
  };
  // Sends the given rows of the batch as one piece: all of them, or none and a refusal. Only refusals that
  // speak of rows (SQLSTATE classes 22 and 23, P0001; SQLITE_CONSTRAINT, SQLITE_MISMATCH, SQLITE_TOOBIG, RAISE)
  // come back as such; everything else is thrown as Error.
  virtual Result write(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) = 0;

  struct Merged {
    std::vector<Met> outcomes;       // As the rows given; `missing` is not written at all.
    std::optional<Refusal> refusal;  // Set: none of these rows was changed.
  };
  // Updates the rows of the target that the given rows meet, as if one after the other in the order given; equal keys
  // may come several times. A row whose columns are all equal, compared as the database prints them, counts as
  // unchanged. Tells the journal before the first and after the last update. Refusals as in write().
  virtual Merged merge(const MergeRequest& request, std::span<const ColumnPtr> columns,
                       std::span<const std::uint32_t> rows) = 0;

  // Why a value cannot be held by this target's column though its type fits: scale, precision, length, range,
  // infinity, NUL, an affinity that would alter it (hard-parts.md 28 and 29). Adds a Failure, in row order.
  // `column` is an index into WriteRequest::columns. Rules: "precision", "max_length", "encoding", "convert".
  virtual void check(std::size_t column, const Column& values, Failures& failures) = 0;
};

// One connection to a target. Everything from begin() to commit() is one transaction; the destructor rolls back what was
// not committed.
class Target : public stores::SqlSession {
 public:
  // The live schema.
  virtual const schema::Catalog& catalog() = 0;

  // A database that nobody sees before the first commit(): a new file, built beside its name.
  virtual bool is_building() const { return false; }

  virtual void begin() = 0;
  // Creates the tables of a DDL catalogue (connection key `create`), inside the transaction.
  virtual void create(const schema::Catalog& catalog) = 0;
  virtual void commit() = 0;
  virtual void roll_back() = 0;

  virtual std::unique_ptr<TableWriter> open(const WriteRequest& request) = 0;

  virtual bool is_empty(const schema::Table& table) = 0;

  // Which of these keys exist in the table's columns: one flag per row of `keys` (columns of one length).
  // Rows with a NULL are never found. The database compares, so NOCASE and citext are respected.
  virtual std::vector<bool> find(const schema::Table& table, std::span<const std::string> columns,
                                 std::span<const ColumnPtr> keys) = 0;
  // The same, giving `wanted` of the found rows (NULL where nothing is found), converted to `types`.
  virtual std::vector<ColumnPtr> fetch(const schema::Table& table, std::span<const std::string> columns,
                                       std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                                       std::span<const Type> types, Arena& arena) = 0;

  // `count` fresh values of a column that the database fills (serial, identity, any DEFAULT expression).
  virtual ColumnPtr make_defaults(const schema::Table& table, const schema::Column& column, std::size_t count,
                                  Arena& arena) = 0;

  // UPDATE: sets `column` in the rows identified by `keys`; for references filled afterwards.
  virtual void update(const schema::Table& table, std::span<const std::string> key_columns,
                      std::span<const ColumnPtr> keys, const std::string& column, const Column& values) = 0;
  // DELETE of the rows identified by `keys`; gives the number of rows removed.
  virtual std::uint64_t remove(const schema::Table& table, std::span<const std::string> key_columns,
                               std::span<const ColumnPtr> keys) = 0;

  // A value as SQL, in the form in which it rests in the column.
  virtual std::string literal(const schema::Table& table, const schema::Column& column, const Value& value) = 0;
  // DELETE of the rows that meet the condition; gives their number. Never truncates. Throws Error when a constraint
  // forbids it.
  virtual std::uint64_t remove_where(const schema::Table& table, const Condition& condition) = 0;

  // Raises owned sequences of kept keys to the maximum, never lowers them; SQLite needs nothing.
  virtual void advance_sequences(const schema::Table& table, std::span<const std::size_t> columns) = 0;

  // Rows of a query, as text (NULL as "NULL"), for check and warn; at most `limit`, `count` is exact up to
  // `limit` + 1.
  struct Rows {
    std::vector<std::string> columns;
    std::vector<std::vector<std::string>> rows;
    std::size_t count = 0;
  };
  virtual Rows query(const std::string& sql, std::span<const std::pair<std::string, Value>> parameters,
                     std::size_t limit) = 0;
  // Asks the database to prepare SQL of the mapping without running it: a wrong name fails here, before any row
  // is read. Throws Error (schema).
  virtual void prepare(const std::string& sql, std::span<const std::pair<std::string, Value>> parameters) = 0;
  // Statements without rows (before/after hooks).
  virtual void execute(const std::string& sql, std::span<const std::pair<std::string, Value>> parameters) = 0;

  // Constraints that were deferred, now: SET CONSTRAINTS ALL IMMEDIATE, PRAGMA foreign_key_check.
  // Gives what is still broken as a sentence, "" when all is well.
  virtual std::string check_constraints() = 0;
};

}  // namespace etl::writers
