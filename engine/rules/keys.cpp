#include "engine/rules/families.h"

namespace etl::rules {

namespace {

Kernel bind_required(const Use& use) {
  if (!is_set(use)) return no_check();
  return [](const Column& column, const Present&, Failures& failures) {
    if (column.null_count() == 0) return;
    for (std::size_t row = 0; row < column.size(); ++row) {
      if (column.is_null(row)) failures.push_back({static_cast<std::uint32_t>(row), "required", "a value is required"});
    }
  };
}

}  // namespace

std::vector<Rule> key_rules() {
  return {
      {.name = "required",
       .doc = "The value may not be NULL.",
       .argument = Argument::flag,
       .types = TypeSet::all(),
       .examples = {{"true", "1", true}, {"true", "null", false}, {"false", "null", true}},
       .bind = bind_required},
      {.name = "unique",
       .doc = "No two written rows share the value.",
       .argument = Argument::flag,
       .types = TypeSet::all()},
      {.name = "exists",
       .doc = "A column, written as connection.table.column, must hold the value.",
       .argument = Argument::reference,
       .types = TypeSet::all()},
  };
}

}  // namespace etl::rules
