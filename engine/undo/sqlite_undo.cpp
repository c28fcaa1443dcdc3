#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "engine/stores/sql_text.h"
#include "engine/undo/sqlite_text.h"

namespace etl::undo {

namespace {

using ledger::TableRow;

// Places in `row.columns` of the columns that can be written and still exist, and their quoted names.
struct Writable {
  std::vector<std::size_t> places;
  std::vector<std::string> names;
};
Writable writable(const Group& group, const TableRow& row) {
  Writable out;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    const schema::Column* column = group.table->column(row.columns[i]);
    if (column == nullptr || column->generated) continue;
    out.places.push_back(i);
    out.names.push_back(stores::quote_identifier(column->name));
  }
  return out;
}

std::size_t place_of(const TableRow& row, const std::string& name) {
  return static_cast<std::size_t>(std::ranges::find(row.columns, name) - row.columns.begin());
}

std::vector<const schema::UniqueKey*> unique_keys(const Group& group, const TableRow& row) {
  std::vector<const schema::UniqueKey*> keys;
  for (const schema::UniqueKey& key : group.table->unique_keys) {
    const bool known = std::ranges::all_of(key.columns, [&](const std::string& name) {
      return std::ranges::find(row.columns, name) != row.columns.end();
    });
    if (known && !key.columns.empty() && key.columns != row.key) keys.push_back(&key);
  }
  return keys;
}

// "t.email = r.c3 ..." of a unique key.
std::string meets(const schema::UniqueKey& key, const TableRow& row, std::string_view table, std::string_view image) {
  std::string out;
  for (const std::string& name : key.columns) {
    out += fmt::format("{}{}.{} = {}.c{}", out.empty() ? "" : " AND ", table, stores::quote_identifier(name), image,
                       place_of(row, name));
  }
  return out;
}

std::string changes_key(const Group& group, const TableRow& row) {
  std::string out = "0";
  for (const schema::UniqueKey* key : unique_keys(group, row)) {
    for (const std::string& name : key->columns) {
      out += fmt::format(" OR t.{} IS NOT r.c{}", stores::quote_identifier(name), place_of(row, name));
    }
  }
  return out;
}

std::string stands_in_the_way(const Group& group, std::string_view rows) {
  return fmt::format(
      "INSERT INTO etl_undo_stops (kind, force_passes, target, rows, what)\n"
      "  SELECT 'collides', 1, {0}, n, iif(n = 1, '1 row', n || ' rows') || ' of ' || {0} || ' cannot be as before, "
      "other rows stand in the way'\n"
      "  FROM (SELECT count(*) AS n FROM {1}) WHERE n > 0;\n",
      stores::quote_literal(group.target()), rows);
}

// Inserted rows that nobody needs go.
std::string remove(const Group& group) {
  std::string out;
  for (const TableRow* row : group.parts) {
    out += fmt::format(
        "UPDATE etl_undo_tables SET removed = (SELECT count(*) FROM {0} WHERE kind = 'i' AND same AND NOT keep AND "
        "position = {1}),\n"
        "  left_be = (SELECT count(*) FROM {0} WHERE (keep OR NOT same) AND position = {1}) WHERE position = {1};\n",
        group.rows(), row->position);
  }
  return out + fmt::format("DELETE FROM {} WHERE {};\n", group.target(),
                           group.in(group.rows() + " WHERE kind = 'i' AND same AND NOT keep"));
}

// The first image of each row that was updated, in etl_undo_before_G (n, ids, c0, c1, ...).
std::string first_images(const Request& request, const Group& group) {
  std::string pieces;
  for (const TableRow* row : group.parts) {
    if (row->images.empty()) continue;
    std::string columns;
    for (std::size_t i = 0; i < row->columns.size(); ++i) columns += fmt::format(", i.c{}", i);
    pieces += fmt::format(
        "{}SELECT e.position, e.step, e.ordinal, u.n, {}{} FROM etl_undo_entries_{} AS e JOIN {} AS u USING ({})\n"
        "    JOIN {} AS i ON i.etl_run = {} AND i.etl_position = e.position AND i.etl_step = e.step AND i.etl_ordinal "
        "= e.ordinal\n"
        "    WHERE e.kind = 'u' AND u.kind = 'u' AND u.same",
        pieces.empty() ? "" : "\n    UNION ALL ", group.id_names(), columns, group.number, group.rows(),
        group.id_names(), row->images, stores::quote_literal(request.run));
  }
  return fmt::format(
      "CREATE TEMP TABLE etl_undo_before_{0} AS SELECT *, 0 AS moves FROM (\n    SELECT *, row_number() OVER "
      "(PARTITION BY n ORDER BY step, ordinal) AS nth FROM (\n"
      "    {1})) WHERE nth = 1;\n"
      "CREATE UNIQUE INDEX temp.etl_undo_before_{0}_by_id ON etl_undo_before_{0} ({2});\n",
      group.number, pieces, group.id_names());
}

// Rows whose unique values were taken by others since are left as they are; a second round finds those that would
// meet one of these.
std::string leave_colliding(const Group& group, const TableRow& row) {
  std::string out = fmt::format("CREATE TEMP TABLE etl_undo_taken_{} (n);\n", group.number);
  for (int round = 0; round < 2; ++round) {
    for (const schema::UniqueKey* key : unique_keys(group, row)) {
      out += fmt::format(
          "INSERT INTO etl_undo_taken_{0} SELECT r.n FROM etl_undo_before_{0} AS r JOIN {1} AS t ON {2}\n"
          "  WHERE NOT EXISTS (SELECT 1 FROM etl_undo_before_{0} AS o WHERE {3} AND o.n NOT IN (SELECT n FROM "
          "etl_undo_taken_{0}));\n",
          group.number, group.target(), meets(*key, row, "t", "r"), group.same("t", "o"));
    }
  }
  return out + stands_in_the_way(group, fmt::format("(SELECT DISTINCT n FROM etl_undo_taken_{})", group.number)) +
         fmt::format(
             "UPDATE etl_undo_tables SET left_be = left_be + (SELECT count(DISTINCT n) FROM etl_undo_taken_{0}) WHERE "
             "position = {1};\n"
             "DELETE FROM temp.etl_undo_before_{0} WHERE n IN (SELECT n FROM etl_undo_taken_{0});\n",
             group.number, row.position);
}

// Updated rows are as they were before. Rows whose unique values change give way to each other: they go and come back.
std::string restore(const Request& request, const Group& group) {
  const auto part = std::ranges::find_if(group.parts, [](const TableRow* row) { return !row->images.empty(); });
  if (part == group.parts.end()) return "";
  const TableRow& row = **part;
  const Writable columns = writable(group, row);
  const std::string before = fmt::format("etl_undo_before_{}", group.number);
  std::string assignments;
  std::string cells;
  for (std::size_t i = 0; i < columns.names.size(); ++i) {
    assignments += fmt::format("{}{} = r.c{}", i > 0 ? ", " : "", columns.names[i], columns.places[i]);
    cells += fmt::format("{}r.c{}", i > 0 ? ", " : "", columns.places[i]);
  }
  std::string out = first_images(request, group);
  for (const TableRow* each : group.parts) {
    out += fmt::format(
        "UPDATE etl_undo_tables SET restored = (SELECT count(*) FROM {} WHERE position = {}) WHERE position = {};\n",
        before, each->position, each->position);
  }
  if (!unique_keys(group, row).empty()) out += leave_colliding(group, row);
  const bool by_rowid = !group.table->without_rowid;
  std::string names = fmt::format("{}", fmt::join(columns.names, ", "));
  if (by_rowid) names = group.ids[0] + ", " + names;
  return out +
         fmt::format("UPDATE temp.{0} AS r SET moves = 1 WHERE EXISTS (SELECT 1 FROM {1} AS t WHERE {2} AND ({3}));\n",
                     before, group.target(), group.same("t", "r"), changes_key(group, row)) +
         fmt::format("UPDATE {0} SET {1} FROM {2} AS r WHERE {3} AND NOT r.moves;\n", group.target(), assignments,
                     before, group.same(group.target(), "r")) +
         fmt::format("DELETE FROM {} WHERE {};\n", group.target(), group.in(before + " WHERE moves")) +
         fmt::format("INSERT INTO {} ({}) SELECT {}{} FROM {} AS r WHERE r.moves;\n", group.target(), names,
                     by_rowid ? "r.id0, " : "", cells, before);
}

// How SQL reaches the row id of a copy, which has the columns of the table.
std::string copy_rowid(const schema::Table& table) {
  for (const char* name : {"rowid", "_rowid_", "oid"}) {
    if (table.column(name) == nullptr) return name;
  }
  return "rowid";
}

// Rows that `replace` removed come back, unless something stands in their place.
std::string put_back(const Request& request, const Group& group, const TableRow& row) {
  if (row.replaced.empty()) return "";
  std::vector<std::string> names;
  for (const std::string& name : writable(group, row).names) names.push_back(name);
  std::string free;
  for (const schema::UniqueKey& key : group.table->unique_keys) {
    std::string on;
    for (const std::string& name : key.columns) {
      const std::string quoted = stores::quote_identifier(name);
      on += fmt::format("{}t.{} = c.{}", on.empty() ? "" : " AND ", quoted, quoted);
    }
    if (!on.empty()) free += fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS t WHERE {})", group.target(), on);
  }
  const std::string rowid = copy_rowid(*group.table);
  const std::string wanted = request.where.empty()
                                 ? ""
                                 : fmt::format(" AND c.{0} IN (SELECT {0} FROM {1} AS {2} WHERE ({3}))", rowid,
                                               row.replaced, group.target(), request.where);
  const std::string back = fmt::format("etl_undo_back_{}", row.position);
  return fmt::format(
             "CREATE TEMP TABLE {0} AS SELECT c.{7} AS id, 1{1} AS is_free FROM {2} AS c WHERE 1{3};\n"
             "INSERT INTO {4} ({5}) SELECT {5} FROM {2} AS c WHERE c.{7} IN (SELECT id FROM {0} WHERE is_free);\n"
             "UPDATE etl_undo_tables SET put_back = (SELECT count(*) FROM {0} WHERE is_free),\n"
             "  left_be = left_be + (SELECT count(*) FROM {0} WHERE NOT is_free) WHERE position = {6};\n"
             "DELETE FROM {2} WHERE {7} IN (SELECT id FROM {0} WHERE is_free);\n",
             back, free, row.replaced, wanted, group.target(), fmt::join(names, ", "), row.position, rowid) +
         stands_in_the_way(group, fmt::format("(SELECT id FROM {} WHERE NOT is_free)", back));
}

std::string unquoted(const std::string& name) {
  std::string out;
  for (std::size_t i = 1; i + 1 < name.size(); ++i) {
    out += name[i];
    if (name[i] == '"') ++i;
  }
  return out;
}

// AUTOINCREMENT counts on from where it stood, if it stands where the run left it.
std::string sequences(const Known& known) {
  std::string out;
  for (const Object& object : known.objects) {
    if (object.kind != "sequence_state") continue;
    // An INSERT of no rows, as above, is enough for SQLite to begin with 0.
    const std::string where = fmt::format("WHERE name = {} AND seq = {}", stores::quote_literal(unquoted(object.name)),
                                          object.after.value_or(0));
    out += object.before ? fmt::format("UPDATE sqlite_sequence SET seq = {} {};\n", *object.before, where)
                         : fmt::format("DELETE FROM sqlite_sequence {};\n", where);
  }
  return out;
}

// Violations of foreign keys that were not there before, also of tables that nobody told this script about.
constexpr std::string_view kReferences =
    "INSERT INTO etl_undo_stops (kind, force_passes, target, rows, what)\n"
    "  SELECT 'referenced', 0, \"table\", count(*), count(*) || ' row(s) of ' || \"table\" || ' would refer to rows of "
    "' || parent || ' that are not there: rowid '\n"
    "    || group_concat(rowid, ', ') FROM (SELECT \"table\", rowid, parent, fkid FROM pragma_foreign_key_check\n"
    "    EXCEPT SELECT \"table\", rowid, parent, fkid FROM etl_undo_references) GROUP BY \"table\", parent;\n";

std::string forget(const Request& request, const Known& known) {
  const std::string run = stores::quote_literal(request.run);
  std::string out;
  for (const TableRow& row : known.tables) {
    if (!row.images.empty() && request.where.empty() && !request.only.empty())
      out += fmt::format("DELETE FROM {} WHERE etl_run = {};\n", row.images, run);
    if (!request.where.empty()) continue;
    out += fmt::format("DELETE FROM etl_journal WHERE run = {} AND position = {};\n", run, row.position);
    out += fmt::format("DELETE FROM etl_id_map WHERE run = {} AND name = {};\n", run, stores::quote_literal(row.name));
    out += fmt::format("UPDATE etl_tables SET state = 'undone' WHERE run = {} AND position = {};\n", run, row.position);
  }
  if (!request.only.empty()) return out;
  out += fmt::format("UPDATE etl_tables SET replaced = NULL, images = NULL WHERE run = {};\n", run);
  for (const char* table : {"etl_id_map", "etl_objects", "etl_checkpoints", "etl_cursors"}) {
    out += fmt::format("DELETE FROM {} WHERE run = {};\n", table, run);
  }
  return out + fmt::format(
                   "UPDATE etl_runs SET state = 'undone', attempt = attempt + 1, undone_by = {},\n"
                   "  undone_at = strftime('%Y-%m-%dT%H:%M:%f', 'now') || '000Z' WHERE run = {};\n",
                   stores::quote_literal(request.undone_by), run);
}

// Images of rows that are as they were must not be used again, when the run stays partly done.
std::string forget_images(const Request& request, const std::vector<Group>& groups) {
  std::string out;
  for (const Group& group : groups) {
    for (const TableRow* row : group.parts) {
      if (row->images.empty()) continue;
      out += fmt::format(
          "DELETE FROM {0} WHERE etl_run = {1} AND (etl_step, etl_ordinal) IN (SELECT e.step, e.ordinal FROM "
          "etl_undo_entries_{2} AS e\n"
          "  JOIN etl_undo_before_{2} AS r USING ({3}) WHERE e.kind = 'u' AND e.position = {4});\n",
          row->images, stores::quote_literal(request.run), group.number, group.id_names(), row->position);
    }
  }
  return out;
}

}  // namespace

std::string sqlite_undo(const Request& request, const std::vector<Group>& groups, const Known& known) {
  std::string out =
      "\nCREATE TEMP TABLE etl_undo_references AS SELECT \"table\", rowid, parent, fkid FROM "
      "pragma_foreign_key_check;\n";
  for (const Group& group : std::views::reverse(groups)) {
    out += fmt::format("\n-- {}: rows that the run inserted go.\n", group.target()) + remove(group);
  }
  for (const Group& group : std::views::reverse(groups)) {
    const std::string restored = restore(request, group);
    if (!restored.empty())
      out += fmt::format("\n-- {}: rows that the run updated are as they were.\n", group.target()) + restored;
  }
  for (const Group& group : groups) {
    for (const TableRow* row : group.parts) {
      if (!row->replaced.empty())
        out += fmt::format("\n-- {}: rows that the run replaced come back.\n", group.target());
      out += put_back(request, group, *row);
    }
  }
  out += "\n" + std::string{kReferences};
  if (request.only.empty()) out += sequences(known);
  if (!request.where.empty()) out += forget_images(request, groups);
  return out + "\n-- The ledger.\n" + forget(request, known);
}

}  // namespace etl::undo
