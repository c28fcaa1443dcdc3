// The SQL that undoes a run: rollback.sql, and what `etl rollback` executes. One text, two ways to run it
// (guarantees.md, law 2; hard-parts.md 20 to 25).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/ledger.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sql_session.h"

namespace etl::undo {

struct Request {
  std::string run;  // Its id; "": the newest of the mapping that is not undone (PostgreSQL).
  std::string mapping;
  std::string only;   // A table of the mapping; "": all.
  std::string where;  // SQL over the rows of `only`'s target; "": all of them. Checked by check_where.
  bool force = false;
  bool dry = false;  // Will not be committed.
  // SQLite: the attempt of a run that did not end whose process is known not to be there any more; 0: none.
  std::int64_t dead_attempt = 0;
  std::string undone_by = "rollback.sql";
};

// A row of `objects` (docs/ledger.md).
struct Object {
  std::string kind, name;
  std::optional<std::int64_t> before, after;
};

// What the script for SQLite has to know beforehand, for its SQL has no variables for names.
struct Known {
  std::vector<ledger::TableRow> tables;
  std::vector<Object> objects;  // In the order in which they were made.
};
Known read_known(stores::SqlSession& session, const Uuid& run);

// Something that is dropped when `is_free` gives 1, "" without a look. A file cannot look: it drops it when nothing
// stood in the way, and leaves it with force.
struct Drop {
  std::string is_free;
  std::string sql;
};

// The pieces, in the order in which they run. `look` leaves what stands in the way in the temporary table
// etl_undo_stops, `undo` adds to it; `refuse` ends the transaction with an error when there is something.
struct Script {
  schema::Dialect dialect = schema::Dialect::postgresql;
  bool force = false;
  std::string shell;     // Commands of psql or of the sqlite3 shell.
  std::string settings;  // Before any transaction.
  std::string fence;     // A transaction of its own: no writer of an earlier attempt commits from now on.
  std::string begin;
  std::string check;  // May the run be undone at all?
  std::string look;
  std::string refuse;
  std::string undo;
  std::vector<Drop> drops;
  std::string finish;
};

Script postgres_script(const Request& request);
// `catalog`: the live one.
Script sqlite_script(const Request& request, const Known& known, const schema::Catalog& catalog);

// The whole, for `psql -f` or `sqlite3 DATABASE <`. `words`: what it does, line by line.
std::string to_file(const Script& script, const std::vector<std::string>& words);

// Reads what etl_undo_stops and etl_undo_tables hold.
inline constexpr const char* kStops =
    "SELECT kind, force_passes, target, rows, what FROM etl_undo_stops ORDER BY ordinal";
inline constexpr const char* kTables =
    "SELECT name, target, removed, restored, put_back, left_be, gone FROM etl_undo_tables ORDER BY position";

// Throws Error unless `where` is one SQL condition over the rows of `target` (quoted).
void check_where(stores::SqlSession& session, const std::string& target, const std::string& where);

}  // namespace etl::undo
