#include "engine/plan/bind.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/literal.h"

namespace etl::plan {

using spec::Expression;

std::optional<Type> common_type(Type left, Type right) {
  if (left == right) return left;
  if (left == Type::any || right == Type::any) return Type::any;
  if (is_number(left) && is_number(right)) return std::max(left, right);
  const TypeSet documents{Type::json, Type::list};
  if (documents.has(left) && documents.has(right)) return Type::json;
  return std::nullopt;
}

NodePtr Binder::bind(const Expression& expression) {
  if (scope_.grouped && !in_aggregate_) {
    if (auto key = group_key(to_string(expression), expression.at)) return *key;
  }
  switch (expression.kind) {
    case Expression::Kind::literal_number:
    case Expression::Kind::literal_text:
    case Expression::Kind::literal_bool:
    case Expression::Kind::literal_null:
      return bind_literal(expression);
    case Expression::Kind::parameter:
      return bind_parameter(expression);
    case Expression::Kind::name:
      return bind_name(expression);
    case Expression::Kind::member:
      return bind_member(expression);
    case Expression::Kind::index:
      return bind_index(expression);
    case Expression::Kind::call:
      return bind_call(expression);
    case Expression::Kind::operation:
      return bind_operation(expression);
    case Expression::Kind::in_name:
      return bind_in_name(expression);
    case Expression::Kind::case_of:
      return bind_case(expression);
  }
  return nullptr;
}

NodePtr Binder::make(Node node, const std::string& operation) {
  std::string key =
      fmt::format("{}:{}:{}:{}", static_cast<int>(node.kind), static_cast<int>(node.type), node.index, operation);
  for (const NodePtr& argument : node.arguments) key += fmt::format(",{}", static_cast<const void*>(argument.get()));
  if (!node.pure) key += fmt::format("#{}", pool_.size());  // uuid4() twice is two keys.
  NodePtr& known = pool_[key];
  if (!known) known = std::make_shared<const Node>(std::move(node));
  return known;
}

NodePtr Binder::make(const Expression& expression, Node node, const std::string& operation) {
  node.text = to_string(expression);
  node.at = expression.at;
  const auto inherit = [&node](const NodePtr& from) {
    node.pure = node.pure && from->pure;
    node.secret = node.secret || from->secret;
  };
  std::ranges::for_each(node.arguments, inherit);
  if (node.body) inherit(node.body);
  return make(std::move(node), operation);
}

NodePtr Binder::negated(const Expression& expression, NodePtr node) {
  return make(expression, {.kind = Node::Kind::logical_not, .type = Type::boolean, .arguments = {std::move(node)}},
              "not");
}

NodePtr Binder::call(std::string operation, converters::Kernel kernel, Type type, std::vector<NodePtr> arguments,
                     const Expression& expression, bool pure, const converters::Function* function) {
  Node node{.kind = Node::Kind::call, .type = type, .arguments = std::move(arguments), .kernel = std::move(kernel)};
  node.pure = pure;
  node.function = function;
  return fold(make(expression, std::move(node), operation));
}

// Computes a call on constants now; one that always fails is said where it stands.
NodePtr Binder::fold(const NodePtr& node) {
  const bool constant = std::ranges::all_of(
      node->arguments, [](const NodePtr& a) { return a->kind == Node::Kind::constant && a->pure && !a->secret; });
  if (!constant || !node->pure || node->secret || node->arguments.empty()) return node;
  Evaluator evaluator({}, 1, *compiler_.plan().arena, run_, nullptr, nullptr);
  const Evaluated result = evaluator.evaluate(node);
  if (result.failures && !result.failures->empty()) {
    if (in_try_) return node;
    diagnostics().add(309, node->at, fmt::format("this always fails: {}", result.failures->front().reason));
    return nullptr;
  }
  return constant_of(*node, result.column->at(0));
}

NodePtr Binder::constant(const Value& value, Type type, std::string text, const Span& at) {
  Node node{.kind = Node::Kind::constant, .type = type, .value = value};
  node.text = std::move(text);
  node.at = at;
  const std::string held = is_null(value) ? "null" : "=" + to_text(value);
  return make(std::move(node), held);
}

NodePtr Binder::constant_of(const Node& node, const Value& value) {
  return constant(value, node.type, node.text, node.at);
}

NodePtr Binder::bind_literal(const Expression& expression) {
  Arena& arena = *compiler_.plan().arena;
  const std::string text = to_string(expression);
  switch (expression.kind) {
    case Expression::Kind::literal_bool:
      return constant(expression.text == "true", Type::boolean, text, expression.at);
    case Expression::Kind::literal_text:
      return constant(arena.copy(expression.text), Type::text, text, expression.at);
    case Expression::Kind::literal_null:
      return constant(Value{}, Type::any, text, expression.at);
    default:
      break;
  }
  if (expression.text.find_first_of(".eE") == std::string::npos) {
    if (auto whole = parse_integer(expression.text); whole.value) {
      return constant(*whole.value, Type::integer, text, expression.at);
    }
  }
  if (const auto number = parse_decimal(expression.text)) return constant(*number, Type::decimal, text, expression.at);
  diagnostics().add(309, expression.at, fmt::format("{} has more than 38 digits", expression.text));
  return nullptr;
}

NodePtr Binder::bind_parameter(const Expression& expression) {
  const ParameterValue* parameter = compiler_.parameter(expression.text);
  if (!parameter) {
    std::vector<std::string> names;
    for (const auto& [name, spec] : compiler_.mapping().params) names.push_back(name.value);
    const std::string near = nearest(expression.text, names);
    if (!near.empty()) compiler_.parameter(near);  // Misspelt is not unused.
    diagnostics().add(302, expression.at, fmt::format("no param {}", expression.text),
                      near.empty() ? fmt::format("declare it under params:") : fmt::format("did you mean ${}?", near));
    return nullptr;
  }
  Node node{.kind = Node::Kind::constant, .type = parameter->type, .value = parameter->value};
  node.pure = compiler_.parameter_is_known(parameter->name);
  node.secret = parameter->secret;
  return make(expression, std::move(node), "$" + parameter->name);
}

NodePtr Binder::made(std::size_t index, Type type, std::vector<NodePtr> of, std::string text, const Span& at,
                     std::string_view what) {
  Node node{.kind = Node::Kind::made, .type = type, .arguments = std::move(of), .index = index};
  node.text = std::move(text);
  node.at = at;
  return make(std::move(node), std::string{what});
}

NodePtr Binder::convert(const NodePtr& node, Type to) {
  if (!node || node->type == to || to == Type::any) return node;
  if (node->kind == Node::Kind::constant && is_null(node->value) && node->pure) {
    return constant(Value{}, to, node->text, node->at);
  }
  Node converted{.kind = Node::Kind::call,
                 .type = to,
                 .arguments = {node},
                 .kernel = converters::conversion(node->type, to, run_)};
  converted.text = node->text;
  converted.at = node->at;
  converted.pure = node->pure;
  converted.secret = node->secret;
  return fold(make(std::move(converted), fmt::format("as {}", name(to))));
}

NodePtr Binder::bind_field(const NodePtr& node, Type to, std::string_view subject, std::string_view declared,
                           const Span& at) {
  using converters::Convertible;
  if (!node || node->type == to || to == Type::any || node->type == Type::any) return convert(node, to);
  const Convertible fit = converters::convertible_by_itself(node->type, to);
  if (fit == Convertible::always || fit == Convertible::may_fail) return convert(node, to);
  const bool to_float = node->type == Type::decimal && to == Type::float64;
  if (to_float) {
    diagnostics().add(509, at, fmt::format("{}: digits of a decimal may be lost in {}", subject, declared),
                      fmt::format("write {} | float", node->text));
    return convert(node, to);
  }
  std::string help = fmt::format("write {} | {}", node->text, name(to));
  if (node->type == Type::float64 && to == Type::decimal) {
    help = fmt::format("say how: {} | decimal | round(2)", node->text);
  } else if (node->type == Type::float64 && to == Type::integer) {
    help = fmt::format("say how: {} | round | int", node->text);
  } else if (node->type == Type::timestamptz && to == Type::timestamp) {
    help = fmt::format("say in which zone: {} | to_zone('UTC')", node->text);
  } else if (!converters::conversion(node->type, to, run_)) {
    help.clear();
  }
  diagnostics().add(333, at, fmt::format("{}: {} does not become {} by itself", subject, name(node->type), declared),
                    help);
  return nullptr;
}

NodePtr Binder::truth(const NodePtr& node, const Expression& expression, std::string_view what) {
  if (!node || node->type == Type::boolean) return node;
  if (node->type == Type::any) return convert(node, Type::boolean);
  diagnostics().add(320, expression.at, fmt::format("{} needs true/false, but this is {}", what, name(node->type)));
  return nullptr;
}

NodePtr Binder::bind_condition(const Expression& expression, std::string_view what) {
  return truth(bind(expression), expression, what);
}

NodePtr Binder::adopt(const NodePtr& node, Type type) {
  const bool literal = node->kind == Node::Kind::constant && node->type == Type::text && node->pure && !node->secret;
  const bool readable = is_temporal(type) || type == Type::uuid;
  if (!literal || !readable) return node;
  const auto read = read_text(std::get<std::string_view>(node->value), type, run_, *compiler_.plan().arena);
  if (read.value) return constant(*read.value, type, node->text, node->at);
  diagnostics().add(322, node->at, read.problem, read.help);
  return nullptr;
}

// Branches meet as the last step of a field would convert them: a wall clock beside an instant is taken in
// settings.timezone. Comparisons do not: there the difference is the question.
static std::optional<Type> type_of_branches(Type left, Type right) {
  const bool clocks = (left == Type::timestamp && right == Type::timestamptz) ||
                      (left == Type::timestamptz && right == Type::timestamp);
  return clocks ? Type::timestamptz : common_type(left, right);
}

bool Binder::unify(const std::vector<NodePtr*>& nodes) {
  Type common = Type::any;
  bool first = true;
  for (NodePtr* node : nodes) {
    const bool null = (*node)->kind == Node::Kind::constant && is_null((*node)->value) && (*node)->pure;
    if (null) continue;
    const auto wider = first ? std::optional{(*node)->type} : type_of_branches(common, (*node)->type);
    if (!wider) {
      const bool constant_text = (*node)->type == Type::text && (*node)->kind == Node::Kind::constant;
      if (constant_text && (is_temporal(common) || common == Type::uuid)) {
        *node = adopt(*node, common);
        if (!*node) return false;
        continue;
      }
      diagnostics().add(321, (*node)->at,
                        fmt::format("this is {}, but the values before are {}", name((*node)->type), name(common)),
                        fmt::format("convert one: {}(...)", name(common)));
      return false;
    }
    common = *wider;
    first = false;
  }
  for (NodePtr* node : nodes) *node = convert(*node, common);
  return true;
}

NodePtr Binder::bind_case(const Expression& expression) {
  std::vector<NodePtr> conditions;
  std::vector<NodePtr> results;
  bool good = true;
  for (std::size_t i = 0; i + 1 < expression.arguments.size(); i += 2) {
    NodePtr condition;
    if (expression.operand) {
      condition = bind_comparison(expression, "=", bind(*expression.operand), bind(*expression.arguments[i]));
    } else {
      condition = bind_condition(*expression.arguments[i], "when");
    }
    conditions.push_back(condition);
    results.push_back(bind(*expression.arguments[i + 1]));
    good = good && conditions.back() && results.back();
  }
  if (expression.otherwise) {
    results.push_back(bind(*expression.otherwise));
    good = good && results.back();
  }
  if (!good) return nullptr;
  std::vector<NodePtr*> all;
  for (NodePtr& result : results) all.push_back(&result);
  if (!unify(all)) return nullptr;
  Node node{.kind = Node::Kind::case_of, .type = results.front()->type};
  for (std::size_t i = 0; i < conditions.size(); ++i) {
    node.arguments.push_back(conditions[i]);
    node.arguments.push_back(results[i]);
    node.type = results[i]->type;
  }
  if (expression.otherwise) node.arguments.push_back(results.back());
  return make(expression, std::move(node), "case");
}

}  // namespace etl::plan
