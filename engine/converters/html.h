// Text out of HTML (the HTML standard, sections 13.2.5 and 13.5, as far as plain text needs them).
#pragma once

#include <string_view>

#include "engine/data/batch.h"

namespace etl::converters {

// Without tags, comments, scripts and styles, entities decoded once. Tags that begin a line (br, p, li, ...) leave
// a line break between texts. Unknown entities and a < that starts no tag stay as they are.
std::string_view strip_html(Arena& arena, std::string_view html);

}  // namespace etl::converters
