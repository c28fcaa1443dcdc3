#include "engine/writers/postgres_numeric.h"

#include <array>

namespace etl::writers {

namespace {

constexpr std::uint16_t kNegative = 0x4000;
constexpr std::uint16_t kNan = 0xC000;
constexpr std::uint16_t kInfinity = 0xD000;  // Since PostgreSQL 14.
constexpr std::uint16_t kMinusInfinity = 0xF000;
constexpr std::uint32_t kBase = 10'000;

constexpr auto kPowers = [] {
  std::array<UInt128, 39> powers{};
  powers[0] = 1;
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

// Digits of the whole part, then of the fraction; `weight` is that of the first digit.
struct Digits {
  std::array<std::uint16_t, 24> digits{};
  int count = 0;
  int whole = 0;
};

template <class Number>
void put_whole(Number value, Digits& out) {
  std::array<std::uint16_t, 12> reversed{};
  while (value != 0) {
    reversed[static_cast<std::size_t>(out.whole++)] = static_cast<std::uint16_t>(value % kBase);
    value /= kBase;
  }
  for (int i = out.whole - 1; i >= 0; --i) {
    out.digits[static_cast<std::size_t>(out.count++)] = reversed[static_cast<std::size_t>(i)];
  }
}

// `fraction` has `scale` decimal digits; groups of four from the point on.
template <class Number>
void put_fraction(Number fraction, int scale, Digits& out) {
  while (scale > 0 && fraction != 0) {
    if (scale < 4) {
      fraction *= static_cast<std::uint32_t>(kPowers[static_cast<std::size_t>(4 - scale)]);
      scale = 4;
    }
    const auto unit = static_cast<Number>(kPowers[static_cast<std::size_t>(scale - 4)]);
    out.digits[static_cast<std::size_t>(out.count++)] = static_cast<std::uint16_t>(fraction / unit);
    fraction %= unit;
    scale -= 4;
  }
}

template <class Number>
Digits digits_of(Number magnitude, int scale) {
  Digits out;
  const auto unit = static_cast<Number>(kPowers[static_cast<std::size_t>(scale)]);
  put_whole<Number>(magnitude / unit, out);
  put_fraction<Number>(magnitude % unit, scale, out);
  return out;
}

void put_special(std::uint16_t sign, CopyBuffer& out) {
  out.put32(8);
  out.put16(0);
  out.put16(0);
  out.put16(sign);
  out.put16(0);
}

}  // namespace

void put_numeric(const Decimal& value, CopyBuffer& out) {
  switch (value.special) {
    case Decimal::Special::nan:
      return put_special(kNan, out);
    case Decimal::Special::infinity:
      return put_special(kInfinity, out);
    case Decimal::Special::minus_infinity:
      return put_special(kMinusInfinity, out);
    case Decimal::Special::none:
      break;
  }
  const bool negative = value.coefficient < 0;
  const UInt128 magnitude =
      negative ? -static_cast<UInt128>(value.coefficient) : static_cast<UInt128>(value.coefficient);
  constexpr UInt128 kNarrow = ~std::uint64_t{0};
  constexpr int kNarrowScale = 18;
  const bool narrow = magnitude <= kNarrow && value.scale <= kNarrowScale;
  const Digits found =
      narrow ? digits_of(static_cast<std::uint64_t>(magnitude), value.scale) : digits_of(magnitude, value.scale);
  out.put32(static_cast<std::uint32_t>(8 + 2 * found.count));
  out.put16(static_cast<std::uint16_t>(found.count));
  out.put16(static_cast<std::uint16_t>(found.count == 0 ? 0 : found.whole - 1));
  out.put16(negative ? kNegative : 0);
  out.put16(value.scale);
  for (int i = 0; i < found.count; ++i) out.put16(found.digits[static_cast<std::size_t>(i)]);
}

}  // namespace etl::writers
