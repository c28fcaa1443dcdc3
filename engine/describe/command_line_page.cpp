#include <fmt/format.h>

#include "engine/describe/markdown.h"
#include "engine/describe/reference.h"

namespace etl::describe {

namespace {

std::string section(const CommandLine& line, const Command& command) {
  std::string out =
      fmt::format("\n## {}\n\n{}\n\n```text\n{}\n```\n", command.name, command.doc, usage_of(line, command));
  std::string rows;
  for (const Option& option : line.options) {
    if (takes(option, command.name)) {
      rows += table_row({code(usage_of(option)), std::string{option.doc}, code(option.fallback)});
    }
  }
  if (!rows.empty()) out += table_head({"option", "meaning", "default"}) + rows;
  if (!command.example.empty()) out += fmt::format("\n```console\n$ {}\n```\n", command.example);
  return out;
}

}  // namespace

std::string command_line_page(const CommandLine& line) {
  std::string out = page_head("The command line",
                              "Data is printed on stdout and everything else on stderr. `etl COMMAND --help` says the "
                              "same as this page.");
  std::vector<std::string> names;
  for (const Command& command : line.commands) names.emplace_back(command.name);
  out += contents(names);
  for (const Command& command : line.commands) out += section(line, command);
  out += "\n## Exit codes\n" + table_head({"code", "meaning"});
  for (const ExitCode& row : exit_codes()) out += table_row({std::to_string(row.code), std::string{row.doc}});
  return out;
}

}  // namespace etl::describe
