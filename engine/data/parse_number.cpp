// Numbers, truth values and UUIDs from text.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "engine/data/value.h"

namespace etl {

namespace {

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i] >= 'A' && text[i] <= 'Z' ? static_cast<char>(text[i] + 32) : text[i];
    if (c != lower[i]) return false;
  }
  return true;
}

std::optional<double> parse_special(std::string_view text) {
  bool negative = false;
  if (equals_ignoring_case(text, "nan")) return std::nan("");
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  if (!equals_ignoring_case(text, "infinity") && !equals_ignoring_case(text, "inf")) return std::nullopt;
  return negative ? -HUGE_VAL : HUGE_VAL;
}

// 0 to 15, or 16 for all that is no hexadecimal digit.
constexpr std::array<std::uint8_t, 256> kHexDigits = [] {
  std::array<std::uint8_t, 256> digits{};
  digits.fill(16);
  for (unsigned i = 0; i < 10; ++i) digits['0' + i] = static_cast<std::uint8_t>(i);
  for (unsigned i = 0; i < 6; ++i) {
    digits['a' + i] = static_cast<std::uint8_t>(10 + i);
    digits['A' + i] = static_cast<std::uint8_t>(10 + i);
  }
  return digits;
}();

bool read_hex(const char* digits, std::uint8_t* bytes, std::size_t count) {
  unsigned seen = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const unsigned high = kHexDigits[static_cast<unsigned char>(digits[2 * i])];
    const unsigned low = kHexDigits[static_cast<unsigned char>(digits[2 * i + 1])];
    seen |= high | low;
    bytes[i] = static_cast<std::uint8_t>(high << 4 | (low & 15));
  }
  return seen < 16;
}

bool read_hyphenated(const char* text, Uuid& uuid) {
  if (text[8] != '-' || text[13] != '-' || text[18] != '-' || text[23] != '-') return false;
  std::uint8_t* const bytes = uuid.bytes.data();
  return read_hex(text, bytes, 4) && read_hex(text + 9, bytes + 4, 2) && read_hex(text + 14, bytes + 6, 2) &&
         read_hex(text + 19, bytes + 8, 2) && read_hex(text + 24, bytes + 10, 6);
}

}  // namespace

Outcome<std::int64_t> parse_integer(std::string_view text) {
  const std::string_view trimmed = without_blanks(text);
  const char* at = trimmed.data();
  const char* const end = at + trimmed.size();
  if (trimmed.size() > 1 && *at == '+' && is_digit(at[1])) ++at;
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(at, end, value);
  if (error == std::errc{} && stop == end) return value;
  const bool too_big = error == std::errc::result_out_of_range && stop == end;
  return Outcome<std::int64_t>::fail(quote_for_message(text) +
                                     (too_big ? " is out of range for int" : " is not a whole number"));
}

Outcome<double> parse_float(std::string_view text) {
  const std::string_view trimmed = without_blanks(text);
  const char* at = trimmed.data();
  const char* const end = at + trimmed.size();
  if (trimmed.size() > 1 && *at == '+' && at[1] != '-') ++at;
  const char* const first = at != end && *at == '-' ? at + 1 : at;
  double value = 0;
  if (first != end && (is_digit(*first) || *first == '.')) {
    const auto [stop, error] = std::from_chars(at, end, value);
    if (error == std::errc{} && stop == end) return value;
    if (error == std::errc::result_out_of_range && stop == end) {
      return Outcome<double>::fail(quote_for_message(text) + " is out of range for float");
    }
  } else if (const auto special = parse_special(trimmed)) {
    return *special;
  }
  return Outcome<double>::fail(quote_for_message(text) + " is not a number");
}

Outcome<bool> parse_bool(std::string_view text) {
  if (text.size() == 1) {
    switch (text[0]) {
      case '1':
      case 't':
      case 'T':
      case 'y':
      case 'Y':
        return true;
      case '0':
      case 'f':
      case 'F':
      case 'n':
      case 'N':
        return false;
      default:
        break;
    }
  } else if (equals_ignoring_case(text, "true") || equals_ignoring_case(text, "yes") ||
             equals_ignoring_case(text, "on")) {
    return true;
  } else if (equals_ignoring_case(text, "false") || equals_ignoring_case(text, "no") ||
             equals_ignoring_case(text, "off")) {
    return false;
  }
  return Outcome<bool>::fail(quote_for_message(text) + " is neither true nor false");
}

Outcome<Uuid> parse_uuid(std::string_view text) {
  std::string_view inner = text;
  if (inner.size() > 2 && inner.front() == '{' && inner.back() == '}') inner = inner.substr(1, inner.size() - 2);
  Uuid uuid;
  if (inner.size() == 36 && read_hyphenated(inner.data(), uuid)) return uuid;
  if (inner.size() == 32 && read_hex(inner.data(), uuid.bytes.data(), 16)) return uuid;
  return Outcome<Uuid>::fail(quote_for_message(text) + " is not a UUID");
}

}  // namespace etl
