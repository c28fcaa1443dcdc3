// The text family.
#include <algorithm>
#include <cstring>

#include "engine/converters/bind.h"
#include "engine/converters/convert.h"
#include "engine/converters/families.h"
#include "engine/converters/growth.h"
#include "engine/converters/html.h"
#include "engine/converters/unicode.h"
#include "engine/data/json.h"

namespace etl::converters {

namespace {

using Text = std::string_view;

Outcome<Text> replace_all(Arena& arena, Text text, Text what, Text with) {
  std::size_t found = what.empty() ? Text::npos : text.find(what);
  if (found == Text::npos) return text;
  std::string out;
  std::size_t from = 0;
  for (; found != Text::npos; found = text.find(what, from)) {
    out.append(text, from, found - from).append(with);
    from = found + what.size();
    if (out.size() > from + kMostGrowth) return fail_of_growth();
  }
  out.append(text, from);
  return arena.copy(out);
}

// Bytes of the character that starts at `at`.
std::size_t character_size(Text text, std::size_t at) { return prefix_size(text.substr(at), 1); }

Text remove_listed(Arena& arena, Text text, Text listed) {
  char* const out = arena.allocate(text.size());
  std::size_t size = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t bytes = character_size(text, at);
    // A whole character is never found across the border of two others in UTF-8.
    if (listed.find(text.substr(at, bytes)) == Text::npos) {
      std::memcpy(out + size, text.data() + at, bytes);
      size += bytes;
    }
    at += bytes;
  }
  arena.give_back(text.size() - size);
  if (size != text.size()) return {out, size};
  arena.give_back(size);
  return text;
}

Text left(Arena&, Text text, std::int64_t count) { return text.substr(0, prefix_size(text, count)); }
Text right(Arena&, Text text, std::int64_t count) { return text.substr(suffix_begin(text, count)); }

// Positions count from 1; those in front of the text hold nothing, as in SQL.
Text substring_from(Arena&, Text text, std::int64_t position) { return text.substr(prefix_size(text, position - 1)); }

Text substring(Arena& arena, Text text, std::int64_t position, std::int64_t length) {
  if (length <= 0) return {};
  std::int64_t end = 0;
  if (__builtin_add_overflow(position, length, &end)) return substring_from(arena, text, position);
  const Text rest = text.substr(0, prefix_size(text, end - 1));
  return rest.substr(prefix_size(rest, position - 1));
}

Outcome<Text> pad_left(Arena& arena, Text text, std::int64_t width, Text filler) {
  const auto have = static_cast<std::int64_t>(count_characters(text));
  if (have >= width || filler.empty()) return text;
  constexpr std::int64_t kMostAdded = 4'000'000;  // At four bytes each, kMostGrowth.
  if (width - have > kMostAdded) return Outcome<Text>::fail("more than 4 million characters would be added");
  std::string out;
  std::size_t at = 0;
  for (std::int64_t missing = width - have; missing > 0; --missing) {
    const std::size_t bytes = character_size(filler, at);
    out.append(filler, at, bytes);
    at = (at + bytes) % filler.size();
  }
  out += text;
  return arena.copy(out);
}

Kernel bind_pad_left(const Use& use) {
  if (has_argument(use, 2)) return lift<Text, std::int64_t, Text>(pad_left);
  return lift<Text, std::int64_t>(
      [](Arena& arena, Text text, std::int64_t width) { return pad_left(arena, text, width, " "); });
}

Kernel bind_substring(const Use& use) {
  if (has_argument(use, 2)) return lift<Text, std::int64_t, std::int64_t>(substring);
  return lift<Text, std::int64_t>(substring_from);
}

Kernel concat_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::text, context.rows);
    const auto values = out->values<Text>();
    std::string joined;
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row)) {
        out->set_null(row);
        continue;
      }
      joined.clear();
      for (const auto& argument : arguments) append_text(argument->at(row), joined);
      values[row] = context.arena.copy(joined);
    }
    return out;
  };
}

Kernel bind_length(const Use& use) {
  switch (use.types[0]) {
    case Type::bytes:
      return lift<Bytes>([](Arena&, const Bytes& bytes) { return static_cast<std::int64_t>(bytes.view.size()); });
    case Type::list:
      return lift<List>([](Arena&, const List& list) {
        std::int64_t count = 0;
        for (JsonItems item{list.view}; item.next();) ++count;
        return count;
      });
    default:
      return lift<Text>([](Arena&, Text text) { return static_cast<std::int64_t>(count_characters(text)); });
  }
}

// The row of a function from text to text that takes nothing else.
struct TextRow {
  std::string_view name;
  std::string_view doc;
  Inverse inverse = Inverse::canonical;
  std::vector<Example> examples;
  Text (*function)(Arena& arena, Text text) = nullptr;
};

Function text_function(const TextRow& row) {
  return {.name = row.name,
          .family = "text",
          .doc = row.doc,
          .parameters = {{.name = "text", .types = Type::text}},
          .result = {.type = Type::text},
          .inverse = row.inverse,
          .examples = row.examples,
          .bind = [function = row.function](const Use&) { return lift<Text>(function); }};
}

const std::vector<TextRow>& text_rows() {
  static const std::vector<TextRow> rows = {
      {.name = "trim",
       .doc = "Without white space (Unicode) at both ends.",
       .examples = {{"trim('  Ada ')", "'Ada'"}, {"trim('')", "''"}, {"trim(null)", "null"}},
       .function = [](Arena&, Text text) { return trim(text); }},
      {.name = "squeeze",
       .doc = "Each run of white space becomes one blank.",
       .examples = {{"squeeze('a  b   c')", "'a b c'"}, {"squeeze(null)", "null"}},
       .function = squeeze},
      {.name = "lower",
       .doc = "Lower case (Unicode).",
       .examples = {{"lower('ÅSA')", "'åsa'"}, {"lower(null)", "null"}},
       .function = lower},
      {.name = "upper",
       .doc = "Upper case (Unicode).",
       .examples = {{"upper('straße')", "'STRASSE'"}, {"upper(null)", "null"}},
       .function = upper},
      {.name = "title",
       .doc = "The first letter of each word upper, the rest lower.",
       .examples = {{"title('bench PRESS')", "'Bench Press'"},
                    {"title('don''t')", "'Don''t'"},
                    {"title(null)", "null"}},
       .function = title},
      {.name = "normalize",
       .doc = "Composed characters (Unicode NFC); NUL and control characters go, tabs and line breaks stay.",
       .examples = {{"normalize('e\u0301')", "'é'"}, {"normalize(null)", "null"}},
       .function = normalize},
      {.name = "unaccent",
       .doc = "Without accents: é becomes e, ø becomes o, ß becomes ss.",
       .examples = {{"unaccent('Crème brûlée')", "'Creme brulee'"}, {"unaccent(null)", "null"}},
       .function = unaccent},
      {.name = "slug",
       .doc = "Lower case without accents, words joined by hyphens.",
       .examples = {{"slug('Crème Brûlée, twice!')", "'creme-brulee-twice'"}, {"slug(null)", "null"}},
       .function = slug},
      {.name = "strip_html",
       .doc = "Tags out, entities decoded once; a tag that begins a line, such as br or p, leaves a line break.",
       .inverse = Inverse::none,
       .examples = {{"strip_html('<p>Fish &amp; <b>chips</b></p>')", "'Fish & chips'"},
                    {"strip_html('a &lt; b')", "'a < b'"},
                    {"strip_html(null)", "null"}},
       .function = strip_html},
  };
  return rows;
}

std::vector<Function> cutting_functions() {
  const Parameter text{.name = "text", .types = Type::text};
  const Parameter count{.name = "count", .types = Type::integer};
  return {
      {.name = "replace",
       .family = "text",
       .doc = "Every occurrence of the second text becomes the third.",
       .parameters = {text, {.name = "what", .types = Type::text}, {.name = "with", .types = Type::text}},
       .fails = kGrowthFails,
       .examples = {{"replace('a-b-c', '-', '+')", "'a+b+c'"}, {"replace(null, 'a', 'b')", "null"}},
       .bind = [](const Use&) { return lift<Text, Text, Text>(replace_all); }},
      {.name = "remove",
       .family = "text",
       .doc = "Removes every character that the second text lists.",
       .parameters = {text, {.name = "characters", .types = Type::text}},
       .inverse = Inverse::canonical,
       .examples = {{"remove('+1 (555) 010-99', ' ()-')", "'+155501099'"}, {"remove(null, 'a')", "null"}},
       .bind = [](const Use&) { return lift<Text, Text>(remove_listed); }},
      {.name = "left",
       .family = "text",
       .doc = "The first n characters.",
       .parameters = {text, count},
       .inverse = Inverse::canonical,
       .examples = {{"left('Zürich', 2)", "'Zü'"}, {"left('Ada', 9)", "'Ada'"}, {"left(null, 2)", "null"}},
       .bind = [](const Use&) { return lift<Text, std::int64_t>(left); }},
      {.name = "right",
       .family = "text",
       .doc = "The last n characters.",
       .parameters = {text, count},
       .inverse = Inverse::canonical,
       .examples = {{"right('02139-4307', 4)", "'4307'"}, {"right(null, 2)", "null"}},
       .bind = [](const Use&) { return lift<Text, std::int64_t>(right); }},
      {.name = "substring",
       .family = "text",
       .doc = "From a position (1 is the first character), of a length or to the end.",
       .parameters = {text,
                      {.name = "position", .types = Type::integer},
                      {.name = "length", .types = Type::integer, .optional = true}},
       .examples = {{"substring('abcdef', 2, 3)", "'bcd'"},
                    {"substring('abcdef', 5)", "'ef'"},
                    {"substring(null, 1)", "null"}},
       .bind = bind_substring},
      {.name = "pad_left",
       .family = "text",
       .doc = "Filled up on the left to n characters with blanks, or with the third text; longer texts are kept.",
       .parameters = {text,
                      {.name = "width", .types = Type::integer},
                      {.name = "filler", .types = Type::text, .optional = true}},
       .inverse = Inverse::canonical,
       .fails = "more than 4 million characters to be added",
       .examples = {{"pad_left('2139', 5, '0')", "'02139'"},
                    {"pad_left('abc', 2)", "'abc'"},
                    {"pad_left('abc', 99999999)", "fails: more than 4 million characters would be added"},
                    {"pad_left(null, 5)", "null"}},
       .bind = bind_pad_left},
      {.name = "concat",
       .family = "text",
       .doc = "The texts of all values one after the other; NULL is skipped.",
       .parameters = {{.name = "value", .types = TypeSet::all(), .optional = true, .repeated = true}},
       .on_null = OnNull::is_called,
       .examples = {{"concat('a', null, 1)", "'a1'"}, {"concat()", "''"}, {"concat(null)", "''"}},
       .bind = [](const Use&) { return concat_kernel(); }},
      {.name = "length",
       .family = "text",
       .doc = "How many characters, items or bytes.",
       .parameters = {{.name = "value", .types = {Type::text, Type::list, Type::bytes}}},
       .result = {.type = Type::integer},
       .examples = {{"length('Zürich')", "6"}, {"length(array(1, 2))", "2"}, {"length(null)", "null"}},
       .bind = bind_length},
  };
}

}  // namespace

std::vector<Function> text_functions() {
  std::vector<Function> all;
  for (const TextRow& row : text_rows()) all.push_back(text_function(row));
  for (Function& function : cutting_functions()) all.push_back(std::move(function));
  return all;
}

}  // namespace etl::converters
