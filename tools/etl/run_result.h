// What every command that runs a mapping has in common: its options, and how it ends.
#pragma once

#include "engine/report/report.h"
#include "engine/run/run.h"
#include "tools/etl/compiled.h"
#include "tools/etl/exit.h"
#include "tools/etl/options.h"

namespace etl::cli {

// Of a run on the real ends: now, interruptible, with reports. A backup is taken first where the settings say so, or
// where they say nothing and rows may be updated or removed (hard-parts.md 26). The report and what undoes the run are
// written before the run is `done`. `compiled` outlives the run.
run::RunOptions live_run_options(const Compiled& compiled, const Options& options);

// Writes the report of a run that did not end well, prints it, says what went wrong, and gives the exit code.
Exit finish_run(const Compiled& compiled, report::Report& report, const Options& options);

}  // namespace etl::cli
