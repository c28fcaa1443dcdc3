// One field of a table. Internal to plan/.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/plan/bind.h"
#include "engine/plan/compiler.h"

namespace etl::plan {

// The column that rules speak of.
struct RuleTarget {
  Type type = Type::any;
  std::string declared;  // "numeric(4,2)".
};

std::vector<RulePlan> compile_rules(Compiler& compiler, const RuleTarget& target, const spec::RulesSpec& specs,
                                    Effect effect);
// Allowed values that the DDL gives: enum labels, CHECK (x IN (...)).
std::optional<RulePlan> derived_one_of(Compiler& compiler, const schema::Column& column);

// What the fields of one table share while they are compiled.
struct FieldContext {
  Compiler& compiler;
  TableHead& head;
  Binder& binder;     // Over the source row.
  const Scope& scope;
};

// Whether the target can compute the column's default: SQLite does not know every function of PostgreSQL's DDL.
bool can_make_default(const ConnectionPlan& connection, const schema::Column& column);

// Nothing when the target has no such column (said). `parse_failed`: an expression that could not be read.
std::optional<FieldPlan> compile_field(FieldContext& context, const spec::FieldSpec& spec, bool& parse_failed);
// `rest: copy`.
FieldPlan copy_field(FieldContext& context, const schema::Column& column, std::size_t index, const ScopeColumn& source);
// A key that the database makes.
FieldPlan made_field(const schema::Column& column, std::size_t index);

}  // namespace etl::plan
