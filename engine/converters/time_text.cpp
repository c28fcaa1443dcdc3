// Dates and times from text and back, with patterns.
#include <fmt/format.h>

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
template <>
constexpr Needs kNeeds<Time> = Needs::time;
template <>
constexpr Needs kNeeds<Timestamp> = Needs::timestamp;
template <>
constexpr Needs kNeeds<Instant> = Needs::timestamptz;

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
    case TimePattern::Fault::no_such_date:
      return reason + ": there is no such date";
    case TimePattern::Fault::no_such_time:
      return reason + ": there is no such time";
    case TimePattern::Fault::weekday:
      return reason + " was another day of the week";
    default:
      break;
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

using converters::clock_of;
Timestamp clock_of(Time time) { return {time.micros}; }
Timestamp clock_of(Timestamp timestamp) { return timestamp; }

template <class T>
Kernel format_kernel(std::shared_ptr<const TimePattern> pattern) {
  return [pattern](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    Zone zone = zone_of(context.run.timezone);
    std::string out;
    const auto print = [&](Arena& arena, T value) -> Outcome<Text> {
      out.clear();
      if constexpr (std::is_same_v<T, Instant>) {
        const std::string name = pattern->prints_zone() ? zone.abbreviation(value) : "";
        pattern->format(zone.local(value), zone.offset_micros(value), name, out);
      } else if constexpr (std::is_same_v<T, Date>) {
        if (is_beyond_timestamps(value)) return Outcome<Text>::fail(to_text(Value{value}) + " is out of range");
        pattern->format(clock_of(value), 0, "", out);
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
    case Type::date:
      return format_kernel<Date>(pattern);
    case Type::time:
      return format_kernel<Time>(pattern);
    case Type::timestamp:
      return format_kernel<Timestamp>(pattern);
    default:
      return format_kernel<Instant>(pattern);
  }
}

template <class T>
Function reading(std::string_view name, std::string_view doc, TypeSet types, std::vector<Example> examples) {
  return {
      .name = name,
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

}  // namespace

std::vector<Function> time_text_functions() {
  return {
      reading<Date>("date",
                    "A date from text, by strptime patterns tried in order (default ISO 8601), or of a timestamp.",
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
      reading<Timestamp>(
          "timestamp",
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
      {.name = "format",
       .family = "time",
       .doc = "Printed with a strftime pattern; instants in settings.timezone.",
       .parameters = {{.name = "value", .types = kMoments | TypeSet{Type::time}},
                      {.name = "pattern", .types = Type::text, .constant = true}},
       .inverse = Inverse::canonical,
       .fails = "a date behind the year 294276",
       .examples = {{"format(date('2024-03-01'), '%d %b %Y')", "'01 Mar 2024'"},
                    {"format(time('21:05'), '%I:%M %p')", "'09:05 PM'"},
                    {"format(null, '%Y')", "null"}},
       .check_constants = check_format,
       .bind = bind_format},
  };
}

}  // namespace etl::converters
