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
    }
    for (const auto* sentences : {&table.check, &table.warn}) {
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
    for (plan::FieldPlan& field : table.fields) {
      if (field.value) field.value = watched(field.value, fmt::format("{}.{}", table.name, field.name));
    }
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
      if (reject.rule == "check") reach(fmt::format("{}: {}", table.name, reject.reason));
    }
    for (const report::Warned& warned : table.warned) {
      const std::string rule = warned.rule.substr(0, warned.rule.find(':'));
      reach(warned.field.empty() ? fmt::format("{}: {}", table.name, warned.rule)
                                 : fmt::format("{}.{}: warn {}", table.name, warned.field, rule));
    }
  }
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
