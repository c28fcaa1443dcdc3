#include "engine/converters/convert.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/base/error.h"

namespace etl::converters {

namespace {

// Makes a text of at most `Most` bytes in the arena.
template <std::size_t Most, class Format>
std::string_view formatted(Arena& arena, Format format) {
  char* const buffer = arena.allocate(Most);
  const std::size_t size = format(buffer);
  arena.give_back(Most - size);
  return {buffer, size};
}

bool is_infinite(Timestamp value) { return value.micros == kTimeInfinity || value.micros == kTimeMinusInfinity; }

std::int64_t floor_days(std::int64_t micros) { return micros / kMicrosPerDay - (micros % kMicrosPerDay < 0 ? 1 : 0); }

Outcome<Timestamp> midnight(Date value) {
  if (value.days == kDateInfinity) return Timestamp{kTimeInfinity};
  if (value.days == kDateMinusInfinity) return Timestamp{kTimeMinusInfinity};
  if (value.days > kLastMicros / kMicrosPerDay) {
    return Outcome<Timestamp>::fail(quote_for_message(to_text(value)) + " is out of range for timestamp");
  }
  return Timestamp{value.days * kMicrosPerDay};
}

std::string& scratch() {
  thread_local std::string buffer;
  buffer.clear();
  return buffer;
}

}  // namespace

Outcome<bool> ToBool::operator()(Arena&, std::int64_t value) const {
  if (value == 0 || value == 1) return value == 1;
  return Outcome<bool>::fail(fmt::format("{} is neither 0 nor 1", value));
}

Outcome<bool> ToBool::operator()(Arena& arena, const Decimal& value) const {
  if (const auto whole = to_integer(value)) return (*this)(arena, *whole);
  return Outcome<bool>::fail(fmt::format("{} is neither 0 nor 1", to_string(value)));
}

Outcome<std::int64_t> ToInteger::operator()(Arena&, const Decimal& value) const {
  if (const auto whole = to_integer(value)) return *whole;
  const bool fraction = fraction_digits(value) != 0;
  return Outcome<std::int64_t>::fail(to_string(value) + (fraction ? " has a fraction" : " is out of range for int"));
}

Outcome<std::int64_t> ToInteger::operator()(Arena&, double value) const {
  if (value != std::trunc(value)) return Outcome<std::int64_t>::fail(to_text(value) + " has a fraction");
  constexpr double kLimit = 9223372036854775808.0;
  if (value >= -kLimit && value < kLimit) return static_cast<std::int64_t>(value);
  return Outcome<std::int64_t>::fail(to_text(value) + " is out of range for int");
}

Outcome<Decimal> ToDecimal::operator()(Arena&, double value) const {
  if (const auto exact = to_decimal(value)) return *exact;
  return Outcome<Decimal>::fail(to_text(value) + " needs more than 38 digits");
}

Outcome<Decimal> ToDecimal::operator()(Arena&, std::string_view value) const {
  if (const auto number = parse_decimal(value)) return *number;
  std::string_view trimmed = value;
  const auto is_blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!trimmed.empty() && is_blank(trimmed.front())) trimmed.remove_prefix(1);
  while (!trimmed.empty() && is_blank(trimmed.back())) trimmed.remove_suffix(1);
  if (const auto number = parse_decimal(trimmed)) return *number;
  // What a float reads is a number, so only its digits are too many.
  const bool number = parse_float(trimmed).value.has_value();
  return Outcome<Decimal>::fail(quote_for_message(value) +
                                (number ? " needs more than 38 digits" : " is not a number"));
}

Outcome<double> ToFloat::operator()(Arena&, std::int64_t value) const {
  const auto real = static_cast<double>(value);
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (rounds || (value <= kExact && value >= -kExact)) return real;
  if (real < 9223372036854775808.0 && static_cast<std::int64_t>(real) == value) return real;
  return Outcome<double>::fail(fmt::format("{} cannot be kept exactly as a float", value));
}

std::string_view ToText::operator()(Arena& arena, std::int64_t value) const {
  return formatted<20>(arena, [&](char* buffer) {
    return static_cast<std::size_t>(std::to_chars(buffer, buffer + 20, value).ptr - buffer);
  });
}
std::string_view ToText::operator()(Arena& arena, const Decimal& value) const {
  return formatted<48>(arena, [&](char* buffer) { return format_decimal(value, buffer); });
}
std::string_view ToText::operator()(Arena& arena, double value) const {
  return formatted<32>(arena, [&](char* buffer) { return format_float(value, buffer); });
}
Outcome<std::string_view> ToText::operator()(Arena&, const Bytes& value) const {
  const std::size_t invalid = find_invalid_utf8(value.view);
  if (invalid != std::string_view::npos) {
    return Outcome<std::string_view>::fail(fmt::format("the bytes are not UTF-8 from byte {} on", invalid + 1));
  }
  if (value.view.find('\0') != std::string_view::npos) {
    return Outcome<std::string_view>::fail("the bytes hold a NUL, which text cannot");
  }
  return value.view;
}
std::string_view ToText::operator()(Arena& arena, Date value) const {
  return formatted<32>(arena, [&](char* buffer) { return format_date(value, buffer); });
}
std::string_view ToText::operator()(Arena& arena, Time value) const {
  return formatted<32>(arena, [&](char* buffer) { return format_time(value, buffer); });
}
std::string_view ToText::operator()(Arena& arena, Timestamp value) const {
  return formatted<40>(arena, [&](char* buffer) { return format_timestamp(value, buffer); });
}
std::string_view ToText::operator()(Arena& arena, Instant value) const {
  return formatted<40>(arena, [&](char* buffer) { return format_instant(value, buffer); });
}
std::string_view ToText::operator()(Arena& arena, const Uuid& value) const {
  return formatted<36>(arena, [&](char* buffer) { return format_uuid(value, buffer); });
}

Outcome<Uuid> ToUuid::operator()(Arena&, const Bytes& value) const {
  if (value.view.size() != 16) {
    return Outcome<Uuid>::fail(fmt::format("a UUID has 16 bytes, not {}", value.view.size()));
  }
  Uuid uuid;
  std::memcpy(uuid.bytes.data(), value.view.data(), 16);
  return uuid;
}

Outcome<Json> ToJson::operator()(Arena& arena, std::string_view value) const {
  std::string& canonical = scratch();
  auto parsed = canonical_json(value, canonical);
  if (!parsed.value) return Outcome<Json>::fail(std::move(parsed.reason));
  // Texts that are canonical already need no copy.
  return Json{canonical == value ? value : arena.copy(canonical)};
}

Json ToJson::wrap(Arena& arena, const Value& value) {
  std::string& json = scratch();
  append_json(value, json);
  return {arena.copy(json)};
}

Outcome<List> ToList::operator()(Arena& arena, std::string_view value) const {
  auto json = ToJson{}(arena, value);
  if (!json.value) return Outcome<List>::fail(std::move(json.reason));
  return (*this)(arena, *json.value);
}

Outcome<List> ToList::operator()(Arena&, const Json& value) const {
  if (value.view.starts_with('[')) return List{value.view};
  return Outcome<List>::fail(quote_for_message(value.view) + " is not a list");
}

Date ToDate::operator()(Arena&, Timestamp value) const {
  if (value.micros == kTimeInfinity) return {kDateInfinity};
  if (value.micros == kTimeMinusInfinity) return {kDateMinusInfinity};
  return {static_cast<std::int32_t>(floor_days(value.micros))};
}

Outcome<Time> ToTime::operator()(Arena&, Timestamp value) const {
  if (is_infinite(value)) return Outcome<Time>::fail("infinity has no time of day");
  return Time{value.micros - floor_days(value.micros) * kMicrosPerDay};
}

Outcome<Timestamp> ToTimestamp::operator()(Arena&, Date value) const { return midnight(value); }

Outcome<Instant> ToInstant::operator()(Arena& arena, std::string_view value) const {
  auto parsed = parse_timestamp_with_offset(value);
  if (!parsed.value) return Outcome<Instant>::fail(std::move(parsed.reason));
  if (!parsed.value->offset_micros) return (*this)(arena, parsed.value->local);
  if (is_infinite(parsed.value->local)) return Instant{parsed.value->local.micros};
  return Instant{parsed.value->local.micros - *parsed.value->offset_micros};
}

Outcome<Instant> ToInstant::operator()(Arena& arena, Date value) const {
  auto local = midnight(value);
  if (!local.value) return Outcome<Instant>::fail(std::move(local.reason));
  return (*this)(arena, *local.value);
}

Outcome<Instant> ToInstant::operator()(Arena&, Timestamp value) const {
  const auto instant = zone.instant(value);
  if (!instant) return Outcome<Instant>::fail(skipped(value, zone_name));
  if (is_infinite(value)) return *instant;
  if (instant->micros < kFirstMicros || instant->micros > kLastMicros) {
    return Outcome<Instant>::fail(quote_for_message(to_text(value)) + " is out of range for timestamptz");
  }
  return *instant;
}

Zone zone_of(std::string_view name) {
  if (const auto zone = Zone::named(name)) return *zone;
  throw Error{Error::Kind::environment, fmt::format("there is no time zone {}", quote_for_message(name)),
              "write a name of the tz database, such as Europe/Berlin"};
}

}  // namespace etl::converters
