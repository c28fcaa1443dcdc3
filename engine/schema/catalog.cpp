#include "engine/schema/catalog.h"

#include <algorithm>

namespace etl::schema {

std::string_view name(Dialect dialect) {
  switch (dialect) {
    case Dialect::postgresql:
      return "postgresql";
    case Dialect::sqlite:
      return "sqlite";
    case Dialect::mysql:
      return "mysql";
  }
  return "";
}

const Column* Table::column(std::string_view name) const {
  const auto found = std::ranges::find(columns, name, &Column::name);
  return found == columns.end() ? nullptr : &*found;
}

const UniqueKey* Table::primary_key() const {
  const auto found = std::ranges::find_if(unique_keys, &UniqueKey::primary);
  return found == unique_keys.end() ? nullptr : &*found;
}

const Table* Catalog::table(std::string_view name) const {
  const Table* found = nullptr;
  for (const Table& table : tables) {
    if (table.name != name) continue;
    if (table.schema.empty() || table.schema == "public") return &table;
    if (found == nullptr) found = &table;
  }
  if (found != nullptr) return found;
  const auto qualified = std::ranges::find_if(tables, [&](const Table& table) {
    const std::string_view schema = table.schema.empty() ? "public" : std::string_view{table.schema};
    return name.size() == schema.size() + 1 + table.name.size() && name.starts_with(schema) &&
           name[schema.size()] == '.' && name.ends_with(table.name);
  });
  return qualified == tables.end() ? nullptr : &*qualified;
}

const Table* Catalog::table(const Table& other) const {
  return table(other.schema.empty() ? other.name : other.schema + "." + other.name);
}

std::vector<std::string> Catalog::table_names() const {
  std::vector<std::string> names;
  for (const Table& table : tables) {
    const bool plain = table.schema.empty() || table.schema == "public";
    names.push_back(plain ? table.name : table.schema + "." + table.name);
  }
  return names;
}

}  // namespace etl::schema
