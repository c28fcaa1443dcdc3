#include <fmt/format.h>

#include <cstdio>

#include "engine/plan/compile.h"
#include "engine/run/mapping_test.h"
#include "engine/spec/mapping.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"

namespace etl::cli {

namespace {

struct Counts {
  std::size_t passed = 0;
  std::size_t failed = 0;
};

void show(const run::TestResult& result, const Options& options) {
  const bool passed = result.differences.empty();
  if (passed && options.verbosity < 0) return;
  fmt::print("{}  {}\n", passed ? "ok    " : "FAILED", result.name);
  if (!passed) fmt::print("    {}\n", to_string(result.at));
  for (const std::string& difference : result.differences) fmt::print("    {}\n", difference);
}

}  // namespace

Exit test_command(const Options& options) {
  Counts counts;
  bool broken = false;
  for (const std::string& path : options.mappings) {
    Diagnostics diagnostics;
    spec::ParseOptions parse;
    parse.resolve_environment = false;
    const auto mapping = spec::parse_mapping(spec::read_file(path), parse, diagnostics);
    if (mapping && !diagnostics.has_errors()) {
      const plan::Schemas schemas = plan::read_schemas(*mapping, diagnostics);
      if (options.mappings.size() > 1 && options.verbosity >= 0) fmt::print("{}\n", path);
      for (const run::TestResult& result : run::run_tests(*mapping, schemas, diagnostics)) {
        show(result, options);
        (result.differences.empty() ? counts.passed : counts.failed)++;
      }
    }
    if (print(diagnostics, stderr, false).errors > 0) broken = true;
  }
  fmt::print("{} passed, {} failed\n", counts.passed, counts.failed);
  if (broken) return Exit::bad_mapping;
  return counts.failed > 0 ? Exit::findings : Exit::done;
}

}  // namespace etl::cli
