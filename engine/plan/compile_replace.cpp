// replace: which rows of the target are removed before the first one is written.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/bind.h"

namespace etl::plan {

namespace {

using spec::Expression;
using spec::Operator;
using Kind = writers::Condition::Kind;

std::optional<Kind> kind_of(Operator op) {
  switch (op) {
    case Operator::equal: return Kind::equal;
    case Operator::not_equal: return Kind::not_equal;
    case Operator::less: return Kind::less;
    case Operator::less_equal: return Kind::less_equal;
    case Operator::greater: return Kind::greater;
    case Operator::greater_equal: return Kind::greater_equal;
    default: return std::nullopt;
  }
}

// 5 < x is x > 5.
Kind turned(Kind kind) {
  switch (kind) {
    case Kind::less: return Kind::greater;
    case Kind::less_equal: return Kind::greater_equal;
    case Kind::greater: return Kind::less;
    case Kind::greater_equal: return Kind::less_equal;
    default: return kind;
  }
}

bool is_order(Kind kind) { return kind != Kind::equal && kind != Kind::not_equal; }

class ConditionCompiler {
 public:
  ConditionCompiler(Compiler& compiler, const TableHead& head, const TablePlan& table)
      : compiler_{compiler},
        target_{*head.target},
        target_name_{head.target_name},
        decimals_are_text_{compiler.plan().connections[*head.connection].info.kind == stores::Kind::sqlite},
        scope_{.subject = "a value that replace compares with"},
        binder_{compiler, scope_, table.context, pool_} {}

  // Nothing when something is wrong; it has been said then.
  std::optional<ConditionPlan> compile(const Expression& expression) {
    if (expression.kind == Expression::Kind::operation) return compile_operation(expression);
    const auto column = column_of(expression);
    if (column && target_.columns[*column].type.type == Type::boolean) {
      return compared(Kind::equal, *column, binder_.constant(true, Type::boolean, "true", expression.at), expression.at);
    }
    return faulty(expression);
  }

 private:
  std::optional<ConditionPlan> compile_operation(const Expression& expression) {
    const auto& arguments = expression.arguments;
    switch (expression.op) {
      case Operator::logical_and:
        return both(Kind::all_of, compile(*arguments[0]), compile(*arguments[1]));
      case Operator::logical_or:
        return both(Kind::any_of, compile(*arguments[0]), compile(*arguments[1]));
      case Operator::logical_not:
        return negated(compile(*arguments[0]));
      case Operator::is_null:
      case Operator::is_not_null:
        return compile_null(expression);
      case Operator::between:
      case Operator::not_between:
        return compile_between(expression);
      case Operator::in_list:
      case Operator::not_in_list:
        return compile_list(expression);
      default:
        return compile_comparison(expression);
    }
  }

  static std::optional<ConditionPlan> both(Kind kind, std::optional<ConditionPlan> left,
                                           std::optional<ConditionPlan> right) {
    if (!left || !right) return std::nullopt;
    ConditionPlan condition{.kind = kind};
    condition.parts.push_back(std::move(*left));
    condition.parts.push_back(std::move(*right));
    return condition;
  }

  static std::optional<ConditionPlan> negated(std::optional<ConditionPlan> inner) {
    if (!inner) return std::nullopt;
    ConditionPlan condition{.kind = Kind::none_of};
    condition.parts.push_back(std::move(*inner));
    return condition;
  }

  std::optional<ConditionPlan> compile_null(const Expression& expression) {
    const auto column = column_of(*expression.arguments[0]);
    if (!column) return faulty(expression);
    ConditionPlan condition{.kind = Kind::is_null, .column = *column};
    if (expression.op == Operator::is_null) return condition;
    return negated(std::move(condition));
  }

  std::optional<ConditionPlan> compile_between(const Expression& expression) {
    const auto column = column_of(*expression.arguments[0]);
    if (!column) return faulty(expression);
    auto inside = both(Kind::all_of, compared(Kind::greater_equal, *column, *expression.arguments[1]),
                       compared(Kind::less_equal, *column, *expression.arguments[2]));
    return expression.op == Operator::between ? inside : negated(std::move(inside));
  }

  std::optional<ConditionPlan> compile_list(const Expression& expression) {
    const auto column = column_of(*expression.arguments[0]);
    if (!column) return faulty(expression);
    ConditionPlan any{.kind = Kind::any_of};
    for (std::size_t i = 1; i < expression.arguments.size(); ++i) {
      auto part = compared(Kind::equal, *column, *expression.arguments[i]);
      if (!part) return std::nullopt;
      any.parts.push_back(std::move(*part));
    }
    if (expression.op == Operator::in_list) return any;
    return negated(std::move(any));
  }

  std::optional<ConditionPlan> compile_comparison(const Expression& expression) {
    const auto kind = kind_of(expression.op);
    if (!kind) return faulty(expression);
    if (const auto column = column_of(*expression.arguments[0])) return compared(*kind, *column, *expression.arguments[1]);
    if (const auto column = column_of(*expression.arguments[1])) {
      return compared(turned(*kind), *column, *expression.arguments[0]);
    }
    return faulty(expression);
  }

  std::optional<ConditionPlan> compared(Kind kind, std::size_t column, const Expression& value) {
    if (reads_a_name(value)) return faulty(value);
    return compared(kind, column, binder_.bind(value), value.at);
  }

  std::optional<ConditionPlan> compared(Kind kind, std::size_t column, const NodePtr& value, const Span& at) {
    const schema::SqlType& type = target_.columns[column].type;
    if (is_order(kind) && type.type == Type::decimal && decimals_are_text_) {
      compiler_.diagnostics().add(342, at, "SQLite may keep this decimal as text, which it does not order as numbers",
                                  "compare with =, in (...), or another column");
      return std::nullopt;
    }
    const NodePtr converted = binder_.bind_field(value, type.type, target_.columns[column].name, type.declared, at);
    if (!converted) return std::nullopt;
    return ConditionPlan{.kind = kind, .column = column, .value = converted};
  }

  static bool reads_a_name(const Expression& expression) {
    if (expression.kind == Expression::Kind::name || expression.kind == Expression::Kind::index) return true;
    return std::ranges::any_of(expression.arguments, [](const auto& part) { return part && reads_a_name(*part); });
  }

  // The column that the expression is, if it is nothing else.
  std::optional<std::size_t> column_of(const Expression& expression) {
    if (expression.kind != Expression::Kind::name) return std::nullopt;
    const auto found = std::ranges::find(target_.columns, expression.text, &schema::Column::name);
    if (found != target_.columns.end()) return static_cast<std::size_t>(found - target_.columns.begin());
    std::vector<std::string> names;
    for (const schema::Column& column : target_.columns) names.push_back(column.name);
    compiler_.diagnostics().add(332, expression.at, fmt::format("table {} has no column {}", target_name_, expression.text),
                                did_you_mean(expression.text, names));
    said_ = true;
    return std::nullopt;
  }

  std::optional<ConditionPlan> faulty(const Expression& expression) {
    if (said_) return std::nullopt;
    compiler_.diagnostics().add(342, expression.at, "replace compares columns of the target with values",
                                "write column = value, column in (...), column is null, joined by and, or, not");
    return std::nullopt;
  }

  Compiler& compiler_;
  const schema::Table& target_;
  const std::string& target_name_;
  bool decimals_are_text_;
  Scope scope_;
  NodePool pool_;
  Binder binder_;
  bool said_ = false;
};

}  // namespace

void compile_replace(Compiler& compiler, const TableHead& head, TablePlan& table) {
  const spec::TableSpec& spec = *head.spec;
  if (!spec.replace && !spec.replace_where) return;
  const std::string& atomic = compiler.mapping().settings.atomic;
  if (atomic != "run") {
    compiler.diagnostics().add(342, spec.replace_at ? spec.replace_at : spec.name.at,
                               fmt::format("replace empties its tables in one transaction, but atomic is {}", atomic),
                               "write atomic: run, or leave replace out");
  }
  if (!head.target || !head.connection) return;
  table.replace = spec.replace_where ? ConditionCompiler{compiler, head, table}.compile(*spec.replace_where)
                                     : std::optional{ConditionPlan{}};
}

}  // namespace etl::plan
