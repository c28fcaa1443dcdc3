// Arithmetic with calendar units on wall clocks.
#pragma once

#include <optional>
#include <string_view>

#include "engine/data/value.h"

namespace etl::converters {

enum class Unit : std::uint8_t { second, minute, hour, day, week, month, quarter, year };
std::optional<Unit> unit_named(std::string_view name);

// The first moment of the unit that holds this one; weeks begin on Monday. Infinities stay.
Timestamp start_of(Timestamp local, Unit unit);
// Months end on their last day: one month after January 31st is February 28th or 29th. Nothing when the result is
// out of range. Infinities stay.
std::optional<Timestamp> add_units(Timestamp local, std::int64_t count, Unit unit);
// Whole units from `from` to `to`, towards zero. REQUIRES: both are finite.
std::int64_t units_between(Timestamp from, Timestamp to, Unit unit);

bool is_infinite(Timestamp local);

// Whether a date lies behind the last day that a timestamp can name.
bool is_beyond_timestamps(Date date);
// Midnight of a date; infinities stay. REQUIRES: the date is within the range of timestamps.
Timestamp clock_of(Date date);

}  // namespace etl::converters
