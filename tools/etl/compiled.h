// From a file's name to a plan, with the findings printed on the way.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "engine/base/diagnostic.h"
#include "engine/plan/compile.h"
#include "engine/run/connections.h"
#include "engine/spec/mapping.h"
#include "tools/etl/options.h"

namespace etl::cli {

// A plan and its open connections. Nothing in it may move: the connections look at the plan they were made from.
struct Compiled {
  spec::Mapping mapping;
  plan::Plan first;                                    // From the DDL alone; gives the connections.
  std::unique_ptr<run::LiveConnections> connections;   // Null when offline.
  plan::Plan plan;                                     // From the live schemas.
};

// Which databases are asked for their schemas.
enum class Ends : std::uint8_t {
  none,
  sources,  // And targets of which no schema file is known.
  targets,  // Alone: the sources may be gone.
  all,
};

// Null when there are errors, which stand in `diagnostics` then. Throws Error when a database cannot be opened.
std::unique_ptr<Compiled> compile_mapping(const std::string& path, const Options& options, Ends ends,
                                          Diagnostics& diagnostics);

// Prints findings; warnings only when asked for. Gives the number of errors and warnings.
struct Findings {
  std::size_t errors = 0;
  std::size_t warnings = 0;
};
Findings print(const Diagnostics& diagnostics, std::FILE* out, bool warnings);

}  // namespace etl::cli
