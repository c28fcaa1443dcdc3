// Bytes as text: hexadecimal and base64 (RFC 4648).
#pragma once

#include <optional>
#include <string_view>

#include "engine/data/batch.h"

namespace etl::converters {

enum class Encoding : std::uint8_t { utf8, hex, base64 };
std::optional<Encoding> encoding_named(std::string_view name);

// Lower-case digits.
std::string_view encode_hex(Arena& arena, std::string_view bytes);
// Either case; PostgreSQL's prefix \x is allowed.
Outcome<Bytes> decode_hex(Arena& arena, std::string_view text);
// The standard alphabet, padded, on one line.
std::string_view encode_base64(Arena& arena, std::string_view bytes);
// Line breaks and missing padding are allowed.
Outcome<Bytes> decode_base64(Arena& arena, std::string_view text);

}  // namespace etl::converters
