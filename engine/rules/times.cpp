#include <fmt/format.h>

#include "engine/rules/families.h"

namespace etl::rules {

namespace {

constexpr TypeSet kMoments = {Type::date, Type::timestamp, Type::timestamptz};

Date date_of_now(const Instant& now) {
  return {static_cast<std::int32_t>(now.micros / kMicrosPerDay - (now.micros % kMicrosPerDay < 0 ? 1 : 0))};
}

// `now` as the type of the column.
template <class T>
T moment(const Instant& now) {
  if constexpr (std::same_as<T, Date>) {
    return date_of_now(now);
  } else {
    return T{now.micros};
  }
}

template <class T, bool past>
Kernel typed_kernel() {
  return [](const Column& column, const Instant& now, Failures& failures) {
    const T limit = moment<T>(now);
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
       .doc = "The date or time is not after the start of the run.",
       .argument = Argument::flag,
       .types = kMoments,
       .examples = {{"true", "date('1999-12-31')", true},
                    {"true", "date('9999-12-31')", false},
                    {"true", "null", true}},
       .bind = bind_moment<true>},
      {.name = "future",
       .doc = "The date or time is not before the start of the run.",
       .argument = Argument::flag,
       .types = kMoments,
       .examples = {{"true", "date('9999-12-31')", true},
                    {"true", "date('1999-12-31')", false},
                    {"true", "null", true}},
       .bind = bind_moment<false>},
  };
}

}  // namespace etl::rules
