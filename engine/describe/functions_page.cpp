#include <fmt/format.h>

#include <algorithm>

#include "engine/converters/function.h"
#include "engine/describe/markdown.h"
#include "engine/describe/reference.h"
#include "engine/describe/text.h"

namespace etl::describe {

namespace {

using converters::Function;
using converters::Inverse;
using converters::Parameter;
using converters::Result;

// "round(number, digits?)", "concat(values...)".
std::string signature(const Function& function) {
  std::vector<std::string> names;
  for (const Parameter& parameter : function.parameters) {
    names.push_back(std::string{parameter.name} + (parameter.repeated ? "..." : parameter.optional ? "?" : ""));
  }
  return fmt::format("{}({})", function.name, join(names, ", "));
}

std::string arguments(const Function& function) {
  std::vector<std::string> all;
  for (const Parameter& parameter : function.parameters) {
    std::string words = fmt::format("`{}` {}", parameter.name, name(parameter.types));
    if (parameter.constant) words += ", a literal";
    if (parameter.secret) words += ", a secret param";
    all.push_back(words);
  }
  return all.empty() ? "none" : join(all, "; ");
}

std::string result(const Function& function) {
  switch (function.result.kind) {
    case Result::Kind::fixed:
      return std::string{name(function.result.type)};
    case Result::Kind::same:
      return "the type of the first argument";
    case Result::Kind::common:
      return "the common type of the arguments";
  }
  return "";
}

std::string_view inverse(const Function& function) {
  switch (function.inverse) {
    case Inverse::exact:
      return "exact";
    case Inverse::canonical:
      return "canonical";
    case Inverse::none:
      return "none";
  }
  return "";
}

// Some functions have no kernel of their own: the plan makes what they do. They have examples, which tests execute, or
// need rows around them.
bool is_available(const Function& function) {
  return function.bind || function.aggregate || !function.examples.empty() || function.family == "row";
}

std::string section(const Function& function) {
  std::string out = fmt::format("\n### {}\n\n`{}`: {}\n\n", function.name, signature(function), function.doc);
  out += fmt::format("- Arguments: {}\n- Result: {}\n- Inverse: {}\n- Fails: {}\n", arguments(function),
                     result(function), inverse(function), function.fails);
  if (function.aggregate) out += "- An aggregate: over the rows of a group.\n";
  if (!function.aggregate && function.on_null == converters::OnNull::returns_null && !function.parameters.empty()) {
    out += "- NULL in an argument gives NULL.\n";
  }
  if (!is_available(function)) out += "- Not available yet.\n";
  if (function.examples.empty()) return out;
  out += table_head({"expression", "gives"});
  for (const converters::Example& example : function.examples) {
    const bool fails = example.result.starts_with("fails");
    out += table_row({code(example.expression), fails ? std::string{example.result} : code(example.result)});
  }
  return out;
}

std::vector<std::string_view> families() {
  std::vector<std::string_view> all;
  for (const Function& function : converters::functions()) {
    if (std::ranges::find(all, function.family) == all.end()) all.push_back(function.family);
  }
  return all;
}

// A row per family, with a link to each of its functions.
std::string index() {
  std::string out = table_head({"family", "functions"});
  for (const std::string_view family : families()) {
    std::vector<std::string> links;
    for (const Function& function : converters::functions()) {
      if (function.family == family) links.push_back(fmt::format("[{}](#{})", function.name, function.name));
    }
    out += table_row({fmt::format("[{}](#{}-functions)", family, family), join(links, ", ")});
  }
  return out;
}

}  // namespace

std::string functions_page() {
  std::string out = page_head(
      "Functions",
      "Every function that an expression may call; `x | f(a)` is `f(x, a)`. A row in which a function fails is\n"
      "rejected with the reason. Every example here is executed by a test.\n\n"
      "Inverse says what a run backwards can do with the value: *exact*, it gives the value before; *canonical*, it\n"
      "gives one that this function turns into the same value again; *none*, the field cannot go backwards.");
  out += index();
  for (const std::string_view family : families()) {
    out += fmt::format("\n## {} functions\n", family);
    for (const Function& function : converters::functions()) {
      if (function.family == family) out += section(function);
    }
  }
  return out;
}

}  // namespace etl::describe
