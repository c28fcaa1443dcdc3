// Arithmetic with calendar units as functions.
#include <fmt/format.h>

#include "engine/converters/bind.h"
#include "engine/converters/calendar.h"
#include "engine/converters/convert.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

constexpr TypeSet kMoments = {Type::date, Type::timestamp, Type::timestamptz};

std::string check_unit(const Use& use, std::size_t& index) {
  index = use.types.size() - 1;
  const auto unit = constant_text(use, index);
  if (!unit) return "";
  const auto known = unit_named(*unit);
  if (!known) return fmt::format("there is no unit {}", quote_for_message(*unit));
  const bool finer_than_day = *known < Unit::day;
  if (use.types[0] == Type::date && finer_than_day) return "a date has no " + *unit;
  return "";
}

std::string check_two_units(const Use& use, std::size_t& index) {
  index = 2;
  const auto unit = constant_text(use, 2);
  return !unit || unit_named(*unit) ? "" : fmt::format("there is no unit {}", quote_for_message(*unit));
}

std::optional<Unit> constant_unit(const Use& use, std::size_t index) {
  const auto unit = constant_text(use, index);
  return unit ? unit_named(*unit) : std::nullopt;
}

Date date_at(Timestamp midnight) {
  if (midnight.micros == kTimeInfinity) return {kDateInfinity};
  if (midnight.micros == kTimeMinusInfinity) return {kDateMinusInfinity};
  return {static_cast<std::int32_t>(midnight.micros / kMicrosPerDay)};
}

template <class T>
Outcome<T> out_of_range(T value) {
  return Outcome<T>::fail(fmt::format("{} is out of range", quote_for_message(to_text(Value{value}))));
}

// The instant of a wall clock; behind a gap, the moment after it, as the day begins then.
Outcome<Instant> place(Zone& zone, Timestamp local) {
  for (std::int64_t later = 0; later <= 4; ++later) {
    const auto instant = zone.instant({local.micros + later * kMicrosPerDay / 48});
    if (instant) return *instant;
  }
  return Outcome<Instant>::fail(quote_for_message(to_text(Value{local})) + " is skipped by a clock change");
}

Kernel bind_start_of(const Use& use) {
  const auto unit = constant_unit(use, 1);
  if (!unit) return null_kernel(use.types[0]);
  switch (use.types[0]) {
    case Type::date:
      return lift<Date>([unit = *unit](Arena&, Date value) -> Outcome<Date> {
        if (is_beyond_timestamps(value)) return out_of_range(value);
        return date_at(start_of(clock_of(value), unit));
      });
    case Type::timestamp:
      return lift<Timestamp>([unit = *unit](Arena&, Timestamp value) { return start_of(value, unit); });
    default:
      return [unit = *unit](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
        Zone zone = zone_of(context.run.timezone);
        const auto begin = [&](Arena&, Instant value) { return place(zone, start_of(zone.local(value), unit)); };
        return lift_now<Instant>(begin, arguments, context);
      };
  }
}

// Hours and less are lengths of time; days and more are read off the wall clock.
Kernel add_to_instants(Unit unit) {
  return [unit](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    Zone zone = zone_of(context.run.timezone);
    const auto sum = [&](Arena&, Instant value, std::int64_t count) -> Outcome<Instant> {
      const bool elapsed = unit < Unit::day;
      const auto later = add_units(elapsed ? Timestamp{value.micros} : zone.local(value), count, unit);
      if (!later) return out_of_range(value);
      return elapsed ? Instant{later->micros} : place(zone, *later);
    };
    return lift_now<Instant, std::int64_t>(sum, arguments, context);
  };
}

Kernel bind_add(const Use& use) {
  const auto unit = constant_unit(use, 2);
  if (!unit) return null_kernel(use.types[0]);
  switch (use.types[0]) {
    case Type::date:
      return lift<Date, std::int64_t>([unit = *unit](Arena&, Date value, std::int64_t count) -> Outcome<Date> {
        if (is_beyond_timestamps(value)) return out_of_range(value);
        const auto later = add_units(clock_of(value), count, unit);
        return later ? date_at(*later) : out_of_range(value);
      });
    case Type::timestamp:
      return lift<Timestamp, std::int64_t>(
          [unit = *unit](Arena&, Timestamp value, std::int64_t count) -> Outcome<Timestamp> {
            const auto later = add_units(value, count, unit);
            return later ? *later : out_of_range(value);
          });
    default:
      return add_to_instants(*unit);
  }
}

// A column's moments as wall clocks, or as instants where `elapsed` time between instants counts.
std::vector<Timestamp> clocks(const Column& column, Zone& zone, bool elapsed) {
  std::vector<Timestamp> all(column.size());
  for (std::size_t row = 0; row < all.size(); ++row) {
    if (column.is_null(row)) continue;
    switch (column.type()) {
      case Type::date: {
        const Date date = column.values<Date>()[row];
        all[row] = is_beyond_timestamps(date) ? Timestamp{kTimeInfinity} : clock_of(date);
        break;
      }
      case Type::timestamp:
        all[row] = column.values<Timestamp>()[row];
        break;
      default: {
        const Instant instant = column.values<Instant>()[row];
        all[row] = elapsed ? Timestamp{instant.micros} : zone.local(instant);
        break;
      }
    }
  }
  return all;
}

Kernel bind_diff(const Use& use) {
  const auto unit = constant_unit(use, 2);
  if (!unit) return null_kernel(Type::integer);
  const bool elapsed = *unit < Unit::day && use.types[0] == Type::timestamptz && use.types[1] == Type::timestamptz;
  return [unit = *unit, elapsed](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    Zone zone = zone_of(context.run.timezone);
    const auto to = clocks(*arguments[0], zone, elapsed);
    const auto from = clocks(*arguments[1], zone, elapsed);
    auto out = std::make_shared<Column>(Type::integer, context.rows);
    const auto values = out->values<std::int64_t>();
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row) || arguments[0]->is_null(row) || arguments[1]->is_null(row)) {
        out->set_null(row);
      } else if (is_infinite(to[row]) || is_infinite(from[row])) {
        out->set_null(row);
        detail::fail(context, row, "infinity is no whole number of units away");
      } else {
        values[row] = units_between(from[row], to[row], unit);
      }
    }
    return out;
  };
}

}  // namespace

std::vector<Function> calendar_functions() {
  const Parameter moment{.name = "moment", .types = kMoments};
  const Parameter unit{.name = "unit", .types = Type::text, .constant = true};
  const Result same{.kind = Result::Kind::same};
  return {
      {.name = "start_of",
       .family = "time",
       .doc = "The beginning of its 'hour', 'day', 'week' (Monday), 'month', 'quarter' or 'year'; instants in "
              "settings.timezone.",
       .parameters = {moment, unit},
       .result = same,
       .inverse = Inverse::canonical,
       .examples = {{"start_of(date('2024-03-15'), 'quarter')", "date('2024-01-01')"},
                    {"start_of(date('2024-03-15'), 'week')", "date('2024-03-11')"},
                    {"start_of(null, 'day')", "null"}},
       .check_constants = check_unit,
       .bind = bind_start_of},
      {.name = "add",
       .family = "time",
       .doc = "So many units later, from 'second' to 'year'; months end on their last day.",
       .parameters = {moment, {.name = "count", .types = Type::integer}, unit},
       .result = same,
       .inverse = Inverse::canonical,
       .fails = "out of range",
       .examples = {{"add(date('2024-01-31'), 1, 'month')", "date('2024-02-29')"},
                    {"add(date('2024-03-01'), -1, 'day')", "date('2024-02-29')"},
                    {"add(date('2024-03-01'), 9000000, 'year')", "fails: out of range"}},
       .check_constants = check_unit,
       .bind = bind_add},
      {.name = "diff",
       .family = "time",
       .doc = "How many whole units lie between the second moment and the first, from 'second' to 'year'.",
       .parameters = {{.name = "to", .types = kMoments}, {.name = "from", .types = kMoments}, unit},
       .result = {.type = Type::integer},
       .fails = "infinity",
       .examples = {{"diff(date('2024-03-01'), date('2024-02-01'), 'day')", "29"},
                    {"diff(date('2024-01-30'), date('2024-03-01'), 'month')", "-1"},
                    {"diff(null, date('2024-03-01'), 'day')", "null"}},
       .check_constants = check_two_units,
       .bind = bind_diff},
  };
}

}  // namespace etl::converters
