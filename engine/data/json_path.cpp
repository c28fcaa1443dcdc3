#include "engine/data/json_path.h"

#include <algorithm>
#include <cstring>

namespace etl {

namespace {

// The end of the value that starts at `at`. Canonical JSON is valid, so no error can be met.
std::size_t value_end(std::string_view json, std::size_t at) {
  int depth = 0;
  for (std::size_t i = at; i < json.size(); ++i) {
    const char c = json[i];
    if (c == '"') {
      for (++i; i < json.size() && json[i] != '"'; ++i) {
        if (json[i] == '\\') ++i;
      }
      if (depth == 0) return i + 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (c == ',' && depth == 0) {
      return i;
    }
  }
  return json.size();
}

void append_utf8(std::uint32_t code, std::string& out) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3F));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

std::uint32_t hex4(std::string_view digits) {
  std::uint32_t code = 0;
  for (const char c : digits) {
    code = code * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
  }
  return code;
}

std::string unescape(std::string_view body) {
  std::string out;
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body[i] != '\\') {
      out += body[i];
      continue;
    }
    const char c = body[++i];
    switch (c) {
      case 'b': out += '\b'; break;
      case 'f': out += '\f'; break;
      case 'n': out += '\n'; break;
      case 'r': out += '\r'; break;
      case 't': out += '\t'; break;
      case 'u': {
        std::uint32_t code = hex4(body.substr(i + 1, 4));
        i += 4;
        if (code >= 0xD800 && code < 0xDC00) {  // A surrogate pair; lone ones were refused.
          code = 0x10000 + ((code - 0xD800) << 10) + (hex4(body.substr(i + 3, 4)) - 0xDC00);
          i += 6;
        }
        append_utf8(code, out);
        break;
      }
      default: out += c;
    }
  }
  return out;
}

std::string escaped_key(std::string_view key) {
  std::string quoted;
  append_json_string(key, quoted);
  return quoted;
}

}  // namespace

std::optional<std::vector<std::pair<std::string_view, std::string_view>>> json_members(std::string_view json) {
  if (json.empty() || json.front() != '{') return std::nullopt;
  std::vector<std::pair<std::string_view, std::string_view>> members;
  std::size_t at = 1;
  while (at < json.size() && json[at] == '"') {
    const std::size_t key_end = value_end(json, at);
    const std::size_t end = value_end(json, key_end + 1);
    members.emplace_back(json.substr(at, key_end - at), json.substr(key_end + 1, end - key_end - 1));
    at = end + 1;
  }
  return members;
}

std::optional<std::vector<std::string_view>> json_items(std::string_view json) {
  if (json.empty() || json.front() != '[') return std::nullopt;
  std::vector<std::string_view> items;
  std::size_t at = 1;
  while (at < json.size() && json[at] != ']') {
    const std::size_t end = value_end(json, at);
    items.push_back(json.substr(at, end - at));
    at = end + 1;
  }
  return items;
}

std::optional<std::string_view> json_member(std::string_view json, std::string_view key) {
  if (json.empty() || json.front() != '{') return std::nullopt;
  const std::string wanted = escaped_key(key);
  std::size_t at = 1;
  while (at < json.size() && json[at] == '"') {
    const std::size_t key_end = value_end(json, at);
    const std::size_t end = value_end(json, key_end + 1);
    if (json.substr(at, key_end - at) == wanted) return json.substr(key_end + 1, end - key_end - 1);
    at = end + 1;
  }
  return std::nullopt;
}

std::optional<std::string_view> json_item(std::string_view json, std::int64_t index) {
  const auto items = json_items(json);
  if (!items) return std::nullopt;
  const auto count = static_cast<std::int64_t>(items->size());
  const std::int64_t place = index < 0 ? count + index : index;
  if (place < 0 || place >= count) return std::nullopt;
  return (*items)[static_cast<std::size_t>(place)];
}

std::string_view json_text(std::string_view quoted, Arena& arena) {
  const std::string_view body = quoted.substr(1, quoted.size() - 2);
  if (body.find('\\') == std::string_view::npos) return body;
  return arena.copy(unescape(body));
}

Value json_value(std::string_view json, Arena& arena) {
  switch (json.front()) {
    case '"': return json_text(json, arena);
    case '{': return Json{json};
    case '[': return List{json};
    case 't': return true;
    case 'f': return false;
    case 'n': return std::monostate{};
    default: break;
  }
  if (json.find('.') == std::string_view::npos) {
    if (auto whole = parse_integer(json); whole.value) return *whole.value;
  }
  if (auto number = parse_decimal(json)) return *number;
  return Json{json};  // A number of more than 38 digits keeps them.
}

}  // namespace etl
