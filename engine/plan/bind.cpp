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
    case Expression::Kind::literal_null: return bind_literal(expression);
    case Expression::Kind::parameter: return bind_parameter(expression);
    case Expression::Kind::name: return bind_name(expression);
    case Expression::Kind::member: return bind_member(expression);
    case Expression::Kind::index: return bind_index(expression);
    case Expression::Kind::call: return bind_call(expression);
    case Expression::Kind::operation: return bind_operation(expression);
    case Expression::Kind::in_name: return bind_in_name(expression);
    case Expression::Kind::case_of: return bind_case(expression);
  }
  return nullptr;
}

NodePtr Binder::make(Node node, const std::string& operation) {
  std::string key = fmt::format("{}:{}:{}:{}", static_cast<int>(node.kind), static_cast<int>(node.type), node.index,
                                operation);
  for (const NodePtr& argument : node.arguments) key += fmt::format(",{}", static_cast<const void*>(argument.get()));
  if (!node.pure) key += fmt::format("#{}", pool_.size());  // uuid4() twice is two keys.
  NodePtr& known = pool_[key];
  if (!known) known = std::make_shared<const Node>(std::move(node));
  return known;
}

NodePtr Binder::call(std::string operation, converters::Kernel kernel, Type type, std::vector<NodePtr> arguments,
                     const Expression& expression, bool pure, const converters::Function* function) {
  Node node{.kind = Node::Kind::call, .type = type, .arguments = std::move(arguments), .kernel = std::move(kernel)};
  node.text = to_string(expression);
  node.at = expression.at;
  node.pure = pure && std::ranges::all_of(node.arguments, [](const NodePtr& a) { return a->pure; });
  node.secret = std::ranges::any_of(node.arguments, [](const NodePtr& a) { return a->secret; });
  node.function = function;
  return fold(make(std::move(node), operation));
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
    case Expression::Kind::literal_bool: return constant(expression.text == "true", Type::boolean, text, expression.at);
    case Expression::Kind::literal_text: return constant(arena.copy(expression.text), Type::text, text, expression.at);
    case Expression::Kind::literal_null: return constant(Value{}, Type::any, text, expression.at);
    default: break;
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
  node.text = to_string(expression);
  node.at = expression.at;
  node.secret = parameter->secret;
  node.pure = compiler_.parameter_is_known(parameter->name);
  return make(std::move(node), "$" + parameter->name);
}

NodePtr Binder::made(std::size_t index, Type type, std::vector<NodePtr> of, std::string text, const Span& at,
                     std::string_view what) {
  Node node{.kind = Node::Kind::made, .type = type, .arguments = std::move(of), .index = index};
  node.text = std::move(text);
  node.at = at;
  return make(std::move(node), std::string{what});
}

std::optional<NodePtr> Binder::group_key(std::string_view text, const Span& at) {
  const ShapePlan& shape = *scope_.shape;
  const auto found = std::ranges::find(shape.group_names, text);
  if (found == shape.group_names.end()) return std::nullopt;
  const auto index = static_cast<std::size_t>(found - shape.group_names.begin());
  const NodePtr& key = shape.group_keys[index];
  return key ? made(index, key->type, {key}, std::string{text}, at, "group key") : nullptr;
}

NodePtr Binder::not_grouped(std::string_view text, const Span& at) {
  diagnostics().add(310, at, fmt::format("{} is not in group_by", text),
                    fmt::format("write first({0}), min({0}), ... or add it to group_by", text));
  return nullptr;
}

NodePtr Binder::column(const ScopeColumn& column, const Span& at) {
  if (scope_.grouped && !in_aggregate_) {
    if (auto key = group_key(column.name, at)) return *key;
    return not_grouped(column.name, at);
  }
  if (scope_.shape) {  // The latest explode of a name hides a column that is called so.
    const auto& items = scope_.shape->explode;
    for (std::size_t i = items.size(); i > 0; --i) {
      const ExplodePlan& item = items[i - 1];
      if (item.name == column.name) return made(i - 1, Type::any, {item.list}, item.name, at, "item");
    }
  }
  Node node{.kind = Node::Kind::column, .type = column.type, .index = scope_.place(column)};
  node.text = column.name;
  node.at = at;
  node.pure = true;
  return make(std::move(node), column.name);
}

NodePtr Binder::no_column(std::string_view name, const Span& at) {
  const auto names = scope_.names();
  const std::string near = nearest(name, names);
  if (!near.empty()) scope_.place(*scope_.find(near));  // Misspelt is not left behind.
  std::string help = near.empty() ? "" : fmt::format("did you mean {}?", near);
  const bool quoted = at.source && at.begin > 0 && at.source->bytes()[at.begin - 1] == '\'';
  if (quoted && help.empty()) {
    help = fmt::format("a text constant is written '{0}' in an expression, or {{const: {0}}}", name);
  } else if (help.empty() && !names.empty() && names.size() <= 12) {
    help = fmt::format("it has {}", fmt::join(names, ", "));
  }
  if (compiler_.head(name) || compiler_.lookup(name)) help = fmt::format("look something up in it: {}[...]", name);
  diagnostics().add(301, at, fmt::format("{} has no column {}", scope_.subject, name), help);
  return nullptr;
}

NodePtr Binder::bind_name(const Expression& expression) {
  if (expression.text == "it" && it_) return it_;
  if (expression.text == "row" && scope_.has_row && !scope_.find("row")) {
    if (scope_.grouped && !in_aggregate_) return not_grouped("row", expression.at);
    scope_.use_whole_row();
    Node node{.kind = Node::Kind::row, .type = Type::json};
    node.text = "row";
    node.at = expression.at;
    return make(std::move(node), "row");
  }
  const ScopeColumn* found = scope_.find(expression.text);
  if (!found && scope_.complete) return no_column(expression.text, expression.at);
  return column(found ? *found : ScopeColumn{expression.text, Type::any}, expression.at);
}

NodePtr Binder::bind_member(const Expression& expression) {
  const Expression& base = *expression.arguments.front();
  const std::string& member = expression.text;
  if (base.kind == Expression::Kind::name && base.text == "row" && scope_.has_row && !scope_.find("row")) {
    const ScopeColumn* found = scope_.find(member);
    if (!found && scope_.complete) return no_column(member, expression.name_at);
    return column(found ? *found : ScopeColumn{member, Type::any}, expression.at);
  }
  if (base.kind == Expression::Kind::index && base.arguments.front()->kind == Expression::Kind::name) {
    const std::string& name = base.arguments.front()->text;
    if (const auto lookup = compiler_.lookup(name); lookup && !compiler_.plan().lookups[*lookup].single) {
      return bind_lookup(expression, *lookup, Lookup::column);
    }
    TableHead* table = compiler_.head(name);
    if (table && !compiler_.lookup(name) && !scope_.find(name)) return bind_reference_column(expression, *table);
  }
  const NodePtr of = bind(base);
  if (!of) return nullptr;
  if (!TypeSet{Type::any, Type::json, Type::list}.has(of->type)) {
    diagnostics().add(320, base.at, fmt::format("{} is {}: only JSON has members", to_string(base), name(of->type)),
                      of->type == Type::text ? fmt::format("read it as JSON first: json({}).{}", to_string(base), member)
                                             : "");
    return nullptr;
  }
  return call("member:" + member, json_member_kernel(member), Type::any, {of}, expression);
}

NodePtr Binder::bind_item(const NodePtr& base, const Expression& expression) {
  if (!base) return nullptr;
  if (!TypeSet{Type::any, Type::json, Type::list}.has(base->type)) {
    diagnostics().add(303, expression.arguments.front()->at,
                      fmt::format("{} is {}: only lists and JSON have items", to_string(*expression.arguments.front()),
                                  name(base->type)));
    return nullptr;
  }
  const NodePtr index = expression.arguments.size() == 2 ? bind(*expression.arguments[1]) : nullptr;
  if (!index) return nullptr;
  if (const auto* place = std::get_if<std::int64_t>(&index->value)) {
    return call(fmt::format("item:{}", *place), json_item_kernel(*place), Type::any, {base}, expression);
  }
  if (const auto* name = std::get_if<std::string_view>(&index->value)) {
    return call(fmt::format("member:{}", *name), json_member_kernel(std::string{*name}), Type::any, {base}, expression);
  }
  diagnostics().add(309, expression.arguments[1]->at, "an item is picked by a constant: a number or 'name'");
  return nullptr;
}

NodePtr Binder::bind_index(const Expression& expression) {
  const Expression& base = *expression.arguments.front();
  if (base.kind != Expression::Kind::name) return bind_item(bind(base), expression);
  if (base.text == "row" && scope_.has_row && expression.arguments.size() == 2 &&
      expression.arguments[1]->kind == Expression::Kind::literal_text) {
    const std::string& member = expression.arguments[1]->text;
    const ScopeColumn* found = scope_.find(member);
    if (!found && scope_.complete) return no_column(member, expression.arguments[1]->at);
    return column(found ? *found : ScopeColumn{member, Type::any}, expression.at);
  }
  const auto lookup = compiler_.lookup(base.text);
  TableHead* table = compiler_.head(base.text);
  const ScopeColumn* found = scope_.find(base.text);
  if (found && (lookup || table)) {
    const bool item = expression.arguments.size() == 2 &&
                      expression.arguments[1]->kind == Expression::Kind::literal_number;
    if (item) {
      diagnostics().add(303, base.at, fmt::format("{} is a column and a {}", base.text, lookup ? "lookup" : "table"),
                        fmt::format("for the column write row.{}[...]", base.text));
      return nullptr;
    }
  }
  if (lookup) return bind_lookup(expression, *lookup, Lookup::value);
  if (table) return bind_reference(expression, *table);
  if (found || (base.text == "it" && it_)) return bind_item(bind(base), expression);
  diagnostics().add(303, base.at, fmt::format("no lookup, table or list column {}", base.text),
                    did_you_mean(base.text, compiler_.lookup_and_table_names()));
  return nullptr;
}

NodePtr Binder::bind_lookup(const Expression& expression, std::size_t index, Lookup form) {
  const std::string& named = compiler_.plan().lookups[index].name;
  const Expression& base = form == Lookup::column ? *expression.arguments.front() : expression;
  if (form != Lookup::test && base.arguments.size() != 2) {
    diagnostics().add(304, base.arguments.front()->at,
                      fmt::format("{}[...] takes 1 key value; {} given", named, base.arguments.size() - 1));
    return nullptr;
  }
  if (form == Lookup::value && !compiler_.plan().lookups[index].single) {
    diagnostics().add(303, base.at, fmt::format("lookup {} has no value: to give", named),
                      fmt::format("name the column: {}.column", to_string(expression)));
    return nullptr;
  }
  std::size_t part = 0;
  if (form == Lookup::column) {
    const auto found = compiler_.lookup_part(index, expression.text, expression.name_at);
    if (!found) return nullptr;
    part = *found;
  }
  NodePtr key = bind(*base.arguments[form == Lookup::test ? 0 : 1]);
  if (!key) return nullptr;
  const LookupPlan& lookup = compiler_.plan().lookups[index];
  const Type key_type = lookup.key ? lookup.key->type : Type::text;
  key = bind_field(key, key_type, lookup.name, name(key_type), key->at);
  if (!key) return nullptr;
  const bool test = form == Lookup::test;
  Type type = test ? Type::boolean : Type::any;
  if (!test && part < lookup.parts.size()) type = lookup.parts[part].type;
  Node node{.kind = test ? Node::Kind::in_lookup : Node::Kind::lookup,
            .type = type,
            .arguments = {key},
            .index = index,
            .part = part};
  node.text = to_string(expression);
  node.at = base.at;
  node.pure = false;  // Entries may come from a database.
  NodePtr& known = pool_[fmt::format("{}:{}:{}:{}", test ? "in" : "at", named, part, static_cast<const void*>(key.get()))];
  if (known) return known;
  known = std::make_shared<const Node>(std::move(node));
  if (!test && key->kind == Node::Kind::constant && !in_try_) compiler_.plan().constant_lookups.push_back(known);
  return known;
}

NodePtr Binder::bind_reference_column(const Expression& expression, TableHead& parent) {
  const Expression& base = *expression.arguments.front();
  const Span& at = base.arguments.front()->at;
  const std::string& member = expression.text;
  if (!parent.spec->explode.empty()) {
    diagnostics().add(305, at, fmt::format("{} is exploded: a source key makes several of its rows",
                                           parent.spec->name.value));
    return nullptr;
  }
  auto keys = bind_keys(base, parent);
  if (!keys) return nullptr;
  const schema::Column* target = parent.target ? parent.target->column(member) : nullptr;
  if (parent.target && !target) {
    std::vector<std::string> names;
    for (const schema::Column& column : parent.target->columns) names.push_back(column.name);
    diagnostics().add(332, expression.name_at, fmt::format("table {} has no column {}", parent.target_name, member),
                      did_you_mean(member, names));
    return nullptr;
  }
  const bool own = parent.spec->name.value == run_.table_name;
  if (own) compiler_.unavailable(at, fmt::format("{}[...].{} of the table itself", run_.table_name, member));
  if (parent.target && parent.key_column.empty()) {
    compiler_.unavailable(at, fmt::format("a column of {}, which has no primary key of one column,", parent.target_name));
  }
  parent.referenced = true;
  Node node{.kind = Node::Kind::reference_column,
            .type = target ? target->type.type : Type::any,
            .arguments = std::move(*keys),
            .index = parent.index,
            .part = target ? static_cast<std::size_t>(target - parent.target->columns.data()) : 0};
  node.text = to_string(expression);
  node.at = expression.at;
  return make(std::move(node), fmt::format("{}.{}", parent.spec->name.value, member));
}

std::optional<std::vector<NodePtr>> Binder::bind_keys(const Expression& index, const TableHead& parent) {
  const std::size_t given = index.arguments.size() - 1;
  if (parent.key_names.empty() ? given != 1 : given != parent.key_names.size()) {
    diagnostics().add(304, index.arguments.front()->at,
                      fmt::format("{}[...] takes {} key value(s): {}; {} given", parent.spec->name.value,
                                  std::max<std::size_t>(1, parent.key_names.size()),
                                  fmt::join(parent.key_names, ", "), given));
    return std::nullopt;
  }
  std::vector<NodePtr> keys;
  for (std::size_t i = 0; i < given; ++i) {
    const NodePtr key = bind(*index.arguments[i + 1]);
    if (!key) return std::nullopt;
    const Type type = i < parent.source_key_types.size() ? parent.source_key_types[i] : Type::any;
    keys.push_back(bind_field(key, type, parent.spec->name.value + "[...]", name(type), key->at));
    if (!keys.back()) return std::nullopt;
  }
  return keys;
}

NodePtr Binder::bind_reference(const Expression& expression, TableHead& parent) {
  const Span& at = expression.arguments.front()->at;
  if (!parent.spec->explode.empty()) {
    diagnostics().add(305, at, fmt::format("{} is exploded: a source key makes several of its rows",
                                           parent.spec->name.value));
    return nullptr;
  }
  auto keys = bind_keys(expression, parent);
  if (!keys) return nullptr;
  if (parent.spec->name.value == run_.table_name) {
    compiler_.unavailable(at, fmt::format("{}[...] of the table itself inside a larger expression", run_.table_name));
  }
  if (parent.target && parent.key_column.empty()) {
    diagnostics().add(304, at, fmt::format("{} has no primary key of one column to give", parent.target_name),
                      fmt::format("name the column: {}.column", to_string(expression)));
    return nullptr;
  }
  parent.referenced = true;
  Node node{.kind = Node::Kind::reference, .type = parent.key_type, .arguments = *keys, .index = parent.index};
  node.text = to_string(expression);
  node.at = expression.at;
  NodePtr made = make(std::move(node), parent.spec->name.value);
  return made;
}

NodePtr Binder::bind_in_name(const Expression& expression) {
  const auto negate = [&](NodePtr node) -> NodePtr {
    if (!node || !expression.negated) return node;
    Node inverted{.kind = Node::Kind::logical_not, .type = Type::boolean, .arguments = {node}};
    inverted.text = to_string(expression);
    inverted.at = expression.at;
    return make(std::move(inverted), "not");
  };
  if (const auto lookup = compiler_.lookup(expression.text)) return negate(bind_lookup(expression, *lookup, Lookup::test));
  TableHead* table = compiler_.head(expression.text);
  if (!table) {
    diagnostics().add(303, expression.name_at, fmt::format("no lookup or table {}", expression.text),
                      did_you_mean(expression.text, compiler_.lookup_and_table_names()));
    return nullptr;
  }
  Expression index;
  index.arguments = {nullptr, expression.arguments.front()};
  if (table->key_names.size() > 1) {
    diagnostics().add(304, expression.name_at,
                      fmt::format("{} has a key of several columns: {}", expression.text,
                                  fmt::join(table->key_names, ", ")));
    return nullptr;
  }
  auto keys = bind_keys(index, *table);
  if (!keys) return nullptr;
  table->referenced = true;
  Node node{.kind = Node::Kind::in_reference, .type = Type::boolean, .arguments = *keys, .index = table->index};
  node.text = to_string(expression);
  node.at = expression.at;
  return negate(make(std::move(node), "in " + expression.text));
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
      diagnostics().add(321, (*node)->at, fmt::format("this is {}, but the values before are {}", name((*node)->type),
                                                      name(common)),
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
  node.text = to_string(expression);
  node.at = expression.at;
  node.pure = std::ranges::all_of(node.arguments, [](const NodePtr& a) { return a->pure; });
  node.secret = std::ranges::any_of(node.arguments, [](const NodePtr& a) { return a->secret; });
  return make(std::move(node), "case");
}

}  // namespace etl::plan
