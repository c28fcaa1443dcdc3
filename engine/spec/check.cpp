#include "engine/spec/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/base/suggest.h"
#include "engine/spec/values.h"
#include "engine/spec/yaml_faults.h"

namespace etl::spec {

namespace {

bool is_written(const Node& node, std::string_view key) {
  return std::any_of(node.members.begin(), node.members.end(),
                     [key](const Member& member) { return member.key == key; });
}

void wrap_in_list(Node& node) {
  Node list;
  list.kind = Node::Kind::list;
  list.at = node.at;
  list.items.push_back(std::move(node));
  node = std::move(list);
}

void make_empty_map(Node& node) {
  Node map;
  map.kind = Node::Kind::map;
  map.damaged = node.damaged;
  map.at = node.at;
  node = std::move(map);
}

std::string joined(const std::vector<std::string>& items) { return fmt::format("{}", fmt::join(items, ", ")); }

bool is_unresolved(const Node& node) { return node.text.find("${") != std::string::npos; }

}  // namespace

std::string describe(const Node& node) {
  switch (node.kind) {
    case Node::Kind::null:
      return node.written ? node.text : "nothing";
    case Node::Kind::scalar:
      break;
    case Node::Kind::list:
      return "a list";
    case Node::Kind::map:
      return "a block";
  }
  constexpr std::size_t kLongest = 40;
  if (node.text.empty()) return "an empty text";
  return node.text.size() <= kLongest && node.text.find('\n') == std::string::npos ? node.text : "a text";
}

bool Check::wrong(const Node& node, const Owner& owner, std::string_view wanted, std::string help) {
  if (!node.damaged) {
    diagnostics_.add(113, node.at, fmt::format("{}: write {}, not {}", owner.name, wanted, describe(node)),
                     std::move(help));
  }
  return false;
}

// ---- blocks

bool Check::block(Node& node, const Block& block, const Owner& owner) {
  return this->block(node, block, owner, Context{});
}

bool Check::block(Node& node, const Block& block, const Owner& owner, Context context) {
  const bool is_block = as_map(node, block, owner);
  context.replaces = context.replaces || block.environment;
  if (is_block) members(node, block, owner, context);
  return is_block;
}

// Brings a block into its long form.
bool Check::as_map(Node& node, const Block& block, const Owner& owner) {
  if (node.is_map()) return true;
  if (node.is_scalar() && block.short_form) {
    Node map;
    map.kind = Node::Kind::map;
    map.at = node.at;
    map.members.push_back({std::string{block.keys.front().name}, node.at, std::move(node)});
    node = std::move(map);
    return true;
  }
  if (!node.is_null()) {
    const std::string keys = joined(key_names(block));
    diagnostics_.add(110, node.at, fmt::format("{}: write a block of keys, not {}", owner.name, describe(node)),
                     "the keys are " + keys);
    node.damaged = true;
  }
  const bool is_empty = node.is_null();
  make_empty_map(node);
  return is_empty;
}

void Check::members(Node& node, const Block& block, const Owner& owner, Context context) {
  required(node, block, owner, context);
  exactly_one(node, block, owner);
  const auto is_refused = [&](Member& member) {
    const Key* key = find_key(block, member.key);
    if (key == nullptr) {
      unknown_key(member, block);
      return true;
    }
    return !value(member.value, *key, {member.key, member.key_at}, context);
  };
  node.members.erase(std::remove_if(node.members.begin(), node.members.end(), is_refused), node.members.end());
}

void Check::required(const Node& node, const Block& block, const Owner& owner, const Context& context) {
  if (context.partial || node.damaged) return;
  for (const Key& key : block.keys) {
    if (!key.required || is_written(node, key.name)) continue;
    std::string doc{key.doc};
    doc[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(doc[0])));
    if (doc.ends_with('.')) doc.pop_back();
    diagnostics_.add(112, owner.at, fmt::format("{} needs {}", block.title, key.name),
                     fmt::format("{}: {}", key.name, doc));
  }
}

void Check::exactly_one(const Node& node, const Block& block, const Owner& owner) {
  if (block.exactly_one.empty() || node.damaged) return;
  const auto choices = split_choices(block.exactly_one);
  std::vector<const Member*> given;
  for (const Member& member : node.members) {
    if (std::find(choices.begin(), choices.end(), member.key) != choices.end()) given.push_back(&member);
  }
  if (given.size() == 1) return;
  const std::string rule = fmt::format("{} takes exactly one of {}", block.title, joined(choices));
  if (given.empty()) {
    diagnostics_.add(122, owner.at, rule + "; none is written");
  } else {
    diagnostics_.add(122, given[1]->key_at,
                     fmt::format("{}; {} and {} are written", rule, given[0]->key, given[1]->key));
  }
}

void Check::unknown_key(const Member& member, const Block& block) {
  std::string help = did_you_mean(member.key, key_names(block));
  const std::string owners = owners_of(member.key);
  if (help.empty() && !owners.empty()) help = fmt::format("{} belongs to {}", member.key, owners);
  if (help.empty()) help = "the keys are " + joined(key_names(block));
  diagnostics_.add(111, member.key_at, fmt::format("{} is not a key of {}", member.key, block.title), std::move(help));
}

// ---- values

bool Check::value(Node& node, const Key& key, const Owner& owner) { return value(node, key, owner, Context{}); }

bool Check::value(Node& node, const Key& key, const Owner& owner, Context context) {
  context.replaces = context.replaces || key.environment;
  context.cursor = key.name == "params" && key.value == ValueKind::text;
  switch (key.shape) {
    case Shape::one:
      return one(node, key, owner, context);
    case Shape::list:
      return list(node, key, owner, context);
    case Shape::map:
      return map(node, key, owner, context);
  }
  return false;
}

bool Check::list(Node& node, const Key& key, const Owner& owner, const Context& context) {
  const bool takes_maps = key.value == ValueKind::block || key.value == ValueKind::literal;
  if (node.is_scalar() || (node.is_map() && takes_maps)) wrap_in_list(node);
  if (node.is_null() && node.written) wrap_in_list(node);
  if (!node.is_list()) return wrong(node, owner, "a list");
  if (key.value == ValueKind::expression) torn_items(node);
  const auto is_refused = [&](Node& item) { return !one(item, key, owner, context); };
  node.items.erase(std::remove_if(node.items.begin(), node.items.end(), is_refused), node.items.end());
  return true;
}

bool Check::map(Node& node, const Key& key, const Owner& owner, const Context& context) {
  if (node.is_null()) make_empty_map(node);
  if (!node.is_map()) {
    diagnostics_.add(110, node.at, fmt::format("{}: write a block of names, not {}", owner.name, describe(node)),
                     fmt::format("{}: {{name: ...}}", owner.name));
    return false;
  }
  const auto is_refused = [&](Member& member) { return !one(member.value, key, {member.key, member.key_at}, context); };
  node.members.erase(std::remove_if(node.members.begin(), node.members.end(), is_refused), node.members.end());
  return true;
}

bool Check::one(Node& node, const Key& key, const Owner& owner, const Context& context) {
  if (node.is_null() && node.damaged && key.value != ValueKind::block) return false;
  switch (key.value) {
    case ValueKind::literal:
      return literal(node, context);
    case ValueKind::expression_or_null:
      return node.is_null() || scalar(node, key, owner, context);
    case ValueKind::sql:
      return block(node, block_named("sql"), owner, context);
    case ValueKind::columns:
      return columns(node, key, owner, context);
    case ValueKind::given:
      return node.is_scalar() || rows(node, owner);
    case ValueKind::rows:
      return rows(node, owner);
    case ValueKind::choice_or_block:
    case ValueKind::row_count:
      return node.is_map() ? block(node, block_named(key.block), owner, context) : scalar(node, key, owner, context);
    case ValueKind::partial_block:
      return block(node, block_named(key.block), owner, {context.replaces, true, false});
    case ValueKind::block: {
      const bool is_same_name = key.block == "field" && node.is_null();
      return is_same_name || block(node, block_named(key.block), owner, context);
    }
    default:
      return scalar(node, key, owner, context);
  }
}

bool Check::scalar(Node& node, const Key& key, const Owner& owner, const Context& context) {
  if (node.is_scalar()) return characters(node, key, owner, context);
  if (node.is_null() && key.shape == Shape::list) {
    diagnostics_.add(114, node.at, fmt::format("{}: {} is not a text", owner.name, describe(node)),
                     "write 'null' for that text, '' for an empty one");
    return false;
  }
  const bool is_expression = key.value == ValueKind::expression || key.value == ValueKind::boolean_or_expression ||
                             key.value == ValueKind::expression_or_null;
  const bool is_flow =
      is_expression && !node.is_null() && std::string_view{"[{"}.find(node.at.text()) != std::string_view::npos;
  if (is_expression) {
    return wrong(node, owner, "an expression", is_flow ? "quote an expression that starts with [ or {" : "");
  }
  const std::string wanted = fault_of(key.value, "");
  return wrong(node, owner,
               key.value == ValueKind::choice ? "one of " + joined(split_choices(key.of))
               : wanted.empty()               ? "a text"
                                              : wanted);
}

// The characters of a scalar, against the kind of its key.
bool Check::characters(Node& node, const Key& key, const Owner& owner, const Context& context) {
  const bool complete = !context.replaces || environment_.replace(node, context.cursor);
  const bool is_text = key.value == ValueKind::text || key.value == ValueKind::name;
  if (context.replaces && !complete) return is_text;  // Reported, or not known before the run.
  if (!context.replaces && is_unresolved(node)) {
    if (key.value == ValueKind::sql_text) {
      diagnostics_.add(202, node.at, "${...} is not allowed in SQL", "declare a param and write $name");
    } else if (is_text) {
      diagnostics_.add(113, node.at, fmt::format("{}: ${{...}} is not replaced here", owner.name),
                       "it works in connections, settings, files and defaults of params");
    }
  }
  if (key.value == ValueKind::choice || key.value == ValueKind::choice_or_block) return choice(node, key, owner);
  const std::string wanted = fault_of(key.value, node.text);
  return wanted.empty() || wrong(node, owner, wanted);
}

bool Check::choice(const Node& node, const Key& key, const Owner& owner) {
  const auto choices = split_choices(key.of);
  if (std::find(choices.begin(), choices.end(), node.text) != choices.end()) return true;
  if (choices.size() == 1) return wrong(node, owner, choices[0]);
  const std::string block = key.value == ValueKind::choice_or_block ? ", {newest: column}" : "";
  diagnostics_.add(113, node.at,
                   fmt::format("{}: {} is not one of {}{}", owner.name, describe(node), joined(choices), block),
                   did_you_mean(node.text, choices));
  return false;
}

bool Check::literal(Node& node, const Context& context) {
  if (!context.replaces) return true;
  if (node.is_scalar()) environment_.replace(node);
  for (Node& item : node.items) literal(item, context);
  for (Member& member : node.members) literal(member.value, context);
  return true;
}

bool Check::columns(Node& node, const Key& key, const Owner& owner, const Context& context) {
  if (node.is_scalar()) wrap_in_list(node);
  if (node.is_null()) return wrong(node, owner, "a list of names, or a block of name: header");
  Key item = key;
  item.value = ValueKind::text;
  item.shape = node.is_list() ? Shape::list : Shape::map;
  if (node.is_list()) return list(node, item, owner, context);
  const auto is_refused = [&](Member& member) {
    return !member.value.is_null() && !scalar(member.value, item, {member.key, member.key_at}, context);
  };
  node.members.erase(std::remove_if(node.members.begin(), node.members.end(), is_refused), node.members.end());
  return true;
}

bool Check::rows(Node& node, const Owner& owner) {
  if (node.is_map()) wrap_in_list(node);
  if (!node.is_list()) return wrong(node, owner, "a list of rows");
  const auto is_refused = [&](const Node& row) {
    if (row.is_map()) return false;
    if (!row.damaged)
      diagnostics_.add(110, row.at, fmt::format("{}: a row is a block, not {}", owner.name, describe(row)),
                       "write {column: value, ...}");
    return true;
  };
  node.items.erase(std::remove_if(node.items.begin(), node.items.end(), is_refused), node.items.end());
  return true;
}

// Expressions of [ ] that their own commas cut into several items: E105.
void Check::torn_items(Node& list) {
  constexpr std::size_t kMostPieces = 32;
  for (std::size_t index = 0; index + 1 < list.items.size(); ++index) {
    Node& first = list.items[index];
    int open = first.is_scalar() && !first.quoted ? open_brackets(first.text) : 0;
    std::size_t last = index;
    while (open > 0 && last + 1 < list.items.size() && last - index < kMostPieces)
      open += open_brackets(list.items[++last].at.text());
    if (last == index || open > 0) continue;
    report_torn_value({first.at.source, first.at.begin, list.items[last].at.end}, false, diagnostics_);
    first.damaged = true;
    list.items.erase(list.items.begin() + static_cast<std::ptrdiff_t>(index) + 1,
                     list.items.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  }
}

}  // namespace etl::spec
