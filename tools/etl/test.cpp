#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "engine/plan/schema_files.h"
#include "engine/report/junit.h"
#include "engine/run/mapping_test.h"
#include "engine/spec/mapping.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"

namespace etl::cli {

namespace {

std::string indented(std::string text) {
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) text.insert(at + 1, "    ");
  return "    " + text + "\n";
}

std::string differences_of(const run::TestResult& result) {
  std::string text;
  for (const std::string& difference : result.differences) text += indented(difference);
  return text;
}

void show(const run::TestResult& result, const Options& options) {
  const bool passed = result.differences.empty();
  if (passed && options.verbosity < 0) return;
  fmt::print("{}  {}\n", passed ? "ok    " : "FAILED", result.name);
  if (!passed) fmt::print("    {}\n{}", to_string(result.at), differences_of(result));
}

// What no test reaches, and the share that one does.
void show(const run::Coverage& coverage, std::FILE* out) {
  const auto items = coverage.items();
  const auto reached = std::ranges::count_if(items, &run::Coverage::Item::reached);
  fmt::print(out, "{} of {} fields, rules and branches are reached by a test\n", reached, items.size());
  for (const run::Coverage::Item& item : items) {
    if (!item.reached) fmt::print(out, "  {}: {}\n", to_string(item.at), item.what);
  }
}

report::JunitCase junit_case(const run::TestResult& result) {
  const bool failed = !result.differences.empty();
  return {.name = result.name,
          .failed = failed,
          .message = failed ? result.differences.front().substr(0, result.differences.front().find('\n')) : "",
          .text = failed ? to_string(result.at) + "\n" + differences_of(result) : ""};
}

// Runs the tests of one mapping; false when the mapping itself is wrong.
bool test_file(const std::string& path, const Options& options, plan::SchemaFiles& known, report::JunitSuite& suite) {
  const bool text = options.format == "text";
  Diagnostics diagnostics;
  spec::ParseOptions parse;
  parse.resolve_environment = false;
  const auto mapping = spec::parse_mapping(spec::read_file(path), parse, diagnostics);
  if (mapping && !diagnostics.has_errors()) {
    const plan::Schemas schemas = plan::read_schemas(*mapping, known, diagnostics);
    if (text && options.mappings.size() > 1 && options.verbosity >= 0) fmt::print("{}\n", path);
    run::Coverage coverage{*mapping};
    for (const run::TestResult& result :
         run::run_tests(*mapping, schemas, diagnostics, options.coverage ? &coverage : nullptr)) {
      if (text) show(result, options);
      suite.cases.push_back(junit_case(result));
    }
    if (options.coverage) show(coverage, text ? stdout : stderr);
  }
  return print(diagnostics, stderr, false).errors == 0;
}

}  // namespace

Exit test_command(const Options& options) {
  std::vector<report::JunitSuite> suites;
  plan::SchemaFiles known;
  bool broken = false;
  for (const std::string& path : options.mappings) {
    report::JunitSuite& suite = suites.emplace_back(report::JunitSuite{path, {}});
    if (test_file(path, options, known, suite)) continue;
    broken = true;
    suite.cases.push_back({.name = "mapping", .failed = true, .message = "the mapping has errors", .text = "see etl lint"});
  }
  std::size_t passed = 0;
  std::size_t failed = 0;
  for (const report::JunitSuite& suite : suites) {
    for (const report::JunitCase& one : suite.cases) (one.failed ? failed : passed)++;
  }
  if (options.format == "junit") {
    const std::string text = report::to_junit("etl test", suites);
    std::fwrite(text.data(), 1, text.size(), stdout);
  } else {
    fmt::print("{} passed, {} failed\n", passed, failed);
  }
  if (broken) return Exit::bad_mapping;
  return failed > 0 ? Exit::findings : Exit::done;
}

}  // namespace etl::cli
