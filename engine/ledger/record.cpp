#include "engine/ledger/record.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "engine/base/error.h"
#include "engine/ledger/text.h"
#include "engine/stores/sql_text.h"

namespace etl::ledger {

namespace {

using schema::Dialect;
using Parameters = std::vector<std::pair<std::string, Value>>;

bool is_postgres(const stores::SqlSession& session) { return session.dialect() == Dialect::postgresql; }

Value text_or_null(const std::string& text) { return text.empty() ? Value{} : Value{std::string_view{text}}; }

Value number_or_null(std::int64_t number) { return number == 0 ? Value{} : Value{number}; }

template <class T>
Value value_or_null(const std::optional<T>& value) {
  return value ? Value{*value} : Value{};
}

// "(a, b) VALUES ($a, $b)" of the parameters' names; `casts` stand behind the values.
std::string insert_sql(const std::string& table, const Parameters& parameters) {
  std::string names;
  std::string values;
  for (const auto& [name, value] : parameters) {
    names += (names.empty() ? "" : ", ") + name;
    values += (values.empty() ? "$" : ", $") + name;
  }
  return fmt::format("INSERT INTO {} ({}) VALUES ({})", table, names, values);
}

Value count(std::uint64_t number) { return static_cast<std::int64_t>(number); }

}  // namespace

void add_run(stores::SqlSession& session, RunRow& run) {
  const std::string table = table_name(session.dialect(), "runs");
  // Readers go on; another run that starts waits for the number.
  if (is_postgres(session)) session.script(fmt::format("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE", table));
  run.number = read_integer(session.read("SELECT coalesce(max(number), 0) + 1 FROM " + table)[0][0]);
  const Parameters parameters = {{"run", run.run},
                                 {"number", run.number},
                                 {"mapping", std::string_view{run.mapping}},
                                 {"path", std::string_view{run.path}},
                                 {"hash", std::string_view{run.hash}},
                                 {"params", std::string_view{run.params}},
                                 {"started", run.started},
                                 {"state", name(run.state)},
                                 {"atomic", std::string_view{run.atomic}},
                                 {"attempt", std::int64_t{run.attempt}},
                                 {"options", std::string_view{run.options}},
                                 {"folder", std::string_view{run.folder}},
                                 {"etl", std::string_view{run.etl}},
                                 {"system", text_or_null(run.system)},
                                 {"database", number_or_null(run.database)},
                                 {"pid", number_or_null(run.pid)},
                                 {"backend_start", text_or_null(run.backend_start)}};
  session.change(insert_sql(table, parameters), parameters);
}

bool set_state(stores::SqlSession& session, const Uuid& run, int attempt, RunState from, RunState to) {
  const Parameters parameters = {
      {"run", run}, {"attempt", std::int64_t{attempt}}, {"from", name(from)}, {"to", name(to)}};
  return session.change(
             fmt::format("UPDATE {} SET state = $to WHERE run = $run AND attempt = $attempt AND state = $from",
                         table_name(session.dialect(), "runs")),
             parameters) == 1;
}

bool end_run(stores::SqlSession& session, const Uuid& run, int attempt, RunState from, RunState to, Instant ended,
             const std::string& report) {
  const Parameters parameters = {{"run", run},       {"attempt", std::int64_t{attempt}}, {"from", name(from)},
                                 {"to", name(to)}, {"ended", ended},                    {"report", text_or_null(report)}};
  return session.change(fmt::format("UPDATE {} SET state = $to, ended = $ended, report = $report WHERE run = $run AND "
                                    "attempt = $attempt AND state = $from",
                                    table_name(session.dialect(), "runs")),
                        parameters) == 1;
}

bool take_run(stores::SqlSession& session, RunRow& run) {
  const Parameters parameters = {{"run", run.run},
                                 {"attempt", std::int64_t{run.attempt}},
                                 {"folder", std::string_view{run.folder}},
                                 {"system", text_or_null(run.system)},
                                 {"database", number_or_null(run.database)},
                                 {"pid", number_or_null(run.pid)},
                                 {"backend_start", text_or_null(run.backend_start)}};
  const std::string start = is_postgres(session) ? "$backend_start::timestamptz" : "$backend_start";
  const bool taken =
      session.change(fmt::format("UPDATE {} SET attempt = attempt + 1, folder = $folder, system = $system, database = "
                                 "$database, pid = $pid, backend_start = {}, ended = NULL, report = NULL, state = CASE state "
                                 "WHEN 'committed' THEN state ELSE 'running' END WHERE run = $run AND attempt = $attempt "
                                 "AND state IN ('running', 'committed', 'failed', 'interrupted')",
                                 table_name(session.dialect(), "runs"), start),
                     parameters) == 1;
  if (taken) ++run.attempt;
  return taken;
}

// A process number alone is given again; with the boot and its start it is one process.
std::string process_start(int pid) {
  std::ifstream file{fmt::format("/proc/{}/stat", pid)};
  std::string stat;
  std::getline(file, stat);
  std::ifstream boot{"/proc/sys/kernel/random/boot_id"};
  std::string id;
  std::getline(boot, id);
  // proc(5): the name stands in brackets and may hold anything; starttime is the 20th field behind it.
  const std::size_t name = stat.rfind(')');
  if (name == std::string::npos) return {};
  std::istringstream fields{stat.substr(name + 1)};
  std::string field;
  fields >> field;
  if (field == "Z" || field == "X") return {};  // It ended, and nobody has asked how.
  for (int i = 1; i < 20; ++i) fields >> field;
  return id + "/" + field;
}

void describe_session(stores::SqlSession& session, RunRow& run) {
  if (!is_postgres(session)) {
    run.pid = ::getpid();
    run.backend_start = process_start(run.pid);
    return;
  }
  const auto row =
      session.read("SELECT (SELECT system_identifier FROM pg_control_system()), d.oid, a.pid, a.backend_start "
                   "FROM pg_database d, pg_stat_activity a WHERE d.datname = current_database() AND a.pid = "
                   "pg_backend_pid()");
  if (row.empty()) return;
  run.system = row[0][0].value_or("");
  run.database = read_integer(row[0][1]);
  run.pid = static_cast<int>(read_integer(row[0][2]));
  run.backend_start = row[0][3].value_or("");
}

void note_transaction(stores::SqlSession& session, const Uuid& run) {
  if (!is_postgres(session)) return;
  const Parameters parameters = {{"run", run}};
  session.change("UPDATE etl.runs SET xid = txid_current() WHERE run = $run AND xid IS NULL", parameters);
}

void add_table(stores::SqlSession& session, const TableRow& table) {
  const Dialect dialect = session.dialect();
  const std::string columns = array_text(dialect, table.columns);
  const std::string types = array_text(dialect, table.types);
  const std::string written = array_text(dialect, table.written);
  const std::string key = array_text(dialect, table.key);
  const std::string kinds = array_text(dialect, table.key_kinds);
  const Parameters parameters = {{"run", table.run},
                                 {"position", std::int64_t{table.position}},
                                 {"name", std::string_view{table.name}},
                                 {"target", std::string_view{table.target}},
                                 {"columns", std::string_view{columns}},
                                 {"types", std::string_view{types}},
                                 {"written", std::string_view{written}},
                                 {"key", std::string_view{key}},
                                 {"key_kinds", std::string_view{kinds}},
                                 {"created", table.created},
                                 {"state", std::string_view{table.state}},
                                 {"read", count(table.read)},
                                 {"added", count(table.added)},
                                 {"filtered", count(table.filtered)},
                                 {"merged", count(table.merged)},
                                 {"inserted", count(table.inserted)},
                                 {"updated", count(table.updated)},
                                 {"unchanged", count(table.unchanged)},
                                 {"skipped", count(table.skipped)},
                                 {"rejected", count(table.rejected)},
                                 {"removed", count(table.removed)},
                                 {"replaced", text_or_null(table.replaced)},
                                 {"images", text_or_null(table.images)}};
  session.change(insert_sql(table_name(dialect, "tables"), parameters), parameters);
}

void update_table(stores::SqlSession& session, const TableRow& table) {
  const Parameters parameters = {{"run", table.run},
                                 {"position", std::int64_t{table.position}},
                                 {"state", std::string_view{table.state}},
                                 {"read", count(table.read)},
                                 {"added", count(table.added)},
                                 {"filtered", count(table.filtered)},
                                 {"merged", count(table.merged)},
                                 {"inserted", count(table.inserted)},
                                 {"updated", count(table.updated)},
                                 {"unchanged", count(table.unchanged)},
                                 {"skipped", count(table.skipped)},
                                 {"rejected", count(table.rejected)},
                                 {"removed", count(table.removed)}};
  session.change(fmt::format("UPDATE {} SET state = $state, read = $read, added = $added, filtered = $filtered, merged = "
                             "$merged, inserted = $inserted, updated = $updated, unchanged = $unchanged, skipped = "
                             "$skipped, rejected = $rejected, removed = $removed WHERE run = $run AND position = $position",
                             table_name(session.dialect(), "tables")),
                 parameters);
}

void set_checkpoint(stores::SqlSession& session, const Uuid& run, const Checkpoint& checkpoint) {
  const std::string table = table_name(session.dialect(), "checkpoints");
  const Parameters parameters = {{"run", run},
                                 {"position", std::int64_t{checkpoint.position}},
                                 {"rows", count(checkpoint.rows)},
                                 {"digest", std::string_view{checkpoint.digest}},
                                 {"step", count(checkpoint.step)},
                                 {"rejects", std::string_view{checkpoint.rejects}},
                                 {"rejects_bytes", count(checkpoint.rejects_bytes)}};
  session.change(insert_sql(table, parameters) +
                     " ON CONFLICT (run, position) DO UPDATE SET rows = excluded.rows, digest = excluded.digest, step = "
                     "excluded.step, rejects = excluded.rejects, rejects_bytes = excluded.rejects_bytes",
                 parameters);
}

void add_object(stores::SqlSession& session, const Uuid& run, int ordinal, const ObjectRow& object) {
  const Parameters parameters = {{"run", run},
                                 {"ordinal", std::int64_t{ordinal}},
                                 {"kind", std::string_view{object.kind}},
                                 {"name", std::string_view{object.name}},
                                 {"before_value", value_or_null(object.before_value)},
                                 {"before_called", value_or_null(object.before_called)},
                                 {"after_value", value_or_null(object.after_value)},
                                 {"after_called", value_or_null(object.after_called)}};
  session.change(insert_sql(table_name(session.dialect(), "objects"), parameters), parameters);
}

void update_sequence(stores::SqlSession& session, const Uuid& run, const ObjectRow& sequence) {
  const Parameters parameters = {{"run", run},
                                 {"name", std::string_view{sequence.name}},
                                 {"value", value_or_null(sequence.after_value)},
                                 {"called", value_or_null(sequence.after_called)}};
  session.change(fmt::format("UPDATE {} SET after_value = $value, after_called = $called WHERE run = $run AND kind = "
                             "'sequence_state' AND name = $name",
                             table_name(session.dialect(), "objects")),
                 parameters);
}

std::vector<ObjectRow> objects(stores::SqlSession& session, const Uuid& run) {
  const Parameters parameters = {{"run", run}};
  const auto number = [](const auto& cell) { return cell ? std::optional{read_integer(cell)} : std::nullopt; };
  const auto flag = [](const auto& cell) { return cell ? std::optional{read_bool(cell)} : std::nullopt; };
  std::vector<ObjectRow> out;
  for (const auto& row : session.read(fmt::format("SELECT kind, name, before_value, before_called, after_value, "
                                                  "after_called FROM {} WHERE run = $run ORDER BY ordinal",
                                                  table_name(session.dialect(), "objects")),
                                      parameters)) {
    out.push_back({.kind = row[0].value_or(""),
                   .name = row[1].value_or(""),
                   .before_value = number(row[2]),
                   .after_value = number(row[4]),
                   .before_called = flag(row[3]),
                   .after_called = flag(row[5])});
  }
  return out;
}

namespace {

// oids rise with time: what was made later stands later. Left out are parts of extensions, row types and array types of
// tables, indexes of constraints and sequences of columns: they go with what they belong to.
constexpr std::string_view kPostgresObjects = R"(
SELECT kind, name FROM (
  SELECT n.oid, 'schema' AS kind, '"' || replace(n.nspname::text, '"', '""') || '"' AS name, 'pg_namespace'::regclass AS class FROM pg_namespace n
  WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'etl')
  UNION ALL
  SELECT e.oid, 'extension', '"' || replace(e.extname::text, '"', '""') || '"', 'pg_extension'::regclass FROM pg_extension e
  UNION ALL
  SELECT p.oid, CASE p.prokind WHEN 'p' THEN 'procedure' WHEN 'a' THEN 'aggregate' ELSE 'function' END,
         '"' || replace(n.nspname::text, '"', '""') || '"' || '.' || '"' || replace(p.proname::text, '"', '""') || '"'
         || '(' || pg_get_function_identity_arguments(p.oid) || ')', 'pg_proc'::regclass
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', 'etl')
  UNION ALL
  SELECT t.oid, CASE t.typtype WHEN 'd' THEN 'domain' ELSE 'type' END, '"' || replace(n.nspname::text, '"', '""') || '"' || '.' || '"' || replace(t.typname::text, '"', '""') || '"',
         'pg_type'::regclass
  FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace LEFT JOIN pg_class c ON c.oid = t.typrelid
  WHERE (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c') AND n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', 'etl')
  UNION ALL
  SELECT c.oid, CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' ELSE 'table' END,
         '"' || replace(n.nspname::text, '"', '""') || '"' || '.' || '"' || replace(c.relname::text, '"', '""') || '"', 'pg_class'::regclass
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'S', 'v', 'm', 'i', 'I') AND n.nspname !~ '^pg_'
    AND n.nspname NOT IN ('information_schema', 'etl')
) o
WHERE NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid AND d.deptype = 'e')
  AND NOT (kind = 'index' AND EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = o.oid))
  AND NOT (kind = 'sequence' AND EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.oid
                                         AND d.deptype IN ('a', 'i')))
ORDER BY oid
)";

constexpr std::string_view kSqliteObjects =
    "SELECT type, '\"' || replace(name, '\"', '\"\"') || '\"' FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE "
    "'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE 'etl\\_%' ESCAPE '\\' ORDER BY rowid";

// Sequences that a column owns (serial, identity) or that a default of the table names.
constexpr std::string_view kSequences = R"(
SELECT DISTINCT '"' || replace(n.nspname::text, '"', '""') || '"' || '.' || '"' || replace(c.relname::text, '"', '""') || '"'
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND (
  EXISTS (SELECT 1 FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
          AND d.refobjid = $table::regclass AND d.deptype IN ('a', 'i'))
  OR EXISTS (SELECT 1 FROM pg_depend d JOIN pg_attrdef a ON a.oid = d.objid
             WHERE d.classid = 'pg_attrdef'::regclass AND d.refobjid = c.oid AND a.adrelid = $table::regclass))
ORDER BY 1
)";

std::vector<ObjectRow> postgres_sequences(stores::SqlSession& session, const schema::Table& table) {
  const std::string quoted = stores::quote_table(table);
  const Parameters parameters = {{"table", std::string_view{quoted}}};
  std::vector<ObjectRow> states;
  for (const auto& row : session.read(std::string{kSequences}, parameters)) {
    ObjectRow state{.kind = "sequence_state", .name = row[0].value_or(""), .before_value = {}, .after_value = {}, .before_called = {}, .after_called = {}};
    const auto now = session.read(fmt::format("SELECT last_value, is_called FROM {}", state.name));
    state.before_value = read_integer(now[0][0]);
    state.before_called = read_bool(now[0][1]);
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<ObjectRow> sqlite_sequences(stores::SqlSession& session, const schema::Table& table) {
  const Parameters parameters = {{"name", std::string_view{table.name}}};
  const bool counts = !session.read("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $name AND sql LIKE "
                                    "'%AUTOINCREMENT%' AND EXISTS (SELECT 1 FROM sqlite_schema WHERE name = "
                                    "'sqlite_sequence')",
                                    parameters)
                           .empty();
  if (!counts) return {};
  ObjectRow state{.kind = "sequence_state", .name = stores::quote_table(table), .before_value = {}, .after_value = {}, .before_called = {}, .after_called = {}};
  const auto now = session.read("SELECT seq FROM sqlite_sequence WHERE name = $name", parameters);
  if (!now.empty()) {
    state.before_value = read_integer(now[0][0]);
    state.before_called = true;
  }
  return {state};
}

}  // namespace

std::vector<ObjectRow> database_objects(stores::SqlSession& session) {
  std::vector<ObjectRow> objects;
  for (const auto& row : session.read(std::string{is_postgres(session) ? kPostgresObjects : kSqliteObjects})) {
    objects.push_back({.kind = row[0].value_or(""), .name = row[1].value_or(""), .before_value = {}, .after_value = {}, .before_called = {}, .after_called = {}});
  }
  return objects;
}

std::vector<ObjectRow> sequence_states(stores::SqlSession& session, const schema::Table& table) {
  if (table.is_view) return {};
  return is_postgres(session) ? postgres_sequences(session, table) : sqlite_sequences(session, table);
}

void give_back(stores::SqlSession& session, const ObjectRow& sequence, std::uint64_t taken) {
  const auto found = session.read(fmt::format(
      "SELECT CASE WHEN q.seqcycle THEN 'CYCLE' ELSE 'NO CYCLE' END, q.seqincrement FROM pg_class c JOIN "
      "pg_sequence q ON q.seqrelid = c.oid WHERE c.oid = to_regclass({}) AND pg_has_role(c.relowner, 'USAGE')",
      stores::quote_literal(sequence.name)));
  if (found.empty() || taken == 0 || !sequence.before_value) return;
  const bool called = sequence.before_called.value_or(true);
  const std::int64_t last =
      *sequence.before_value + (static_cast<std::int64_t>(taken) - (called ? 0 : 1)) * read_integer(found[0][1]);
  session.script("SET LOCAL lock_timeout = '1s'");
  // Changes nothing, but waits for everybody who took a value, and nobody takes one from now on.
  session.script(fmt::format("ALTER SEQUENCE {} {}", sequence.name, found[0][0].value_or("")));
  session.read(fmt::format("SELECT setval({}, {}, {}) FROM {} WHERE last_value = {} AND is_called",
                           stores::quote_literal(sequence.name), *sequence.before_value, called, sequence.name, last));
}

}  // namespace etl::ledger
