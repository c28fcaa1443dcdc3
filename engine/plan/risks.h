// What can go wrong with a plan that is right: what is lost, what cannot be undone, what the target does by itself.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/compile.h"

namespace etl::plan {

enum class Rank : std::uint8_t { high, medium, low };
std::string_view name(Rank rank);

struct Risk {
  Rank rank = Rank::low;
  std::string table;  // "" for the run as a whole.
  std::string field;  // "" for the table as a whole.
  std::string what;   // One clause.
};

// Worst first, else in load order.
std::vector<Risk> find_risks(const Plan& plan, const Facts& facts, const Diagnostics& diagnostics);

// How a run of the plan is undone, before and after its commit.
std::vector<std::string> rollback_words(const Plan& plan);

}  // namespace etl::plan
