// What must hold between the rows of a table and others. Internal to plan/.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "engine/plan/compiler.h"

namespace etl::plan {

// What the fields of a table say of its keys.
struct FieldsForKeys {
  // A field with the rule exists: `text` is connection.table.column.
  struct Exists {
    std::size_t field = 0;  // Into TablePlan::fields.
    const spec::FieldSpec* spec = nullptr;
    std::string text;
    Effect effect = Effect::reject;
  };

  std::set<std::string> filled;            // Target columns that a field fills, faulty ones included.
  std::vector<std::size_t> unique_fields;  // With the rule unique.
  std::vector<Exists> exists;
};

// Fills what `table`, whose fields and sentences are compiled, has of unique and foreign keys, and how t[key] of it is
// answered.
void compile_keys(Compiler& compiler, const TableHead& head, const FieldsForKeys& fields, TablePlan& table);

}  // namespace etl::plan
