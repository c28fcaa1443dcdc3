// The time family: reading and printing dates and times, zones, and arithmetic with calendar units.
#include <fmt/format.h>

#include <cmath>
#include <memory>

#include "engine/converters/bind.h"
#include "engine/converters/calendar.h"
#include "engine/converters/convert.h"
#include "engine/converters/families.h"
#include "engine/converters/time_pattern.h"

namespace etl::converters {

namespace {

using Text = std::string_view;
using Needs = TimePattern::Needs;

constexpr TypeSet kMoments = {Type::date, Type::timestamp, Type::timestamptz};

// ---- reading text with patterns

template <class T>
constexpr Needs kNeeds = Needs::date;
template <> constexpr Needs kNeeds<Time> = Needs::time;
template <> constexpr Needs kNeeds<Timestamp> = Needs::timestamp;
template <> constexpr Needs kNeeds<Instant> = Needs::timestamptz;

template <class T>
std::string check_patterns(const Use& use, std::size_t& index) {
  for (index = 1; index < use.types.size(); ++index) {
    if (use.types[0] != Type::text) return "a pattern fits text only";
    const auto pattern = constant_text(use, index);
    if (!pattern) continue;
    if (std::string fault = TimePattern::check_reading(*pattern, kNeeds<T>); !fault.empty()) return fault;
  }
  return "";
}

Outcome<Timestamp> wall_clock(const TimeFields& fields) {
  const std::int64_t latest = kLastMicros / kMicrosPerDay;
  if (fields.date.days <= latest) {
    const std::int64_t micros = fields.date.days * kMicrosPerDay + fields.micros;
    if (micros >= kFirstMicros && micros <= kLastMicros) return Timestamp{micros};
  }
  return Outcome<Timestamp>::fail(quote_for_message(to_text(Value{fields.date})) + " is out of range for timestamp");
}

Outcome<Instant> instant_in(const TimeFields& fields, Zone& zone, Text zone_name) {
  auto local = wall_clock(fields);
  if (!local.value) return Outcome<Instant>::fail(std::move(local.reason));
  if (fields.offset_micros) return Instant{local.value->micros - *fields.offset_micros};
  if (const auto instant = zone.instant(*local.value)) return *instant;
  return Outcome<Instant>::fail(skipped(*local.value, zone_name));
}

template <class T>
Outcome<T> value_of(const TimeFields& fields, Zone& zone, Text zone_name) {
  if constexpr (std::is_same_v<T, Date>) {
    return fields.date;
  } else if constexpr (std::is_same_v<T, Time>) {
    return Time{fields.micros};
  } else if constexpr (std::is_same_v<T, Timestamp>) {
    return wall_clock(fields);
  } else {
    if (fields.zone.empty()) return instant_in(fields, zone, zone_name);
    auto named = Zone::named(fields.zone);
    if (named) return instant_in(fields, *named, fields.zone);
    return Outcome<T>::fail(fmt::format("there is no time zone {}", quote_for_message(fields.zone)));
  }
}

using Patterns = std::vector<TimePattern>;

std::string no_match(Text text, const Patterns& patterns, TimePattern::Fault fault) {
  std::string reason = quote_for_message(text);
  switch (fault) {
    case TimePattern::Fault::no_such_date: return reason + ": there is no such date";
    case TimePattern::Fault::no_such_time: return reason + ": there is no such time";
    case TimePattern::Fault::weekday: return reason + " was another day of the week";
    default: break;
  }
  reason += patterns.size() == 1 ? " does not match " : " matches none of ";
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (i != 0) reason += ", ";
    reason += quote_for_message(patterns[i].text());
  }
  return reason;
}

// Tries the patterns in order.
template <class T>
Outcome<T> read(Text text, const Patterns& patterns, Zone& zone, Text zone_name) {
  using Fault = TimePattern::Fault;
  Fault worst = Fault::shape;
  for (const TimePattern& pattern : patterns) {
    TimeFields fields;
    const Fault fault = pattern.parse(text, fields);
    if (fault == Fault::none) return value_of<T>(fields, zone, zone_name);
    // A text that has the shape but names no date explains more than one that does not match.
    if (worst == Fault::shape) worst = fault;
  }
  return Outcome<T>::fail(no_match(text, patterns, worst));
}

template <class T>
Kernel bind_reading(const Use& use) {
  static const RunContext kAnywhere;
  if (use.types.size() == 1) return conversion(use.types[0], type_for<T>, kAnywhere);
  auto patterns = std::make_shared<Patterns>();
  for (std::size_t i = 1; i < use.types.size(); ++i) {
    const auto pattern = constant_text(use, i);
    if (!pattern) return null_kernel(type_for<T>);
    patterns->emplace_back(*pattern);
  }
  return [patterns](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    Zone zone = zone_of(context.run.timezone);
    const auto parse = [&](Arena&, Text text) { return read<T>(text, *patterns, zone, context.run.timezone); };
    return lift_now<Text>(parse, arguments, context);
  };
}

// ---- printing with a pattern

std::string check_format(const Use& use, std::size_t& index) {
  index = 1;
  const auto pattern = constant_text(use, 1);
  return pattern ? TimePattern::check_printing(*pattern, use.types[0]) : "";
}

Timestamp clock_of(Date date) {
  if (date.days == kDateInfinity) return {kTimeInfinity};
  if (date.days == kDateMinusInfinity) return {kTimeMinusInfinity};
  return {date.days * kMicrosPerDay};
}
Timestamp clock_of(Time time) { return {time.micros}; }
Timestamp clock_of(Timestamp timestamp) { return timestamp; }

template <class T>
Kernel format_kernel(std::shared_ptr<const TimePattern> pattern) {
  return [pattern](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    Zone zone = zone_of(context.run.timezone);
    std::string out;
    const auto print = [&](Arena& arena, T value) {
      out.clear();
      if constexpr (std::is_same_v<T, Instant>) {
        const std::string name = pattern->prints_zone() ? zone.abbreviation(value) : "";
        pattern->format(zone.local(value), zone.offset_micros(value), name, out);
      } else {
        pattern->format(clock_of(value), 0, "", out);
      }
      return arena.copy(out);
    };
    return lift_now<T>(print, arguments, context);
  };
}

Kernel bind_format(const Use& use) {
  const auto text = constant_text(use, 1);
  if (!text) return null_kernel(Type::text);
  auto pattern = std::make_shared<const TimePattern>(*text);
  switch (use.types[0]) {
    case Type::date: return format_kernel<Date>(pattern);
    case Type::time: return format_kernel<Time>(pattern);
    case Type::timestamp: return format_kernel<Timestamp>(pattern);
    default: return format_kernel<Instant>(pattern);
  }
}

// ---- zones

std::string check_zone(const Use& use, std::size_t& index) {
  index = 1;
  const auto zone = constant_text(use, 1);
  return !zone || is_time_zone(*zone) ? "" : fmt::format("there is no time zone {}", quote_for_message(*zone));
}

// The zones that one batch names, most often one.
class Zones {
 public:
  Zone* find(Text name) {
    for (auto& [known, zone] : zones_) {
      if (known == name) return &zone;
    }
    const auto zone = Zone::named(name);
    if (!zone) return nullptr;
    if (zones_.size() == kKept) zones_.clear();
    return &zones_.emplace_back(name, *zone).second;
  }

 private:
  static constexpr std::size_t kKept = 16;
  std::vector<std::pair<std::string, Zone>> zones_;
};

template <class T>
Outcome<T> unknown_zone(Text zone) {
  return Outcome<T>::fail(fmt::format("there is no time zone {}", quote_for_message(zone)));
}

Kernel at_zone_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    Zones zones;
    const auto place = [&](Arena&, Timestamp local, Text name) -> Outcome<Instant> {
      Zone* zone = zones.find(name);
      if (zone == nullptr) return unknown_zone<Instant>(name);
      if (const auto instant = zone->instant(local)) return *instant;
      return Outcome<Instant>::fail(skipped(local, name));
    };
    return lift_now<Timestamp, Text>(place, arguments, context);
  };
}

Kernel to_zone_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    Zones zones;
    const auto show = [&](Arena&, Instant instant, Text name) -> Outcome<Timestamp> {
      Zone* zone = zones.find(name);
      return zone == nullptr ? unknown_zone<Timestamp>(name) : Outcome<Timestamp>{zone->local(instant)};
    };
    return lift_now<Instant, Text>(show, arguments, context);
  };
}

// ---- Unix time

std::optional<std::int64_t> micros_per_tick(Text unit) {
  if (unit == "s") return kMicrosPerSecond;
  if (unit == "ms") return 1000;
  if (unit == "us") return 1;
  return std::nullopt;
}

std::string check_tick(const Use& use, std::size_t& index) {
  index = 1;
  const auto unit = constant_text(use, 1);
  return !unit || micros_per_tick(*unit) ? "" : "the unit must be 's', 'ms' or 'us'";
}

std::optional<std::int64_t> tick_of(const Use& use) {
  if (!has_argument(use, 1)) return kMicrosPerSecond;
  const auto unit = constant_text(use, 1);
  return unit ? micros_per_tick(*unit) : std::nullopt;
}

Outcome<Instant> from_ticks(const Decimal& ticks, std::int64_t micros_per_tick) {
  const auto micros = multiply(ticks, Decimal::of(micros_per_tick));
  const auto rounded = micros ? round(*micros, 0) : std::nullopt;
  const auto shifted = rounded ? add(*rounded, Decimal::of(kUnixEpochMicros)) : std::nullopt;
  const auto whole = shifted ? to_integer(*shifted) : std::nullopt;
  if (whole && *whole >= kFirstMicros && *whole <= kLastMicros) return Instant{*whole};
  return Outcome<Instant>::fail(to_string(ticks) + " is out of range for timestamptz");
}

Kernel bind_from_unix(const Use& use) {
  const auto tick = tick_of(use);
  if (!tick) return null_kernel(Type::timestamptz);
  switch (use.types[0]) {
    case Type::integer:
      return lift<std::int64_t>([tick = *tick](Arena&, std::int64_t value) -> Outcome<Instant> {
        std::int64_t micros = 0;
        const bool overflow = __builtin_mul_overflow(value, tick, &micros) ||
                              __builtin_add_overflow(micros, kUnixEpochMicros, &micros);
        if (!overflow && micros >= kFirstMicros && micros <= kLastMicros) return Instant{micros};
        return Outcome<Instant>::fail(fmt::format("{} is out of range for timestamptz", value));
      });
    case Type::decimal:
      return lift<Decimal>([tick = *tick](Arena&, const Decimal& value) { return from_ticks(value, tick); });
    default:
      return lift<double>([tick = *tick](Arena&, double value) -> Outcome<Instant> {
        const auto exact = to_decimal(value);
        if (exact && exact->is_finite()) return from_ticks(*exact, tick);
        return Outcome<Instant>::fail(to_text(Value{value}) + " is out of range for timestamptz");
      });
  }
}

Kernel bind_to_unix(const Use& use) {
  const auto tick = tick_of(use);
  if (!tick) return null_kernel(Type::integer);
  return lift<Instant>([tick = *tick](Arena&, Instant value) -> Outcome<std::int64_t> {
    if (is_infinite(Timestamp{value.micros})) return Outcome<std::int64_t>::fail("infinity has no Unix time");
    __extension__ typedef __int128 Wide;
    const Wide micros = Wide{value.micros} - kUnixEpochMicros;
    const Wide floored = micros / tick - (micros % tick < 0 ? 1 : 0);
    return static_cast<std::int64_t>(floored);
  });
}

// ---- calendar units

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

bool is_beyond_timestamps(Date date) { return date.days > kLastMicros / kMicrosPerDay && date.days != kDateInfinity; }

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
    default: return add_to_instants(*unit);
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
      case Type::timestamp: all[row] = column.values<Timestamp>()[row]; break;
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

// ---- now

template <class T, class Make>
Kernel same_in_every_row(Make make) {
  return [make](std::span<const ColumnPtr>, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(type_for<T>, context.rows);
    std::ranges::fill(out->template values<T>(), make(context.run));
    return out;
  };
}

template <class T>
Function reading(std::string_view name, std::string_view doc, TypeSet types, std::vector<Example> examples) {
  return {.name = name,
          .family = "time",
          .doc = doc,
          .parameters = {{.name = "value", .types = types},
                         {.name = "pattern", .types = Type::text, .optional = true, .repeated = true, .constant = true}},
          .result = {.type = type_for<T>},
          .inverse = Inverse::canonical,
          .fails = "matches no format; impossible date or time",
          .examples = std::move(examples),
          .check_constants = check_patterns<T>,
          .bind = bind_reading<T>};
}

std::vector<Function> reading_functions() {
  return {
      reading<Date>("date", "A date from text, by strptime patterns tried in order (default ISO 8601), or of a timestamp.",
                    TypeSet{Type::text} | kMoments,
                    {{"date('2024-02-29')", "date('2024-02-29')"},
                     {"date('1/2/2024', '%Y-%m-%d', '%d/%m/%Y')", "date('2024-02-01')"},
                     {"date('2025-02-30')", "fails: there is no such date"},
                     {"date('soon', '%d/%m/%Y')", "fails: does not match"}}),
      reading<Time>("time", "A time of day from text, by strptime patterns tried in order, or of a timestamp.",
                    {Type::text, Type::time, Type::timestamp},
                    {{"text(time('9:05 PM', '%I:%M %p'))", "'21:05:00'"},
                     {"text(time('24:00'))", "'24:00:00'"},
                     {"time('25:00')", "fails: there is no such time"}}),
      reading<Timestamp>("timestamp",
                         "A wall-clock reading without a zone, from text by strptime patterns tried in order, or from a "
                         "date.",
                         {Type::text, Type::date, Type::timestamp},
                         {{"text(timestamp('2024-03-01 09:30'))", "'2024-03-01T09:30:00'"},
                          {"text(timestamp('01.03.2024 9:30', '%d.%m.%Y %H:%M'))", "'2024-03-01T09:30:00'"},
                          {"timestamp('2024-03-01T09:30:00Z')", "fails: has an offset"}}),
      reading<Instant>("timestamptz",
                       "An instant, from text by strptime patterns tried in order; text, timestamps and dates without "
                       "an offset are read in settings.timezone.",
                       TypeSet{Type::text} | kMoments,
                       {{"text(timestamptz('2024-03-01T09:30:00+02:00'))", "'2024-03-01T07:30:00Z'"},
                        {"text(timestamptz('Mar 1 2024 09:30 +0530', '%b %d %Y %H:%M %z'))", "'2024-03-01T04:00:00Z'"},
                        {"timestamptz('2024-13-01')", "fails: there is no such date"}}),
  };
}

std::vector<Function> clock_functions() {
  const Parameter zone{.name = "zone", .types = Type::text};
  const Parameter tick{.name = "unit", .types = Type::text, .optional = true, .constant = true};
  return {
      {.name = "now",
       .family = "time",
       .doc = "The start of the run: the same in every row.",
       .result = {.type = Type::timestamptz},
       .examples = {{"now() = now()", "true"}, {"diff(now(), now(), 'day')", "0"}, {"now() is null", "false"}},
       .pure = false,
       .bind = [](const Use&) { return same_in_every_row<Instant>([](const RunContext& run) { return run.now; }); }},
      {.name = "today",
       .family = "time",
       .doc = "The date at the start of the run, in settings.timezone.",
       .result = {.type = Type::date},
       .examples = {{"today() = date(now())", "true"}, {"today() is null", "false"}},
       .pure = false,
       .bind =
           [](const Use&) {
             return same_in_every_row<Date>([](const RunContext& run) {
               Arena unused;
               Zone zone = zone_of(run.timezone);
               return ToDate{zone}(unused, run.now);
             });
           }},
      {.name = "at_zone",
       .family = "time",
       .doc = "The instant at which clocks in that zone show this time; where they show it twice, the first.",
       .parameters = {{.name = "clock", .types = Type::timestamp}, zone},
       .result = {.type = Type::timestamptz},
       .inverse = Inverse::exact,
       .fails = "time skipped by a clock change; no such zone",
       .examples = {{"text(at_zone(timestamp('2024-07-01 12:00'), 'Europe/Berlin'))", "'2024-07-01T10:00:00Z'"},
                    {"at_zone(timestamp('2024-03-31 02:30'), 'Europe/Berlin')", "fails: skipped by a clock change"}},
       .check_constants = check_zone,
       .bind = [](const Use&) { return at_zone_kernel(); }},
      {.name = "to_zone",
       .family = "time",
       .doc = "What clocks in that zone show at the instant.",
       .parameters = {{.name = "instant", .types = Type::timestamptz}, zone},
       .result = {.type = Type::timestamp},
       .inverse = Inverse::canonical,
       .fails = "no such zone",
       .examples = {{"text(to_zone(timestamptz('2024-07-01T10:00:00Z'), 'Asia/Tokyo'))", "'2024-07-01T19:00:00'"},
                    {"to_zone(null, 'Asia/Tokyo')", "null"}},
       .check_constants = check_zone,
       .bind = [](const Use&) { return to_zone_kernel(); }},
      {.name = "from_unix",
       .family = "time",
       .doc = "The instant of a Unix time in seconds, or in the unit 's', 'ms' or 'us'.",
       .parameters = {{.name = "time", .types = kNumbers}, tick},
       .result = {.type = Type::timestamptz},
       .inverse = Inverse::exact,
       .fails = "out of range",
       .examples = {{"text(from_unix(1709285400))", "'2024-03-01T09:30:00Z'"},
                    {"text(from_unix(1709285400500, 'ms'))", "'2024-03-01T09:30:00.5Z'"},
                    {"from_unix(9000000000000000)", "fails: out of range"}},
       .check_constants = check_tick,
       .bind = bind_from_unix},
      {.name = "to_unix",
       .family = "time",
       .doc = "The Unix time in whole seconds, or in the unit 's', 'ms' or 'us'; the fraction is dropped.",
       .parameters = {{.name = "instant", .types = Type::timestamptz}, tick},
       .result = {.type = Type::integer},
       .inverse = Inverse::canonical,
       .fails = "infinity",
       .examples = {{"to_unix(timestamptz('2024-03-01T09:30:00.9Z'))", "1709285400"}, {"to_unix(null)", "null"}},
       .check_constants = check_tick,
       .bind = bind_to_unix},
  };
}

std::vector<Function> calendar_functions() {
  const Parameter moment{.name = "moment", .types = kMoments};
  const Parameter unit{.name = "unit", .types = Type::text, .constant = true};
  const Result same{.kind = Result::Kind::same};
  return {
      {.name = "format",
       .family = "time",
       .doc = "Printed with a strftime pattern; instants in settings.timezone.",
       .parameters = {{.name = "value", .types = kMoments | TypeSet{Type::time}},
                      {.name = "pattern", .types = Type::text, .constant = true}},
       .inverse = Inverse::canonical,
       .examples = {{"format(date('2024-03-01'), '%d %b %Y')", "'01 Mar 2024'"},
                    {"format(time('21:05'), '%I:%M %p')", "'09:05 PM'"},
                    {"format(null, '%Y')", "null"}},
       .check_constants = check_format,
       .bind = bind_format},
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

}  // namespace

std::vector<Function> time_functions() {
  std::vector<Function> all;
  for (auto* const part : {reading_functions, clock_functions, calendar_functions}) {
    for (Function& function : part()) all.push_back(std::move(function));
  }
  return all;
}

}  // namespace etl::converters
