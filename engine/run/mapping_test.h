// `etl test`: the tests that a mapping holds, run in memory through the same plan and kernels as a run.
#pragma once

#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/plan/compile.h"
#include "engine/run/coverage.h"
#include "engine/spec/mapping.h"

namespace etl::run {

struct TestResult {
  std::string name;
  Span at;
  // What differs: one line, or several with what was expected beside what came, aligned. Empty: passed.
  std::vector<std::string> differences;
};

// Runs every test of the mapping. What is wrong with the mapping itself is a diagnostic. `coverage` may be null.
std::vector<TestResult> run_tests(const spec::Mapping& mapping, const plan::Schemas& schemas, Diagnostics& diagnostics,
                                  Coverage* coverage = nullptr);

}  // namespace etl::run
