// The moment that the rules past and future compare with.
#pragma once

#include "engine/converters/function.h"
#include "engine/rules/rule.h"

namespace etl::run {

// `now` as clocks in the mapping's settings.timezone show it.
rules::Present present_at(Instant now, const converters::RunContext& run);

}  // namespace etl::run
