#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "engine/plan/reverse.h"
#include "engine/plan/schema_files.h"
#include "engine/report/findings.h"
#include "engine/spec/part.h"
#include "tools/etl/commands.h"

namespace etl::cli {

namespace {

// "mingus.yaml mingus.users id:= email:~"
void show_reverse(const spec::Mapping& mapping, const plan::Schemas& schemas) {
  const std::string file = std::filesystem::path{mapping.path}.filename().string();
  for (const plan::ReverseSource& source : plan::reverse(mapping, schemas)) {
    std::string line = fmt::format("{} {}", file, source.name);
    for (const plan::ReverseColumn& column : source.columns) line += fmt::format(" {}:{}", column.name, column.grade);
    fmt::print("{}\n", line);
  }
}

// Lints one file; `known` holds the DDL that earlier ones used.
report::LintedFile lint_file(const std::string& path, const Options& options, plan::SchemaFiles& known) {
  Diagnostics diagnostics;
  spec::ParseOptions parse;
  parse.profile = options.profile;
  parse.resolve_environment = false;
  if (const auto mapping = spec::parse_mapping_or_part(spec::read_file(path), parse, diagnostics)) {
    const plan::Schemas schemas = plan::read_schemas(*mapping, known, diagnostics);
    plan::compile(*mapping, schemas, {.lint = true}, diagnostics);
    if (options.reverse) show_reverse(*mapping, schemas);
    if (mapping->tables.empty() && !diagnostics.has_errors() && options.verbosity >= 0) {
      fmt::print(stderr, "{}: a part for include:; what it defines is checked where it is used\n", path);
    }
  }
  return {path, diagnostics.sorted()};
}

std::string plural(std::size_t count, const char* noun) { return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s"); }

void show_summary(const report::Findings& all) {
  const std::size_t errors = all.errors();
  const std::size_t warnings = all.warnings();
  if (errors + warnings == 0) {
    fmt::print(stderr, "{} {} clean\n", plural(all.files.size(), "mapping"), all.files.size() == 1 ? "is" : "are");
  } else {
    fmt::print(stderr, "{}, {}\n", plural(errors, "error"), plural(warnings, "warning"));
  }
}

}  // namespace

Exit lint_command(const Options& options) {
  report::Findings all{.files = {}, .strict = options.strict, .version = ETL_VERSION};
  plan::SchemaFiles known;
  for (const std::string& path : options.mappings) all.files.push_back(lint_file(path, options, known));
  const std::string text = report::findings_format(options.format)->render(all);
  std::fwrite(text.data(), 1, text.size(), options.reverse ? stderr : stdout);
  if (options.verbosity >= 0) show_summary(all);
  return all.errors() > 0 || (options.strict && all.warnings() > 0) ? Exit::findings : Exit::done;
}

}  // namespace etl::cli
