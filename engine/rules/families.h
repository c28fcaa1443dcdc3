// The tables of the catalogue, and what they share.
#pragma once

#include <concepts>
#include <string>
#include <utility>
#include <vector>

#include "engine/rules/rule.h"

namespace etl::rules {

std::vector<Rule> key_rules();        // required, unique, exists.
std::vector<Rule> range_rules();      // min, max, one_of.
std::vector<Rule> text_rules();       // Lengths, pattern, format.
std::vector<Rule> time_rules();       // past, future.
std::vector<Rule> structure_rules();  // shape, min_items, max_items.

// Adds a failure of `rule` for each row whose value `holds` refuses; `reason` says why.
template <class T, class Holds, class Reason>
void check_each(const Column& column, std::string_view rule, Failures& failures, Holds holds, Reason reason) {
  const auto values = column.values<T>();
  const bool no_nulls = column.null_count() == 0;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (holds(values[row])) continue;
    if (no_nulls || !column.is_null(row)) {
      failures.push_back({static_cast<std::uint32_t>(row), rule, reason(values[row])});
    }
  }
}

// A flag that is written as false asks for nothing.
inline bool is_set(const Use& use) {
  const bool* flag = std::get_if<bool>(&use.value);
  return flag == nullptr || *flag;
}

inline Kernel no_check() {
  return [](const Column&, const Present&, Failures&) {};
}

}  // namespace etl::rules
