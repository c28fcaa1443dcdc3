#include <fmt/format.h>

#include "engine/describe/shell.h"
#include "engine/describe/text.h"

namespace etl::describe {

namespace {

std::vector<std::string> spellings(const Option& option) { return split(option.name, ","); }

std::string command_names(const CommandLine& line) {
  std::vector<std::string> names;
  for (const Command& command : line.commands) names.emplace_back(command.name);
  return join(names, " ");
}

// One line of `case`: the options of a command, and whether it takes files.
std::string bash_options(const CommandLine& line, const Command& command) {
  std::vector<std::string> words;
  bool files = false;
  for (const Option& option : line.options) {
    if (!takes(option, command.name)) continue;
    files = files || (is_argument(option) && option.file);
    if (is_argument(option)) continue;
    for (const std::string& spelling : spellings(option)) words.push_back(spelling);
  }
  words.emplace_back("--help");
  return fmt::format("    {}) options='{}'{} ;;\n", command.name, join(words, " "), files ? " files=yes" : "");
}

// What may follow an option of a command that takes a value.
std::string bash_values(const CommandLine& line, const Command& command) {
  std::string out;
  for (const Option& option : line.options) {
    if (is_argument(option) || option.value.empty() || !takes(option, command.name)) continue;
    std::vector<std::string> patterns;
    for (const std::string& spelling : spellings(option)) {
      patterns.push_back(fmt::format("{}:{}", command.name, spelling));
    }
    const auto choices = choices_of(option);
    const std::string action = !choices.empty() ? fmt::format("words='{}'", join(choices, " "))
                               : option.file    ? "mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return"
                                                : "return";
    out += fmt::format("    {}) {} ;;\n", join(patterns, "|"), action);
  }
  return out;
}

// Single quotes of a text that stands between single quotes.
std::string quoted(std::string_view text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

// "--format[How to print.]:value:(text json)".
std::string zsh_option(const Option& option) {
  const std::string doc = replaced(replaced(option.doc, "[", "\\["), "]", "\\]");
  std::string action;
  if (!option.value.empty()) {
    const auto choices = choices_of(option);
    const std::string values = !choices.empty() ? "(" + join(choices, " ") + ")" : option.file ? "_files" : " ";
    action = fmt::format(":value:{}", values);
  }
  std::string out;
  for (const std::string& spelling : spellings(option)) {
    out += fmt::format(" \\\n        {}",
                       quoted(fmt::format("{}{}[{}]{}", option.repeated ? "*" : "", spelling, doc, action)));
  }
  return out;
}

std::string zsh_command(const CommandLine& line, const Command& command) {
  std::string out = fmt::format("    {})\n      _arguments", command.name);
  for (const Option& option : line.options) {
    if (!takes(option, command.name)) continue;
    if (!is_argument(option)) {
      out += zsh_option(option);
    } else {
      const std::string_view what = option.file ? "_files" : " ";
      out += fmt::format(" \\\n        '{}:{}:{}'", option.repeated ? "*" : "", option.name, what);
    }
  }
  return out + "\n      ;;\n";
}

std::string fish_option(const Option& option) {
  std::string out = fmt::format("complete -c etl -n '__fish_seen_subcommand_from {}' -l {}",
                                join(split(option.commands, " | "), " "), long_name(option).substr(2));
  if (!short_name(option).empty()) out += fmt::format(" -s {}", short_name(option).substr(1));
  const auto choices = choices_of(option);
  if (!choices.empty()) out += fmt::format(" -x -a '{}'", join(choices, " "));
  if (choices.empty() && !option.value.empty()) out += option.file ? " -r" : " -x";
  return out + fmt::format(" -d {}\n", quoted(option.doc));
}

constexpr std::string_view kNote = "# Written by tools/generate from the table of commands and options.\n";

}  // namespace

std::string bash_completion(const CommandLine& line) {
  std::string out{kNote};
  out += R"(_etl() {
  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command=${COMP_WORDS[1]}
  local words= options= files=
  COMPREPLY=()
)";
  out += fmt::format("  [[ $COMP_CWORD -gt 1 ]] || words='{} --help --version'\n", command_names(line));
  out += "  case $command:$previous in\n";
  for (const Command& command : line.commands) out += bash_values(line, command);
  out += "  esac\n  case $command in\n";
  for (const Command& command : line.commands) out += bash_options(line, command);
  out += R"(  esac
  if [[ -z $words && -n $files && $current != -* ]]; then
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "${words:-$options}" -- "$current")
  fi
}
complete -o filenames -F _etl etl
)";
  return out;
}

std::string zsh_completion(const CommandLine& line) {
  std::string out = fmt::format("#compdef etl\n{}_etl() {{\n  local -a commands=(\n", kNote);
  for (const Command& command : line.commands) {
    out += fmt::format("    {}\n", quoted(fmt::format("{}:{}", command.name, command.doc)));
  }
  out += "  )\n  if (( CURRENT == 2 )); then\n    _describe command commands\n    return\n  fi\n";
  out += "  local command=$words[2]\n  shift words\n  (( CURRENT-- ))\n  case $command in\n";
  for (const Command& command : line.commands) out += zsh_command(line, command);
  return out + "  esac\n}\n_etl \"$@\"\n";
}

std::string fish_completion(const CommandLine& line) {
  std::string out{kNote};
  for (const Command& command : line.commands) {
    out += fmt::format("complete -c etl -f -n __fish_use_subcommand -a {} -d {}\n", command.name, quoted(command.doc));
  }
  for (const Option& option : line.options) {
    if (!is_argument(option)) out += fish_option(option);
  }
  return out;
}

}  // namespace etl::describe
