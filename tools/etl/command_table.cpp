#include "tools/etl/command_table.h"

#include <stdexcept>

#include "engine/report/findings.h"
#include "tools/etl/commands.h"

namespace etl::cli {

namespace {

void add_param(Options& options, const std::string& value) {
  const std::size_t equals = value.find('=');
  if (equals == std::string::npos || equals == 0) throw std::invalid_argument("write name=value, not " + value);
  options.params[value.substr(0, equals)] = value.substr(equals + 1);
}

// "text | json | ...", from the table of formats.
std::string_view lint_formats() {
  static const std::string choices = [] {
    std::string names;
    for (const report::FindingsFormat& format : report::findings_formats()) {
      names += (names.empty() ? "" : " | ") + std::string{format.name};
    }
    return names;
  }();
  return choices;
}

void be_verbose(Options& options, const std::string&) { options.verbosity = 1; }
void be_quiet(Options& options, const std::string&) { options.verbosity = -1; }

}  // namespace

const std::vector<CommandRow>& command_rows() {
  static const std::vector<CommandRow> table = {
      {{.name = "run",
        .doc = "Runs mappings: read, convert, check, write, report.",
        .example = "etl run people.yaml --param since=2024-01-01 --dry-run"},
       run_command},
      {{.name = "lint",
        .doc = "Checks mappings against their schemas, without a database.",
        .example = "etl lint --strict mappings/*.yaml"},
       lint_command},
      {{.name = "plan",
        .doc = "Shows what a run would do: order, types, rules, keys.",
        .example = "etl plan --offline people.yaml"},
       plan_command},
      {{.name = "preview",
        .doc = "Shows the first source rows beside the rows they become; nothing is written.",
        .example = "etl preview people.yaml users -n 5"},
       preview_command},
      {{.name = "verify",
        .doc = "Compares the target with what the mapping makes of the source, value by value; nothing is written.",
        .example = "etl verify people.yaml --full --format csv > differences.csv"},
       verify_command},
      {{.name = "init",
        .doc = "Drafts a mapping between two databases, and says where it needs a decision.",
        .example = "etl init sqlite:old.db --target postgresql://localhost/new --out old.yaml"},
       init_command},
      {{.name = "test", .doc = "Runs the tests that mappings hold, in memory.", .example = "etl test mappings/*.yaml"},
       test_command},
      {{.name = "rollback",
        .doc = "Undoes a run: its rows go, updated and replaced ones are as before.",
        .example = "etl rollback people.yaml --dry-run"},
       rollback_command},
      {{.name = "schema",
        .doc = "Prints the JSON Schema of a mapping, for editors.",
        .example = "etl schema > mapping.schema.json"},
       schema_command},
      {{.name = "docs",
        .doc = "Writes the reference pages, the man page, the completions and the JSON Schema.",
        .example = "etl docs --out /tmp/etl"},
       docs_command},
  };
  return table;
}

// An option whose choices differ between commands has a row for each.
const std::vector<OptionRow>& option_rows() {
  static const std::vector<OptionRow> table = {
      {{.name = "MAPPING",
        .commands = "run | lint | plan | test",
        .value = "MAPPING",
        .doc = "Mapping files. Patterns (*, ?, [a-z], ** for any folders) are expanded where the shell did not.",
        .required = true,
        .repeated = true,
        .file = true},
       &Options::mappings},
      {{.name = "MAPPING",
        .commands = "preview | verify | rollback",
        .value = "MAPPING",
        .doc = "A mapping file.",
        .required = true,
        .file = true},
       &Options::mapping,
       true},
      {{.name = "TABLE", .commands = "preview", .value = "TABLE", .doc = "A table of the mapping.", .fallback = "all"},
       &Options::table},
      {{.name = "SOURCE",
        .commands = "init",
        .value = "URL",
        .doc = "The database to read: sqlite:FILE or postgresql://...",
        .required = true},
       &Options::source},
      {{.name = "--target", .commands = "init", .value = "URL", .doc = "The database to write.", .required = true},
       &Options::target},
      {{.name = "--schema",
        .commands = "init",
        .value = "FILE",
        .doc = "DDL of the target, which is not opened then.",
        .file = true},
       &Options::schema,
       true},
      {{.name = "--out",
        .commands = "init",
        .value = "FILE",
        .doc = "The mapping to write, with the schemas of both ends beside it.",
        .fallback = "stdout, without schemas"},
       &Options::draft},
      {{.name = "--param",
        .commands = "run | plan | preview | verify | rollback",
        .value = "NAME=VALUE",
        .doc = "A value for a param of the mapping.",
        .repeated = true},
       add_param},
      {{.name = "--profile",
        .commands = "run | lint | plan | preview | verify | rollback",
        .value = "NAME",
        .doc = "The profile of the mapping to apply."},
       &Options::profile},
      {{.name = "--only", .commands = "run | plan", .value = "TABLE,...", .doc = "These tables alone."},
       &Options::only},
      {{.name = "--only",
        .commands = "rollback",
        .value = "TABLE",
        .doc = "This table alone; rows that refer to its rows stop it."},
       &Options::only},
      {{.name = "--run",
        .commands = "rollback | verify",
        .value = "ID",
        .doc = "The run: its id, or how it begins.",
        .fallback = "the newest that is not undone"},
       &Options::run},
      {{.name = "--where",
        .commands = "rollback",
        .value = "SQL",
        .doc = "With --only: the rows for which this condition over the target's columns holds."},
       &Options::where},
      {{.name = "--force",
        .commands = "rollback",
        .doc = "Leaves rows that stand in the way, and what they need, as they are, and undoes the rest."},
       &Options::force},
      {{.name = "--sql", .commands = "rollback", .doc = "Prints the SQL that undoes the run; nothing is changed."},
       &Options::sql},
      {{.name = "--dry-run", .commands = "run | rollback", .doc = "Does everything but commit."}, &Options::dry_run},
      {{.name = "--workers",
        .commands = "run",
        .value = "N",
        .doc = "Lanes; with atomic: run there is one per target.",
        .fallback = "settings.workers"},
       &Options::workers},
      {{.name = "--counts", .commands = "verify", .doc = "Compares numbers of rows alone."}, &Options::counts},
      {{.name = "--sample", .commands = "verify", .value = "N", .doc = "Compares about so many rows of each table."},
       &Options::sample},
      {{.name = "--full", .commands = "verify", .doc = "Compares every value; so it does without an option."},
       &Options::full},
      {{.name = "--batch", .commands = "run | verify", .value = "N", .doc = "Rows per write.", .fallback = "settings.batch"},
       &Options::batch},
      {{.name = "--strict", .commands = "lint", .doc = "Warnings are findings too."}, &Options::strict},
      {{.name = "--reverse", .commands = "lint", .doc = "Lists which source columns could be rebuilt from the target."},
       &Options::reverse},
      {{.name = "--coverage", .commands = "test", .doc = "Lists fields, rules and branches that no test reaches."},
       &Options::coverage},
      {{.name = "--offline", .commands = "plan", .doc = "From the schema files alone, no database is opened."},
       &Options::offline},
      {{.name = "--scan",
        .commands = "plan",
        .doc = "Converts and checks every source row, and counts what a run would reject; nothing is kept."},
       &Options::scan},
      {{.name = "--rollback", .commands = "plan", .doc = "Prints the SQL that would undo the run, and nothing else."},
       &Options::rollback},
      {{.name = "-n,--rows",
        .commands = "preview",
        .value = "N",
        .doc = "Source rows of each table.",
        .fallback = "10"},
       &Options::rows},
      {{.name = "--format",
        .commands = "plan",
        .value = "text | json | mermaid",
        .doc = "How to print.",
        .fallback = "text"},
       &Options::format},
      {{.name = "--format",
        .commands = "run | preview | rollback",
        .value = "text | json",
        .doc = "How to print.",
        .fallback = "text"},
       &Options::format},
      {{.name = "--format",
        .commands = "verify",
        .value = "text | json | csv",
        .doc = "How to print.",
        .fallback = "text"},
       &Options::format},
      {{.name = "--format", .commands = "lint", .value = lint_formats(), .doc = "How to print.", .fallback = "text"},
       &Options::format},
      {{.name = "--format", .commands = "test", .value = "text | junit", .doc = "How to print.", .fallback = "text"},
       &Options::format},
      {{.name = "--out",
        .commands = "docs",
        .value = "FOLDER",
        .doc = "The folder to write below.",
        .fallback = ".",
        .file = true},
       &Options::out},
      {{.name = "-v,--verbose",
        .commands = "run | lint | plan | preview | verify | init | test | rollback",
        .doc = "Shows warnings and details."},
       be_verbose},
      {{.name = "-q,--quiet",
        .commands = "run | lint | plan | preview | verify | init | test | docs | rollback",
        .doc = "Shows problems only."},
       be_quiet},
  };
  return table;
}

describe::CommandLine command_line() {
  describe::CommandLine line;
  line.version = ETL_VERSION;
  for (const CommandRow& row : command_rows()) line.commands.push_back(row.text);
  for (const OptionRow& row : option_rows()) line.options.push_back(row.text);
  return line;
}

}  // namespace etl::cli
