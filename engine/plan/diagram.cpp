// The plan as a Mermaid flowchart.
#include <fmt/format.h>

#include <algorithm>

#include "engine/plan/compile.h"

namespace etl::plan {

namespace {

// Text inside a node: quotes would end it.
std::string label(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (letter == '"') {
      out += "#quot;";
    } else if (letter == '#') {
      out += "#35;";
    } else {
      out += letter;
    }
  }
  return out;
}

std::string columns_of(const TablePlan& table, const ForeignKeyPlan& key) {
  std::vector<std::string> names;
  for (const std::size_t field : key.fields) names.push_back(table.fields[field].name);
  return fmt::format("{}", fmt::join(names, ", "));
}

// Tables that a field refers to by t[key] and no foreign key of the schema tells of.
void append_references(const Plan& plan, std::size_t index, const Node& node, std::string_view field,
                       std::vector<std::string>& lines) {
  if (node.kind == Node::Kind::reference) {
    const bool known = std::ranges::any_of(plan.tables[index].foreign_keys, [&](const ForeignKeyPlan& key) {
      return key.parent == node.index && columns_of(plan.tables[index], key) == field;
    });
    if (!known) lines.push_back(fmt::format("  t{} -.->|{}| t{}\n", index, label(field), node.index));
  }
  for (const NodePtr& argument : node.arguments) append_references(plan, index, *argument, field, lines);
}

}  // namespace

std::string to_mermaid(const Plan& plan) {
  std::string out = "flowchart LR\n";
  std::vector<std::size_t> shown;
  for (const TablePlan& table : plan.tables) {
    const std::string& name = plan.sources[table.source].name;
    const auto same = [&](std::size_t other) { return plan.sources[other].name == name; };
    if (std::ranges::any_of(shown, same)) continue;
    shown.push_back(table.source);
    out += fmt::format("  s{}[(\"{}\")]\n", table.source, label(name));
  }
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    const TablePlan& table = plan.tables[i];
    out += fmt::format("  t{}[\"{}. {}.{}\"]\n", i, i + 1, label(plan.connections[table.connection].info.name),
                       label(table.target ? table.target->name : table.name));
  }
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    const TablePlan& table = plan.tables[i];
    const auto source = std::ranges::find_if(
        shown, [&](std::size_t other) { return plan.sources[other].name == plan.sources[table.source].name; });
    const std::string where = table.where ? fmt::format("|\"where {}\"|", label(table.where->text)) : "";
    out += fmt::format("  s{} ==>{} t{}\n", *source, where, i);
    std::vector<std::string> lines;
    for (const ForeignKeyPlan& key : table.foreign_keys) {
      if (key.parent) lines.push_back(fmt::format("  t{} -.->|\"{}\"| t{}\n", i, label(columns_of(table, key)), *key.parent));
    }
    for (const FieldPlan& field : table.fields) {
      if (field.value) append_references(plan, i, *field.value, field.name, lines);
    }
    for (const std::string& line : lines) out += line;
  }
  return out;
}

}  // namespace etl::plan
