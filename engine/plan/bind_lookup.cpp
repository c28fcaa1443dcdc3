// What expressions look up: name[key] and `in name`, of lookups and of the rows that other tables make.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/bind.h"

namespace etl::plan {

using spec::Expression;

static bool reads_parameter(const Expression& expression) {
  if (expression.kind == Expression::Kind::parameter) return true;
  return std::ranges::any_of(expression.arguments,
                             [](const auto& argument) { return argument && reads_parameter(*argument); }) ||
         (expression.operand && reads_parameter(*expression.operand)) ||
         (expression.otherwise && reads_parameter(*expression.otherwise));
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
  NodePtr& known =
      pool_[fmt::format("{}:{}:{}:{}", test ? "in" : "at", named, part, static_cast<const void*>(key.get()))];
  if (known) return known;
  known = std::make_shared<const Node>(std::move(node));
  if (!test && key->kind == Node::Kind::constant && !in_try_) {
    compiler_.plan().constant_lookups.push_back(known);
    // A param may have another value in the run.
    const bool certain = !compiler_.options().lint || !reads_parameter(*base.arguments[1]);
    if (certain && !lookup.source) check_entry(lookup, *known);
  }
  return known;
}

void Binder::check_entry(const LookupPlan& lookup, const Node& node) {
  const Value& key = node.arguments.front()->value;
  if (is_null(key) || lookup.entries.empty()) return;  // No entries: the file is not known here.
  const std::string wanted = entry_name(lookup, to_text(key));
  const bool found = std::ranges::any_of(
      lookup.entries, [&](const LookupPlan::Entry& entry) { return entry_name(lookup, entry.key) == wanted; });
  if (found) return;
  diagnostics().add(403, node.at, fmt::format("{} has no entry for {}", lookup.name, quote_for_message(to_text(key))),
                    "add the entry, or write try(...) where it may be missing");
}

NodePtr Binder::bind_reference_column(const Expression& expression, TableHead& parent) {
  const Expression& base = *expression.arguments.front();
  const Span& at = base.arguments.front()->at;
  const std::string& member = expression.text;
  if (!parent.spec->explode.empty()) {
    diagnostics().add(305, at,
                      fmt::format("{} is exploded: a source key makes several of its rows", parent.spec->name.value));
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
    compiler_.unavailable(at,
                          fmt::format("a column of {}, which has no primary key of one column,", parent.target_name));
  }
  parent.referenced = true;
  Node node{.kind = Node::Kind::reference_column,
            .type = target ? target->type.type : Type::any,
            .arguments = std::move(*keys),
            .index = parent.index,
            .part = target ? static_cast<std::size_t>(target - parent.target->columns.data()) : 0};
  return make(expression, std::move(node), fmt::format("{}.{}", parent.spec->name.value, member));
}

std::optional<std::vector<NodePtr>> Binder::bind_keys(const Expression& index, const TableHead& parent) {
  const std::size_t given = index.arguments.size() - 1;
  if (parent.key_names.empty() ? given != 1 : given != parent.key_names.size()) {
    diagnostics().add(
        304, index.arguments.front()->at,
        fmt::format("{}[...] takes {} key value(s): {}; {} given", parent.spec->name.value,
                    std::max<std::size_t>(1, parent.key_names.size()), fmt::join(parent.key_names, ", "), given));
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
    diagnostics().add(305, at,
                      fmt::format("{} is exploded: a source key makes several of its rows", parent.spec->name.value));
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
  return make(expression,
              {.kind = Node::Kind::reference, .type = parent.key_type, .arguments = *keys, .index = parent.index},
              parent.spec->name.value);
}

NodePtr Binder::bind_in_name(const Expression& expression) {
  const auto negate = [&](NodePtr node) -> NodePtr {
    if (!node || !expression.negated) return node;
    return negated(expression, node);
  };
  if (const auto lookup = compiler_.lookup(expression.text))
    return negate(bind_lookup(expression, *lookup, Lookup::test));
  TableHead* table = compiler_.head(expression.text);
  if (!table) {
    diagnostics().add(303, expression.name_at, fmt::format("no lookup or table {}", expression.text),
                      did_you_mean(expression.text, compiler_.lookup_and_table_names()));
    return nullptr;
  }
  Expression index;
  index.arguments = {nullptr, expression.arguments.front()};
  if (table->key_names.size() > 1) {
    diagnostics().add(
        304, expression.name_at,
        fmt::format("{} has a key of several columns: {}", expression.text, fmt::join(table->key_names, ", ")));
    return nullptr;
  }
  auto keys = bind_keys(index, *table);
  if (!keys) return nullptr;
  table->referenced = true;
  return negate(make(
      expression, {.kind = Node::Kind::in_reference, .type = Type::boolean, .arguments = *keys, .index = table->index},
      "in " + expression.text));
}

}  // namespace etl::plan
