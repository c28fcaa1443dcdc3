#include "engine/converters/calendar.h"

#include <algorithm>
#include <array>
#include <utility>

namespace etl::converters {

namespace {

constexpr std::int64_t kMicrosPerMinute = 60 * kMicrosPerSecond;
constexpr std::int64_t kMicrosPerHour = 60 * kMicrosPerMinute;

std::int64_t floor_divide(std::int64_t value, std::int64_t divisor) {
  return value / divisor - (value % divisor < 0 ? 1 : 0);
}

struct Moment {
  CivilDate civil;
  std::int64_t clock = 0;  // Microseconds since midnight.
};

Moment moment_of(Timestamp local) {
  const std::int64_t days = floor_divide(local.micros, kMicrosPerDay);
  return {civil_of({static_cast<std::int32_t>(days)}), local.micros - days * kMicrosPerDay};
}

// A fixed length, or 0 for units that are counted in months.
std::int64_t fixed_length(Unit unit) {
  switch (unit) {
    case Unit::second:
      return kMicrosPerSecond;
    case Unit::minute:
      return kMicrosPerMinute;
    case Unit::hour:
      return kMicrosPerHour;
    case Unit::day:
      return kMicrosPerDay;
    case Unit::week:
      return 7 * kMicrosPerDay;
    default:
      return 0;
  }
}

std::int64_t months_in(Unit unit) { return unit == Unit::year ? 12 : unit == Unit::quarter ? 3 : 1; }

Timestamp midnight(CivilDate civil) { return {date_of(civil).value_or(Date{kFirstDay}).days * kMicrosPerDay}; }

std::optional<Timestamp> in_range(std::int64_t micros) {
  if (micros < kFirstMicros || micros > kLastMicros) return std::nullopt;
  return Timestamp{micros};
}

std::optional<Timestamp> add_months(Timestamp local, std::int64_t months) {
  const Moment from = moment_of(local);
  const std::int64_t month = std::int64_t{from.civil.year} * 12 + from.civil.month - 1 + months;
  const std::int64_t year = floor_divide(month, 12);
  if (year < -5'000 || year > 300'000) return std::nullopt;
  CivilDate to{static_cast<std::int32_t>(year), static_cast<std::int32_t>(month - year * 12) + 1, from.civil.day};
  std::optional<Date> date;
  // The last day of a shorter month.
  for (; !(date = date_of(to)); --to.day) {
    if (to.day <= 28) return std::nullopt;
  }
  if (date->days > kLastMicros / kMicrosPerDay) return std::nullopt;
  return in_range(date->days * kMicrosPerDay + from.clock);
}

}  // namespace

bool is_infinite(Timestamp local) { return local.micros == kTimeInfinity || local.micros == kTimeMinusInfinity; }

bool is_beyond_timestamps(Date date) { return date.days > kLastMicros / kMicrosPerDay && date.days != kDateInfinity; }

Timestamp clock_of(Date date) {
  if (date.days == kDateInfinity) return {kTimeInfinity};
  if (date.days == kDateMinusInfinity) return {kTimeMinusInfinity};
  return {date.days * kMicrosPerDay};
}
std::optional<Unit> unit_named(std::string_view name) {
  static constexpr std::array<std::pair<std::string_view, Unit>, 8> kUnits = {{{"second", Unit::second},
                                                                               {"minute", Unit::minute},
                                                                               {"hour", Unit::hour},
                                                                               {"day", Unit::day},
                                                                               {"week", Unit::week},
                                                                               {"month", Unit::month},
                                                                               {"quarter", Unit::quarter},
                                                                               {"year", Unit::year}}};
  for (const auto& [word, unit] : kUnits) {
    if (word == name) return unit;
  }
  return std::nullopt;
}

Timestamp start_of(Timestamp local, Unit unit) {
  if (is_infinite(local)) return local;
  if (unit == Unit::week) {
    // 2000-01-03 was a Monday.
    const std::int64_t days = floor_divide(local.micros, kMicrosPerDay);
    return {(floor_divide(days - 2, 7) * 7 + 2) * kMicrosPerDay};
  }
  if (const std::int64_t length = fixed_length(unit)) return {floor_divide(local.micros, length) * length};
  CivilDate civil = moment_of(local).civil;
  civil.day = 1;
  civil.month = (civil.month - 1) / static_cast<int>(months_in(unit)) * static_cast<int>(months_in(unit)) + 1;
  return midnight(civil);
}

std::optional<Timestamp> add_units(Timestamp local, std::int64_t count, Unit unit) {
  if (is_infinite(local)) return local;
  std::int64_t amount = 0;
  if (const std::int64_t length = fixed_length(unit)) {
    if (__builtin_mul_overflow(count, length, &amount) || __builtin_add_overflow(local.micros, amount, &amount)) {
      return std::nullopt;
    }
    return in_range(amount);
  }
  if (__builtin_mul_overflow(count, months_in(unit), &amount)) return std::nullopt;
  return add_months(local, std::clamp<std::int64_t>(amount, -10'000'000, 10'000'000));
}

std::int64_t units_between(Timestamp from, Timestamp to, Unit unit) {
  if (const std::int64_t length = fixed_length(unit)) {
    __extension__ typedef __int128 Wide;
    return static_cast<std::int64_t>((Wide{to.micros} - from.micros) / length);
  }
  const bool backwards = to < from;
  if (backwards) std::swap(from, to);
  const Moment first = moment_of(from);
  const Moment last = moment_of(to);
  std::int64_t months = (std::int64_t{last.civil.year} - first.civil.year) * 12 + last.civil.month - first.civil.month;
  if (last.civil.day < first.civil.day || (last.civil.day == first.civil.day && last.clock < first.clock)) --months;
  const std::int64_t whole = months / months_in(unit);
  return backwards ? -whole : whole;
}

}  // namespace etl::converters
