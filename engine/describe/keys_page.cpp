#include <fmt/format.h>

#include "engine/describe/markdown.h"
#include "engine/describe/reference.h"
#include "engine/describe/text.h"
#include "engine/spec/keys.h"

namespace etl::describe {

namespace {

using spec::Block;
using spec::Key;
using spec::Shape;
using spec::ValueKind;

std::string block_link(std::string_view block) { return fmt::format("[{}](#{})", block, block); }

std::string choices_of(const Key& key) {
  std::vector<std::string> choices = spec::split_choices(key.of);
  for (std::string& choice : choices) choice = code(choice);
  return join(choices, ", ");
}

std::string item_of(const Key& key) {
  switch (key.value) {
    case ValueKind::text:
    case ValueKind::prose:
      return "text";
    case ValueKind::name:
      return "name";
    case ValueKind::integer:
      return "whole number";
    case ValueKind::boolean:
      return "true or false";
    case ValueKind::choice:
      return choices_of(key);
    case ValueKind::choice_or_block:
      return fmt::format("{} or {}", choices_of(key), block_link(key.block));
    case ValueKind::threshold:
      return "count `50` or share `1%`";
    case ValueKind::duration:
      return "duration `500ms` `30s` `5m` `1h` `1d`";
    case ValueKind::rate:
      return "rate `10/s` `600/min` `1000/h`";
    case ValueKind::size:
      return "size `512MB`";
    case ValueKind::workers:
      return "whole number or `auto`";
    case ValueKind::literal:
      return "literal";
    case ValueKind::expression:
      return "expression";
    case ValueKind::expression_or_null:
      return "expression or null";
    case ValueKind::boolean_or_expression:
      return "true, false or condition";
    case ValueKind::sql:
      return fmt::format("SQL or {}", block_link("sql"));
    case ValueKind::sql_text:
      return "SQL";
    case ValueKind::columns:
      return "list of names, or map of name: header or path";
    case ValueKind::row_count:
      return fmt::format("whole number or {}", block_link(key.block));
    case ValueKind::given:
      return "list of rows, or text";
    case ValueKind::rows:
      return "list of rows";
    case ValueKind::block:
    case ValueKind::partial_block:
      return block_link(key.block);
  }
  return "";
}

std::string value_of(const Key& key) {
  if (key.shape == Shape::list) return "list of " + item_of(key);
  if (key.shape == Shape::map) return "map of " + item_of(key);
  return item_of(key);
}

std::string default_of(const Key& key) {
  if (key.required) return "**required**";
  const bool literal = key.fallback.find_first_of("[{\",") == 0;
  return literal ? code(key.fallback) : std::string{key.fallback};
}

std::string rows_of(const Block& block) {
  std::string out = table_head({"key", "value", "default", "meaning"});
  for (const Key& key : block.keys) {
    std::string doc{key.doc};
    if (key.environment) doc += " `${...}` is replaced.";
    out += table_row({code(key.name), value_of(key), default_of(key), doc});
  }
  return out;
}

std::string notes_of(const Block& block) {
  std::string out;
  if (block.short_form) {
    out += fmt::format("\nA scalar stands for the block that has only `{}`.\n", block.keys.front().name);
  }
  if (!block.exactly_one.empty()) {
    out += fmt::format("\nExactly one of `{}` is written.\n", join(split(block.exactly_one, " | "), "`, `"));
  }
  if (block.environment) out += "\n`${...}` is replaced in all that stands below it.\n";
  if (!block.also.empty()) out += fmt::format("\nIt takes the keys of {} too.\n", block_link(block.also));
  return out;
}

}  // namespace

std::string keys_page() {
  std::string out = page_head(
      "Keys",
      "Every key of a mapping. A list of one may be written without its brackets. Editors know the same table:\n"
      "see [editors](../editors.md).");
  std::vector<std::string> names;
  for (const Block& block : spec::blocks()) names.emplace_back(block.name);
  out += contents(names);
  for (const Block& block : spec::blocks()) {
    out += fmt::format("\n## {}\n\n{}.\n", block.name,
                       block.name == "spec"      ? "The file itself"
                       : block.name == "stream"  ? "What connections and sources share"
                       : block.name == "include" ? "A file that `include` names"
                                                 : fmt::format("Keys of {}", block.title));
    out += notes_of(block) + rows_of(block);
  }
  return out;
}

}  // namespace etl::describe
