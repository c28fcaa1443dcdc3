// Members and items of canonical JSON text (see `canonical_json`), and its scalars as values.
#pragma once

#include <optional>
#include <string_view>

#include "engine/data/batch.h"
#include "engine/data/value.h"

namespace etl {

// REQUIRES of all: `json` is canonical JSON text. Views point into it.

// The member of an object; nothing when it is missing or `json` is no object.
std::optional<std::string_view> json_member(std::string_view json, std::string_view key);
// The item of an array, counted from 0; -1 is the last. Nothing when it is missing or `json` is no array.
std::optional<std::string_view> json_item(std::string_view json, std::int64_t index);

// A scalar as the value it stands for (text, bool, int or decimal, NULL), objects as Json, arrays as List.
// Texts with escapes are decoded into the arena.
Value json_value(std::string_view json, Arena& arena);
// The text of a quoted JSON string; a view into `json` when it has no escapes.
std::string_view json_text(std::string_view quoted, Arena& arena);

}  // namespace etl
