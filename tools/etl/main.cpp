// The command line: what was typed becomes Options, every failure an exit code and one clear message.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <type_traits>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/base/suggest.h"
#include "engine/spec/mapping.h"
#include "engine/stores/sqlite_functions.h"
#include "tools/etl/command_table.h"
#include "tools/etl/patterns.h"

namespace etl::cli {

namespace {

using Setter = void (*)(Options&, const std::string&);

CLI::Option* add_setter(CLI::App& command, const describe::Option& text, Setter set, Options& options) {
  const std::string name{text.name};
  if (text.value.empty()) {
    return command.add_flag_callback(name, [&options, set] { set(options, ""); });
  }
  const auto each = [&options, set, name](const std::vector<std::string>& values) {
    for (const std::string& value : values) {
      try {
        set(options, value);
      } catch (const std::invalid_argument& wrong) {
        throw CLI::ValidationError(name, wrong.what());
      }
    }
  };
  return command.add_option_function<std::vector<std::string>>(name, each)->take_all()->expected(1);
}

CLI::Validator positive() {
  const auto fault = [](const std::string& value) {
    const bool whole = !value.empty() && value.find_first_not_of("0123456789") == std::string::npos;
    const bool fits = whole && value.size() < 10 && value.find_first_not_of('0') != std::string::npos;
    return fits ? std::string{} : fmt::format("{} is not a whole number above 0", value);
  };
  return CLI::Validator{fault, ""};
}

CLI::Validator one_of(const std::vector<std::string>& choices) {
  const auto fault = [choices](const std::string& value) {
    if (std::ranges::find(choices, value) != choices.end()) return std::string{};
    return fmt::format("{} is not one of {}", value, fmt::join(choices, ", "));
  };
  return CLI::Validator{fault, ""};
}

void add(CLI::App& command, const OptionRow& row, Options& options) {
  const std::string name{row.text.name};
  CLI::Option* option = std::visit(
      [&](auto target) -> CLI::Option* {
        using Member = decltype(target);
        if constexpr (std::is_same_v<Member, Setter>) {
          return add_setter(command, row.text, target, options);
        } else if constexpr (std::is_same_v<Member, bool Options::*>) {
          return command.add_flag(name, options.*target);
        } else {
          return command.add_option(name, options.*target);
        }
      },
      row.target);
  if (std::holds_alternative<std::optional<int> Options::*>(row.target) ||
      std::holds_alternative<std::optional<std::size_t> Options::*>(row.target)) {
    option->check(positive());
  }
  if (row.text.value.ends_with(",...")) option->delimiter(',');
  if (row.exists) option->check(CLI::ExistingFile);
  if (row.text.required) option->required();
  if (const auto choices = describe::choices_of(row.text); !choices.empty()) option->check(one_of(choices));
}

Exit guarded(Exit (*command)(const Options&), const Options& options) {
  try {
    return command(options);
  } catch (const Error& error) {
    fmt::print(stderr, "etl: {}\n", redact(error.what()));
    if (!error.remedy().empty()) fmt::print(stderr, "  = {}\n", redact(error.remedy()));
    return Exit::failed;
  } catch (const Interrupted&) {
    fmt::print(stderr, "etl: interrupted\n");
    return Exit::interrupted;
  } catch (const std::exception& error) {
    fmt::print(stderr, "etl: unexpected: {}\n", redact(error.what()));
    return Exit::failed;
  }
}

// Help comes from the table, not from CLI11's own formatter.
std::string help_of(const CLI::App* app, std::string, CLI::AppFormatMode) {
  const describe::CommandLine line = command_line();
  for (const describe::Command& command : line.commands) {
    if (app->get_name() == command.name) return describe::help(line, command);
  }
  return describe::help(line);
}

Exit refused(const std::string& message, const std::string& remedy) {
  fmt::print(stderr, "etl: {}\n", message);
  if (!remedy.empty()) fmt::print(stderr, "  = {}\n", remedy);
  return Exit::bad_mapping;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const CommandRow& row : command_rows()) names.emplace_back(row.text.name);
  return names;
}

// What stands in an option's place when its value is missing: "NAME=VALUE".
std::string_view value_of(std::string_view option) {
  for (const OptionRow& row : option_rows()) {
    if (describe::long_name(row.text) == option) return row.text.value;
  }
  return "a value";
}

// CLI11's words for what is wrong, made ours.
Exit refused(const CLI::ParseError& error, const CLI::App& app) {
  const auto chosen = app.get_subcommands();
  if (chosen.empty())
    return refused(fmt::format("write a command: {}", fmt::join(command_names(), ", ")), "etl --help");
  const std::string command = chosen.front()->get_name();
  const std::string help = fmt::format("etl {} --help", command);
  const std::string words = error.what();
  const auto kind = static_cast<CLI::ExitCodes>(error.get_exit_code());
  if (kind == CLI::ExitCodes::ExtrasError) {
    std::vector<std::string> known;
    for (const OptionRow& row : option_rows()) {
      if (describe::takes(row.text, command)) known.emplace_back(describe::long_name(row.text));
    }
    const std::vector<std::string> extras = app.remaining(true);
    const std::string extra = extras.empty() ? "that" : extras.front();
    const std::string meant = did_you_mean(extra, known);
    return refused(fmt::format("{} takes no {}", command, extra), meant.empty() ? help : meant);
  }
  if (kind == CLI::ExitCodes::RequiredError) {
    return refused(fmt::format("{} needs {}", command, words.substr(0, words.find(' '))), help);
  }
  if (kind == CLI::ExitCodes::ArgumentMismatch) {
    const std::string option = words.substr(0, words.find(':'));
    return refused(fmt::format("{} needs {}", option, value_of(option)), help);
  }
  return refused(words, help);
}

bool takes_params(std::string_view command) {
  return std::ranges::any_of(option_rows(), [&](const OptionRow& row) {
    return row.text.name == "--param" && describe::takes(row.text, command);
  });
}

// What --param may set, of each mapping that stands beside --help.
void show_params(const Options& options) {
  std::vector<std::string> mappings = options.mappings;
  if (!options.mapping.empty()) mappings.push_back(options.mapping);
  for (const std::string& path : expand_patterns(mappings)) {
    Diagnostics ignored;
    const auto mapping =
        spec::parse_mapping(spec::read_file(path), {.params = {}, .profile = options.profile}, ignored);
    if (!mapping) continue;
    fmt::print("\n{} params of {}\n", mapping->params.empty() ? "no" : "the", path);
    for (const auto& [name, param] : mapping->params) {
      fmt::print("  {} ({}){}{}\n", name.value, spec::to_string(param), param.description.empty() ? "" : ": ",
                 param.description);
    }
  }
}

Exit main_of(int argc, char** argv) {
  Options options;
  Exit (*chosen)(const Options&) = nullptr;
  CLI::App app{"", "etl"};
  app.formatter_fn(help_of);
  app.set_version_flag("--version", "etl " ETL_VERSION);
  app.require_subcommand(1);
  for (const CommandRow& row : command_rows()) {
    CLI::App* command = app.add_subcommand(std::string{row.text.name}, std::string{row.text.doc});
    command->callback([&chosen, &row] { chosen = row.run; });
    for (const OptionRow& option : option_rows()) {
      if (describe::takes(option.text, row.text.name)) add(*command, option, options);
    }
  }
  const std::string first = argc > 1 ? argv[1] : "";
  const std::vector<std::string> names = command_names();
  if (!first.empty() && first[0] != '-' && std::ranges::find(names, first) == names.end()) {
    const std::string meant = did_you_mean(first, names);
    return refused(fmt::format("there is no command {}", first), meant.empty() ? "etl --help" : meant);
  }
  try {
    app.parse(argc, argv);
    options.mappings = expand_patterns(options.mappings);
  } catch (const Error& error) {
    return refused(error.what(), error.remedy());
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) return refused(error, app);
    app.exit(error, std::cout, std::cerr);  // --help, --version.
    const auto chosen_commands = app.get_subcommands();
    try {
      if (!chosen_commands.empty() && takes_params(chosen_commands.front()->get_name())) show_params(options);
    } catch (const Error& unreadable) {
      return refused(unreadable.what(), unreadable.remedy());
    }
    return Exit::done;
  }
  return guarded(chosen, options);
}

}  // namespace

}  // namespace etl::cli

int main(int argc, char** argv) {
  etl::stores::set_up_sqlite();
  return static_cast<int>(etl::cli::main_of(argc, argv));
}
