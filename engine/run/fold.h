// Texts in lower case, as the language's own lower() makes them.
#pragma once

#include "engine/converters/function.h"

namespace etl::run {

// REQUIRES: a text column. NULL stays NULL.
ColumnPtr lower_case(const ColumnPtr& texts, Arena& arena, const converters::RunContext& run);

}  // namespace etl::run
