#include "engine/schema/dependents.h"

#include <algorithm>
#include <set>

namespace etl::schema {

namespace {

bool is_target(const Table& holder, const ForeignKey& key, const Table& table) {
  if (key.table != table.name) return false;
  const std::string& schema = key.schema.empty() ? holder.schema : key.schema;
  return schema.empty() || table.schema.empty() || schema == table.schema;
}

}  // namespace

std::vector<Dependent> dependents(const Catalog& catalog, const Table& table) {
  std::vector<Dependent> found;
  for (const Table& holder : catalog.tables) {
    for (const ForeignKey& key : holder.foreign_keys) {
      if (is_target(holder, key, table)) found.push_back({&holder, &key});
    }
  }
  return found;
}

std::vector<const Table*> parents_first(const Catalog& catalog, std::vector<const Table*> tables) {
  std::set<std::pair<const Table*, const Table*>> before;  // Parent, child.
  for (const Table* parent : tables) {
    for (const Dependent& dependent : dependents(catalog, *parent)) {
      if (dependent.table != parent) before.emplace(parent, dependent.table);
    }
  }
  std::vector<const Table*> ordered;
  while (!tables.empty()) {
    auto next = std::ranges::find_if(tables, [&](const Table* table) {
      return std::ranges::none_of(tables, [&](const Table* other) { return before.contains({other, table}); });
    });
    if (next == tables.end()) next = tables.begin();
    ordered.push_back(*next);
    tables.erase(next);
  }
  return ordered;
}

}  // namespace etl::schema
