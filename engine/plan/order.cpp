// Load order: parents before children, else as written.
#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "engine/plan/compiler.h"

namespace etl::plan {

using spec::Expression;

void collect_lookups(const Expression& expression, std::set<std::string>& names) {
  if (expression.kind == Expression::Kind::in_name) names.insert(expression.text);
  if (expression.kind == Expression::Kind::index && expression.arguments.front()->kind == Expression::Kind::name) {
    names.insert(expression.arguments.front()->text);
  }
  if (expression.kind == Expression::Kind::call && expression.text == "each" && expression.arguments.size() == 2) {
    names.insert(expression.arguments[1]->text);
  }
  for (const auto& argument : expression.arguments) {
    if (argument) collect_lookups(*argument, names);
  }
  if (expression.operand) collect_lookups(*expression.operand, names);
  if (expression.otherwise) collect_lookups(*expression.otherwise, names);
}

namespace {

std::set<std::string> looked_up(const spec::TableSpec& table) {
  std::set<std::string> names;
  const auto collect = [&](const spec::ExpressionPtr& expression) {
    if (expression) collect_lookups(*expression, names);
  };
  collect(table.where);
  for (const auto& [name, expression] : table.explode) collect(expression);
  for (const auto& expression : table.group_by) collect(expression);
  for (const spec::FieldSpec& field : table.fields) collect(field.from);
  for (const auto* sentences : {&table.check, &table.warn, &table.abort}) {
    for (const spec::SentenceSpec& sentence : *sentences) collect(sentence.condition);
  }
  return names;
}

// Whether a row of the mapping may refer by this key; columns that stay NULL refer to nothing.
bool may_fill(const spec::TableSpec& table, const schema::Table& target, const schema::ForeignKey& key) {
  return table.rest_copy || std::ranges::all_of(key.columns, [&](const std::string& name) {
    const schema::Column* column = target.column(name);
    const bool is_field = std::ranges::any_of(
        table.fields, [&](const spec::FieldSpec& field) { return field.column.value == name; });
    return is_field || !column || column->default_sql || column->default_literal;
  });
}

}  // namespace

std::set<std::size_t> Compiler::parents_of(const TableHead& head) {
  std::set<std::size_t> parents;
  const auto add = [&](const TableHead* parent) {
    if (parent) parents.insert(static_cast<std::size_t>(parent - heads_.data()));
  };
  for (const std::string& name : looked_up(*head.spec)) {
    TableHead* parent = lookup(name) ? nullptr : this->head(name);
    if (parent) parent->referenced = true;
    add(parent);
  }
  for (const auto& need : head.spec->needs) add(this->head(need.value));
  if (head.target && head.connection) {
    for (const schema::ForeignKey& key : head.target->foreign_keys) {
      if (may_fill(*head.spec, *head.target, key)) add(writer_of(*head.connection, key.table));
    }
  }
  return parents;
}

void Compiler::order_tables() {
  std::vector<std::set<std::size_t>> parents;
  for (const TableHead& head : heads_) parents.push_back(parents_of(head));
  enum class State : std::uint8_t { fresh, open, done };
  std::vector<State> state(heads_.size(), State::fresh);
  std::vector<std::size_t> order;
  std::vector<std::size_t> path;
  const auto name = [&](std::size_t i) { return heads_[i].spec->name.value; };
  const std::function<void(std::size_t)> visit = [&](std::size_t i) {
    if (state[i] == State::done) return;
    if (state[i] == State::open) {
      std::vector<std::size_t> cycle(std::ranges::find(path, i), path.end());
      std::rotate(cycle.begin(), std::ranges::min_element(cycle), cycle.end());
      std::string text;
      for (const std::size_t member : cycle) text += name(member) + " -> ";
      const TableHead& first = heads_[cycle.front()];
      const bool made = std::ranges::none_of(first.spec->fields, [&](const spec::FieldSpec& field) {
        return field.column.value == first.key_column;
      });
      diagnostics_.add(340, first.spec->name.at, fmt::format("the tables need each other: {}{}", text, name(cycle.front())),
                       made ? fmt::format("the key of {} is made by the database; give it one that is known before "
                                          "loading: {}: uuid5(...)",
                                          name(cycle.front()), first.key_column.empty() ? "id" : first.key_column)
                            : "load one of the references in a mapping of its own, afterwards");
      return;
    }
    state[i] = State::open;
    path.push_back(i);
    for (const std::size_t parent : parents[i]) {
      if (parent != i) visit(parent);
    }
    path.pop_back();
    state[i] = State::done;
    order.push_back(i);
  };
  for (std::size_t i = 0; i < heads_.size(); ++i) visit(i);
  for (std::size_t place = 0; place < order.size(); ++place) heads_[order[place]].index = place;
}

}  // namespace etl::plan
