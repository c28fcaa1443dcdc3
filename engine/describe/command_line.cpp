#include "engine/describe/command_line.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/describe/text.h"

namespace etl::describe {

bool takes(const Option& option, std::string_view command) {
  const std::vector<std::string> commands = split(option.commands, " | ");
  return std::ranges::find(commands, command) != commands.end();
}

std::vector<std::string> choices_of(const Option& option) {
  const bool free = option.value.empty() || (option.value.front() >= 'A' && option.value.front() <= 'Z');
  return free ? std::vector<std::string>{} : split(option.value, " | ");
}

bool is_argument(const Option& option) { return !option.name.starts_with('-'); }

std::string_view long_name(const Option& option) {
  const std::size_t comma = option.name.find(',');
  return comma == std::string_view::npos ? option.name : option.name.substr(comma + 1);
}

std::string_view short_name(const Option& option) {
  if (option.name.starts_with("--") || !option.name.starts_with('-')) return {};
  return option.name.substr(0, option.name.find(','));
}

std::string usage_of(const Option& option) {
  if (is_argument(option)) return std::string{option.name} + (option.repeated ? "..." : "");
  std::string out{short_name(option)};
  if (!out.empty() && long_name(option) != out) out += ", ";
  if (long_name(option) != short_name(option)) out += long_name(option);
  if (!option.value.empty()) {
    const std::vector<std::string> choices = choices_of(option);
    out += " " + (choices.empty() ? std::string{option.value} : join(choices, "|"));
  }
  return out;
}

std::string usage_of(const CommandLine& line, const Command& command) {
  std::string out = fmt::format("etl {}", command.name);
  for (const bool arguments : {true, false}) {
    for (const Option& option : line.options) {
      if (is_argument(option) != arguments || !takes(option, command.name)) continue;
      out += option.required ? " " + usage_of(option) : " [" + usage_of(option) + "]";
    }
  }
  return out;
}

const std::vector<ExitCode>& exit_codes() {
  static const std::vector<ExitCode> table = {
      {0, "Done."},
      {1, "Done, but rows were rejected within the allowance, or there are findings."},
      {2, "The mapping or the command line is wrong."},
      {3, "The run failed; nothing of the current transaction was kept."},
      {4, "Interrupted; nothing of the current transaction was kept."},
  };
  return table;
}

namespace {

constexpr std::size_t kWidth = 100;
constexpr std::size_t kIndent = 30;

// "  --strict                    Warnings are findings too."
std::string two_columns(const std::string& left, const std::string& right) {
  std::string out = "  " + left;
  const std::string margin(kIndent, ' ');
  out += out.size() + 2 > kIndent ? "\n" + margin : std::string(kIndent - out.size(), ' ');
  const std::vector<std::string> lines = wrap(right, kWidth - kIndent);
  return out + join(lines, "\n" + margin) + "\n";
}

std::string sentence_of(const Option& option) {
  return option.fallback.empty() ? std::string{option.doc}
                                 : fmt::format("{} Default: {}.", option.doc, option.fallback);
}

// Long usages go on, indented, on lines of their own.
std::string usage_lines(const std::string& usage) {
  std::string out = "Usage: ";
  std::size_t column = out.size();
  const std::vector<std::string> words = split(usage, " [");
  for (std::size_t index = 0; index < words.size(); ++index) {
    const std::string word = (index == 0 ? "" : "[") + words[index];
    if (index > 0 && column + word.size() + 1 > kWidth) {
      out += "\n           ";
      column = 11;
    } else if (index > 0) {
      out += " ";
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out + "\n";
}

std::string exit_code_lines() {
  std::string out = "\nExit codes:\n";
  for (const ExitCode& row : exit_codes()) out += two_columns(std::to_string(row.code), std::string{row.doc});
  return out;
}

}  // namespace

std::string help(const CommandLine& line) {
  std::string out = "Moves data between databases as a mapping says, and accounts for every row.\n\n";
  out += "Usage: etl COMMAND ...\n\nCommands:\n";
  for (const Command& command : line.commands) out += two_columns(std::string{command.name}, std::string{command.doc});
  out += "\nOptions:\n";
  out += two_columns("-h, --help", "This text; etl COMMAND --help says what a command takes.");
  out += two_columns("--version", "The version.");
  return out + exit_code_lines();
}

std::string help(const CommandLine& line, const Command& command) {
  std::string out = fmt::format("{}\n\n{}", command.doc, usage_lines(usage_of(line, command)));
  for (const bool arguments : {true, false}) {
    out += arguments ? "\n" : "\nOptions:\n";
    bool any = false;
    for (const Option& option : line.options) {
      if (is_argument(option) != arguments || !takes(option, command.name)) continue;
      out += two_columns(usage_of(option), sentence_of(option));
      any = true;
    }
    if (arguments && !any) out.pop_back();
  }
  out += two_columns("-h, --help", "This text.");
  if (!command.example.empty()) out += fmt::format("\nExample:\n  {}\n", command.example);
  return out + exit_code_lines();
}

}  // namespace etl::describe
