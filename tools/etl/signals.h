// SIGINT and SIGTERM, and the time at which a command starts.
#pragma once

#include <atomic>

#include "engine/data/value.h"

namespace etl::cli {

// The first signal ends the command at the next batch boundary, a second one at once.
void catch_signals();
// The signal that came, or 0.
const std::atomic<int>& interrupted();

Instant now();

}  // namespace etl::cli
