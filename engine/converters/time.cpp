// The clock: the run's start, zones, Unix time.
#include <fmt/format.h>

#include <algorithm>

#include "engine/converters/bind.h"
#include "engine/converters/calendar.h"
#include "engine/converters/convert.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

using Text = std::string_view;

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
        const bool overflow =
            __builtin_mul_overflow(value, tick, &micros) || __builtin_add_overflow(micros, kUnixEpochMicros, &micros);
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

// ---- now

template <class T, class Make>
Kernel same_in_every_row(Make make) {
  return [make](std::span<const ColumnPtr>, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(type_for<T>, context.rows);
    std::ranges::fill(out->template values<T>(), make(context.run));
    return out;
  };
}

}  // namespace

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

}  // namespace etl::converters
