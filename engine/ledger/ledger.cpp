#include "engine/ledger/ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/error.h"
#include "engine/ledger/schema.h"
#include "engine/ledger/text.h"
#include "engine/stores/transient.h"

namespace etl::ledger {

namespace {

using schema::Dialect;

constexpr std::array<std::string_view, 9> kTables = {"version", "runs",   "tables",      "objects", "journal",
                                                     "images",  "id_map", "checkpoints", "cursors"};
constexpr std::array<std::string_view, 7> kStates = {"running",     "committed", "done",  "failed",
                                                     "interrupted", "undoing",   "undone"};

constexpr std::string_view kRunColumns =
    "run, number, mapping, path, hash, params, started, ended, state, atomic, attempt, options, folder, report, etl, "
    "system, database, xid, pid, backend_start, undone_by, undone_at";

RunState read_state(std::string_view text) {
  const auto* found = std::ranges::find(kStates, text);
  return found == kStates.end() ? RunState::failed : static_cast<RunState>(found - kStates.begin());
}

std::optional<Instant> read_optional(const std::optional<std::string>& cell) {
  return cell ? std::optional{read_instant(*cell)} : std::nullopt;
}

RunRow run_of(const stores::SqlRow& row) {
  const auto text = [&](std::size_t column) { return row[column].value_or(""); };
  RunRow run;
  run.run = read_uuid(text(0));
  run.number = read_integer(row[1]);
  run.mapping = text(2);
  run.path = text(3);
  run.hash = text(4);
  run.params = text(5);
  run.started = read_instant(text(6));
  run.ended = read_optional(row[7]);
  run.state = read_state(text(8));
  run.atomic = text(9);
  run.attempt = static_cast<int>(read_integer(row[10]));
  run.options = text(11);
  run.folder = text(12);
  run.report = text(13);
  run.etl = text(14);
  run.system = text(15);
  run.database = read_integer(row[16]);
  run.xid = read_integer(row[17]);
  run.pid = static_cast<int>(read_integer(row[18]));
  run.backend_start = text(19);
  run.undone_by = text(20);
  run.undone_at = read_optional(row[21]);
  return run;
}

TableRow table_of(Dialect dialect, const stores::SqlRow& row) {
  const auto text = [&](std::size_t column) { return row[column].value_or(""); };
  const auto count = [&](std::size_t column) { return static_cast<std::uint64_t>(read_integer(row[column])); };
  TableRow table;
  table.run = read_uuid(text(0));
  table.position = static_cast<int>(read_integer(row[1]));
  table.name = text(2);
  table.target = text(3);
  table.columns = read_array(dialect, text(4));
  table.types = read_array(dialect, text(5));
  table.written = read_array(dialect, text(6));
  table.key = read_array(dialect, text(7));
  table.key_kinds = read_array(dialect, text(8));
  table.created = read_bool(row[9]);
  table.state = text(10);
  table.read = count(11);
  table.added = count(12);
  table.filtered = count(13);
  table.merged = count(14);
  table.inserted = count(15);
  table.updated = count(16);
  table.unchanged = count(17);
  table.skipped = count(18);
  table.rejected = count(19);
  table.removed = count(20);
  table.replaced = text(21);
  table.images = text(22);
  return table;
}

int version_of(stores::SqlSession& session) {
  const auto rows = session.read("SELECT version FROM " + table_name(session.dialect(), "version"));
  return rows.empty() ? 0 : static_cast<int>(read_integer(rows[0][0]));
}

// "replaced_7_0": of run and table.
bool is_numbered(std::string_view name, std::string_view prefix) {
  return name.starts_with(prefix) && name.size() > prefix.size() && std::isdigit(static_cast<unsigned char>(name[prefix.size()])) != 0;
}

void refuse_newer(int version) {
  if (version <= kVersion) return;
  throw Error{Error::Kind::schema,
              fmt::format("the target's ledger has version {}, this etl knows versions up to {}", version, kVersion),
              "update etl"};
}

}  // namespace

std::string table_name(Dialect dialect, std::string_view name) {
  return fmt::format("{}{}", dialect == Dialect::postgresql ? "etl." : "etl_", name);
}

bool is_ledger_table(Dialect dialect, std::string_view schema, std::string_view name) {
  if (dialect == Dialect::postgresql) return schema == "etl";
  if (!name.starts_with("etl_")) return false;
  name.remove_prefix(4);
  return std::ranges::find(kTables, name) != kTables.end() || is_numbered(name, "replaced_") || is_numbered(name, "images_");
}

std::string_view name(RunState state) { return kStates[static_cast<std::size_t>(state)]; }

bool exists(stores::SqlSession& session) {
  if (session.dialect() == Dialect::postgresql) {
    return read_bool(session.read("SELECT to_regclass('etl.version') IS NOT NULL")[0][0]);
  }
  return !session.read("SELECT 1 FROM sqlite_schema WHERE name = 'etl_version'").empty();
}

// Two runs that find no ledger at the same time: one makes it, the other waits.
void open(stores::SqlSession& session) {
  if (session.dialect() == Dialect::postgresql) {
    session.read("SELECT pg_advisory_xact_lock(hashtextextended('etl', 0))");
  }
  const int version = exists(session) ? version_of(session) : 0;
  refuse_newer(version);
  if (version == kVersion) return;
  try {
    session.script(version == 0 ? schema_sql(session.dialect()) : migration_sql(session.dialect(), version));
  } catch (const stores::TransientError&) {
    throw;
  } catch (const Error& error) {
    const bool lacks_privilege = session.dialect() == Dialect::postgresql && error.kind() == Error::Kind::schema;
    throw Error{error.kind(),
                fmt::format("no ledger of version {} can be made in the target: {}", kVersion, error.what()),
                lacks_privilege
                    ? "etl keeps what it did in the schema etl: GRANT CREATE ON DATABASE to this user, or create the "
                      "schema for it (docs/ledger.md)"
                    : error.remedy()};
  }
}

std::vector<RunRow> runs(stores::SqlSession& session, std::string_view mapping) {
  if (!exists(session)) return {};
  refuse_newer(version_of(session));
  const std::vector<std::pair<std::string, Value>> parameters = {{"mapping", mapping}};
  const auto rows = session.read(fmt::format("SELECT {} FROM {} {}ORDER BY number DESC", kRunColumns,
                                             table_name(session.dialect(), "runs"),
                                             mapping.empty() ? "" : "WHERE mapping = $mapping "),
                                 mapping.empty() ? stores::SqlParameters{} : stores::SqlParameters{parameters});
  std::vector<RunRow> out;
  for (const auto& row : rows) out.push_back(run_of(row));
  return out;
}

RunRow find_run(stores::SqlSession& session, std::string_view mapping, std::string_view id) {
  std::vector<RunRow> found = runs(session, mapping);
  std::erase_if(found, [&](const RunRow& run) { return !to_text(run.run).starts_with(id); });
  if (found.size() == 1) return std::move(found.front());
  if (found.empty()) {
    throw Error{Error::Kind::schema, fmt::format("the target knows no run {} of {}", id, mapping),
                "`etl runs` lists the runs that it knows"};
  }
  throw Error{Error::Kind::schema, fmt::format("{} runs of {} begin with {}", found.size(), mapping, id),
              "write more of the run's id"};
}

std::vector<Checkpoint> checkpoints(stores::SqlSession& session, const Uuid& run) {
  if (version_of(session) < 2) return {};
  const std::vector<std::pair<std::string, Value>> parameters = {{"run", run}};
  const auto rows =
      session.read(fmt::format("SELECT position, rows, digest, step, rejects, rejects_bytes FROM {} WHERE run = $run "
                               "ORDER BY position",
                               table_name(session.dialect(), "checkpoints")),
                   parameters);
  std::vector<Checkpoint> out;
  for (const auto& row : rows) {
    out.push_back({.position = static_cast<int>(read_integer(row[0])),
                   .rows = static_cast<std::uint64_t>(read_integer(row[1])),
                   .digest = row[2].value_or(""),
                   .step = static_cast<std::uint64_t>(read_integer(row[3])),
                   .rejects = row[4].value_or(""),
                   .rejects_bytes = static_cast<std::uint64_t>(read_integer(row[5]))});
  }
  return out;
}

std::vector<TableRow> tables(stores::SqlSession& session, const Uuid& run) {
  const std::vector<std::pair<std::string, Value>> parameters = {{"run", run}};
  const auto rows = session.read(
      fmt::format("SELECT run, position, name, target, columns, types, written, key, key_kinds, created, state, read, "
                  "added, filtered, merged, inserted, updated, unchanged, skipped, rejected, removed, replaced, images "
                  "FROM {} WHERE run = $run ORDER BY position",
                  table_name(session.dialect(), "tables")),
      parameters);
  std::vector<TableRow> out;
  for (const auto& row : rows) out.push_back(table_of(session.dialect(), row));
  return out;
}

}  // namespace etl::ledger
