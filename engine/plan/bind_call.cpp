// Calls: functions of the catalogue, own converters, and the few functions that the plan itself understands.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/bind.h"
#include "engine/plan/literal.h"

namespace etl::plan {

using converters::Function;
using converters::Parameter;
using spec::Expression;

namespace {

constexpr int kMaxConverterDepth = 16;
constexpr TypeSet kNumbers{Type::integer, Type::decimal, Type::float64};

const Parameter& parameter_of(const Function& function, std::size_t argument) {
  return function.parameters[std::min(argument, function.parameters.size() - 1)];
}

std::string counted(const Function& function) {
  std::size_t least = 0;
  bool open = false;
  for (const Parameter& parameter : function.parameters) {
    if (!parameter.optional && !parameter.repeated) ++least;
    open = open || parameter.repeated;
  }
  const std::size_t most = function.parameters.size();
  if (open) return fmt::format("{} or more arguments", least);
  if (least == most) return fmt::format("{} argument{}", least, least == 1 ? "" : "s");
  return fmt::format("{} to {} arguments", least, most);
}

std::string type_phrase(TypeSet types) { return types == kNumbers ? "a number" : name(types); }

std::string help_for(const Parameter& parameter, const NodePtr& node) {
  if (parameter.types.has(Type::text)) return fmt::format("convert it first: text({})", node->text);
  if (node->type == Type::text && parameter.types == kNumbers) {
    return fmt::format("convert it first: int({0}) or decimal({0})", node->text);
  }
  for (const Type type : {Type::integer, Type::decimal, Type::date, Type::timestamp, Type::timestamptz, Type::json}) {
    if (parameter.types.has(type)) return fmt::format("convert it first: {}({})", name(type), node->text);
  }
  return "";
}

}  // namespace

NodePtr Binder::bind_call(const Expression& expression) {
  if (const Function* function = converters::function_named(expression.text)) {
    return bind_function(expression, *function);
  }
  if (const spec::ExpressionPtr* body = compiler_.converter(expression.text)) {
    return *body ? bind_converter(expression, **body) : nullptr;
  }
  for (const auto& argument : expression.arguments) bind(*argument);
  auto candidates = converters::function_names();
  for (const std::string& own : compiler_.converter_names()) candidates.push_back(own);
  std::string help = did_you_mean(expression.text, candidates);
  if (expression.text == "if" || expression.text == "iif") help = "write case when c then a else b end";
  if (expression.text == "ifnull" || expression.text == "nvl") help = "write coalesce(a, b)";
  if (expression.text == "cast") help = "write int(x), text(x), date(x), ...";
  if (expression.text == "greatest" || expression.text == "least") help = "write case when a > b then a else b end";
  diagnostics().add(306, expression.name_at, fmt::format("no function {}", expression.text), help);
  return nullptr;
}

NodePtr Binder::bind_converter(const Expression& expression, const Expression& body) {
  if (expression.arguments.size() != 1) {
    diagnostics().add(307, expression.name_at,
                      fmt::format("converter {} takes the value before | alone; {} given", expression.text,
                                  expression.arguments.size()));
    return nullptr;
  }
  if (depth_ >= kMaxConverterDepth) {
    diagnostics().add(306, expression.name_at, fmt::format("converter {} uses itself", expression.text),
                      "write the steps out");
    return nullptr;
  }
  NodePtr value = bind(*expression.arguments.front());
  if (!value) return nullptr;
  const NodePtr outer = std::exchange(it_, value);
  ++depth_;
  NodePtr node = bind(body);
  --depth_;
  it_ = outer;
  return node;
}

bool Binder::check_count(const Expression& expression, const Function& function) {
  std::size_t least = 0;
  bool open = false;
  for (const Parameter& parameter : function.parameters) {
    if (!parameter.optional && !parameter.repeated) ++least;
    open = open || parameter.repeated;
  }
  const std::size_t given = expression.arguments.size();
  if (given >= least && (open || given <= function.parameters.size())) return true;
  diagnostics().add(307, expression.name_at,
                    fmt::format("{} takes {}; {} given", function.name, counted(function), given));
  return false;
}

bool Binder::fit_arguments(const Expression& expression, const Function& function, std::vector<NodePtr>& arguments) {
  bool good = true;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const Parameter& parameter = parameter_of(function, i);
    NodePtr& node = arguments[i];
    const Span& at = expression.arguments[i]->at;
    if (parameter.secret && !node->secret) {
      diagnostics().add(308, at, fmt::format("the {} of {} must be a secret param", parameter.name, function.name),
                        "declare  field_key: {type: text, secret: true, default: \"${file:/run/secrets/field_key}\"}  "
                        "and write $field_key");
      good = false;
      continue;
    }
    if (parameter.constant && node->kind != Node::Kind::constant) {
      diagnostics().add(309, at, fmt::format("the {} of {} must be a constant", parameter.name, function.name));
      good = false;
      continue;
    }
    if (node->type == Type::any) {
      const bool null = node->kind == Node::Kind::constant && node->pure && is_null(node->value);
      if (null && !(parameter.types == TypeSet::all())) {
        for (std::size_t t = 1; t < kTypeCount; ++t) {
          if (!parameter.types.has(static_cast<Type>(t))) continue;
          node = convert(node, static_cast<Type>(t));
          break;
        }
      } else if (null) {
        node = convert(node, Type::text);
      }
      continue;
    }
    if (parameter.types.has(node->type)) continue;
    if (is_number(node->type)) {
      const Type wider =
          parameter.types.has(Type::decimal) && node->type == Type::integer ? Type::decimal : Type::float64;
      if (parameter.types.has(wider)) {
        node = convert(node, wider);
        continue;
      }
    }
    const Type first = arguments.front() ? arguments.front()->type : Type::any;
    if (parameter.types.has(first) && i > 0) {
      const NodePtr adopted = adopt(node, first);
      if (!adopted) return false;
      if (adopted != node) {
        node = adopted;
        continue;
      }
    }
    diagnostics().add(
        320, at,
        fmt::format("{} needs {}, but this is {}", function.name, type_phrase(parameter.types), name(node->type)),
        help_for(parameter, node));
    good = false;
  }
  return good;
}

bool Binder::check_constants(const Expression& expression, const Function& function, const converters::Use& use) {
  if (!function.check_constants) return true;
  std::size_t index = 0;
  const std::string problem = function.check_constants(use, index);
  if (problem.empty()) return true;
  const Span& at = index < expression.arguments.size() ? expression.arguments[index]->at : expression.at;
  diagnostics().add(309, at, problem);
  return false;
}

NodePtr Binder::bind_function(const Expression& expression, const Function& function) {
  if (!check_count(expression, function)) return nullptr;
  if (function.name == "uuid5" && !compiler_.mapping().name.at) {
    diagnostics().add(112, expression.name_at, "uuid5 needs the mapping's name: it is part of every key",
                      fmt::format("add name: {} at the top", compiler_.mapping().name.value));
  }
  if (function.name == "each") return bind_each(expression, function);
  if (function.name == "key_of") return bind_key_of(expression, function);
  if (function.aggregate && (!scope_.grouped || in_aggregate_)) {
    diagnostics().add(311, expression.name_at,
                      fmt::format("{} is an aggregate: it needs group_by{}", function.name,
                                  in_aggregate_ ? " and cannot stand inside another one" : ""));
    return nullptr;
  }
  const bool outer = std::exchange(in_aggregate_, in_aggregate_ || function.aggregate);
  const bool outer_try = std::exchange(in_try_, in_try_ || function.name == "try");
  std::vector<NodePtr> arguments;
  bool good = true;
  for (const auto& argument : expression.arguments) {
    arguments.push_back(bind(*argument));
    good = good && arguments.back();
  }
  in_aggregate_ = outer;
  in_try_ = outer_try;
  if (!good) return nullptr;
  if (function.name == "try") return bind_try(expression, std::move(arguments));
  if (function.name == "coalesce") return bind_coalesce(expression, std::move(arguments));
  if (function.name == "nullif") {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
      arguments[i] = adopt(arguments[i], arguments.front()->type);
      if (!arguments[i]) return nullptr;
    }
  }
  if (function.name == "row_number") return bind_row_number(expression, std::move(arguments));
  if (!fit_arguments(expression, function, arguments)) return nullptr;
  const bool numeric = std::ranges::all_of(arguments, [](const NodePtr& a) { return is_number(a->type); });
  if (function.result.kind == converters::Result::Kind::same && arguments.size() > 1 && numeric &&
      std::ranges::all_of(function.parameters, [](const Parameter& p) { return p.types == kNumbers; })) {
    std::vector<NodePtr*> all;
    for (NodePtr& argument : arguments) all.push_back(&argument);
    if (!unify(all)) return nullptr;
  }

  converters::Use use;
  use.run = &run_;
  for (const NodePtr& argument : arguments) {
    use.types.push_back(argument->type);
    const bool known = argument->kind == Node::Kind::constant && (argument->pure || !compiler_.options().lint);
    use.constants.push_back(known ? std::optional{argument->value} : std::nullopt);
  }
  if (!check_constants(expression, function, use)) return nullptr;
  Type type = function.result.type;
  if (function.result.kind != converters::Result::Kind::fixed) {
    type = arguments.empty() ? Type::any : arguments.front()->type;
  }
  if (function.aggregate) return group_value(expression, &function, std::move(use), type, std::move(arguments));
  if (!function.bind) {
    compiler_.unavailable(expression.name_at, std::string{function.name});
    return make(expression, {.kind = Node::Kind::constant, .type = type, .pure = false}, to_string(expression));
  }
  // A constant that is not known while linting (a param without a value) cannot be bound; its type is enough.
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (parameter_of(function, i).constant && !use.constants[i]) {
      return make(expression, {.kind = Node::Kind::constant, .type = type, .pure = false}, to_string(expression));
    }
  }
  const bool dynamic = std::ranges::find(use.types, Type::any) != use.types.end();
  converters::Kernel kernel = dynamic ? dynamic_call(function, use, type) : function.bind(use);
  std::string operation = fmt::format("{}()", function.name);
  return call(std::move(operation), std::move(kernel), type, std::move(arguments), expression, function.pure,
              &function);
}

NodePtr Binder::bind_row_number(const Expression& expression, std::vector<NodePtr> keys) {
  if (!scope_.shape || scope_.step == Scope::Step::explode) {
    diagnostics().add(311, expression.name_at,
                      "row_number counts the rows of a table: it can stand in where and fields");
    return nullptr;
  }
  if (scope_.grouped && !in_aggregate_) return group_value(expression, nullptr, {}, Type::integer, std::move(keys));
  ShapePlan& shape = *scope_.shape;
  const bool before = scope_.step == Scope::Step::where;
  auto& numbers = before ? shape.numbers_before_where : shape.numbers;
  const auto known = std::ranges::find(numbers, keys, &RowNumberPlan::keys);
  const auto place = static_cast<std::size_t>(known - numbers.begin());
  if (known == numbers.end()) numbers.push_back({keys});
  const std::size_t first = shape.explode.size() + (before ? 0 : shape.numbers_before_where.size());
  return made(first + place, Type::integer, std::move(keys), to_string(expression), expression.at, "row_number");
}

NodePtr Binder::group_value(const Expression& expression, const Function* function, converters::Use use, Type type,
                            std::vector<NodePtr> arguments) {
  ShapePlan& shape = *scope_.shape;
  const auto known = std::ranges::find_if(shape.group_values, [&](const GroupValuePlan& value) {
    return value.function == function && value.arguments == arguments;
  });
  const auto place = static_cast<std::size_t>(known - shape.group_values.begin());
  if (known == shape.group_values.end()) {
    use.run = nullptr;  // The run has its own.
    shape.group_values.push_back({function, arguments, std::move(use)});
  }
  return made(shape.group_keys.size() + place, type, std::move(arguments), to_string(expression), expression.at,
              function ? function->name : "row_number");
}

NodePtr Binder::bind_try(const Expression& expression, std::vector<NodePtr> arguments) {
  if (arguments.size() == 2) {
    std::vector<NodePtr*> both{&arguments[0], &arguments[1]};
    if (!unify(both)) return nullptr;
  }
  const Type type = arguments.front()->type;
  NodePtr made = make(expression, {.kind = Node::Kind::try_of, .type = type, .arguments = std::move(arguments)}, "");
  tries_.push_back(made.get());
  return made;
}

NodePtr Binder::bind_coalesce(const Expression& expression, std::vector<NodePtr> arguments) {
  std::vector<NodePtr*> all;
  for (NodePtr& argument : arguments) all.push_back(&argument);
  if (!unify(all)) return nullptr;
  const Type type = arguments.front()->type;
  return make(expression, {.kind = Node::Kind::coalesce, .type = type, .arguments = std::move(arguments)}, "");
}

}  // namespace etl::plan
