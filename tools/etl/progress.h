// What a run shows while it goes: one line per table on a terminal, plain log lines elsewhere.
#pragma once

#include <memory>

#include "engine/run/run.h"
#include "tools/etl/options.h"

namespace etl::cli {

// Draws on stderr. `-q` shows nothing but problems.
std::unique_ptr<run::Progress> make_progress(const Options& options);

// Sets up the log on stderr: level by verbosity, colours only on a terminal and without NO_COLOR.
void start_log(const Options& options);

}  // namespace etl::cli
