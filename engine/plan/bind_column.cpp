// What expressions name of their own row: columns, exploded items, members and items of JSON, `row`.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/bind.h"

namespace etl::plan {

using spec::Expression;

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
    return make(expression, {.kind = Node::Kind::row, .type = Type::json}, "row");
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
    diagnostics().add(
        320, base.at, fmt::format("{} is {}: only JSON has members", to_string(base), name(of->type)),
        of->type == Type::text ? fmt::format("read it as JSON first: json({}).{}", to_string(base), member) : "");
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
    const bool item =
        expression.arguments.size() == 2 && expression.arguments[1]->kind == Expression::Kind::literal_number;
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

}  // namespace etl::plan
