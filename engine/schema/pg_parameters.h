// `$name` in PostgreSQL's SQL, where its parser knows $1 alone.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/schema/sql.h"

namespace etl::schema::pg {

// Found by PostgreSQL's own scanner, in order; empty when the text cannot be cut into tokens.
std::vector<SqlParameter> parameters(std::string_view sql);
// With $1 in place of each, padded so that offsets stay.
std::string with_numbered_parameters(std::string_view sql);

}  // namespace etl::schema::pg
