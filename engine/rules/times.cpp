#include <fmt/format.h>

#include "engine/rules/families.h"

namespace etl::rules {

namespace {

constexpr TypeSet kMoments = {Type::date, Type::timestamp, Type::timestamptz};

Date day_of(const Timestamp& local) {
  return {static_cast<std::int32_t>(local.micros / kMicrosPerDay - (local.micros % kMicrosPerDay < 0 ? 1 : 0))};
}

// The present as the type of the column: days and wall clocks are those of settings.timezone.
template <class T>
T moment(const Present& present) {
  if constexpr (std::same_as<T, Date>) {
    return day_of(present.local);
  } else if constexpr (std::same_as<T, Timestamp>) {
    return present.local;
  } else {
    return present.instant;
  }
}

template <class T, bool past>
Kernel typed_kernel() {
  return [](const Column& column, const Present& present, Failures& failures) {
    const T limit = moment<T>(present);
    check_each<T>(
        column, past ? "past" : "future", failures,
        [limit](const T& value) { return past ? value <= limit : value >= limit; },
        [limit](const T& value) {
          return fmt::format("{} is {} the run's {}", to_text(Value{value}), past ? "after" : "before",
                             to_text(Value{limit}));
        });
  };
}

template <bool past>
Kernel bind_moment(const Use& use) {
  if (!is_set(use)) return no_check();
  switch (use.type) {
    case Type::date:
      return typed_kernel<Date, past>();
    case Type::timestamp:
      return typed_kernel<Timestamp, past>();
    default:
      return typed_kernel<Instant, past>();
  }
}

}  // namespace

std::vector<Rule> time_rules() {
  return {
      {.name = "past",
       .doc = "The date or time is not after the start of the run. Dates and timestamps are compared with the clock of "
              "settings.timezone.",
       .argument = Argument::flag,
       .types = kMoments,
       .examples = {{"true", "date('1999-12-31')", true},
                    {"true", "date('9999-12-31')", false},
                    {"true", "null", true}},
       .bind = bind_moment<true>},
      {.name = "future",
       .doc = "The date or time is not before the start of the run. Dates and timestamps are compared with the clock "
              "of settings.timezone.",
       .argument = Argument::flag,
       .types = kMoments,
       .examples = {{"true", "date('9999-12-31')", true},
                    {"true", "date('1999-12-31')", false},
                    {"true", "null", true}},
       .bind = bind_moment<false>},
  };
}

}  // namespace etl::rules
