#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "engine/stores/sql_text.h"
#include "engine/undo/sqlite_text.h"

namespace etl::undo {

namespace {

std::string stop(bool force_passes, const std::string& what, const std::string& from) {
  return fmt::format(
      "INSERT INTO etl_undo_stops (kind, force_passes, target, rows, what) SELECT 'state', {}, '', 0,\n  {} FROM {};\n",
      force_passes ? 1 : 0, what, from);
}

// The run's tables as this script knows them: one that was altered since cannot be undone by it.
std::string check_columns(const ledger::TableRow& row) {
  std::vector<std::string> needed = row.key;
  if (!row.images.empty()) needed = row.columns;
  std::string list;
  for (const std::string& name : needed) list += (list.empty() ? "(" : ", (") + stores::quote_literal(name) + ")";
  if (list.empty()) return "";
  std::string name;
  for (std::size_t i = 1; i + 1 < row.target.size(); ++i) {
    name += row.target[i];
    if (row.target[i] == '"') ++i;
  }
  return stop(
      false,
      fmt::format("{0} || ' was altered since: it has no column ' || group_concat(column1, ', ') || ' any more'",
                  stores::quote_literal(row.target)),
      fmt::format("(VALUES {}) WHERE EXISTS (SELECT 1 FROM pragma_table_xinfo({}))\n  AND column1 NOT IN (SELECT name "
                  "FROM pragma_table_xinfo({})) HAVING count(*) > 0",
                  list, stores::quote_literal(name), stores::quote_literal(name)));
}

std::string check_replaced(const ledger::TableRow& row) {
  return stop(
      false,
      fmt::format(
          "'run ' || r.run || ' of ' || r.mapping || ' replaced rows of ' || {} || ' later: undo that run first'",
          stores::quote_literal(row.target)),
      fmt::format("etl_undo_run AS me JOIN etl_runs AS r ON r.number > me.number AND r.state <> 'undone'\n"
                  "  JOIN etl_tables AS x ON x.run = r.run AND x.target = {} AND x.replaced IS NOT NULL ORDER BY "
                  "r.number LIMIT 1",
                  stores::quote_literal(row.target)));
}

// Indexes, triggers, views and tables that were made since and go with a table that the run made, or need it. Which
// tables a view reads is not known: those that its SQL names.
std::string check_needed(const Request& request, const Object& table) {
  return fmt::format(
      "INSERT INTO etl_undo_stops (kind, force_passes, target, rows, what) SELECT 'needed', 1, {0}, 0,\n"
      "  'table ' || {0} || ', which the run made, is needed by something that was made since: ' || "
      "group_concat(s.type || "
      "' ' || s.name, ', ')\n"
      "  FROM sqlite_schema AS s, (SELECT name FROM sqlite_schema WHERE type = 'table' AND '\"' || replace(name, '\"', "
      "'\"\"') || '\"' = {0}) AS made\n"
      "  WHERE s.sql IS NOT NULL AND s.name NOT LIKE 'etl\\_%' ESCAPE '\\' AND s.name <> made.name\n"
      "  AND NOT EXISTS (SELECT 1 FROM etl_objects AS o WHERE o.run = {1} AND o.name = '\"' || replace(s.name, '\"', "
      "'\"\"') || '\"')\n"
      "  AND (s.tbl_name = made.name OR s.type = 'view' AND instr(lower(s.sql), lower(made.name)) > 0 OR s.type = "
      "'table'\n"
      "    AND EXISTS (SELECT 1 FROM pragma_foreign_key_list(s.name) AS f WHERE lower(f.\"table\") = "
      "lower(made.name)))\n"
      "  HAVING count(*) > 0;\n",
      stores::quote_literal(table.name), stores::quote_literal(request.run));
}

bool is_there(const schema::Catalog& catalog, const std::string& quoted) {
  return std::ranges::any_of(catalog.tables,
                             [&](const schema::Table& table) { return stores::quote_table(table) == quoted; });
}

std::vector<Drop> drops_of(const Known& known, const schema::Catalog& catalog) {
  std::vector<Drop> drops;
  for (const Object& object : std::views::reverse(known.objects)) {
    if (object.kind == "sequence_state") continue;
    if (object.kind == "table" && !is_there(catalog, object.name)) continue;  // Somebody dropped it since.
    // Whatever belongs to a table that the run made goes, or stays, with it.
    const std::string is_free =
        object.kind == "table"
            ? fmt::format(
                  "SELECT NOT EXISTS (SELECT 1 FROM {}) AND NOT EXISTS (SELECT 1 FROM etl_undo_stops WHERE kind = "
                  "'needed' AND target = {})",
                  object.name, stores::quote_literal(object.name))
            : fmt::format(
                  "SELECT NOT EXISTS (SELECT 1 FROM sqlite_schema AS s JOIN etl_undo_made AS m ON m.name = s.tbl_name\n"
                  "  WHERE s.type <> 'table' AND '\"' || replace(s.name, '\"', '\"\"') || '\"' = {})",
                  stores::quote_literal(object.name));
    std::string kind = object.kind;
    std::ranges::transform(kind, kind.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    drops.push_back({.is_free = is_free, .sql = fmt::format("DROP {} IF EXISTS {}", kind, object.name)});
  }
  for (const ledger::TableRow& row : known.tables) {
    if (!row.images.empty()) drops.push_back({"", fmt::format("DROP TABLE IF EXISTS {}", row.images)});
    if (!row.replaced.empty())
      drops.push_back({fmt::format("SELECT NOT EXISTS (SELECT 1 FROM {})", row.replaced),
                       fmt::format("DROP TABLE IF EXISTS {}", row.replaced)});
  }
  return drops;
}

std::string begin(const Request& request, const Known& known) {
  std::string out = fmt::format(
      "BEGIN IMMEDIATE;\n"
      "CREATE TEMP TABLE etl_undo_run AS SELECT * FROM etl_runs WHERE run = {};\n"
      "CREATE TEMP TABLE etl_undo_force AS SELECT {} AS force;\n"
      "CREATE TEMP TABLE etl_undo_stops (ordinal INTEGER PRIMARY KEY, kind, force_passes, target, rows, what);\n"
      "CREATE TEMP TABLE etl_undo_tables (position INTEGER PRIMARY KEY, name, target, removed DEFAULT 0, restored "
      "DEFAULT 0,\n"
      "  put_back DEFAULT 0, left_be DEFAULT 0, gone DEFAULT 0);\n"
      "CREATE TEMP TABLE etl_undo_made (name);\n"
      "CREATE TEMP TABLE etl_undo_gate (x);\n"
      "CREATE TEMP TRIGGER etl_undo_gate BEFORE INSERT ON etl_undo_gate\n"
      "  WHEN EXISTS (SELECT 1 FROM etl_undo_stops WHERE NOT force_passes OR NOT (SELECT force FROM etl_undo_force))\n"
      "  BEGIN SELECT RAISE(ROLLBACK, 'the run is not undone, nothing was changed: what stands in the way is listed "
      "above'); END;\n",
      stores::quote_literal(request.run), request.force ? 1 : 0);
  for (const ledger::TableRow& row : known.tables) {
    out += fmt::format("INSERT INTO etl_undo_tables (position, name, target) VALUES ({}, {}, {});\n", row.position,
                       stores::quote_literal(row.name), stores::quote_literal(row.target));
    if (row.created)
      out += fmt::format(
          "INSERT INTO etl_undo_made SELECT s.name FROM sqlite_schema AS s WHERE '\"' || replace(s.name, '\"', '\"\"') "
          "|| '\"' = {};\n",
          stores::quote_literal(row.target));
  }
  return out;
}

}  // namespace

std::string sqlite_refuse() {
  return "SELECT '  ' || what FROM etl_undo_stops WHERE NOT force_passes OR NOT (SELECT force FROM etl_undo_force) "
         "ORDER BY ordinal;\n"
         "INSERT INTO etl_undo_gate VALUES (1);\n";
}

std::string sqlite_check(const Request& request, const Known& known) {
  std::string out = stop(
      false, "'a newer etl keeps the ledger of this database: update etl, and take the rollback.sql that it writes'",
      fmt::format("etl_version WHERE version > {}", ledger::kVersion));
  out += stop(false, fmt::format("'this database has no run ' || {}", stores::quote_literal(request.run)),
              "(SELECT 1) WHERE NOT EXISTS (SELECT 1 FROM etl_undo_run)");
  out += stop(false,
              "'it was undone already, on ' || replace(substr(undone_at, 1, 19), 'T', ' ') || ' UTC by ' || undone_by",
              "etl_undo_run WHERE state = 'undone'");
  out +=
      stop(true, "'it did not end: it is in progress, or was killed (then etl run finishes it, and force undoes it)'",
           fmt::format("etl_undo_run WHERE state = 'running' AND attempt <> {}", request.dead_attempt));
  if (!request.only.empty())
    out += stop(false, "'it is not finished: resume it first, or undo all of it'",
                "etl_undo_run WHERE state IN ('running', 'failed', 'interrupted')");
  out += stop(
      false,
      "'the run kept no journal of ' || x.target || ' (settings.rollback was false): nothing tells which rows it "
      "wrote'",
      "etl_undo_run AS r JOIN etl_tables AS x ON x.run = r.run JOIN etl_undo_tables AS t ON t.position = x.position\n"
      "  WHERE r.state <> 'undone' AND x.inserted > 0 AND x.state <> 'undone'\n"
      "  AND NOT EXISTS (SELECT 1 FROM etl_journal AS j WHERE j.run = x.run AND j.position = x.position)");
  for (const Object& object : known.objects) {
    if (object.kind == "table" && request.only.empty()) out += check_needed(request, object);
  }
  for (const ledger::TableRow& row : known.tables) {
    out += check_columns(row) + check_replaced(row);
    if (row.replaced.empty() || request.where.empty()) continue;
    out += stop(false, "'the run replaced rows of this table: undo it without --where'", "(SELECT 1)");
  }
  return out;
}

Script sqlite_script(const Request& request, const Known& all, const schema::Catalog& catalog) {
  Known known = all;
  if (!request.only.empty()) {
    std::erase_if(known.tables, [&](const ledger::TableRow& row) { return row.name != request.only; });
  }
  const std::vector<Group> groups = groups_of(known.tables, catalog);
  Script script;
  script.dialect = schema::Dialect::sqlite;
  script.force = request.force;
  script.shell = ".bail on\n.timeout 60000\n";
  script.settings = "PRAGMA foreign_keys = OFF;  -- Deletes must not cascade; references are checked below.\n";
  script.begin = begin(request, known);
  script.check = sqlite_check(request, known);
  script.look = sqlite_look(request, groups) + sqlite_close(groups, catalog);
  script.refuse = sqlite_refuse();
  script.undo = sqlite_undo(request, groups, known);
  if (request.only.empty()) script.drops = drops_of(known, catalog);
  script.finish = "COMMIT;\n";
  return script;
}

}  // namespace etl::undo
