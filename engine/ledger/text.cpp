#include "engine/ledger/text.h"

#include "engine/data/json.h"

namespace etl::ledger {

namespace {

// In quotes, as an array literal has it.
void append_array_item(std::string_view item, std::string& out) {
  out += '"';
  for (const char c : item) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  out += '"';
}

}  // namespace

std::string array_text(schema::Dialect dialect, std::span<const std::string> items) {
  const bool postgres = dialect == schema::Dialect::postgresql;
  std::string out(1, postgres ? '{' : '[');
  for (const std::string& item : items) {
    if (out.size() > 1) out += ',';
    if (postgres) {
      append_array_item(item, out);
    } else {
      append_json_string(item, out);
    }
  }
  out += postgres ? '}' : ']';
  return out;
}

namespace {

// array_out quotes an item only where it must.
std::vector<std::string> read_postgres_array(std::string_view text) {
  std::vector<std::string> items;
  for (std::size_t at = 1; at + 1 < text.size(); ++at) {
    std::string item;
    const bool quoted = text[at] == '"';
    if (quoted) ++at;
    for (; at + 1 < text.size() && text[at] != (quoted ? '"' : ','); ++at) {
      if (text[at] == '\\') ++at;
      item += text[at];
    }
    if (quoted) ++at;  // To the comma.
    items.push_back(std::move(item));
  }
  return items;
}

}  // namespace

std::vector<std::string> read_array(schema::Dialect dialect, std::string_view text) {
  if (text.size() < 2) return {};
  if (dialect == schema::Dialect::postgresql) return read_postgres_array(text);
  std::vector<std::string> items;
  JsonItems array{text};
  while (array.next()) {
    std::string& item = items.emplace_back();
    if (kind_of(array.value()) == JsonKind::text) {
      append_json_text(array.value(), item);
    } else {
      item = array.value();
    }
  }
  return items;
}

Instant read_instant(std::string_view text) {
  const auto parsed = parse_timestamp_with_offset(text).value;
  if (!parsed) return {};
  return {parsed->local.micros - parsed->offset_micros.value_or(0)};
}

Uuid read_uuid(std::string_view text) { return parse_uuid(text).value.value_or(Uuid{}); }

std::int64_t read_integer(const std::optional<std::string>& cell) {
  return cell ? parse_integer(*cell).value.value_or(0) : 0;
}

bool read_bool(const std::optional<std::string>& cell) { return cell && parse_bool(*cell).value.value_or(false); }

}  // namespace etl::ledger
