// JSON in canonical form (see `canonical_json`): walking, comparing and making it. Paths into it: data/json_path.h.
#pragma once

#include <string>
#include <string_view>

#include "engine/data/value.h"

namespace etl {

enum class JsonKind : std::uint8_t { null, boolean, number, text, array, object };

// REQUIRES: `json` is canonical, as in everything below.
JsonKind kind_of(std::string_view json);

// The items of an array, or the members of an object, one after the other. Views into the text.
class JsonItems {
 public:
  // REQUIRES: an array or an object.
  explicit JsonItems(std::string_view container);

  // Goes to the next item; false behind the last.
  bool next();
  // The item, or the member's value.
  std::string_view value() const { return value_; }
  // The member's name as written, with its quotes; empty in an array.
  std::string_view key() const { return key_; }

 private:
  const char* at_;
  const char* end_;
  bool members_;
  std::string_view key_;
  std::string_view value_;
};

// Whether the string has no escapes, so that the characters between its quotes are its text.
bool is_plain_json_string(std::string_view json);
// Appends the text of a JSON string. REQUIRES: a string.
void append_json_text(std::string_view json, std::string& out);
// jsonb's order of scalars: null, text, number, bool; then arrays and objects, by their text.
std::weak_ordering compare_json(std::string_view left, std::string_view right);

// Whether jsonb can hold a JSON number: 131072 digits before the point, 16383 behind it.
bool fits_jsonb(std::string_view number);
// Appends a JSON number in plain digits, as `canonical_json` would. REQUIRES: a number within jsonb's limits.
void append_json_number(std::string_view number, std::string& out);

}  // namespace etl
