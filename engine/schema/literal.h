// Literals of DDL as values of a column's type.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/data/value.h"
#include "engine/schema/catalog.h"

namespace etl::schema {

// The value that `text` (the content of a literal, without quotes) denotes in a column of this type, as canonical
// text. Nothing when it denotes none by itself: 'today', a timestamptz without an offset.
std::optional<std::string> canonical_literal(const SqlType& type, std::string_view text);

// The same for one value of the language's type; JSON and bytes are kept in `buffer`.
std::optional<Value> literal_value(Type type, std::string_view text, std::string& buffer);

}  // namespace etl::schema
