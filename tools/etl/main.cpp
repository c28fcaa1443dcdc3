// The command line: what was typed becomes Options, every failure an exit code and one clear message.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <iostream>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "tools/etl/commands.h"

namespace etl::cli {

namespace {

void add_mappings(CLI::App& command, Options& options) {
  command.add_option("MAPPING", options.mappings, "Mapping files")->required()->check(CLI::ExistingFile);
}

void add_inputs(CLI::App& command, Options& options) {
  command
      .add_option_function<std::vector<std::string>>(
          "--param",
          [&options](const std::vector<std::string>& given) {
            for (const std::string& entry : given) {
              const std::size_t equals = entry.find('=');
              if (equals == std::string::npos || equals == 0) {
                throw CLI::ValidationError("--param", "write name=value, not " + entry);
              }
              options.params[entry.substr(0, equals)] = entry.substr(equals + 1);
            }
          },
          "A value for a param: name=value (may be repeated)")
      ->take_all()
      ->expected(1);
  command.add_option("--profile", options.profile, "The profile of the mapping to apply");
  command.add_option("--only", options.only, "Load these tables alone: T,T,...")->delimiter(',');
}

void add_format(CLI::App& command, Options& options, const std::vector<std::string>& formats) {
  command.add_option("--format", options.format, "How to print")->check(CLI::IsMember(formats))->capture_default_str();
}

void add_verbosity(CLI::App& command, Options& options) {
  command.add_flag_callback("-v,--verbose", [&options] { options.verbosity = 1; }, "Show warnings and details");
  command.add_flag_callback("-q,--quiet", [&options] { options.verbosity = -1; }, "Show problems only");
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

Exit main_of(int argc, char** argv) {
  Options options;
  Exit (*chosen)(const Options&) = nullptr;
  CLI::App app{"Moves data between databases as a mapping says, and accounts for every row.", "etl"};
  app.set_version_flag("--version", "etl " ETL_VERSION);
  app.require_subcommand(1);
  app.footer("Exit codes: 0 done; 1 done with rejects, or findings; 2 the mapping or the command line is wrong;\n"
             "3 the run failed and nothing was kept; 4 interrupted.");
  const auto add = [&](const char* name, const char* doc, Exit (*command)(const Options&)) {
    CLI::App* sub = app.add_subcommand(name, doc);
    sub->callback([&chosen, command] { chosen = command; });
    add_mappings(*sub, options);
    return sub;
  };

  CLI::App* run = add("run", "Run mappings: read, convert, check, write, report", run_command);
  add_inputs(*run, options);
  run->add_flag("--dry-run", options.dry_run, "Do everything but commit");
  run->add_option("--workers", options.workers, "Lanes; with atomic: run there is one per target")
      ->check(CLI::PositiveNumber);
  run->add_option("--batch", options.batch, "Rows per write, instead of settings.batch")->check(CLI::PositiveNumber);
  add_format(*run, options, {"text", "json"});
  add_verbosity(*run, options);

  CLI::App* lint = add("lint", "Check mappings against their schemas, without a database", lint_command);
  lint->add_option("--profile", options.profile, "The profile of the mapping to apply");
  lint->add_flag("--strict", options.strict, "Warnings are findings too");
  add_format(*lint, options, {"text"});
  add_verbosity(*lint, options);

  CLI::App* plan = add("plan", "Show what a run would do: order, types, rules, keys", plan_command);
  add_inputs(*plan, options);
  plan->add_flag("--offline", options.offline, "From the schema files alone");
  add_format(*plan, options, {"text", "json"});
  add_verbosity(*plan, options);

  CLI::App* test = add("test", "Run the tests that mappings hold, in memory", test_command);
  add_verbosity(*test, options);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, std::cout, std::cerr);
    return code == 0 ? Exit::done : Exit::bad_mapping;
  }
  return guarded(chosen, options);
}

}  // namespace

}  // namespace etl::cli

int main(int argc, char** argv) { return static_cast<int>(etl::cli::main_of(argc, argv)); }
