// The command line: what was typed becomes Options, every failure an exit code and one clear message.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <type_traits>

#include "engine/base/error.h"
#include "engine/base/secret.h"
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
    option->check(CLI::PositiveNumber);
  }
  if (row.text.value.ends_with(",...")) option->delimiter(',');
  if (row.exists) option->check(CLI::ExistingFile);
  if (row.text.required) option->required();
  if (const auto choices = describe::choices_of(row.text); !choices.empty()) option->check(CLI::IsMember(choices));
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
  try {
    app.parse(argc, argv);
    options.mappings = expand_patterns(options.mappings);
  } catch (const Error& error) {
    fmt::print(stderr, "etl: {}\n", error.what());
    if (!error.remedy().empty()) fmt::print(stderr, "  = {}\n", error.remedy());
    return Exit::bad_mapping;
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, std::cout, std::cerr);
    return code == 0 ? Exit::done : Exit::bad_mapping;
  }
  return guarded(chosen, options);
}

}  // namespace

}  // namespace etl::cli

int main(int argc, char** argv) { return static_cast<int>(etl::cli::main_of(argc, argv)); }
