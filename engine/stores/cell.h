// Cells as databases print them: text to a typed value and back.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/data/batch.h"
#include "engine/data/value.h"

namespace etl::stores {

// Reads `text` as the column's type into its row; texts are copied into the arena. `any` takes it as text.
// When it does not fit, the row becomes NULL and the reason is given, one clause.
// Bytes in the form \x6162 are decoded, other text stands for its own bytes. An instant needs an offset.
std::optional<std::string> set_from_text(Column& column, std::size_t row, std::string_view text, Arena& arena);

// As PostgreSQL reads it under the settings of a session (section 8 of its manual): bytes as \x6162, infinity and
// NaN by name. Nothing for NULL.
std::optional<std::string> postgres_text(const Value& value);
// Appends the same; REQUIRES: not NULL.
void append_postgres_text(const Value& value, std::string& out);

// Bytes outside UTF-8, and NUL, as \xNN, so that a reject file stays text.
std::string printable(std::string_view text);

}  // namespace etl::stores
