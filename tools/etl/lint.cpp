#include <fmt/format.h>

#include <cstdio>

#include "engine/plan/compile.h"
#include "engine/spec/mapping.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"

namespace etl::cli {

Exit lint_command(const Options& options) {
  Findings all;
  for (const std::string& path : options.mappings) {
    Diagnostics diagnostics;
    spec::ParseOptions parse;
    parse.profile = options.profile;
    parse.resolve_environment = false;
    if (const auto mapping = spec::parse_mapping(spec::read_file(path), parse, diagnostics)) {
      const plan::Schemas schemas = plan::read_schemas(*mapping, diagnostics);
      plan::compile(*mapping, schemas, {.lint = true}, diagnostics);
    }
    const Findings findings = print(diagnostics, stdout, true);
    all.errors += findings.errors;
    all.warnings += findings.warnings;
  }
  if (options.verbosity >= 0) {
    if (all.errors + all.warnings == 0) {
      fmt::print(stderr, "{} mapping{} clean\n", options.mappings.size(), options.mappings.size() == 1 ? " is" : "s are");
    } else {
      fmt::print(stderr, "{} error{}, {} warning{}\n", all.errors, all.errors == 1 ? "" : "s", all.warnings,
                 all.warnings == 1 ? "" : "s");
    }
  }
  return all.errors > 0 || (options.strict && all.warnings > 0) ? Exit::findings : Exit::done;
}

}  // namespace etl::cli
