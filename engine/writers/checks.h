// The loop that the checks of all targets share.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "engine/data/batch.h"

namespace etl::writers {

// Why a value cannot be held; an empty reason: it can.
struct Problem {
  std::string_view rule;
  std::string reason;
};

// Calls test(value) -> Problem for each value that is not NULL.
template <class T, class Test>
void check_each(const Column& values, Failures& failures, Test test) {
  const auto cells = values.values<T>();
  for (std::size_t row = 0; row < cells.size(); ++row) {
    if (values.is_null(row)) continue;
    if (Problem problem = test(cells[row]); !problem.reason.empty()) [[unlikely]] {
      failures.push_back({static_cast<std::uint32_t>(row), problem.rule, std::move(problem.reason)});
    }
  }
}

inline bool holds_nul(std::string_view text) {
  return !text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr;
}

}  // namespace etl::writers
