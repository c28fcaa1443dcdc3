// Time zones as the system's tz database holds them: TZif files (RFC 8536).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etl::converters {

// The day of a year at which clocks change, as POSIX writes it: Mm.w.d, Jn or n.
struct ChangeDay {
  enum class Kind : std::uint8_t { month_week_day, day_without_leap_day, day_of_year };
  Kind kind = Kind::month_week_day;
  int month = 1;
  int week = 1;                 // 5: the last.
  int day = 0;                  // Of the week, 0 is Sunday; or of the year.
  std::int64_t seconds = 7200;  // Wall-clock time of that day; may be negative or beyond the day.
};

// A rule that goes on for ever, from the last line of a TZif file.
struct YearlyRule {
  std::int64_t standard_offset = 0;
  std::int64_t summer_offset = 0;
  std::string standard_name;
  std::string summer_name;
  ChangeDay summer_begins;
  ChangeDay summer_ends;
};

// A stretch of time with one offset, in seconds since 1970 UTC.
struct Stretch {
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::int64_t offset = 0;  // Seconds east of UTC.
  std::string_view name;    // "CEST".
};

class ZoneRules {
 public:
  // nullptr for bytes that are no TZif file.
  static std::unique_ptr<ZoneRules> parse(std::string_view bytes);

  Stretch at(std::int64_t unix_seconds) const;

 private:
  struct Change {
    std::int64_t begin = 0;
    std::int64_t offset = 0;
    std::string name;
  };
  Stretch at_yearly(std::int64_t unix_seconds) const;

  std::vector<Change> changes_;  // In order; the first begins before all time.
  std::optional<YearlyRule> yearly_;
};

// "CET-1CEST,M3.5.0,M10.5.0/3"; nothing for rules without summer time, or that cannot be read.
std::optional<YearlyRule> parse_yearly_rule(std::string_view text);

}  // namespace etl::converters
