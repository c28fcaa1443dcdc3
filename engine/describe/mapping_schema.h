// The JSON Schema (2020-12) of a mapping, made from the table of keys: completion, hover and red lines in any editor.
#pragma once

#include <string>

namespace etl::describe {

// `additionalProperties` is false everywhere, and there is no anyOf or oneOf: with them an editor says only that
// nothing matches. A key that takes a scalar or a block has both as its `type`, and `properties`, which hold for
// objects alone. Ends with a newline.
std::string mapping_schema();

}  // namespace etl::describe
