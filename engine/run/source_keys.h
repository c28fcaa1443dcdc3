// By which source key table[key] finds a row.
#pragma once

#include <vector>

#include "engine/run/finish.h"
#include "engine/run/state.h"

namespace etl::run {

// The source's key, what the rows are grouped by, or their number; of the types that table[key] is asked with.
std::vector<ColumnPtr> source_key_columns(const TableState& table, const FinishedBatch& batch);

}  // namespace etl::run
