// An included file read by itself.
#pragma once

#include <optional>

#include "engine/spec/mapping.h"

namespace etl::spec {

// Reads a mapping, or a file that holds only what an included file may hold: that gives a mapping without tables.
// parse_mapping refuses such a file (E112).
std::optional<Mapping> parse_mapping_or_part(const SourceTextPtr& text, const ParseOptions& options,
                                             Diagnostics& diagnostics);

}  // namespace etl::spec
