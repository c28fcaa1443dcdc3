// The proleptic Gregorian calendar.
#include "engine/data/value.h"

namespace etl {

namespace {

// From 0000-03-01 to 2000-01-01.
constexpr std::int64_t kEraShift = 730'425;

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int days_in(std::int64_t year, int month) {
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && is_leap(year) ? 29 : kDays[month - 1];
}

}  // namespace

// Both algorithms are Howard Hinnant's (chrono-Compatible Low-Level Date Algorithms).
CivilDate civil_of(Date date) {
  const std::int64_t shifted = std::int64_t{date.days} + kEraShift;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146'096) / 146'097;
  const auto day_of_era = static_cast<std::uint32_t>(shifted - era * 146'097);
  const std::uint32_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36'524 - day_of_era / 146'096) / 365;
  const std::uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::uint32_t shifted_month = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<std::int32_t>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  const auto month = static_cast<std::int32_t>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  return {.year = static_cast<std::int32_t>(year), .month = month, .day = day};
}

std::optional<Date> date_of(CivilDate civil) {
  if (civil.month < 1 || civil.month > 12 || civil.day < 1) return std::nullopt;
  if (civil.day > 28 && civil.day > days_in(civil.year, civil.month)) return std::nullopt;
  const std::int64_t year = std::int64_t{civil.year} - (civil.month <= 2 ? 1 : 0);
  const std::int64_t era = (year >= 0 ? year : year - 399) / 400;
  const auto year_of_era = static_cast<std::uint32_t>(year - era * 400);
  const auto month = static_cast<std::uint32_t>(civil.month > 2 ? civil.month - 3 : civil.month + 9);
  const std::uint32_t day_of_year = (153 * month + 2) / 5 + static_cast<std::uint32_t>(civil.day) - 1;
  const std::uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  const std::int64_t days = era * 146'097 + day_of_era - kEraShift;
  if (days < kFirstDay || days > kLastDay) return std::nullopt;
  return Date{static_cast<std::int32_t>(days)};
}

}  // namespace etl
