// JSON numbers in plain digits, as PostgreSQL's numeric prints them.
#include <algorithm>
#include <charconv>
#include <string>

#include "engine/data/json.h"

namespace etl {

namespace {

// Digits before and behind the point that numeric can hold (manual, section 8.1.2).
constexpr std::int64_t kIntegerDigits = 131'072;
constexpr std::int64_t kFractionDigits = 16'383;

// A JSON number taken apart: digits[0, point) . digits[point, ...), without leading zeros in front.
struct NumberParts {
  bool negative = false;
  std::string digits;      // All digits, leading zeros removed.
  std::int64_t point = 0;  // Digits before the point; may be negative or behind the last digit.
  std::int64_t scale = 0;  // Digits behind the point that are printed.
  bool valid = true;       // The exponent is sane.
};

NumberParts take_apart(std::string_view number) {
  NumberParts parts;
  if (number[0] == '-') {
    parts.negative = true;
    number.remove_prefix(1);
  }
  const std::size_t mark = number.find_first_of("eE");
  std::int64_t exponent = 0;
  if (mark != std::string_view::npos) {
    const char* first = number.data() + mark + 1;
    if (*first == '+') ++first;
    const auto [stop, error] = std::from_chars(first, number.data() + number.size(), exponent);
    // PostgreSQL's limit is half of a 32-bit integer.
    parts.valid = error == std::errc{} && exponent < 1'073'741'823 && exponent > -1'073'741'823;
    number = number.substr(0, mark);
  }
  const std::size_t point = std::min(number.find('.'), number.size());
  parts.digits = number.substr(0, point);
  if (point != number.size()) parts.digits += number.substr(point + 1);
  const auto fraction = static_cast<std::int64_t>(parts.digits.size() - point);
  parts.scale = std::max<std::int64_t>(fraction - exponent, 0);
  parts.digits.erase(0, std::min(parts.digits.find_first_not_of('0'), parts.digits.size()));
  parts.point = static_cast<std::int64_t>(parts.digits.size()) - fraction + exponent;
  return parts;
}

}  // namespace

bool fits_jsonb(std::string_view number) {
  const NumberParts parts = take_apart(number);
  return parts.valid && parts.scale <= kFractionDigits && (parts.digits.empty() || parts.point <= kIntegerDigits);
}

void append_json_number(std::string_view number, std::string& out) {
  const NumberParts parts = take_apart(number);
  const auto count = static_cast<std::int64_t>(parts.digits.size());
  const auto digit = [&](std::int64_t i) {
    return i >= 0 && i < count ? parts.digits[static_cast<std::size_t>(i)] : '0';
  };
  if (parts.negative && count != 0) out += '-';
  if (count == 0 || parts.point <= 0) {
    out += '0';
  } else {
    for (std::int64_t i = 0; i < parts.point; ++i) out += digit(i);
  }
  if (parts.scale == 0) return;
  out += '.';
  const std::int64_t first = count == 0 ? 0 : parts.point;
  for (std::int64_t i = 0; i < parts.scale; ++i) out += digit(first + i);
}

}  // namespace etl
