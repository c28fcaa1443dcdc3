// The Markdown family (CommonMark 0.29 with GitHub's tables and ~~strikethrough~~), read by cmark-gfm.
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/base/error.h"
#include "engine/converters/bind.h"
#include "engine/converters/families.h"
#include "engine/converters/html.h"
#include "engine/converters/unicode.h"

namespace etl::converters {

namespace {

using Text = std::string_view;

struct Free {
  void operator()(cmark_node* node) const { cmark_node_free(node); }
  void operator()(cmark_parser* parser) const { cmark_parser_free(parser); }
};
using Document = std::unique_ptr<cmark_node, Free>;

// Lines and columns of the nodes count from 1, columns in bytes.
Document parse(Text text) {
  static const bool registered = (cmark_gfm_core_extensions_ensure_registered(), true);
  (void)registered;
  const std::unique_ptr<cmark_parser, Free> parser{cmark_parser_new(CMARK_OPT_DEFAULT)};
  for (const char* name : {"table", "strikethrough"}) {
    cmark_syntax_extension* extension = cmark_find_syntax_extension(name);
    if (extension == nullptr) throw Error{Error::Kind::environment, "libcmark-gfm-extensions has no tables"};
    cmark_parser_attach_syntax_extension(parser.get(), extension);
  }
  cmark_parser_feed(parser.get(), text.data(), text.size());
  return Document{cmark_parser_finish(parser.get())};
}

Text literal_of(cmark_node* node) {
  const char* literal = cmark_node_get_literal(node);
  return literal == nullptr ? Text{} : Text{literal};
}

bool is_extension(cmark_node* node, Text name) { return name == cmark_node_get_type_string(node); }

Text trimmed(Text text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == Text::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
}

// ---- words

// The words of inline nodes: line breaks stay, tags go, images become their description.
void append_inlines(cmark_node* parent, std::string& out) {
  for (cmark_node* node = cmark_node_first_child(parent); node != nullptr; node = cmark_node_next(node)) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (type == CMARK_NODE_TEXT || type == CMARK_NODE_CODE) {
      out += literal_of(node);
    } else if (type == CMARK_NODE_SOFTBREAK || type == CMARK_NODE_LINEBREAK) {
      out += '\n';
    } else {
      append_inlines(node, out);
    }
  }
}

// Leaves `count` line ends behind what is there, unless nothing is.
void break_lines(std::string& out, std::size_t count) {
  while (!out.empty() && out.back() == '\n') out.pop_back();
  if (!out.empty()) out.append(count, '\n');
}

void append_table_row(cmark_node* row, std::string& out) {
  bool first = true;
  for (cmark_node* cell = cmark_node_first_child(row); cell != nullptr; cell = cmark_node_next(cell)) {
    if (!first) out += ' ';
    first = false;
    append_inlines(cell, out);
  }
}

// Blocks side by side are `distance` line ends apart.
void append_blocks(cmark_node* parent, Arena& arena, std::string& out, std::size_t distance) {
  for (cmark_node* node = cmark_node_first_child(parent); node != nullptr; node = cmark_node_next(node)) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (node != cmark_node_first_child(parent)) break_lines(out, distance);
    if (type == CMARK_NODE_PARAGRAPH || type == CMARK_NODE_HEADING) {
      append_inlines(node, out);
    } else if (type == CMARK_NODE_CODE_BLOCK) {
      out += literal_of(node);
    } else if (type == CMARK_NODE_HTML_BLOCK) {
      out += strip_html(arena, literal_of(node));
    } else if (is_extension(node, "table_row") || is_extension(node, "table_header")) {
      append_table_row(node, out);
    } else {
      const bool tight = type == CMARK_NODE_LIST || type == CMARK_NODE_ITEM || is_extension(node, "table");
      append_blocks(node, arena, out, tight ? 1 : 2);
    }
  }
}

Text strip_markdown(Arena& arena, Text text) {
  const Document document = parse(text);
  std::string out;
  append_blocks(document.get(), arena, out, 2);
  return arena.copy(trimmed(out));
}

// ---- sections

std::string words_of(cmark_node* node) {
  std::string words;
  append_inlines(node, words);
  return words;
}

// Titles are compared without case and outer blanks: logs are written by hand.
bool same_title(Arena& arena, Text left, Text right) {
  return lower(arena, trimmed(left)) == lower(arena, trimmed(right));
}

// The bytes where line `line` begins; lines count from 1 and end as cmark's do.
std::size_t line_begin(Text text, int line) {
  std::size_t at = 0;
  for (; line > 1 && at < text.size(); --line) {
    const std::size_t end = text.find_first_of("\r\n", at);
    if (end == Text::npos) return text.size();
    at = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return at;
}

// Without blank lines at both ends; the first line keeps its indentation.
Text without_blank_lines(Text text) {
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == Text::npos) return {};
  const std::size_t line = text.find_last_of("\r\n", begin);
  const std::size_t from = line == Text::npos ? 0 : line + 1;
  return text.substr(from, text.find_last_not_of(" \t\r\n") + 1 - from);
}

std::optional<Text> section(Arena& arena, Text text, Text title) {
  const Document document = parse(text);
  cmark_node* node = cmark_node_first_child(document.get());
  const auto is_heading = [](cmark_node* block) { return cmark_node_get_type(block) == CMARK_NODE_HEADING; };
  while (node != nullptr && !(is_heading(node) && same_title(arena, words_of(node), title))) node = cmark_node_next(node);
  if (node == nullptr) return std::nullopt;
  const int level = cmark_node_get_heading_level(node);
  const std::size_t begin = line_begin(text, cmark_node_get_end_line(node) + 1);
  do {
    node = cmark_node_next(node);
  } while (node != nullptr && !(is_heading(node) && cmark_node_get_heading_level(node) <= level));
  const std::size_t end = node == nullptr ? text.size() : line_begin(text, cmark_node_get_start_line(node));
  return arena.copy(without_blank_lines(text.substr(begin, end - begin)));
}

// ---- labels

// What a line says behind "title:", in words; nothing when it does not begin so.
std::optional<Text> behind_label(Arena& arena, Text line, Text title) {
  const std::size_t colon = line.find(':');
  if (colon == Text::npos || !same_title(arena, line.substr(0, colon), title)) return std::nullopt;
  return trimmed(line.substr(colon + 1));
}

std::optional<std::string> find_label(Arena& arena, cmark_node* parent, Text title) {
  for (cmark_node* node = cmark_node_first_child(parent); node != nullptr; node = cmark_node_next(node)) {
    const cmark_node_type type = cmark_node_get_type(node);
    if (type != CMARK_NODE_PARAGRAPH && type != CMARK_NODE_HEADING) {
      if (auto found = find_label(arena, node, title)) return found;
      continue;
    }
    const std::string words = words_of(node);
    for (std::size_t at = 0; at <= words.size();) {
      const std::size_t end = std::min(words.find('\n', at), words.size());
      if (const auto value = behind_label(arena, Text{words}.substr(at, end - at), title)) return std::string{*value};
      at = end + 1;
    }
  }
  return std::nullopt;
}

std::optional<Text> label(Arena& arena, Text text, Text title) {
  if (title.ends_with(':')) title.remove_suffix(1);
  const Document document = parse(text);
  const auto found = find_label(arena, document.get(), title);
  return found ? std::optional{arena.copy(*found)} : std::nullopt;
}

// ---- lists

// The text as it stands between the node's first and last line, each line without its indentation.
void append_source(Text text, cmark_node* node, std::string& out) {
  const int last = cmark_node_get_end_line(node);
  for (int line = cmark_node_get_start_line(node); line <= last; ++line) {
    const std::size_t begin = line_begin(text, line);
    const std::size_t end = std::min(text.find_first_of("\r\n", begin), text.size());
    Text part = text.substr(begin, end - begin);
    if (line == cmark_node_get_start_line(node)) {
      part.remove_prefix(std::min<std::size_t>(static_cast<std::size_t>(cmark_node_get_start_column(node) - 1), part.size()));
    } else {
      out += '\n';
    }
    out += trimmed(part);
  }
}

Text without_box(Text item) {
  for (const Text box : {"[ ]", "[x]", "[X]"}) {
    const bool alone = item.size() == box.size();
    if (item.starts_with(box) && (alone || item[box.size()] == ' ' || item[box.size()] == '\t')) {
      return trimmed(item.substr(box.size()));
    }
  }
  return item;
}

void collect_items(Text text, cmark_node* parent, std::vector<std::string>& items) {
  for (cmark_node* node = cmark_node_first_child(parent); node != nullptr; node = cmark_node_next(node)) {
    if (cmark_node_get_type(node) != CMARK_NODE_ITEM) {
      collect_items(text, node, items);
      continue;
    }
    std::string item;
    for (cmark_node* block = cmark_node_first_child(node); block != nullptr; block = cmark_node_next(block)) {
      if (cmark_node_get_type(block) == CMARK_NODE_LIST) continue;
      if (!item.empty()) item += "\n\n";
      append_source(text, block, item);
    }
    items.emplace_back(without_box(trimmed(item)));
    collect_items(text, node, items);  // Lists within the item.
  }
}

List list_items(Arena& arena, Text text) {
  const Document document = parse(text);
  std::vector<std::string> items;
  collect_items(text, document.get(), items);
  std::string json = "[";
  for (const std::string& item : items) {
    if (json.size() > 1) json += ',';
    append_json_string(item, json);
  }
  json += ']';
  return {arena.copy(json)};
}

}  // namespace

std::vector<Function> markdown_functions() {
  const Parameter text{.name = "text", .types = Type::text};
  const Parameter title{.name = "title", .types = Type::text};
  return {
      {.name = "strip_markdown",
       .family = "markdown",
       .doc = "The words without the marks of Markdown; tags of HTML go too.",
       .parameters = {text},
       .examples = {{"strip_markdown('**Bold** and `code`, [a link](https://example.com)')", "'Bold and code, a link'"},
                    {"strip_markdown('# Title\n\n- one\n- two\n')", "'Title\n\none\ntwo'"},
                    {"strip_markdown('| Day | Food |\n|---|---|\n| Mon | *Oats* |')", "'Day Food\nMon Oats'"},
                    {"strip_markdown('2 * 3 * 4')", "'2 * 3 * 4'"},
                    {"strip_markdown(null)", "null"}},
       .bind = [](const Use&) { return lift<Text>(strip_markdown); }},
      {.name = "section",
       .family = "markdown",
       .doc = "The Markdown under the first heading with that title (case does not matter), down to the next heading of its "
              "level or above; a missing one gives NULL.",
       .parameters = {text, title},
       .fails = "never; missing gives NULL",
       .examples = {{"section('Slept badly.\n### Action items\n- Walk\n### Next\nRest', 'Action items')", "'- Walk'"},
                    {"section('## Plan\nRun\n### Details\n5 km', 'plan')", "'Run\n### Details\n5 km'"},
                    {"section('## Plan\nRun', 'Results')", "null"}},
       .bind = [](const Use&) { return lift<Text, Text>(section); }},
      {.name = "label",
       .family = "markdown",
       .doc = "The value of a line such as '**Coach:** Alex' (case does not matter), in words; a missing one gives NULL.",
       .parameters = {text, title},
       .fails = "never; missing gives NULL",
       .examples = {{"label('**Coach:** Alex\nSlept badly.', 'Coach')", "'Alex'"},
                    {"label('- *Mood*: good', 'mood')", "'good'"},
                    {"label('Slept badly.', 'Coach')", "null"}},
       .bind = [](const Use&) { return lift<Text, Text>(label); }},
      {.name = "list_items",
       .family = "markdown",
       .doc = "The items of the Markdown lists in a text, those within items behind them, without '[ ]' and '[x]'.",
       .parameters = {text},
       .result = {.type = Type::list},
       .inverse = Inverse::canonical,
       .examples = {{"list_items('- [ ] Sleep 8h\n- [x] Walk daily')", "array('Sleep 8h', 'Walk daily')"},
                    {"list_items('1. Warm up\n   - ten minutes\n2. Run')", "array('Warm up', 'ten minutes', 'Run')"},
                    {"list_items('No list here.')", "array()"},
                    {"list_items(null)", "null"}},
       .bind = [](const Use&) { return lift<Text>(list_items); }},
  };
}

}  // namespace etl::converters
