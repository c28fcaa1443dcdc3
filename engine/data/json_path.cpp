#include "engine/data/json_path.h"

#include "engine/data/json.h"

namespace etl {

std::optional<std::string_view> json_member(std::string_view json, std::string_view key) {
  if (kind_of(json) != JsonKind::object) return std::nullopt;
  std::string wanted;
  append_json_string(key, wanted);
  for (JsonItems members{json}; members.next();) {
    if (members.key() == wanted) return members.value();
  }
  return std::nullopt;
}

std::optional<std::string_view> json_item(std::string_view json, std::int64_t index) {
  if (kind_of(json) != JsonKind::array) return std::nullopt;
  if (index < 0) {
    for (JsonItems items{json}; items.next();) ++index;
    if (index < 0) return std::nullopt;
  }
  for (JsonItems items{json}; items.next(); --index) {
    if (index == 0) return items.value();
  }
  return std::nullopt;
}

std::string_view json_text(std::string_view quoted, Arena& arena) {
  if (is_plain_json_string(quoted)) return quoted.substr(1, quoted.size() - 2);
  std::string text;
  append_json_text(quoted, text);
  return arena.copy(text);
}

Value json_value(std::string_view json, Arena& arena) {
  switch (kind_of(json)) {
    case JsonKind::text:
      return json_text(json, arena);
    case JsonKind::object:
      return Json{json};
    case JsonKind::array:
      return List{json};
    case JsonKind::boolean:
      return json == "true";
    case JsonKind::null:
      return std::monostate{};
    case JsonKind::number:
      break;
  }
  if (json.find('.') == std::string_view::npos) {
    if (auto whole = parse_integer(json); whole.value) return *whole.value;
  }
  if (auto number = parse_decimal(json)) return *number;
  return Json{json};  // A number of more than 38 digits keeps them.
}

}  // namespace etl
