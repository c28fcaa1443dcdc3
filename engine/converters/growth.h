// Functions that multiply texts: a result may be longer than its input by so much. Without a bound a short expression, or one
// wrong width among the data, takes all memory.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "engine/data/value.h"

namespace etl::converters {

inline constexpr std::size_t kMostGrowth = std::size_t{16} << 20;  // Bytes.
inline constexpr std::string_view kGrowthFails = "a result that is more than 16 MB longer than the text";

inline Outcome<std::string_view> fail_of_growth() {
  return Outcome<std::string_view>::fail("the result would be more than 16 MB longer than the text");
}

}  // namespace etl::converters
