// `atomic: batch`: which tables are committed as they go (hard-parts.md 5).
#pragma once

#include <cstddef>
#include <string>

#include "engine/plan/plan.h"

namespace etl::plan {

// Batches (settings.batch) between two commits: commits of 10,000 rows cost 3 to 18 % of a load, of 100,000 nothing.
inline constexpr std::size_t kBatchesPerCommit = 10;

// Why a table is committed as a whole all the same: a run could not go on in the middle of it. "" when it can.
std::string why_whole(const Plan& plan, const TablePlan& table);

}  // namespace etl::plan
