#include "engine/data/decimal.h"

#include <algorithm>
#include <array>
#include <utility>

namespace etl {

namespace {

using Special = Decimal::Special;

constexpr std::array<UInt128, 39> kPowers = [] {
  std::array<UInt128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();
constexpr UInt128 kLimit = kPowers[kMaxDecimalDigits];

// Exact intermediate results need up to 76 digits.
struct UInt256 {
  UInt128 high = 0;
  UInt128 low = 0;
  friend auto operator<=>(const UInt256&, const UInt256&) = default;
};

UInt256 multiply_wide(UInt128 left, UInt128 right) {
  constexpr UInt128 kMask = ~std::uint64_t{0};
  const UInt128 a = left >> 64, b = left & kMask, c = right >> 64, d = right & kMask;
  const UInt128 bd = b * d, ad = a * d, bc = b * c;
  const UInt128 middle = (bd >> 64) + (ad & kMask) + (bc & kMask);
  return {a * c + (ad >> 64) + (bc >> 64) + (middle >> 64), (middle << 64) | (bd & kMask)};
}

UInt256 plus(UInt256 left, UInt256 right) {
  UInt256 sum{left.high + right.high, left.low + right.low};
  if (sum.low < left.low) ++sum.high;
  return sum;
}

UInt256 minus(UInt256 left, UInt256 right) {
  return {left.high - right.high - (left.low < right.low ? 1 : 0), left.low - right.low};
}

struct Division {
  UInt256 quotient;
  UInt256 remainder;
};

// Long division, bit by bit where 128 bits do not suffice. REQUIRES: divisor is not 0 and below 2^255.
Division divide_wide(UInt256 dividend, UInt256 divisor) {
  if (dividend.high == 0 && divisor.high == 0) {
    return {{0, dividend.low / divisor.low}, {0, dividend.low % divisor.low}};
  }
  Division result;
  for (int bit = 255; bit >= 0; --bit) {
    UInt256& rest = result.remainder;
    rest = {(rest.high << 1) | (rest.low >> 127), rest.low << 1};
    const UInt128 word = bit >= 128 ? dividend.high : dividend.low;
    rest.low |= (word >> (bit % 128)) & 1;
    if (rest >= divisor) {
      rest = minus(rest, divisor);
      (bit >= 128 ? result.quotient.high : result.quotient.low) |= UInt128{1} << (bit % 128);
    }
  }
  return result;
}

UInt128 magnitude(const Decimal& value) {
  return value.coefficient < 0 ? -static_cast<UInt128>(value.coefficient) : static_cast<UInt128>(value.coefficient);
}

Decimal signed_decimal(bool negative, UInt128 digits, int scale) {
  const auto coefficient = static_cast<Int128>(digits);
  return {.coefficient = negative ? -coefficient : coefficient, .scale = static_cast<std::uint8_t>(scale)};
}

// The number digits * 10^-scale, without trailing zeros where they do not fit. Nothing when it does not fit.
std::optional<Decimal> fit(bool negative, UInt256 digits, int scale) {
  while (scale > 0 && (scale > kMaxDecimalDigits || digits >= UInt256{0, kLimit})) {
    const Division tenth = divide_wide(digits, {0, 10});
    if (tenth.remainder != UInt256{}) return std::nullopt;
    digits = tenth.quotient;
    --scale;
  }
  if (digits >= UInt256{0, kLimit} || scale > kMaxDecimalDigits) return std::nullopt;
  return signed_decimal(negative, digits.low, scale);
}

std::optional<Decimal> add_aligned(bool left_negative, UInt256 left, bool right_negative, UInt256 right, int scale) {
  if (left_negative == right_negative) return fit(left_negative, plus(left, right), scale);
  if (left >= right) return fit(left_negative, minus(left, right), scale);
  return fit(right_negative, minus(right, left), scale);
}

// Results with NaN or an infinity, as PostgreSQL gives them.
Decimal add_special(const Decimal& left, const Decimal& right) {
  if (left.special == Special::nan || right.special == Special::nan) return {.special = Special::nan};
  if (left.is_finite()) return right;
  if (right.is_finite() || left.special == right.special) return left;
  return {.special = Special::nan};
}

int sign(const Decimal& value) {
  if (value.special == Special::minus_infinity) return -1;
  if (value.special != Special::none) return 1;
  return value.coefficient < 0 ? -1 : static_cast<int>(value.coefficient > 0);
}

Decimal infinity(int sign) { return {.special = sign < 0 ? Special::minus_infinity : Special::infinity}; }

// The quotient rounded half to even.
UInt128 round_quotient(UInt128 digits, UInt128 divisor) {
  UInt128 quotient = digits / divisor;
  const UInt128 rest = digits % divisor;
  const UInt128 other = divisor - rest;
  if (rest > other || (rest == other && quotient % 2 == 1)) ++quotient;
  return quotient;
}

int digit_count(UInt128 digits) {
  return static_cast<int>(std::upper_bound(kPowers.begin(), kPowers.end(), digits) - kPowers.begin());
}

int rank(const Decimal& value) {
  switch (value.special) {
    case Special::minus_infinity:
      return 0;
    case Special::none:
      return 1;
    case Special::infinity:
      return 2;
    case Special::nan:
      break;
  }
  return 3;
}

// Towards minus infinity (`up` false) or plus infinity, to a whole number.
Decimal whole(const Decimal& value, bool up) {
  if (!value.is_finite() || value.scale == 0) return value;
  const UInt128 divisor = kPowers[value.scale];
  const bool negative = value.coefficient < 0;
  UInt128 digits = magnitude(value) / divisor;
  if (magnitude(value) % divisor != 0 && negative != up) ++digits;
  return signed_decimal(negative, digits, 0);
}

}  // namespace

std::optional<Decimal> add(const Decimal& left, const Decimal& right) {
  if (!left.is_finite() || !right.is_finite()) return add_special(left, right);
  if (left.scale == right.scale) {
    Decimal sum{.scale = left.scale};
    const bool overflow = __builtin_add_overflow(left.coefficient, right.coefficient, &sum.coefficient);
    if (!overflow && magnitude(sum) < kLimit) return sum;
  }
  const int scale = std::max(left.scale, right.scale);
  return add_aligned(left.coefficient < 0, multiply_wide(magnitude(left), kPowers[scale - left.scale]),
                     right.coefficient < 0, multiply_wide(magnitude(right), kPowers[scale - right.scale]), scale);
}

std::optional<Decimal> subtract(const Decimal& left, const Decimal& right) { return add(left, negate(right)); }

std::optional<Decimal> multiply(const Decimal& left, const Decimal& right) {
  if (left.special == Special::nan || right.special == Special::nan) return Decimal{.special = Special::nan};
  if (!left.is_finite() || !right.is_finite()) {
    const int product = sign(left) * sign(right);
    return product == 0 ? Decimal{.special = Special::nan} : infinity(product);
  }
  return fit((left.coefficient < 0) != (right.coefficient < 0), multiply_wide(magnitude(left), magnitude(right)),
             left.scale + right.scale);
}

std::optional<Decimal> divide(const Decimal& left, const Decimal& right) {
  constexpr int kKept = 10;
  if (left.special == Special::nan || right.special == Special::nan) return Decimal{.special = Special::nan};
  if (right.is_finite() && right.coefficient == 0) return std::nullopt;
  if (!left.is_finite())
    return right.is_finite() ? infinity(sign(left) * sign(right)) : Decimal{.special = Special::nan};
  if (!right.is_finite()) return Decimal{};

  const bool negative = (left.coefficient < 0) != (right.coefficient < 0);
  const int shift = kKept + right.scale - left.scale;
  UInt256 dividend{0, magnitude(left)};
  UInt256 divisor{0, magnitude(right)};
  if (shift > 0) {
    // A dividend of more than 76 digits has a quotient of more than 38.
    if (digit_count(dividend.low) + shift > 2 * kMaxDecimalDigits) {
      if (dividend.low != 0) return std::nullopt;
    } else {
      const int first = std::max(shift - kMaxDecimalDigits, 0);
      dividend = multiply_wide(dividend.low * kPowers[first], kPowers[shift - first]);
    }
  } else {
    divisor = multiply_wide(divisor.low, kPowers[-shift]);
  }
  auto [quotient, rest] = divide_wide(dividend, divisor);
  const UInt256 other = minus(divisor, rest);
  if (rest > other || (rest == other && quotient.low % 2 == 1)) quotient = plus(quotient, {0, 1});
  int scale = kKept;
  while (scale > 0) {
    const Division tenth = divide_wide(quotient, {0, 10});
    if (tenth.remainder != UInt256{}) break;
    quotient = tenth.quotient;
    --scale;
  }
  return fit(negative, quotient, scale);
}

std::optional<Decimal> remainder(const Decimal& left, const Decimal& right) {
  if (left.special == Special::nan || right.special == Special::nan) return Decimal{.special = Special::nan};
  if (right.is_finite() && right.coefficient == 0) return std::nullopt;
  if (!left.is_finite()) return Decimal{.special = Special::nan};
  if (!right.is_finite()) return left;
  const int scale = std::max(left.scale, right.scale);
  const auto rest = divide_wide(multiply_wide(magnitude(left), kPowers[scale - left.scale]),
                                multiply_wide(magnitude(right), kPowers[scale - right.scale]))
                        .remainder;
  return fit(left.coefficient < 0, rest, scale);
}

Decimal negate(const Decimal& value) {
  if (value.special == Special::infinity) return infinity(-1);
  if (value.special == Special::minus_infinity) return infinity(1);
  Decimal result = value;
  result.coefficient = -value.coefficient;
  return result;
}

std::optional<Decimal> round(const Decimal& value, int digits) {
  if (!value.is_finite() || digits >= value.scale) return value;
  const int dropped = value.scale - digits;
  if (dropped > kMaxDecimalDigits) return Decimal{};
  const UInt128 rounded = round_quotient(magnitude(value), kPowers[dropped]);
  if (digits >= 0) return signed_decimal(value.coefficient < 0, rounded, digits);
  return fit(value.coefficient < 0, multiply_wide(rounded, kPowers[std::min(-digits, kMaxDecimalDigits)]), 0);
}

std::optional<Decimal> rescale(const Decimal& value, int scale) {
  if (!value.is_finite() || scale == value.scale) return value;
  if (scale < 0 || scale > kMaxDecimalDigits) return std::nullopt;
  if (scale > value.scale) {
    const UInt256 digits = multiply_wide(magnitude(value), kPowers[scale - value.scale]);
    if (digits >= UInt256{0, kLimit}) return std::nullopt;
    return signed_decimal(value.coefficient < 0, digits.low, scale);
  }
  const UInt128 divisor = kPowers[value.scale - scale];
  if (magnitude(value) % divisor != 0) return std::nullopt;
  return signed_decimal(value.coefficient < 0, magnitude(value) / divisor, scale);
}

Decimal floor(const Decimal& value) { return whole(value, false); }
Decimal ceil(const Decimal& value) { return whole(value, true); }

std::strong_ordering compare(const Decimal& left, const Decimal& right) {
  if (!left.is_finite() || !right.is_finite()) return rank(left) <=> rank(right);
  if (left.scale == right.scale) return left.coefficient <=> right.coefficient;
  if (sign(left) != sign(right)) return sign(left) <=> sign(right);
  const int scale = std::max(left.scale, right.scale);
  const auto order = multiply_wide(magnitude(left), kPowers[scale - left.scale]) <=>
                     multiply_wide(magnitude(right), kPowers[scale - right.scale]);
  return left.coefficient < 0 ? 0 <=> order : order;
}

std::optional<std::int64_t> to_integer(const Decimal& value) {
  if (!value.is_finite()) return std::nullopt;
  const auto divisor = static_cast<Int128>(kPowers[value.scale]);
  if (value.coefficient % divisor != 0) return std::nullopt;
  const Int128 whole = value.coefficient / divisor;
  const auto narrow = static_cast<std::int64_t>(whole);
  if (narrow != whole) return std::nullopt;
  return narrow;
}

int integer_digits(const Decimal& value) {
  if (!value.is_finite()) return 0;
  return digit_count(magnitude(value) / kPowers[value.scale]);
}

int fraction_digits(const Decimal& value) {
  if (!value.is_finite()) return 0;
  UInt128 fraction = magnitude(value) % kPowers[value.scale];
  if (fraction == 0) return 0;
  int digits = value.scale;
  while (fraction % 10 == 0) {
    fraction /= 10;
    --digits;
  }
  return digits;
}

}  // namespace etl
