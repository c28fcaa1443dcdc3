// Decimals as text and as doubles.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/data/decimal.h"

namespace etl {

namespace {

using Special = Decimal::Special;

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) | 0x20) != static_cast<unsigned char>(lower[i])) return false;
  }
  return true;
}

std::optional<Decimal> parse_special(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  } else if (equals_ignoring_case(text, "nan")) {
    return Decimal{.special = Special::nan};
  }
  if (!equals_ignoring_case(text, "infinity") && !equals_ignoring_case(text, "inf")) return std::nullopt;
  return Decimal{.special = negative ? Special::minus_infinity : Special::infinity};
}

constexpr int kDigitsPerWord = 18;
constexpr std::int64_t kLargestExponent = 10'000;

// Digits as they are read: at most 38 significant ones, then only zeros, which are counted.
class Digits {
 public:
  bool add(unsigned digit, bool behind_point) {
    seen_ = true;
    if (behind_point) ++scale_;
    if (digit == 0 && count_ != 0) {
      ++zeros_;
      return true;
    }
    if (digit == 0) return true;
    for (; zeros_ > 0; --zeros_) {
      if (!append(0)) return false;
    }
    return append(digit);
  }

  bool seen() const { return seen_; }

  std::optional<Decimal> finish(bool negative, std::int64_t exponent) {
    std::int64_t scale = scale_ - exponent;
    if (count_ == 0) return Decimal{.scale = static_cast<std::uint8_t>(std::clamp<std::int64_t>(scale, 0, 38))};
    // Zeros at the end are kept where they fit; behind the point they may go.
    std::int64_t zeros = zeros_ + (scale < 0 ? -scale : 0);
    if (scale < 0) scale = 0;
    while (zeros > 0 && scale > 0 && (count_ + zeros > kMaxDecimalDigits || scale > kMaxDecimalDigits)) {
      --zeros;
      --scale;
    }
    if (count_ + zeros > kMaxDecimalDigits || scale > kMaxDecimalDigits) return std::nullopt;
    UInt128 digits = digits_;
    for (; zeros > 0; --zeros) digits *= 10;
    const auto coefficient = static_cast<Int128>(digits);
    return Decimal{.coefficient = negative ? -coefficient : coefficient, .scale = static_cast<std::uint8_t>(scale)};
  }

 private:
  bool append(unsigned digit) {
    if (++count_ > kMaxDecimalDigits) return false;
    digits_ = digits_ * 10 + digit;
    return true;
  }

  UInt128 digits_ = 0;
  int count_ = 0;
  std::int64_t zeros_ = 0;
  std::int64_t scale_ = 0;
  bool seen_ = false;
};

std::optional<Decimal> parse_slowly(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (at != end && (*at == '-' || *at == '+')) ++at;
  Digits digits;
  bool point = false;
  for (; at != end; ++at) {
    const unsigned digit = static_cast<unsigned char>(*at) - unsigned{'0'};
    if (digit <= 9) {
      if (!digits.add(digit, point)) return std::nullopt;
    } else if (*at == '.' && !point) {
      point = true;
    } else {
      break;
    }
  }
  if (!digits.seen()) return parse_special(text);
  std::int64_t exponent = 0;
  if (at != end) {
    if (*at != 'e' && *at != 'E') return std::nullopt;
    ++at;
    if (at != end && *at == '+' && at + 1 != end && at[1] != '-') ++at;
    const auto [stop, error] = std::from_chars(at, end, exponent);
    if (error != std::errc{} || stop != end || std::abs(exponent) > kLargestExponent) return std::nullopt;
  }
  return digits.finish(negative, exponent);
}

// Writes the digits of a number with at least `width` of them, returns how many.
std::size_t write_digits(UInt128 digits, int width, char* buffer) {
  char reversed[40];
  int count = 0;
  while (digits > ~std::uint64_t{0}) {
    constexpr std::uint64_t kChunk = 1'000'000'000'000'000'000;
    auto chunk = static_cast<std::uint64_t>(digits % kChunk);
    digits /= kChunk;
    for (int i = 0; i < kDigitsPerWord; ++i, chunk /= 10) reversed[count++] = static_cast<char>('0' + chunk % 10);
  }
  for (auto rest = static_cast<std::uint64_t>(digits); rest != 0; rest /= 10) {
    reversed[count++] = static_cast<char>('0' + rest % 10);
  }
  while (count < width) reversed[count++] = '0';
  for (int i = 0; i < count; ++i) buffer[i] = reversed[count - 1 - i];
  return static_cast<std::size_t>(count);
}

}  // namespace

std::optional<Decimal> parse_decimal(std::string_view text) {
  // Nearly every number is short and plain.
  const char* at = text.data();
  const char* const end = at + text.size();
  const bool negative = at != end && *at == '-';
  if (negative) ++at;
  if (at == end || end - at > kDigitsPerWord) return parse_slowly(text);
  std::uint64_t digits = 0;
  const char* point = nullptr;
  for (const char* next = at; next != end; ++next) {
    const unsigned digit = static_cast<unsigned char>(*next) - unsigned{'0'};
    if (digit <= 9) {
      digits = digits * 10 + digit;
    } else if (*next == '.' && point == nullptr && end - at > 1) {
      point = next;
    } else {
      return parse_slowly(text);
    }
  }
  const auto scale = point == nullptr ? 0 : end - point - 1;
  const auto coefficient = static_cast<Int128>(digits);
  return Decimal{.coefficient = negative ? -coefficient : coefficient, .scale = static_cast<std::uint8_t>(scale)};
}

std::size_t format_decimal(const Decimal& value, char* buffer) {
  if (!value.is_finite()) {
    const std::string_view word = value.special == Special::nan        ? "NaN"
                                  : value.special == Special::infinity ? "Infinity"
                                                                       : "-Infinity";
    std::memcpy(buffer, word.data(), word.size());
    return word.size();
  }
  char* out = buffer;
  const bool negative = value.coefficient < 0;
  if (negative) *out++ = '-';
  const UInt128 digits = negative ? -static_cast<UInt128>(value.coefficient) : static_cast<UInt128>(value.coefficient);
  const std::size_t count = write_digits(digits, value.scale + 1, out);
  if (value.scale == 0) return static_cast<std::size_t>(out - buffer) + count;
  char* const point = out + count - value.scale;
  std::memmove(point + 1, point, value.scale);
  *point = '.';
  return static_cast<std::size_t>(out - buffer) + count + 1;
}

std::string to_string(const Decimal& value) {
  char buffer[48];
  return {buffer, format_decimal(value, buffer)};
}

std::optional<Decimal> to_decimal(double value) {
  if (std::isnan(value)) return Decimal{.special = Special::nan};
  if (std::isinf(value)) return Decimal{.special = value < 0 ? Special::minus_infinity : Special::infinity};
  char buffer[32];
  const auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
  return parse_decimal({buffer, static_cast<std::size_t>(end - buffer)});
}

double to_double(const Decimal& value) {
  switch (value.special) {
    case Special::nan:
      return std::nan("");
    case Special::infinity:
      return HUGE_VAL;
    case Special::minus_infinity:
      return -HUGE_VAL;
    case Special::none:
      break;
  }
  // Both parts are exact, so the one division rounds correctly.
  constexpr std::array<double, 23> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                              1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  constexpr Int128 kExact = Int128{1} << 53;
  if (value.coefficient <= kExact && value.coefficient >= -kExact && value.scale < kPowers.size()) {
    return static_cast<double>(static_cast<std::int64_t>(value.coefficient)) / kPowers[value.scale];
  }
  char buffer[48];
  const std::size_t size = format_decimal(value, buffer);
  double result = 0;
  std::from_chars(buffer, buffer + size, result);
  return result;
}

}  // namespace etl
