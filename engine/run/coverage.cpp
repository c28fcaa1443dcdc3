#include "engine/run/coverage.h"

#include <fmt/format.h>

#include <algorithm>

namespace etl::run {

namespace {

using plan::Node;
using plan::NodePtr;

// Passes a branch's value on, and notes whether any row wanted it.
converters::Kernel noting(std::shared_ptr<std::set<std::string>> reached, std::string key) {
  return [reached = std::move(reached), key = std::move(key)](std::span<const ColumnPtr> arguments,
                                                              converters::KernelContext& context) {
    for (std::uint32_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row)) continue;
      reached->insert(key);
      break;
    }
    return arguments[0];
  };
}

// "not true: ids are small", and "ids are small: ..." where the condition itself failed.
std::string_view sentence_of(std::string_view reason) {
  constexpr std::string_view kBroken = "not true: ";
  return reason.starts_with(kBroken) ? reason.substr(kBroken.size()) : reason;
}

}  // namespace

Coverage::Coverage(const spec::Mapping& mapping) {
  for (const spec::TableSpec& table : mapping.tables) {
    for (const spec::FieldSpec& field : table.fields) {
      const std::string name = fmt::format("{}.{}", table.name.value, field.column.value);
      declare(name, field.column.at, name);
      for (const auto& [rule, literal] : field.rules) {
        declare(name + ": " + rule.value, rule.at, fmt::format("{}: {}", name, rule.value));
      }
      for (const auto& [rule, literal] : field.warn) {
        declare(name + ": warn " + rule.value, rule.at, fmt::format("{}: warn: {}", name, rule.value));
      }
      for (const auto& [rule, literal] : field.abort) {
        declare(name + ": abort " + rule.value, rule.at, fmt::format("{}: abort: {}", name, rule.value));
      }
    }
    for (const auto* sentences : {&table.check, &table.warn, &table.abort}) {
      for (const spec::SentenceSpec& sentence : *sentences) {
        const std::string what = fmt::format("{}: {}", table.name.value, sentence.sentence.value);
        declare(what, sentence.sentence.at, what);
      }
    }
  }
}

void Coverage::declare(const std::string& key, const Span& at, std::string what) {
  items_.try_emplace(key, Item{at, std::move(what), false});
}

void Coverage::watch(plan::Plan& plan) {
  for (plan::TablePlan& table : plan.tables) {
    declare_rules_of_schema(table);
    for (plan::FieldPlan& field : table.fields) {
      if (field.value) field.value = watched(field.value, fmt::format("{}.{}", table.name, field.name));
    }
  }
}

void Coverage::declare_rules_of_schema(const plan::TablePlan& table) {
  const auto add = [&](const std::string& field, std::string_view rule, const Span& at) {
    const std::string key = fmt::format("{}.{}: {}", table.name, field, rule);
    declare(key, at, key + " (schema)");
  };
  for (const plan::FieldPlan& field : table.fields) {
    const schema::Column* column = table.target ? &table.target->columns[field.target_column] : nullptr;
    const bool filled = field.fallback || field.fallback_is_now || field.from_default;
    if (column && column->not_null && field.value && !filled) add(field.name, "required", field.at);
    if (column && column->type.length && field.type == Type::text) add(field.name, "max_length", field.at);
    if (column && column->type.precision && field.type == Type::decimal) add(field.name, "precision", field.at);
    for (const plan::RulePlan& rule : field.rules) {
      if (rule.origin == "schema") add(field.name, rule.rule->name, field.at);
    }
  }
  const auto names_of = [&](const std::vector<std::size_t>& fields) {
    std::vector<std::string> names;
    for (const std::size_t field : fields) names.push_back(table.fields[field].name);
    return fmt::format("{}", fmt::join(names, ", "));
  };
  for (const plan::UniquePlan& unique : table.unique) {
    if (unique.from_schema && !unique.implied) add(names_of(unique.fields), "key", table.fields[unique.fields.front()].at);
  }
  for (const plan::ForeignKeyPlan& key : table.foreign_keys) {
    if (key.name == "exists") continue;
    add(names_of(key.fields), key.through_reference ? "parent" : "exists", table.fields[key.fields.front()].at);
  }
}

NodePtr Coverage::watched(const NodePtr& node, const std::string& field) {
  Node copy = *node;
  for (NodePtr& argument : copy.arguments) argument = watched(argument, field);
  if (node->kind == Node::Kind::case_of) {
    for (std::size_t i = 0; i < copy.arguments.size(); ++i) {
      const bool otherwise = i + 1 == copy.arguments.size() && i % 2 == 0;
      if (i % 2 == 0 && !otherwise) continue;
      const NodePtr& branch = copy.arguments[i];
      const std::string what = otherwise ? fmt::format("{}: else {}", field, branch->text)
                                         : fmt::format("{}: when {} then {}", field, node->arguments[i - 1]->text,
                                                       branch->text);
      const std::string key = fmt::format("{} at {}", what, branch->at.begin);
      declare(key, branch->at, what);
      Node noted{.kind = Node::Kind::call, .type = branch->type, .arguments = {branch}, .kernel = noting(reached_, key)};
      noted.text = branch->text;
      noted.at = branch->at;
      noted.pure = false;
      copy.arguments[i] = std::make_shared<const Node>(std::move(noted));
    }
  }
  return std::make_shared<const Node>(std::move(copy));
}

void Coverage::add(const spec::TestSpec& test, const report::Report& report) {
  for (const auto& [table, rows] : test.expect) {
    for (const spec::Literal& row : rows.items) {
      for (const auto& [column, literal] : row.members) reach(fmt::format("{}.{}", table.value, column.value));
    }
  }
  for (const report::Table& table : report.tables) {
    for (const report::Reject& reject : table.rejects) {
      reach(fmt::format("{}.{}", table.name, reject.field));
      reach(fmt::format("{}.{}: {}", table.name, reject.field, reject.rule));
      if (reject.rule == "check") reach(fmt::format("{}: {}", table.name, sentence_of(reject.reason)));
    }
    for (const report::Warned& warned : table.warned) {
      const std::string rule = warned.rule.substr(0, warned.rule.find(':'));
      reach(warned.field.empty() ? fmt::format("{}: {}", table.name, warned.rule)
                                 : fmt::format("{}.{}: warn {}", table.name, warned.field, rule));
    }
  }
  if (!report.stop) return;
  const report::Stop& stop = *report.stop;
  reach(stop.field.empty() ? fmt::format("{}: {}", stop.table, stop.rule)
                           : fmt::format("{}.{}: abort {}", stop.table, stop.field, stop.rule.substr(0, stop.rule.find(':'))));
}

std::vector<Coverage::Item> Coverage::items() const {
  std::vector<Item> all;
  for (const auto& [key, item] : items_) {
    all.push_back(item);
    all.back().reached = reached_->contains(key);
  }
  std::ranges::stable_sort(all, {}, [](const Item& item) { return item.at.begin; });
  return all;
}

}  // namespace etl::run
