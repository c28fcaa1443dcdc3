// Exact decimal numbers of up to 38 digits: coefficient * 10^-scale.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace etl {

__extension__ typedef __int128 Int128;
__extension__ typedef unsigned __int128 UInt128;

// |coefficient| < 10^38, 0 <= scale <= 38. Besides numbers there are NaN and both infinities, as
// PostgreSQL's numeric has them (manual, section 8.1.2). The scale is kept as written: 1.10 prints "1.10".
struct Decimal {
  enum class Special : std::uint8_t { none, nan, infinity, minus_infinity };

  Int128 coefficient = 0;
  std::uint8_t scale = 0;
  Special special = Special::none;

  static Decimal of(std::int64_t value) { return {.coefficient = value}; }
  bool is_finite() const { return special == Special::none; }
};

inline constexpr int kMaxDecimalDigits = 38;

// Reads "-12.50", "1e3", "+.5", "NaN", "Infinity" (any case), without surrounding blanks.
// Nothing when the text is no number or needs more than 38 digits.
std::optional<Decimal> parse_decimal(std::string_view text);
// The shortest decimal that reads back as this double. Nothing when it needs more than 38 digits.
std::optional<Decimal> to_decimal(double value);
// Plain digits, never an exponent: "-12.50". NaN, Infinity, -Infinity.
std::string to_string(const Decimal& value);
// Writes the same into `buffer` (at least 48 bytes), returns the length.
std::size_t format_decimal(const Decimal& value, char* buffer);

double to_double(const Decimal& value);
// Nothing when there is a fraction other than zero, or the number is out of range.
std::optional<std::int64_t> to_integer(const Decimal& value);

// Numeric order; NaN equals itself and is above all else, as in PostgreSQL.
std::strong_ordering compare(const Decimal& left, const Decimal& right);
// Digits before and after the point once trailing zeros of the fraction are gone; 0 has 0 and 0.
int integer_digits(const Decimal& value);
int fraction_digits(const Decimal& value);

// Nothing on overflow of 38 digits (or, for divide, a zero divisor).
std::optional<Decimal> add(const Decimal& left, const Decimal& right);
std::optional<Decimal> subtract(const Decimal& left, const Decimal& right);
std::optional<Decimal> multiply(const Decimal& left, const Decimal& right);
// Keeps 10 digits behind the point, half to even.
std::optional<Decimal> divide(const Decimal& left, const Decimal& right);
// Sign of the dividend, as in PostgreSQL.
std::optional<Decimal> remainder(const Decimal& left, const Decimal& right);
Decimal negate(const Decimal& value);
// Half to even, to `digits` behind the point (negative: before it).
std::optional<Decimal> round(const Decimal& value, int digits);
// The same number with exactly `scale` digits behind the point; nothing if that would change it.
std::optional<Decimal> rescale(const Decimal& value, int scale);
Decimal floor(const Decimal& value);
Decimal ceil(const Decimal& value);

}  // namespace etl
