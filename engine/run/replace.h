// replace: rows of the target that go before the first one is written.
#pragma once

#include "engine/report/report.h"
#include "engine/run/state.h"

namespace etl::run {

// Removes, children before parents, what the tables of the run replace; each target table once. Nothing cascades: throws
// Error (validation) where rows that stay refer to rows that would go (hard-parts.md 18 and 20).
void empty_replaced(RunState& state, report::Report& report);

}  // namespace etl::run
