// Backwards: which columns of the sources could be rebuilt from what the mapping writes.
#pragma once

#include <string>
#include <vector>

#include "engine/plan/compile.h"

namespace etl::plan {

struct ReverseColumn {
  std::string name;
  // '=' exactly; '~' in another spelling that means the same; '-' not at all; 'E' as `export:` says.
  char grade = '-';
};

struct ReverseSource {
  std::string name;  // "mingus.users", or the source's name.
  std::vector<ReverseColumn> columns;
};

// Every source that a table reads, in order of the tables. A column is rebuilt from the field that keeps most of it,
// in a table whose rows are those of the source: neither grouped nor exploded.
std::vector<ReverseSource> reverse(const spec::Mapping& mapping, const Schemas& schemas);

}  // namespace etl::plan
