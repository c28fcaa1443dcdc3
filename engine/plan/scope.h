// The names that an expression may use.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/data/type.h"
#include "engine/plan/plan.h"
#include "engine/spec/expression.h"

namespace etl::plan {

struct ScopeColumn {
  std::string name;
  Type type = Type::any;
};

struct Scope {
  std::string subject;                 // "table mingus.users", for "... has no column x".
  std::vector<ScopeColumn> columns = {};
  bool complete = true;                // False: columns are undeclared, any name may exist and has type any.
  // The place of a column in the frame that the expression is computed over; called for columns that are used.
  std::function<std::size_t(const ScopeColumn& column)> place = {};
  bool has_row = false;                // `row` may be used.
  std::function<void()> use_whole_row = {};
  // With group_by only its expressions (ShapePlan::group_names) and aggregates may be used.
  bool grouped = false;
  // What explode, row_number and aggregates are added to; null where none of them may stand.
  ShapePlan* shape = nullptr;
  enum class Step : std::uint8_t { explode, where, rows } step = Step::rows;

  const ScopeColumn* find(std::string_view name) const {
    for (const ScopeColumn& column : columns) {
      if (column.name == name) return &column;
    }
    return nullptr;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const ScopeColumn& column : columns) names.push_back(column.name);
    return names;
  }
};

}  // namespace etl::plan
