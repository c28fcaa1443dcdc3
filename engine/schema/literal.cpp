#include "engine/schema/literal.h"

#include <cctype>

#include "engine/schema/types.h"

namespace etl::schema {
namespace {

template <class T>
std::optional<Value> value_of(const Outcome<T>& outcome) {
  if (!outcome.value) return std::nullopt;
  return Value{*outcome.value};
}

std::optional<int> hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return std::nullopt;
}

// bytea's hex format (PostgreSQL manual, section 8.4.1); its escape format only where it needs no escape.
std::optional<Value> bytes_value(std::string_view text, std::string& buffer) {
  if (!text.starts_with("\\x")) {
    if (text.find('\\') != std::string_view::npos) return std::nullopt;
    buffer = text;
    return Value{Bytes{buffer}};
  }
  text.remove_prefix(2);
  if (text.size() % 2 != 0) return std::nullopt;
  buffer.clear();
  for (std::size_t at = 0; at < text.size(); at += 2) {
    const auto high = hex_digit(text[at]);
    const auto low = hex_digit(text[at + 1]);
    if (!high || !low) return std::nullopt;
    buffer += static_cast<char>(*high * 16 + *low);
  }
  return Value{Bytes{buffer}};
}

std::optional<Value> instant_value(std::string_view text) {
  const auto parsed = parse_timestamp_with_offset(text);
  if (!parsed.value) return std::nullopt;
  const std::int64_t local = parsed.value->local.micros;
  if (local == kTimeInfinity || local == kTimeMinusInfinity) return Value{Instant{local}};
  if (!parsed.value->offset_micros) return std::nullopt;
  return Value{Instant{local - *parsed.value->offset_micros}};
}

std::optional<Value> json_value(std::string_view text, std::string& buffer) {
  buffer.clear();
  if (!canonical_json(text, buffer).value) return std::nullopt;
  return Value{Json{buffer}};
}

// One item of an array literal (PostgreSQL manual, section 8.15.6). Moves `rest` behind it.
std::string array_item(std::string_view& rest, bool& quoted) {
  std::string item;
  quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  while (!rest.empty() && (quoted ? rest.front() != '"' : rest.front() != ',' && rest.front() != '}')) {
    if (rest.front() == '\\' && rest.size() > 1) rest.remove_prefix(1);
    item += rest.front();
    rest.remove_prefix(1);
  }
  if (quoted && !rest.empty()) rest.remove_prefix(1);
  return item;
}

// {a,"b c",NULL} as a JSON array. One dimension; blanks around items are left to the database.
std::optional<std::string> array_literal(Type element, std::string_view text) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  std::string json = "[";
  std::string buffer;
  for (std::string_view rest = text.substr(1); rest != "}";) {
    if (rest.empty() || rest.front() == '{' || std::isspace(static_cast<unsigned char>(rest.front())) != 0) {
      return std::nullopt;
    }
    bool quoted = false;
    const std::string item = array_item(rest, quoted);
    if (json.size() > 1) json += ',';
    if (!quoted && (item == "NULL" || item == "null")) {
      json += "null";
    } else if (const auto value = literal_value(element, item, buffer)) {
      append_json(*value, json);
    } else {
      return std::nullopt;
    }
    if (rest.starts_with(',')) rest.remove_prefix(1);
  }
  return json + "]";
}

}  // namespace

std::optional<Value> literal_value(Type type, std::string_view text, std::string& buffer) {
  switch (type) {
    case Type::boolean:
      return value_of(parse_bool(text));
    case Type::integer:
      return value_of(parse_integer(text));
    case Type::float64:
      return value_of(parse_float(text));
    case Type::date:
      return value_of(parse_date(text));
    case Type::time:
      return value_of(parse_time(text));
    case Type::timestamp:
      return value_of(parse_timestamp(text));
    case Type::uuid:
      return value_of(parse_uuid(text));
    case Type::timestamptz:
      return instant_value(text);
    case Type::bytes:
      return bytes_value(text, buffer);
    case Type::json:
      return json_value(text, buffer);
    case Type::decimal:
      if (const auto number = parse_decimal(text)) return Value{*number};
      return std::nullopt;
    case Type::list:
      return std::nullopt;
    case Type::any:
    case Type::text:
      return Value{text};
  }
  return std::nullopt;
}

std::optional<std::string> canonical_literal(const SqlType& type, std::string_view text) {
  if (type.type == Type::list) {
    return type.array ? array_literal(type.is_enum ? Type::text : postgres_type(type.base, false).type, text)
                      : std::nullopt;
  }
  std::string buffer;
  const auto value = literal_value(type.type, text, buffer);
  if (!value) return std::nullopt;
  return to_text(*value);
}

}  // namespace etl::schema
