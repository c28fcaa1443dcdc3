// Writing the ledger: a run, its tables, what it created. All in the transaction that is open.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ledger/ledger.h"

namespace etl::ledger {

// Adds the row of a new run; `run.number` becomes the next one.
void add_run(stores::SqlSession& session, RunRow& run);

// Compare-and-swap: sets the state if `attempt` is still the newest and the run is in state `from`. False: another
// worker took over, and this one must keep nothing.
bool set_state(stores::SqlSession& session, const Uuid& run, int attempt, RunState from, RunState to);
// The end of a run: its state, when it ended and its report. False as above.
bool end_run(stores::SqlSession& session, const Uuid& run, int attempt, RunState from, RunState to, Instant ended,
             const std::string& report);

// The next attempt at a run: `run.attempt`, the session and the report's folder become those given, the state `running`
// unless the rows are committed. False: somebody else was faster.
bool take_run(stores::SqlSession& session, RunRow& run);

// Who writes now, on PostgreSQL: server process, its start, system identifier, database. Elsewhere the own process.
void describe_session(stores::SqlSession& session, RunRow& run);
// Of a process of this machine, so that it is known again: "" when there is none of that number.
std::string process_start(int pid);
// PostgreSQL: the id of the open transaction, kept as the run's first one with rows.
void note_transaction(stores::SqlSession& session, const Uuid& run);

void add_table(stores::SqlSession& session, const TableRow& table);
// State and counts.
void update_table(stores::SqlSession& session, const TableRow& table);

// Replaces the table's former one.
void set_checkpoint(stores::SqlSession& session, const Uuid& run, const Checkpoint& checkpoint);

// A row of `objects`.
struct ObjectRow {
  std::string kind, name;
  std::optional<std::int64_t> before_value, after_value;
  std::optional<bool> before_called, after_called;
};
void add_object(stores::SqlSession& session, const Uuid& run, int ordinal, const ObjectRow& object);
// Where a sequence stands after the run: the `after` members.
void update_sequence(stores::SqlSession& session, const Uuid& run, const ObjectRow& sequence);
// In the order of their ordinals.
std::vector<ObjectRow> objects(stores::SqlSession& session, const Uuid& run);
// What stands in the database beside the ledger and the system's own, in the order in which it was made: to be
// compared before and after `create: true`.
std::vector<ObjectRow> database_objects(stores::SqlSession& session);
// The sequences that fill columns of a table, with their state in the `before` members. SQLite: the table's row of
// sqlite_sequence, before_value NULL without one; nothing for tables without AUTOINCREMENT.
std::vector<ObjectRow> sequence_states(stores::SqlSession& session, const schema::Table& table);
// PostgreSQL: a rollback leaves a sequence where it is. It goes back to its `before` members if the `taken` values are
// all that anybody took since; otherwise, or where the user does not own it, a gap stays. In a transaction of its own.
void give_back(stores::SqlSession& session, const ObjectRow& sequence, std::uint64_t taken);

}  // namespace etl::ledger
