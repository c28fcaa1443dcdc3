#include "engine/spec/read.h"

#include <algorithm>
#include <limits>

#include "engine/spec/keys.h"
#include "engine/spec/text_map.h"
#include "engine/spec/values.h"

namespace etl::spec {

At<std::string> text_of(const Node& block, std::string_view key, std::string fallback) {
  return written_text(block, key).value_or(At<std::string>{std::move(fallback), {}});
}

std::optional<At<std::string>> written_text(const Node& block, std::string_view key) {
  const Node* node = block.find(key);
  if (node == nullptr || !node->is_scalar()) return std::nullopt;
  return At<std::string>{node->text, node->at};
}

std::vector<At<std::string>> texts_of(const Node& block, std::string_view key) {
  std::vector<At<std::string>> texts;
  if (const Node* list = block.find(key)) {
    for (const Node& item : list->items) texts.push_back({item.text, item.at});
  }
  return texts;
}

Entries<At<std::string>> text_entries(const Node& block, std::string_view key) {
  Entries<At<std::string>> entries;
  if (const Node* map = block.find(key)) {
    for (const Member& member : map->members) {
      entries.push_back({{member.key, member.key_at}, {member.value.text, member.value.at}});
    }
  }
  return entries;
}

std::optional<bool> flag_of(const Node& block, std::string_view key) {
  const Node* node = block.find(key);
  return node == nullptr ? std::nullopt : parse_boolean(node->text);
}

std::optional<std::int64_t> integer_of(const Node& block, std::string_view key) {
  const Node* node = block.find(key);
  return node == nullptr ? std::nullopt : parse_integer(node->text);
}

int small_integer_of(const Node& block, std::string_view key, int fallback) {
  constexpr std::int64_t kMost = std::numeric_limits<int>::max();
  return static_cast<int>(std::min(integer_of(block, key).value_or(fallback), kMost));
}

Literal to_literal(const Node& node) {
  Literal literal;
  literal.at = node.at;
  literal.quoted = node.quoted;
  switch (node.kind) {
    case Node::Kind::null:
      return literal;
    case Node::Kind::scalar:
      literal.kind = Literal::Kind::scalar;
      break;
    case Node::Kind::list:
      literal.kind = Literal::Kind::list;
      break;
    case Node::Kind::map:
      literal.kind = Literal::Kind::map;
      break;
  }
  literal.text = node.text;
  for (const Node& item : node.items) literal.items.push_back(to_literal(item));
  for (const Member& member : node.members) {
    literal.members.push_back({{member.key, member.key_at}, to_literal(member.value)});
  }
  return literal;
}

std::optional<Literal> literal_of(const Node& block, std::string_view key) {
  const Node* node = block.find(key);
  return node == nullptr ? std::nullopt : std::optional{to_literal(*node)};
}

Entries<Literal> literal_entries(const Node& block, std::string_view key) {
  Entries<Literal> entries;
  if (const Node* map = block.find(key)) {
    for (const Member& member : map->members) {
      entries.push_back({{member.key, member.key_at}, to_literal(member.value)});
    }
  }
  return entries;
}

ExpressionPtr to_expression(const Node& scalar, Diagnostics& diagnostics) {
  if (scalar.damaged || !scalar.is_scalar()) return nullptr;
  return parse_expression(scalar.text, TextMap::of(scalar), diagnostics);
}

ExpressionPtr expression_of(const Node& block, std::string_view key, Diagnostics& diagnostics) {
  const Node* node = block.find(key);
  return node == nullptr ? nullptr : to_expression(*node, diagnostics);
}

Entries<ExpressionPtr> expression_entries(const Node& block, std::string_view key, Diagnostics& diagnostics) {
  Entries<ExpressionPtr> entries;
  if (const Node* map = block.find(key)) {
    for (const Member& member : map->members) {
      entries.push_back({{member.key, member.key_at}, to_expression(member.value, diagnostics)});
    }
  }
  return entries;
}

Sql to_sql(const Node& block) { return {text_of(block, "sql"), text_of(block, "connection")}; }

Entries<Sql> sql_entries(const Node& block, std::string_view key) {
  Entries<Sql> entries;
  if (const Node* map = block.find(key)) {
    for (const Member& member : map->members) entries.push_back({{member.key, member.key_at}, to_sql(member.value)});
  }
  return entries;
}

RulesSpec rules_in(const Node& block) {
  static const Block& rules_block = block_named("rules");
  RulesSpec rules;
  for (const Member& member : block.members) {
    if (find_key(rules_block, member.key) == nullptr) continue;
    rules.push_back({{member.key, member.key_at}, to_literal(member.value)});
  }
  return rules;
}

}  // namespace etl::spec
