// Which values of a table a second pass over the source makes again, and which only the first run knew.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/plan/plan.h"

namespace etl::verify {

enum class Origin : std::uint8_t {
  computed,  // The same again.
  password,  // A salted hash: compared by checking the password against it.
  keyed,     // The table's key, random or made by the database: known by the run's ID map.
  unknown,
};

struct FieldOrigin {
  Origin origin = Origin::computed;
  std::string reason;  // Why it is unknown.
};

// What is known beside the mapping.
struct Knowledge {
  bool now = true;               // When the run began.
  std::vector<bool> id_maps;     // By Plan::tables: the run's ledger maps source keys to target keys.
  // Tables and fields whose NULLs the database fills, and that have NULLs.
  std::set<std::pair<std::size_t, std::size_t>> filled;
};

// As TablePlan::fields, for each of Plan::tables.
std::vector<std::vector<FieldOrigin>> origins(const plan::Plan& plan, const Knowledge& known);

}  // namespace etl::verify
