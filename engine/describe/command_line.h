// The command line as plain rows: what --help, the man page, the completions and the reference page are made from.
// The rows themselves stand in tools/etl/command_table.cpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etl::describe {

struct Command {
  std::string_view name;          // "run".
  std::string_view doc;           // One sentence, with a full stop.
  std::string_view example = {};  // "etl run people.yaml --dry-run".
};

struct Option {
  std::string_view name;        // "--strict", "-v,--verbose"; without dashes it is an argument: "MAPPING".
  std::string_view commands;    // The commands that take it: "run | plan".
  std::string_view value = {};  // "": a flag; lower case: the choices, "text | json"; else what stands there, "NAME".
  std::string_view doc;         // One sentence, with a full stop.
  std::string_view fallback = {};  // What holds when it is not given, when that is worth saying.
  bool required = false;
  bool repeated = false;  // May be given more than once.
  bool file = false;      // The value is a file's name.
};

struct CommandLine {
  std::string version;
  std::vector<Command> commands;
  std::vector<Option> options;
};

// Whether the option belongs to the command.
bool takes(const Option& option, std::string_view command);
// The choices of a value, none when it is free.
std::vector<std::string> choices_of(const Option& option);
// "--verbose" of "-v,--verbose"; the name itself of an argument.
std::string_view long_name(const Option& option);
// "-v" of "-v,--verbose"; "" when there is none.
std::string_view short_name(const Option& option);
bool is_argument(const Option& option);
// "--format text|json", "--param NAME=VALUE", "-v, --verbose", "MAPPING...".
std::string usage_of(const Option& option);
// "etl lint MAPPING... [--strict] ...".
std::string usage_of(const CommandLine& line, const Command& command);

struct ExitCode {
  int code;
  std::string_view doc;
};
const std::vector<ExitCode>& exit_codes();

// What `etl --help` prints, and `etl COMMAND --help`.
std::string help(const CommandLine& line);
std::string help(const CommandLine& line, const Command& command);

}  // namespace etl::describe
