// Regular expressions: RE2, compiled once per use.
#include <re2/re2.h>

#include <memory>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"
#include "engine/converters/growth.h"

namespace etl::converters {

namespace {

using Text = std::string_view;
using Pattern = std::shared_ptr<const re2::RE2>;

Pattern compile(const std::string& pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return std::make_shared<re2::RE2>(pattern, options);
}

re2::StringPiece piece(Text text) { return {text.data(), text.size()}; }

std::string check_pattern(const Use& use, std::size_t& index) {
  index = 1;
  const auto pattern = constant_text(use, 1);
  if (!pattern) return "";
  const Pattern compiled = compile(*pattern);
  return compiled->ok() ? "" : "the pattern is wrong: " + compiled->error();
}

std::string check_rewrite(const Use& use, std::size_t& index) {
  std::string fault = check_pattern(use, index);
  const auto rewrite = constant_text(use, 2);
  if (!fault.empty() || !rewrite || !constant_text(use, 1)) return fault;
  index = 2;
  const Pattern compiled = compile(*constant_text(use, 1));
  return compiled->CheckRewriteString(*rewrite, &fault) ? "" : "the replacement is wrong: " + fault;
}

std::string check_group(const Use& use, std::size_t& index) {
  std::string fault = check_pattern(use, index);
  const auto group = constant<std::int64_t>(use, 2);
  if (!fault.empty() || !group || !constant_text(use, 1)) return fault;
  index = 2;
  const int groups = compile(*constant_text(use, 1))->NumberOfCapturingGroups();
  if (*group >= 0 && *group <= groups) return "";
  return "the pattern has " + std::to_string(groups) + (groups == 1 ? " group" : " groups");
}

Kernel bind_matches(const Use& use) {
  const auto pattern = constant_text(use, 1);
  if (!pattern) return null_kernel(Type::boolean);
  return lift<Text>([compiled = compile(*pattern)](Arena&, Text text) {
    return compiled->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0);
  });
}

Kernel bind_extract(const Use& use) {
  const auto pattern = constant_text(use, 1);
  const auto group = has_argument(use, 2) ? constant<std::int64_t>(use, 2) : 0;
  if (!pattern || !group) return null_kernel(Type::text);
  return lift<Text>(
      [compiled = compile(*pattern), group = static_cast<int>(*group)](Arena&, Text text) -> std::optional<Text> {
        constexpr int kOnStack = 16;
        re2::StringPiece few[kOnStack];
        std::vector<re2::StringPiece> many;
        re2::StringPiece* found = few;
        if (group >= kOnStack) {
          many.resize(static_cast<std::size_t>(group) + 1);
          found = many.data();
        }
        if (!compiled->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, found, group + 1)) return std::nullopt;
        // A group that took no part has no place in the text.
        if (found[group].data() == nullptr) return std::nullopt;
        return Text{found[group].data(), found[group].size()};
      });
}

std::size_t count_matches(const re2::RE2& pattern, Text text) {
  std::size_t count = 0;
  re2::StringPiece found;
  for (std::size_t at = 0; at <= text.size(); ++count) {
    if (!pattern.Match(piece(text), at, text.size(), re2::RE2::UNANCHORED, &found, 1)) break;
    const auto end = static_cast<std::size_t>(found.data() + found.size() - text.data());
    at = found.empty() ? end + 1 : end;
  }
  return count;
}

Kernel bind_regex_replace(const Use& use) {
  const auto pattern = constant_text(use, 1);
  const auto rewrite = constant_text(use, 2);
  if (!pattern || !rewrite) return null_kernel(Type::text);
  return lift<Text>([compiled = compile(*pattern), rewrite = *rewrite](Arena& arena, Text text) -> Outcome<Text> {
    if (!compiled->Match(piece(text), 0, text.size(), re2::RE2::UNANCHORED, nullptr, 0)) return text;
    // Matches are counted only where they might matter.
    if (text.size() > kMostGrowth / (rewrite.size() + 1) &&
        count_matches(*compiled, text) * rewrite.size() > text.size() + kMostGrowth) {
      return fail_of_growth();
    }
    std::string replaced{text};
    re2::RE2::GlobalReplace(&replaced, *compiled, rewrite);
    return arena.copy(replaced);
  });
}

}  // namespace

std::vector<Function> pattern_functions() {
  const Parameter text{.name = "text", .types = Type::text};
  const Parameter pattern{.name = "pattern", .types = Type::text, .constant = true};
  return {
      {.name = "matches",
       .family = "text",
       .doc = "Whether the pattern (RE2) is found anywhere in the text.",
       .parameters = {text, pattern},
       .result = {.type = Type::boolean},
       .examples = {{"matches('Daily Total', '(?i)total')", "true"},
                    {"matches('abc', '^b')", "false"},
                    {"matches(null, 'a')", "null"}},
       .check_constants = check_pattern,
       .bind = bind_matches},
      {.name = "extract",
       .family = "text",
       .doc = "What the pattern (RE2) found first, or its numbered group.",
       .parameters = {text, pattern, {.name = "group", .types = Type::integer, .optional = true, .constant = true}},
       .fails = "never; no match gives NULL",
       .examples = {{"extract('5 sets of 8', '(\\d+) sets', 1)", "'5'"},
                    {"extract('on 2024-03-01', '\\d{4}')", "'2024'"},
                    {"extract('none', '\\d+')", "null"}},
       .check_constants = check_group,
       .bind = bind_extract},
      {.name = "regex_replace",
       .family = "text",
       .doc = "Every match of the pattern (RE2) becomes the third text; \\1 refers to group 1.",
       .parameters = {text, pattern, {.name = "with", .types = Type::text, .constant = true}},
       .fails = kGrowthFails,
       .examples = {{"regex_replace('2024/03/01', '(\\d+)/(\\d+)/(\\d+)', '\\3.\\2.\\1')", "'01.03.2024'"},
                    {"regex_replace('a1b22', '\\d+', '#')", "'a#b#'"},
                    {"regex_replace(null, 'a', 'b')", "null"}},
       .check_constants = check_rewrite,
       .bind = bind_regex_replace},
  };
}

}  // namespace etl::converters
