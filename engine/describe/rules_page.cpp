#include <fmt/format.h>

#include "engine/describe/markdown.h"
#include "engine/describe/reference.h"
#include "engine/describe/text.h"
#include "engine/rules/rule.h"

namespace etl::describe {

namespace {

std::string argument(const rules::Rule& rule) {
  using enum rules::Argument;
  switch (rule.argument) {
    case flag:
      return "`true` or `false`";
    case value:
      return "a literal of the column's type";
    case value_list:
      return "a list of literals of the column's type";
    case count:
      return "a whole number, 0 or more";
    case pattern:
      return "a regular expression (RE2)";
    case choice: {
      std::vector<std::string> choices;
      for (const std::string_view one : rule.choices) choices.push_back(code(one));
      return "one of " + join(choices, ", ");
    }
    case shape:
      return "a JSON shape: `{key: type, key?: type}`, `[type]`, `any`";
    case reference:
      return "connection.table.column";
  }
  return "";
}

std::string section(const rules::Rule& rule) {
  std::string out = fmt::format("\n## {}\n\n{}\n\n- Argument: {}\n- Fits columns of type: {}\n", rule.name, rule.doc,
                                argument(rule), name(rule.types));
  if (!rule.bind) out += "- Kept by the run itself, because it needs other rows.\n";
  if (rule.examples.empty()) return out;
  out += table_head({"rule", "value", "holds"});
  for (const rules::Example& example : rule.examples) {
    out += table_row(
        {code(fmt::format("{}: {}", rule.name, example.argument)), code(example.value), example.holds ? "yes" : "no"});
  }
  return out;
}

}  // namespace

std::string rules_page() {
  std::string out = page_head(
      "Rules",
      "What a field's value must keep to. They stand beside `from` in a field; below `warn` they are reported only,\n"
      "below `abort` a row that breaks them ends the run, and in a test they take the place of a value. NULL breaks\n"
      "no rule but `required`. NOT NULL, lengths, enums, UNIQUE and REFERENCES of the target's DDL are rules without\n"
      "being written.");
  std::vector<std::string> names = rules::rule_names();
  out += contents(names);
  for (const rules::Rule& rule : rules::rules()) out += section(rule);
  return out;
}

}  // namespace etl::describe
