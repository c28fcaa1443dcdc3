#include <fmt/format.h>
#include <re2/re2.h>

#include <memory>

#include "engine/rules/families.h"
#include "engine/rules/format.h"

namespace etl::rules {

namespace {

using Text = std::string_view;

std::size_t count_of(const Use& use) {
  const auto* count = std::get_if<std::int64_t>(&use.value);
  return count == nullptr || *count < 0 ? 0 : static_cast<std::size_t>(*count);
}

// Calls `check(text)` for texts as they are and for other values by their text.
template <class Holds, class Reason>
void check_texts(const Column& column, std::string_view rule, Failures& failures, Holds holds, Reason reason) {
  if (column.type() == Type::text) return check_each<Text>(column, rule, failures, holds, reason);
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) continue;
    const std::string text = to_text(column.at(row));
    if (!holds(Text{text})) failures.push_back({static_cast<std::uint32_t>(row), rule, reason(Text{text})});
  }
}

// Bytes bound characters from both sides, so most texts need no counting.
Kernel bind_min_length(const Use& use) {
  return [least = count_of(use)](const Column& column, const Present&, Failures& failures) {
    check_texts(
        column, "min_length", failures,
        [least](Text text) { return text.size() >= least * 4 || count_characters(text) >= least; },
        [least](Text text) {
          return fmt::format("{} has {} characters, fewer than {}", quote_for_message(text), count_characters(text),
                             least);
        });
  };
}

Kernel bind_max_length(const Use& use) {
  return [most = count_of(use)](const Column& column, const Present&, Failures& failures) {
    check_texts(
        column, "max_length", failures,
        [most](Text text) { return text.size() <= most || count_characters(text) <= most; },
        [most](Text text) {
          return fmt::format("{} has {} characters, more than {}", quote_for_message(text), count_characters(text),
                             most);
        });
  };
}

std::shared_ptr<const re2::RE2> compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return std::make_shared<re2::RE2>(pattern, options);
}

std::string check_pattern(const Use& use) {
  const auto pattern = compile(use.text);
  return pattern->ok() ? "" : "the pattern is wrong: " + pattern->error();
}

Kernel bind_pattern(const Use& use) {
  return [pattern = compile(use.text)](const Column& column, const Present&, Failures& failures) {
    check_texts(
        column, "pattern", failures,
        [&](Text text) {
          return pattern->Match({text.data(), text.size()}, 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
        },
        [&](Text text) { return fmt::format("{} does not match {}", quote_for_message(text), pattern->pattern()); });
  };
}

Kernel bind_format(const Use& use) {
  const Format* format = format_named(use.text);
  if (format == nullptr) return no_check();
  return [format](const Column& column, const Present&, Failures& failures) {
    check_texts(column, "format", failures, format->holds,
                [format](Text text) { return fmt::format("{} is not {}", quote_for_message(text), format->noun); });
  };
}

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const Format& format : formats()) names.push_back(format.name);
  return names;
}

}  // namespace

std::vector<Rule> text_rules() {
  return {
      {.name = "min_length",
       .doc = "The text has so many characters or more.",
       .argument = Argument::count,
       .types = Type::text,
       .examples = {{"3", "'Ada'", true}, {"3", "'Zü'", false}, {"3", "null", true}},
       .bind = bind_min_length},
      {.name = "max_length",
       .doc = "The text has so many characters or fewer.",
       .argument = Argument::count,
       .types = Type::text,
       .examples = {{"5", "'Zürich'", false}, {"6", "'Zürich'", true}, {"0", "null", true}},
       .bind = bind_max_length},
      {.name = "pattern",
       .doc = "The pattern (RE2) is found in the text; anchor it with ^ and $.",
       .argument = Argument::pattern,
       .types = TypeSet{Type::text} | TypeSet{Type::integer, Type::decimal, Type::date, Type::uuid},
       .examples = {{"'^\\d+$'", "'123'", true}, {"'^\\d+$'", "'12a'", false}, {"'^a'", "null", true}},
       .check = check_pattern,
       .bind = bind_pattern},
      {.name = "format",
       .doc = "The text has a well-known shape.",
       .argument = Argument::choice,
       .types = TypeSet{Type::text, Type::uuid, Type::json},
       .choices = format_names(),
       .examples = {{"email", "'ana@mail.co'", true},
                    {"email", "'ana@mail'", false},
                    {"zip_us", "'2139'", false},
                    {"country", "'CH'", true},
                    {"phone", "null", true}},
       .bind = bind_format},
  };
}

}  // namespace etl::rules
