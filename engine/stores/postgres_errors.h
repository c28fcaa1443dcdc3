// What a PostgreSQL server or libpq says when it fails, in our words.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace etl::stores {

struct Explanation {
  Error::Kind kind = Error::Kind::insertion;
  std::string clause;
  std::string remedy;
};

// Why no session came about, from libpq's text: it carries no SQLSTATE there.
Explanation explain_connect_failure(std::string_view text);

// SQLSTATE (manual, appendix A) of a failed statement.
Explanation explain_sqlstate(std::string_view sqlstate);

// Whether the same may go well when it is tried again: classes 08, 40 (serialization, deadlock) and 57P01 to 57P03 (the
// server ends, crashed, starts).
bool is_transient(std::string_view sqlstate);

// Whether the primary message of this SQLSTATE names things only, never values of rows.
bool message_is_safe(std::string_view sqlstate);

}  // namespace etl::stores
