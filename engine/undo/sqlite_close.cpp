#include <fmt/format.h>

#include <algorithm>

#include "engine/stores/sql_text.h"
#include "engine/undo/sqlite_text.h"

namespace etl::undo {

namespace {

// A foreign key that leads to a table of the run.
struct Edge {
  const schema::Table* child = nullptr;
  const Group* from = nullptr;  // The child's group; null when the run did not write it.
  const Group* to = nullptr;
  const schema::ForeignKey* key = nullptr;

  std::string child_name() const { return stores::quote_table(*child); }
  // The parent `t` of the child `c`, compared as the parent's columns compare.
  std::string on() const {
    std::string out;
    for (std::size_t i = 0; i < key->columns.size(); ++i) {
      out += fmt::format("{}t.{} = c.{}", i > 0 ? " AND " : "", stores::quote_identifier(key->target_columns[i]),
                         stores::quote_identifier(key->columns[i]));
    }
    return out;
  }
};

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

const Group* group_of(const std::vector<Group>& groups, std::string_view table) {
  const auto found =
      std::ranges::find_if(groups, [&](const Group& group) { return same_name(group.table->name, table); });
  return found == groups.end() ? nullptr : &*found;
}

std::vector<Edge> edges_of(const std::vector<Group>& groups, const schema::Catalog& catalog) {
  std::vector<Edge> edges;
  for (const schema::Table& table : catalog.tables) {
    for (const schema::ForeignKey& key : table.foreign_keys) {
      const Group* to = group_of(groups, key.table);
      if (to != nullptr && key.columns.size() == key.target_columns.size())
        edges.push_back({.child = &table, .from = group_of(groups, table.name), .to = to, .key = &key});
    }
  }
  return edges;
}

// Rows `u` of the parent that would go and are referred to by `c`.
std::string referred(const Edge& edge) {
  return fmt::format("{} AS c JOIN {} AS t ON {} JOIN {} AS u ON {}", edge.child_name(), edge.to->target(), edge.on(),
                     edge.to->rows(), edge.to->same("t", "u"));
}

std::string list_referring(const Edge& edge) {
  const std::string outsider = edge.from == nullptr ? ""
                                                    : fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS w WHERE {})",
                                                                  edge.from->rows(), edge.from->same("c", "w"));
  const std::string key = edge.from == nullptr ? key_text(*edge.child, "c") : key_text(*edge.from, "c");
  return fmt::format(
      "INSERT INTO etl_undo_stops (kind, force_passes, target, rows, what)\n"
      "  SELECT 'referenced', 1, {child}, n, iif(n = 1, '1 row', n || ' rows') || ' of ' || {child} || iif(n = 1, ' "
      "refers', ' refer') || ' to rows of '\n"
      "    || {parent} || ' that would go (' || {columns} || '): ' || keys || iif(n > 5, ', ...', '')\n"
      "  FROM (SELECT count(*) AS n, (SELECT group_concat(key, ', ') FROM (SELECT {key} AS key FROM {from}\n"
      "      WHERE u.kind = 'i' AND u.same{outsider} LIMIT 5)) AS keys\n"
      "    FROM {from} WHERE u.kind = 'i' AND u.same{outsider}) WHERE n > 0;\n",
      fmt::arg("child", stores::quote_literal(edge.child_name())),
      fmt::arg("parent", stores::quote_literal(edge.to->target())),
      fmt::arg("columns", stores::quote_literal(fmt::format("{}", fmt::join(edge.key->columns, ", ")))),
      fmt::arg("key", key), fmt::arg("from", referred(edge)), fmt::arg("outsider", outsider));
}

// Parents of children that stay whatever happens: rows of others, and rows of the run that were changed since.
std::string kept_at_once(const Edge& edge) {
  const std::string stays = edge.from == nullptr
                                ? ""
                                : fmt::format(" AND NOT EXISTS (SELECT 1 FROM {} AS w WHERE {} AND w.same)",
                                              edge.from->rows(), edge.from->same("c", "w"));
  return fmt::format("SELECT {}, u.n FROM {} WHERE u.kind = 'i' AND u.same{}", edge.to->number, referred(edge), stays);
}

// Parents of children that stay because somebody needs them.
std::string kept_for_kept(const Edge& edge) {
  return fmt::format(
      "SELECT {}, u.n FROM kept AS k CROSS JOIN {} AS w ON k.g = {} AND w.n = k.n JOIN {} AS c ON {}\n"
      "      JOIN {} AS t ON {} JOIN {} AS u ON {} WHERE u.kind = 'i' AND u.same",
      edge.to->number, edge.from->rows(), edge.from->number, edge.child_name(), edge.from->same("c", "w"),
      edge.to->target(), edge.on(), edge.to->rows(), edge.to->same("t", "u"));
}

}  // namespace

std::string sqlite_close(const std::vector<Group>& groups, const schema::Catalog& catalog) {
  const std::vector<Edge> edges = edges_of(groups, catalog);
  if (edges.empty()) return "";
  std::string out = "\n-- Who refers to rows that would go; and what stays because of rows that stay.\n";
  std::vector<std::string> terms;
  for (const Edge& edge : edges) {
    out += list_referring(edge);
    terms.push_back(kept_at_once(edge));
  }
  for (const Edge& edge : edges) {
    if (edge.from != nullptr) terms.push_back(kept_for_kept(edge));
  }
  out += fmt::format(
      "CREATE TEMP TABLE etl_undo_kept AS WITH RECURSIVE kept (g, n) AS (\n    {}) SELECT g, n FROM kept;\n",
      fmt::join(terms, "\n    UNION "));
  for (const Group& group : groups) {
    out += fmt::format("UPDATE temp.{} SET keep = 1 WHERE n IN (SELECT n FROM etl_undo_kept WHERE g = {});\n",
                       group.rows(), group.number);
  }
  return out;
}

}  // namespace etl::undo
