#include <fmt/format.h>

#include "engine/describe/shell.h"
#include "engine/describe/text.h"

namespace etl::describe {

namespace {

// Text in which roff sees no requests and no escapes.
std::string roff(std::string_view text) {
  std::string out = replaced(replaced(text, "\\", "\\e"), "-", "\\-");
  if (out.starts_with('.') || out.starts_with('\'')) out.insert(0, "\\&");
  return out;
}

std::string section(const CommandLine& line, const Command& command) {
  std::string out =
      fmt::format(".SS {}\n{}\n.PP\n.B {}\n", command.name, roff(command.doc), roff(usage_of(line, command)));
  for (const Option& option : line.options) {
    if (!takes(option, command.name)) continue;
    out += fmt::format(".TP\n.B {}\n{}\n", roff(usage_of(option)), roff(option.doc));
    if (!option.fallback.empty()) out += fmt::format("Default: {}.\n", roff(option.fallback));
  }
  if (!command.example.empty()) out += fmt::format(".PP\nExample:\n.B {}\n", roff(command.example));
  return out;
}

}  // namespace

std::string man_page(const CommandLine& line) {
  std::string out = fmt::format(
      ".\\\" Written by tools/generate from the table of commands and options.\n"
      ".TH ETL 1 \"\" \"etl {}\" \"User Commands\"\n",
      line.version);
  out += ".SH NAME\netl \\- moves data between databases as a mapping says\n";
  out += ".SH SYNOPSIS\n.B etl\n.I COMMAND\n[options] [arguments]\n";
  out +=
      ".SH DESCRIPTION\nReads, converts, checks and writes rows as one YAML mapping says, and accounts for every "
      "row: what\ncannot be written is rejected with its reason, and rows read must equal rows written, filtered, "
      "skipped\nand rejected. Data is printed on stdout, everything else on stderr.\n";
  out += ".SH COMMANDS\n";
  for (const Command& command : line.commands) out += section(line, command);
  out += ".SH EXIT STATUS\n";
  for (const ExitCode& row : exit_codes()) out += fmt::format(".TP\n.B {}\n{}\n", row.code, roff(row.doc));
  out += ".SH ENVIRONMENT\nA mapping reads variables where it says ${NAME}; the other names are its own.\n";
  return out + ".TP\n.B NO_COLOR\nNo colours and no progress bars.\n";
}

}  // namespace etl::describe
