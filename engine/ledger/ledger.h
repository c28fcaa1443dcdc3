// What a run leaves in its target beside the rows (docs/ledger.md): its own tables, their names and versions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/value.h"
#include "engine/stores/sql_session.h"

namespace etl::ledger {

inline constexpr int kVersion = 2;

// "etl.runs" or "etl_runs".
std::string table_name(schema::Dialect dialect, std::string_view name);
// Whether a table of the target's catalogue is the ledger's own.
bool is_ledger_table(schema::Dialect dialect, std::string_view schema, std::string_view name);

// Whether the target has a ledger at all: reading commands ask before they read.
bool exists(stores::SqlSession& session);
// Creates the ledger, or migrates it to kVersion, in the transaction that is open. Throws Error (schema) when a newer
// etl made it.
void open(stores::SqlSession& session);

enum class RunState : std::uint8_t { running, committed, done, failed, interrupted, undoing, undone };
std::string_view name(RunState state);

// A row of `runs`.
struct RunRow {
  Uuid run;
  std::int64_t number = 0;
  std::string mapping, path, hash, params;
  Instant started;
  std::optional<Instant> ended;
  RunState state = RunState::running;
  std::string atomic = "run";
  int attempt = 1;
  std::string options, folder, report, etl;
  // PostgreSQL; empty or 0 elsewhere.
  std::string system;
  std::int64_t database = 0, xid = 0;
  int pid = 0;
  std::string backend_start;
  std::string undone_by;
  std::optional<Instant> undone_at;
};

// Newest first. Empty `mapping`: of all mappings.
std::vector<RunRow> runs(stores::SqlSession& session, std::string_view mapping);
// By id, or by the first characters of one when only one begins so. Throws Error (schema) when none or several do.
RunRow find_run(stores::SqlSession& session, std::string_view mapping, std::string_view id);

// A row of `tables`.
struct TableRow {
  Uuid run;
  int position = 0;
  std::string name, target;
  std::vector<std::string> columns, types, written, key, key_kinds;
  bool created = false;
  std::string state = "pending";
  std::uint64_t read = 0, added = 0, filtered = 0, merged = 0;
  std::uint64_t inserted = 0, updated = 0, unchanged = 0, skipped = 0, rejected = 0, removed = 0;
  std::string replaced, images;  // Quoted names; "" without.
};
// How far a table is: what a later attempt goes on behind.
struct Checkpoint {
  int position = 0;             // Of the table in the run.
  std::uint64_t rows = 0;       // Source rows consumed.
  std::string digest;           // Over them, in order.
  std::uint64_t step = 0;       // The last piece of rows that the journal or the ID map knows.
  std::string rejects;          // The file with the rows rejected so far; "" without.
  std::uint64_t rejects_bytes = 0;
};
// By position. A ledger of version 1 has none.
std::vector<Checkpoint> checkpoints(stores::SqlSession& session, const Uuid& run);

// In load order.
std::vector<TableRow> tables(stores::SqlSession& session, const Uuid& run);

}  // namespace etl::ledger
