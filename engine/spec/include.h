// Files that add to a mapping: params, connections, lookups, converters, profiles.
#pragma once

#include "engine/spec/check.h"
#include "engine/spec/node.h"

namespace etl::spec {

// Reads the files under `include` of the tree and adds their entries behind its own. Reports files that cannot be
// read (E120), names defined twice (E121) and keys that an included file may not hold (E111). Gives the files' texts.
std::vector<SourceTextPtr> include_files(Node& spec, Check& check, Diagnostics& diagnostics);

}  // namespace etl::spec
