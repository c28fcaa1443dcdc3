#include "engine/data/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <compare>

namespace etl {

namespace {

// Behind the string that starts at `at`.
const char* skip_string(const char* at) {
  for (++at; *at != '"'; ++at) {
    if (*at == '\\') ++at;
  }
  return at + 1;
}

// Behind the value that starts at `at`.
const char* skip_value(const char* at, const char* end) {
  if (*at == '"') return skip_string(at);
  int depth = 0;
  while (at != end) {
    switch (*at) {
      case '"':
        at = skip_string(at);
        break;
      case '[':
      case '{':
        ++depth;
        ++at;
        break;
      case ']':
      case '}':
        if (depth == 0) return at;
        --depth;
        ++at;
        if (depth == 0) return at;
        break;
      case ',':
        if (depth == 0) return at;
        ++at;
        break;
      default:
        ++at;
        break;
    }
  }
  return at;
}

std::string_view view(const char* begin, const char* end) { return {begin, static_cast<std::size_t>(end - begin)}; }

int rank(JsonKind kind) {
  switch (kind) {
    case JsonKind::null:
      return 0;
    case JsonKind::text:
      return 1;
    case JsonKind::number:
      return 2;
    case JsonKind::boolean:
      return 3;
    case JsonKind::array:
      return 4;
    case JsonKind::object:
      break;
  }
  return 5;
}

// By value, also where a number has more digits than a decimal holds.
std::weak_ordering compare_numbers(std::string_view left, std::string_view right) {
  const auto left_number = parse_decimal(left);
  const auto right_number = parse_decimal(right);
  if (left_number && right_number) return compare(*left_number, *right_number);
  const bool left_negative = left[0] == '-';
  const bool right_negative = right[0] == '-';
  if (left_negative != right_negative) return right_negative <=> left_negative;
  const auto whole_digits = [](std::string_view text) { return std::min(text.find('.'), text.size()); };
  const auto trimmed = [](std::string_view text) {
    if (text.find('.') == std::string_view::npos) return text;
    text = text.substr(0, text.find_last_not_of('0') + 1);
    return text.back() == '.' ? text.substr(0, text.size() - 1) : text;
  };
  std::weak_ordering order = whole_digits(left) <=> whole_digits(right);
  if (order == 0) order = trimmed(left) <=> trimmed(right);
  return left_negative ? 0 <=> order : order;
}

}  // namespace

JsonKind kind_of(std::string_view json) {
  switch (json[0]) {
    case 'n':
      return JsonKind::null;
    case 't':
    case 'f':
      return JsonKind::boolean;
    case '"':
      return JsonKind::text;
    case '[':
      return JsonKind::array;
    case '{':
      return JsonKind::object;
    default:
      return JsonKind::number;
  }
}

JsonItems::JsonItems(std::string_view container)
    : at_{container.data() + 1}, end_{container.data() + container.size() - 1}, members_{container[0] == '{'} {}

bool JsonItems::next() {
  if (at_ == end_) return false;
  if (members_) {
    const char* const key_end = skip_string(at_);
    key_ = view(at_, key_end);
    at_ = key_end + 1;
  }
  const char* const value_end = skip_value(at_, end_);
  value_ = view(at_, value_end);
  at_ = value_end == end_ ? end_ : value_end + 1;
  return true;
}

bool is_plain_json_string(std::string_view json) { return json.find('\\') == std::string_view::npos; }

void append_json_text(std::string_view json, std::string& out) {
  json = json.substr(1, json.size() - 2);
  for (std::size_t i = 0; i < json.size(); ++i) {
    if (json[i] != '\\') {
      out += json[i];
      continue;
    }
    switch (json[++i]) {
      case 'b':
        out += '\b';
        break;
      case 'f':
        out += '\f';
        break;
      case 'n':
        out += '\n';
        break;
      case 'r':
        out += '\r';
        break;
      case 't':
        out += '\t';
        break;
      case 'u': {  // Canonical text escapes control characters alone.
        unsigned code = 0;
        std::from_chars(json.data() + i + 1, json.data() + i + 5, code, 16);
        out += static_cast<char>(code);
        i += 4;
        break;
      }
      default:
        out += json[i];
        break;
    }
  }
}

std::weak_ordering compare_json(std::string_view left, std::string_view right) {
  const JsonKind kind = kind_of(left);
  if (kind != kind_of(right)) return rank(kind) <=> rank(kind_of(right));
  switch (kind) {
    case JsonKind::number:
      return compare_numbers(left, right);
    case JsonKind::boolean:
      return left.size() == right.size() ? std::weak_ordering::equivalent : right.size() <=> left.size();
    case JsonKind::text: {
      if (is_plain_json_string(left) && is_plain_json_string(right)) {
        return left.substr(1, left.size() - 2) <=> right.substr(1, right.size() - 2);
      }
      std::string left_text;
      std::string right_text;
      append_json_text(left, left_text);
      append_json_text(right, right_text);
      return left_text <=> right_text;
    }
    default:
      return left <=> right;
  }
}

void append_json_string(std::string_view text, std::string& out) {
  out += '"';
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    const char* const start = at;
    while (at != end && *at != '"' && *at != '\\' && static_cast<unsigned char>(*at) >= 0x20) ++at;
    out.append(start, at);
    if (at == end) break;
    const char c = *at++;
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        break;
    }
  }
  out += '"';
}

}  // namespace etl
