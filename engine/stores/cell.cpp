#include "engine/stores/cell.h"

#include <fmt/format.h>

#include <algorithm>

namespace etl::stores {

namespace {

template <class T>
std::optional<std::string> take(Column& column, std::size_t row, Outcome<T>&& outcome) {
  if (outcome.value) {
    column.values<T>()[row] = *outcome.value;
    return std::nullopt;
  }
  column.set_null(row);
  return std::move(outcome.reason);
}

Outcome<Decimal> decimal_of(std::string_view text) {
  if (const auto value = parse_decimal(text)) return *value;
  return Outcome<Decimal>::fail(fmt::format("{} is not a number of at most 38 digits", quote_for_message(text)));
}

Outcome<Instant> instant_of(std::string_view text) {
  if (text == "infinity") return Instant{kTimeInfinity};
  if (text == "-infinity") return Instant{kTimeMinusInfinity};
  const auto parsed = parse_timestamp_with_offset(text);
  if (!parsed.value) return Outcome<Instant>::fail(parsed.reason);
  if (!parsed.value->offset_micros) {
    return Outcome<Instant>::fail(fmt::format("{} has no offset from UTC", quote_for_message(text)));
  }
  return Instant{parsed.value->local.micros - *parsed.value->offset_micros};
}

template <class T>
Outcome<T> json_of(std::string_view text, Arena& arena) {
  std::string canonical;
  const auto read = canonical_json(text, canonical);
  if (!read.value) return Outcome<T>::fail(read.reason);
  if (std::is_same_v<T, List> && !canonical.starts_with('[')) {
    return Outcome<T>::fail(fmt::format("{} is not a JSON array", quote_for_message(text)));
  }
  return T{arena.copy(canonical)};
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

Outcome<Bytes> bytes_of(std::string_view text, Arena& arena) {
  if (!text.starts_with("\\x")) return Bytes{arena.copy(text)};
  const std::string_view digits = text.substr(2);
  std::string bytes;
  bytes.reserve(digits.size() / 2);
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(digits[i + 1]);
    if (high < 0 || low < 0) break;
    bytes += static_cast<char>(high * 16 + low);
  }
  if (bytes.size() * 2 != digits.size()) {
    return Outcome<Bytes>::fail(fmt::format("{} is not hexadecimal", quote_for_message(text)));
  }
  return Bytes{arena.copy(bytes)};
}

void append_hex(std::string_view bytes, std::string& out) {
  static constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
  }
}

}  // namespace

std::optional<std::string> set_from_text(Column& column, std::size_t row, std::string_view text, Arena& arena) {
  switch (column.type()) {
    case Type::any:
      column.values<Value>()[row] = arena.copy(text);
      return std::nullopt;
    case Type::boolean:
      return take(column, row, parse_bool(text));
    case Type::integer:
      return take(column, row, parse_integer(text));
    case Type::decimal:
      return take(column, row, decimal_of(text));
    case Type::float64:
      return take(column, row, parse_float(text));
    case Type::text:
      column.values<std::string_view>()[row] = arena.copy(text);
      return std::nullopt;
    case Type::bytes:
      return take(column, row, bytes_of(text, arena));
    case Type::date:
      return take(column, row, parse_date(text));
    case Type::time:
      return take(column, row, parse_time(text));
    case Type::timestamp:
      return take(column, row, parse_timestamp(text));
    case Type::timestamptz:
      return take(column, row, instant_of(text));
    case Type::uuid:
      return take(column, row, parse_uuid(text));
    case Type::json:
      return take(column, row, json_of<Json>(text, arena));
    case Type::list:
      return take(column, row, json_of<List>(text, arena));
  }
  return std::nullopt;
}

void append_postgres_text(const Value& value, std::string& out) {
  if (const auto* bytes = std::get_if<Bytes>(&value)) {
    append_hex(bytes->view, out);
  } else {
    append_text(value, out);
  }
}

std::optional<std::string> postgres_text(const Value& value) {
  if (is_null(value)) return std::nullopt;
  std::string out;
  append_postgres_text(value, out);
  return out;
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t good = std::min({text.size(), find_invalid_utf8(text), text.find('\0')});
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) break;
    out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace etl::stores
