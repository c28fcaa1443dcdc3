// Who refers to a table: nothing is deleted before every such reference was looked at (hard-parts.md 20).
#pragma once

#include <vector>

#include "engine/schema/catalog.h"

namespace etl::schema {

struct Dependent {
  const Table* table = nullptr;    // That holds the foreign key.
  const ForeignKey* key = nullptr;
};

// Every foreign key of the catalogue, from any table, that points at `table`; its own among them. Points into `catalog`.
std::vector<Dependent> dependents(const Catalog& catalog, const Table& table);

// Tables in an order in which parents come before children, as far as their references allow; the order given where
// they form a ring.
std::vector<const Table*> parents_first(const Catalog& catalog, std::vector<const Table*> tables);

}  // namespace etl::schema
