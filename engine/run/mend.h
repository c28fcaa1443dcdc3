// Which converter would mend values that fail: each candidate is tried on the values with the run's own kernels.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/plan.h"

namespace etl::run {

// What to write in the mapping for a field whose source values `raw` break `rule`, and how many of them that would
// mend; "" when nothing known helps at least half of them.
struct Mend {
  std::string advice;
  std::size_t mended = 0;
};
Mend find_mend(const plan::Plan& plan, const plan::TablePlan& table, const plan::FieldPlan& field,
               std::string_view rule, const std::vector<std::string>& raw);

}  // namespace etl::run
