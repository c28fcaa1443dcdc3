// Operators: arithmetic, comparison, logic, text.
#include <fmt/format.h>

#include <algorithm>

#include "engine/plan/bind.h"

namespace etl::plan {

using spec::Expression;
using spec::Operator;

namespace {

std::string number_help(const NodePtr& node) {
  if (node->type == Type::text) return fmt::format("convert it first: int({0}) or decimal({0})", node->text);
  return "";
}

bool is_constant(const NodePtr& node) { return node->kind == Node::Kind::constant && node->pure; }

}  // namespace

NodePtr Binder::bind_operation(const Expression& expression) {
  switch (expression.op) {
    case Operator::add:
    case Operator::subtract:
    case Operator::multiply:
    case Operator::divide:
    case Operator::remainder:
    case Operator::negate:
      return bind_arithmetic(expression);
    case Operator::concatenate:
      return bind_concatenation(expression);
    case Operator::equal:
    case Operator::not_equal:
    case Operator::less:
    case Operator::less_equal:
    case Operator::greater:
    case Operator::greater_equal: {
      NodePtr left = bind(*expression.arguments[0]);
      NodePtr right = bind(*expression.arguments[1]);
      return bind_comparison(expression, spec::name(expression.op), left, right);
    }
    case Operator::like:
    case Operator::not_like:
      return bind_like(expression);
    case Operator::logical_not:
    case Operator::logical_and:
    case Operator::logical_or:
      return bind_logical(expression);
    case Operator::between:
    case Operator::not_between:
      return bind_between(expression);
    case Operator::in_list:
    case Operator::not_in_list:
      return bind_in_list(expression);
    case Operator::is_null:
    case Operator::is_not_null: {
      const NodePtr node = bind(*expression.arguments[0]);
      if (!node) return nullptr;
      Node test{.kind = expression.op == Operator::is_null ? Node::Kind::is_null : Node::Kind::is_not_null,
                .type = Type::boolean,
                .arguments = {node}};
      return make(expression, std::move(test), "");
    }
  }
  return nullptr;
}

NodePtr Binder::bind_arithmetic(const Expression& expression) {
  std::vector<NodePtr> arguments;
  bool good = true;
  const std::string_view op = spec::name(expression.op);
  for (const auto& argument : expression.arguments) {
    NodePtr node = bind(*argument);
    if (node && node->type == Type::any) node = convert(node, Type::decimal);
    if (node && !is_number(node->type)) {
      diagnostics().add(320, argument->at, fmt::format("{} needs a number, but this is {}", op, name(node->type)),
                        number_help(node));
      node = nullptr;
    }
    good = good && node;
    arguments.push_back(node);
  }
  if (!good) return nullptr;
  if (expression.op == Operator::negate) {
    return call("-", converters::negation(arguments[0]->type), arguments[0]->type, arguments, expression);
  }
  Type type = std::max(arguments[0]->type, arguments[1]->type);
  if (expression.op == Operator::divide && type == Type::integer) type = Type::decimal;
  for (NodePtr& argument : arguments) argument = convert(argument, type);
  return call(std::string{op}, converters::arithmetic(op.front(), type), type, arguments, expression);
}

NodePtr Binder::bind_concatenation(const Expression& expression) {
  std::vector<NodePtr> arguments;
  for (const auto& argument : expression.arguments) {
    const NodePtr node = bind(*argument);
    if (!node) return nullptr;
    if (node->type == Type::bytes) {
      diagnostics().add(320, argument->at, "|| needs text, but this is bytes",
                        fmt::format("say how: text({}, 'hex')", node->text));
      return nullptr;
    }
    arguments.push_back(convert(node, Type::text));
    if (!arguments.back()) return nullptr;
  }
  return call("||", converters::concatenation(), Type::text, arguments, expression);
}

NodePtr Binder::bind_comparison(const Expression& expression, std::string_view op, NodePtr left, NodePtr right) {
  if (!left || !right) return nullptr;
  left = adopt(left, right->type);
  if (left) right = adopt(right, left->type);
  if (!left || !right) return nullptr;
  if (left->type == Type::any || right->type == Type::any) {
    return call(std::string{op}, dynamic_comparison(op), Type::boolean, {left, right}, expression);
  }
  const auto type = common_type(left->type, right->type);
  if (!type) {
    const bool left_constant = is_constant(left);
    const NodePtr& odd = left_constant ? left : right;
    const Type wanted = left_constant ? right->type : left->type;
    diagnostics().add(322, expression.name_at ? expression.name_at : expression.at,
                      fmt::format("{} cannot compare {} with {}", op, name(left->type), name(right->type)),
                      fmt::format("convert one: {}({})", name(wanted), odd->text));
    return nullptr;
  }
  const bool ordered = op != "=" && op != "!=";
  if (ordered && TypeSet{Type::json, Type::list}.has(*type)) {
    diagnostics().add(322, expression.name_at, fmt::format("{} has no order", name(*type)));
    return nullptr;
  }
  std::vector<NodePtr> sides{convert(left, *type), convert(right, *type)};
  if (!sides[0] || !sides[1]) return nullptr;
  return call(std::string{op}, converters::comparison(op, *type), Type::boolean, std::move(sides), expression);
}

NodePtr Binder::bind_logical(const Expression& expression) {
  const std::string_view op = spec::name(expression.op);
  std::vector<NodePtr> sides;
  bool good = true;
  for (const auto& argument : expression.arguments) {
    sides.push_back(bind_condition(*argument, op));
    good = good && sides.back();
  }
  if (!good) return nullptr;
  Node node{.kind = expression.op == Operator::logical_and  ? Node::Kind::logical_and
                    : expression.op == Operator::logical_or ? Node::Kind::logical_or
                                                            : Node::Kind::logical_not,
            .type = Type::boolean,
            .arguments = sides};
  return make(expression, std::move(node), "");
}

// x between a and b is x >= a and x <= b.
NodePtr Binder::bind_between(const Expression& expression) {
  const NodePtr value = bind(*expression.arguments[0]);
  const NodePtr low = bind_comparison(expression, ">=", value, bind(*expression.arguments[1]));
  const NodePtr high = bind_comparison(expression, "<=", value, bind(*expression.arguments[2]));
  if (!low || !high) return nullptr;
  NodePtr node =
      make(expression, {.kind = Node::Kind::logical_and, .type = Type::boolean, .arguments = {low, high}}, "");
  if (expression.op == Operator::between) return node;
  return negated(expression, node);
}

// x in (a, b) is x = a or x = b.
NodePtr Binder::bind_in_list(const Expression& expression) {
  const NodePtr value = bind(*expression.arguments[0]);
  if (!value) return nullptr;
  NodePtr any;
  for (std::size_t i = 1; i < expression.arguments.size(); ++i) {
    const NodePtr equal = bind_comparison(expression, "=", value, bind(*expression.arguments[i]));
    if (!equal) return nullptr;
    if (!any) {
      any = equal;
      continue;
    }
    any = make(expression, {.kind = Node::Kind::logical_or, .type = Type::boolean, .arguments = {any, equal}}, "");
  }
  if (expression.op == Operator::in_list) return any;
  return negated(expression, any);
}

NodePtr Binder::bind_like(const Expression& expression) {
  std::vector<NodePtr> arguments;
  for (const auto& argument : expression.arguments) {
    const NodePtr node = bind(*argument);
    if (!node) return nullptr;
    if (node->type != Type::text && node->type != Type::any) {
      diagnostics().add(320, argument->at, fmt::format("like needs text, but this is {}", name(node->type)),
                        fmt::format("convert it first: text({})", node->text));
      return nullptr;
    }
    arguments.push_back(convert(node, Type::text));
  }
  const bool fixed = is_constant(arguments[1]) && !is_null(arguments[1]->value);
  const auto kernel = fixed ? converters::like(std::get<std::string_view>(arguments[1]->value)) : converters::like();
  const NodePtr found = call("like", kernel, Type::boolean, arguments, expression);
  if (!found || expression.op == Operator::like) return found;
  return negated(expression, found);
}

}  // namespace etl::plan
