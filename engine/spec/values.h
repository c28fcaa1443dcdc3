// Reads the characters of a scalar as the kind of value that its key wants (rule 3 of the language).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/spec/keys.h"
#include "engine/spec/mapping.h"

namespace etl::spec {

std::optional<std::int64_t> parse_integer(std::string_view text);  // 0 or more, no leading zero.
std::optional<bool> parse_boolean(std::string_view text);          // true, false.
std::optional<Threshold> parse_threshold(std::string_view text);   // 50, 1%.
std::optional<std::uint64_t> parse_size(std::string_view text);    // 512MB, in bytes.

// "" when the text is such a value, else what to write: "true or false". Kinds that take any text always fit.
std::string fault_of(ValueKind kind, std::string_view text);

// True for a name that expressions can use.
bool is_identifier(std::string_view text);

}  // namespace etl::spec
