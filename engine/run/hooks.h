// SQL before the first read and after the commit.
#pragma once

#include "engine/report/report.h"
#include "engine/run/state.h"

namespace etl::run {

// Inside the transaction of the run. Throws Error.
void run_before_hooks(RunState& state);

// Asks the targets to prepare the after hooks: a wrong name fails before the first row is read.
void prepare_after_hooks(RunState& state);

// After the commit, each in a transaction of its own; what fails becomes a warning, for the rows are kept. In a dry
// run they run inside the transaction that is rolled back, and throw.
void run_after_hooks(RunState& state, report::Report& report);

}  // namespace etl::run
