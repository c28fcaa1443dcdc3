#include "engine/undo/sqlite_groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/ledger/journal.h"
#include "engine/stores/sql_text.h"

namespace etl::undo {

namespace {

std::string joined(const std::vector<std::string>& items, std::string_view separator) {
  return fmt::format("{}", fmt::join(items, separator));
}

std::vector<std::string> ids_of_table(const schema::Table& table) {
  const std::string rowid = ledger::rowid_name(table);
  if (!rowid.empty()) return {rowid};
  std::vector<std::string> ids;
  if (const schema::UniqueKey* key = table.primary_key()) {
    for (const std::string& name : key->columns) ids.push_back(stores::quote_identifier(name));
  }
  return ids;
}

std::string key_text(const std::vector<std::string>& names, const std::vector<std::string>& columns,
                     std::string_view alias) {
  std::string out = fmt::format("'({})=('", joined(names, ", "));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += fmt::format(" || {}coalesce(CASE typeof({}.{}) WHEN 'blob' THEN hex({}.{}) ELSE {}.{} END, 'NULL')",
                       i > 0 ? "', ' || " : "", alias, columns[i], alias, columns[i], alias, columns[i]);
  }
  return out + " || ')'";
}

}  // namespace

std::string Group::target() const { return stores::quote_table(*table); }
std::string Group::rows() const { return fmt::format("etl_undo_rows_{}", number); }

std::string Group::ids_of(std::string_view alias) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < ids.size(); ++i) out.push_back(fmt::format("{}.{} AS id{}", alias, ids[i], i));
  return joined(out, ", ");
}

std::string Group::id_names() const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < ids.size(); ++i) out.push_back(fmt::format("id{}", i));
  return joined(out, ", ");
}

std::string Group::same(std::string_view table_alias, std::string_view row_alias) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out.push_back(fmt::format("{}.{} = {}.id{}", table_alias, ids[i], row_alias, i));
  }
  return joined(out, " AND ");
}

std::string Group::in(std::string_view source) const {
  return fmt::format("({}) IN (SELECT {} FROM {})", joined(ids, ", "), id_names(), source);
}

std::vector<Group> groups_of(const std::vector<ledger::TableRow>& tables, const schema::Catalog& catalog) {
  std::vector<Group> groups;
  for (const ledger::TableRow& row : tables) {
    const auto table = std::ranges::find_if(catalog.tables, [&](const schema::Table& found) {
      return stores::quote_table(found) == row.target && !found.is_view;
    });
    if (table == catalog.tables.end()) continue;  // Dropped since: nothing is left to undo.
    auto group = std::ranges::find(groups, &*table, &Group::table);
    if (group == groups.end()) {
      groups.push_back({.number = groups.size(), .table = &*table, .parts = {}, .ids = ids_of_table(*table)});
      group = groups.end() - 1;
    }
    group->parts.push_back(&row);
  }
  return groups;
}

std::string row_hash(const schema::Table& table, std::string_view alias) {
  std::string text;
  for (const schema::Column& column : table.columns) {
    const std::string cell = fmt::format("{}.{}", alias, stores::quote_identifier(column.name));
    text += fmt::format(
        "{0}CASE typeof({1}) WHEN 'null' THEN 'n' WHEN 'integer' THEN 'i' || {1} WHEN 'real' THEN 'r' || "
        "printf('%!.17g', {1}) WHEN 'text' THEN 't' || length(CAST({1} AS BLOB)) || ':' || {1} ELSE 'b' || hex({1}) END || ','",
        text.empty() ? "" : " || ", cell);
  }
  return fmt::format("substr(sha3({}, 224), 1, 8)", text);
}

std::string key_text(const Group& group, std::string_view alias) {
  std::vector<std::string> quoted;
  const std::vector<std::string>& key = group.parts.front()->key;
  if (key.empty()) return key_text(group.ids, group.ids, alias);
  for (const std::string& name : key) quoted.push_back(stores::quote_identifier(name));
  return key_text(key, quoted, alias);
}

std::string key_text(const schema::Table& table, std::string_view alias) {
  std::vector<std::string> names;
  std::vector<std::string> quoted;
  if (const schema::UniqueKey* key = table.primary_key()) names = key->columns;
  for (const std::string& name : names) quoted.push_back(stores::quote_identifier(name));
  return names.empty() ? key_text(ids_of_table(table), ids_of_table(table), alias) : key_text(names, quoted, alias);
}

}  // namespace etl::undo
