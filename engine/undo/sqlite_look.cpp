#include <fmt/format.h>

#include <algorithm>

#include "engine/stores/sql_text.h"
#include "engine/undo/sqlite_text.h"

namespace etl::undo {

namespace {

using ledger::TableRow;

std::size_t place_of(const schema::Table& table, const std::string& name) {
  const auto found = std::ranges::find(table.columns, name, &schema::Column::name);
  return static_cast<std::size_t>(found - table.columns.begin());
}

// A column that may hold blobs, which stand in the journal as hexadecimal digits.
bool may_hold_blobs(const schema::Table& table, const std::string& name) {
  const schema::Column* column = table.column(name);
  const std::string declared = column == nullptr ? "" : column->type.name;
  return declared.empty() || declared == "any" || declared.find("blob") != std::string::npos;
}

std::string key_cell(const schema::Table& table, const std::string& name) {
  const std::string cell = "t." + stores::quote_identifier(name);
  if (!may_hold_blobs(table, name)) return cell;
  return fmt::format("CASE typeof({0}) WHEN 'blob' THEN hex({0}) ELSE {0} END", cell);
}

// The journal's keys of one table, one row each: etl_undo_keys_P (step, place, k0, k1, ..., hash).
std::string unpack(const Request& request, const TableRow& row) {
  const std::size_t parts = std::max<std::size_t>(row.key.size(), 1);
  std::string columns;
  std::string names;
  std::string joins;
  std::string out;
  for (std::size_t part = 1; part < parts; ++part) {
    const std::string table = fmt::format("etl_undo_keys_{}_{}", row.position, part);
    out += fmt::format(
        "CREATE TEMP TABLE {0} (step, place, k, PRIMARY KEY (step, place)) WITHOUT ROWID;\n"
        "INSERT INTO {0} SELECT j.step, e.key, e.value FROM etl_journal AS j, json_each(j.keys) AS e\n"
        "  WHERE j.run = {1} AND j.position = {2} AND j.part = {3} AND j.action = 'i';\n",
        table, stores::quote_literal(request.run), row.position, part);
    columns += fmt::format(", k{}", part);
    names += fmt::format(", p{}.k", part);
    joins += fmt::format(" JOIN {} AS p{} ON p{}.step = j.step AND p{}.place = e.key", table, part, part, part);
  }
  out += fmt::format(
      "CREATE TEMP TABLE etl_undo_keys_{0} (step, k0{1}, hash);\n"
      "INSERT INTO etl_undo_keys_{0} SELECT j.step, e.value{2}, substr(j.hashes, e.key * 8 + 1, 8)\n"
      "  FROM etl_journal AS j, json_each(j.keys) AS e{3}\n"
      "  WHERE j.run = {4} AND j.position = {0} AND j.part = 0 AND j.action = 'i';\n",
      row.position, columns, names, joins, stores::quote_literal(request.run));
  return out;
}

std::string same_key(const Group& group, const TableRow& row) {
  if (row.key.empty()) return fmt::format("t.{} = k.k0", group.ids[0]);
  std::string out;
  for (std::size_t part = 0; part < row.key.size(); ++part) {
    out += fmt::format("{}{} = k.k{}", part > 0 ? " AND " : "", key_cell(*group.table, row.key[part]), part);
  }
  return out;
}

std::string same_image(const Group& group, const TableRow& row) {
  if (row.key.empty()) return fmt::format("t.{} = i.etl_rowid", group.ids[0]);
  std::string out;
  for (const std::string& name : row.key) {
    out += fmt::format("{}t.{} = i.c{}", out.empty() ? "" : " AND ", stores::quote_identifier(name),
                       place_of(*group.table, name));
  }
  return out;
}

// What the run did to each row that is still there, in etl_undo_entries_G.
std::string entries(const Request& request, const Group& group) {
  std::string out;
  const std::string table = fmt::format("etl_undo_entries_{}", group.number);
  out += fmt::format("CREATE TEMP TABLE {} ({}, position, step, ordinal, kind, hash);\n", table, group.id_names());
  for (const TableRow* row : group.parts) {
    out += unpack(request, *row);
    out += fmt::format(
        "INSERT INTO {} SELECT {}, {}, k.step, 0, 'i', k.hash FROM etl_undo_keys_{} AS k JOIN {} AS t ON {};\n", table,
        group.ids_of("t"), row->position, row->position, group.target(), same_key(group, *row));
    if (row->key.empty()) out += by_content(group, *row);
    if (row->images.empty()) continue;
    out += fmt::format(
        "INSERT INTO {} SELECT {}, {}, i.etl_step, i.etl_ordinal, 'u', i.etl_hash FROM {} AS i JOIN {} AS t ON {}\n"
        "  WHERE i.etl_run = {} AND i.etl_position = {};\n",
        table, group.ids_of("t"), row->position, row->images, group.target(), same_image(group, *row),
        stores::quote_literal(request.run), row->position);
  }
  out += fmt::format("CREATE INDEX temp.{0}_by_id ON {0} ({1}, step, ordinal);\n", table, group.id_names());
  return out;
}

// One row for each row of the table: etl_undo_rows_G. `same`: as the last entry of the run left it.
std::string rows(const Request& request, const Group& group) {
  std::string out = fmt::format(
      "CREATE TEMP TABLE {0} (n INTEGER PRIMARY KEY, {1}, position, kind, same, keep DEFAULT 0);\n"
      "INSERT INTO {0} ({1}, position, kind)\n"
      "  SELECT {1}, coalesce(min(CASE WHEN kind = 'i' THEN position END), min(position)), min(kind)\n"
      "  FROM etl_undo_entries_{2} GROUP BY {1};\n"
      "CREATE UNIQUE INDEX temp.{0}_by_id ON {0} ({1});\n",
      group.rows(), group.id_names(), group.number);
  if (!request.where.empty()) {
    out += fmt::format("DELETE FROM temp.{0} WHERE NOT EXISTS (SELECT 1 FROM {1} WHERE {2} AND ({3}));\n", group.rows(),
                       group.target(), group.same(group.target(), group.rows()), request.where);
  }
  std::string by_id;
  for (std::size_t i = 0; i < group.ids.size(); ++i) {
    by_id += fmt::format("{}e.id{} = {}.id{}", i > 0 ? " AND " : "", i, group.rows(), i);
  }
  return out + fmt::format(
                   "UPDATE temp.{0} SET same = coalesce((SELECT {1} FROM {2} AS t WHERE {3}) = (SELECT e.hash FROM "
                   "etl_undo_entries_{4} AS e\n  WHERE {5} ORDER BY e.step DESC, e.ordinal DESC LIMIT 1), 0);\n",
                   group.rows(), row_hash(*group.table, "t"), group.target(), group.same("t", group.rows()),
                   group.number, by_id);
}

// "3 rows of "users" were changed since: (id)=(1), ..."; where a later run wrote the table as well, its name.
std::string list_changed(const Group& group) {
  return fmt::format(
      "INSERT INTO etl_undo_stops (kind, force_passes, target, rows, what)\n"
      "  SELECT CASE WHEN later IS NULL THEN 'changed' ELSE 'later run' END, 1, {target}, n,\n"
      "    iif(n = 1, '1 row', n || ' rows') || ' of ' || {target} || iif(n = 1, ' was', ' were') || ' changed since: "
      "' || keys\n"
      "    || iif(n > 5, ', ...', '') || coalesce('; ' || later || ' wrote this table later: undo that run first', "
      "'')\n"
      "  FROM (SELECT count(*) AS n,\n"
      "      (SELECT group_concat(key, ', ') FROM (SELECT {key} AS key FROM {rows} AS u JOIN {table} AS t ON {same}\n"
      "        WHERE NOT u.same LIMIT 5)) AS keys,\n"
      "      (SELECT 'run ' || r.run || ' of ' || r.mapping FROM etl_undo_run AS me JOIN etl_runs AS r ON r.number > "
      "me.number\n"
      "        AND r.state <> 'undone' JOIN etl_tables AS x ON x.run = r.run AND x.target = {target}\n"
      "        WHERE x.inserted + x.updated > 0 ORDER BY r.number DESC LIMIT 1) AS later\n"
      "    FROM {rows} AS u WHERE NOT u.same) WHERE n > 0;\n",
      fmt::arg("target", stores::quote_literal(group.target())), fmt::arg("key", key_text(group, "t")),
      fmt::arg("rows", group.rows()), fmt::arg("table", group.target()), fmt::arg("same", group.same("t", "u")));
}

std::string list_left(const Group& group) {
  return fmt::format(
      "INSERT INTO etl_undo_stops (kind, force_passes, target, rows, what)\n"
      "  SELECT 'left', 1, {0}, n, {0} || ', which the run made, holds ' || iif(n = 1, '1 row', n || ' rows') || ' "
      "that it did not write'\n"
      "  FROM (SELECT (SELECT count(*) FROM {1}) - (SELECT count(*) FROM {2}) AS n) WHERE n > 0;\n",
      stores::quote_literal(group.target()), group.target(), group.rows());
}

std::string count_gone(const Group& group) {
  std::string out;
  for (const TableRow* row : group.parts) {
    out += fmt::format(
        "UPDATE etl_undo_tables SET gone = (SELECT count(*) FROM etl_undo_keys_{0}) - (SELECT count(*) FROM {1} WHERE "
        "position = {0} AND kind = 'i') WHERE position = {0};\n",
        row->position, group.rows());
  }
  return out;
}

}  // namespace

// Row ids of a table without a key may have changed (VACUUM): rows that are not where they were are looked for by what
// they hold. Rows that are equal throughout are as good as each other.
std::string by_content(const Group& group, const TableRow& row) {
  return fmt::format(
      "CREATE TEMP TABLE etl_undo_lost_{0} AS SELECT k.step, k.k0, k.hash, row_number() OVER (PARTITION BY k.hash) AS "
      "nth\n"
      "  FROM etl_undo_keys_{0} AS k LEFT JOIN {1} AS t ON t.{2} = k.k0 WHERE t.{2} IS NULL OR {3} <> k.hash;\n"
      "INSERT INTO etl_undo_entries_{4} SELECT f.id, {0}, l.step, 1, 'i', l.hash FROM etl_undo_lost_{0} AS l JOIN (\n"
      "    SELECT id, hash, row_number() OVER (PARTITION BY hash) AS nth FROM (\n"
      "      SELECT t.{2} AS id, {3} AS hash FROM {1} AS t WHERE EXISTS (SELECT 1 FROM etl_undo_lost_{0})\n"
      "        AND NOT EXISTS (SELECT 1 FROM etl_undo_keys_{0} AS k WHERE k.k0 = t.{2} AND k.hash = {3}))) AS f\n"
      "  ON f.hash = l.hash AND f.nth = l.nth;\n"
      "DELETE FROM temp.etl_undo_entries_{4} WHERE ordinal = 0 AND id0 IN (SELECT k0 FROM etl_undo_lost_{0})\n"
      "  AND hash IN (SELECT hash FROM etl_undo_entries_{4} WHERE ordinal = 1);\n",
      row.position, group.target(), group.ids[0], row_hash(*group.table, "t"), group.number);
}

std::string sqlite_look(const Request& request, const std::vector<Group>& groups) {
  std::string out;
  for (const Group& group : groups) {
    out += fmt::format("\n-- Rows of {} that the run wrote.\n", group.target());
    out += entries(request, group) + rows(request, group) + (request.where.empty() ? count_gone(group) : "") +
           list_changed(group);
    const bool created = std::ranges::any_of(group.parts, [](const TableRow* row) { return row->created; });
    if (created && request.only.empty()) out += list_left(group);
  }
  return out;
}

}  // namespace etl::undo
