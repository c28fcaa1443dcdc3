// Text as people read it: white space, case, accents (Unicode 15 through ICU). ASCII takes a short way.
#pragma once

#include <string_view>

#include "engine/data/batch.h"

namespace etl::converters {

// Results are views into the text where nothing changes, else made in the arena. REQUIRES: valid UTF-8.

// Without white space (Unicode's White_Space) at both ends.
std::string_view trim(std::string_view text);
// Each run of white space as one blank.
std::string_view squeeze(Arena& arena, std::string_view text);
std::string_view lower(Arena& arena, std::string_view text);
std::string_view upper(Arena& arena, std::string_view text);
// The first letter of each word upper, the others lower. An apostrophe between letters does not end a word.
std::string_view title(Arena& arena, std::string_view text);
// Composed (NFC) and without control characters other than tab and line breaks.
std::string_view normalize(Arena& arena, std::string_view text);
// Without accents: é becomes e, ß becomes ss, ø becomes o.
std::string_view unaccent(Arena& arena, std::string_view text);
// Lower case without accents, words joined by hyphens.
std::string_view slug(Arena& arena, std::string_view text);

bool is_ascii(std::string_view text);

// The text's bytes up to its first `count` characters, or from its last `count` characters on.
std::size_t prefix_size(std::string_view text, std::int64_t count);
std::size_t suffix_begin(std::string_view text, std::int64_t count);

}  // namespace etl::converters
