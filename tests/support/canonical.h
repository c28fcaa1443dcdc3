// One spelling for values that databases print differently.
#pragma once

#include <string>
#include <string_view>

namespace etl::testing {

// Instants as 2024-03-01T09:30:00Z, JSON without blanks, line breaks as \n; all else as it is.
std::string canonical(std::string_view text);

// 1.50 as 1.5, 2.00 as 2.
std::string without_closing_zeros(std::string_view number);

}  // namespace etl::testing
