#include "engine/converters/time_pattern.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace etl::converters {

namespace {

constexpr std::string_view kLetters = "YymdHIpMSfzZbBaAj";
constexpr std::string_view kNumeric = "YymdHIMSfj";
constexpr std::string_view kDateLetters = "YymdbBaAj";
constexpr std::string_view kTimeLetters = "HIpMSf";

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
// From the day of 2000-01-01 on.
constexpr std::array<std::string_view, 7> kWeekdays = {"Saturday",  "Sunday",   "Monday", "Tuesday",
                                                       "Wednesday", "Thursday", "Friday"};

bool is_digit(char c) { return static_cast<unsigned char>(c) - unsigned{'0'} <= 9; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool starts_ignoring_case(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) return false;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if ((text[i] | 0x20) != (word[i] | 0x20) || !is_letter(text[i])) return false;
  }
  return true;
}

std::size_t weekday_of(Date date) { return static_cast<std::size_t>((std::int64_t{date.days} % 7 + 7) % 7); }

// What was read so far; -1 where nothing was.
struct Parts {
  std::int32_t year = -1;
  std::int32_t month = -1;
  std::int32_t day = -1;
  std::int32_t day_of_year = -1;
  std::int32_t hour = 0;
  std::int32_t hour12 = -1;
  std::int32_t minute = 0;
  std::int32_t second = 0;
  std::int32_t micros = 0;
  std::int32_t weekday = -1;
  bool afternoon = false;
};

class Matcher {
 public:
  Matcher(std::string_view text, TimeFields& fields) : rest_{text}, fields_{fields} {}

  bool done() const { return rest_.empty(); }

  bool literal(std::string_view expected) {
    if (!rest_.starts_with(expected)) return false;
    rest_.remove_prefix(expected.size());
    return true;
  }

  bool blanks() {
    const std::size_t before = rest_.size();
    while (!rest_.empty() && is_blank(rest_.front())) rest_.remove_prefix(1);
    return rest_.size() != before;
  }

  bool conversion(char kind, bool digits_follow) {
    const int least = digits_follow ? 2 : 1;
    switch (kind) {
      case 'Y':
        return number(parts_.year, 4, digits_follow ? 4 : 7);
      case 'y':
        return short_year();
      case 'm':
        return number(parts_.month, least, 2);
      case 'd':
        return number(parts_.day, least, 2);
      case 'j':
        return number(parts_.day_of_year, digits_follow ? 3 : 1, 3);
      case 'H':
        return number(parts_.hour, least, 2);
      case 'I':
        return number(parts_.hour12, least, 2);
      case 'M':
        return number(parts_.minute, least, 2);
      case 'S':
        return number(parts_.second, least, 2);
      case 'f':
        return fraction();
      case 'p':
        return half_of_day();
      case 'b':
      case 'B':
        return word(kMonths, parts_.month, 1);
      case 'a':
      case 'A':
        return word(kWeekdays, parts_.weekday, 0);
      case 'z':
        return offset();
      default:
        return zone();
    }
  }

  TimePattern::Fault finish() {
    using Fault = TimePattern::Fault;
    if (parts_.hour12 >= 0) {
      if (parts_.hour12 < 1 || parts_.hour12 > 12) return Fault::no_such_time;
      parts_.hour = parts_.hour12 % 12 + (parts_.afternoon ? 12 : 0);
    }
    const bool end_of_day = parts_.hour == 24 && parts_.minute == 0 && parts_.second == 0 && parts_.micros == 0;
    if ((parts_.hour > 23 && !end_of_day) || parts_.minute > 59 || parts_.second > 59) return Fault::no_such_time;
    fields_.micros =
        (std::int64_t{parts_.hour} * 3600 + parts_.minute * 60 + parts_.second) * kMicrosPerSecond + parts_.micros;
    if (parts_.year < 0) return Fault::none;
    return finish_date();
  }

 private:
  TimePattern::Fault finish_date() {
    using Fault = TimePattern::Fault;
    const bool by_day_of_year = parts_.day_of_year >= 0 && parts_.month < 0;
    auto date = parts_.year == 0 ? std::nullopt
                                 : date_of({.year = parts_.year,
                                            .month = by_day_of_year ? 1 : parts_.month,
                                            .day = by_day_of_year ? 1 : parts_.day});
    if (date && by_day_of_year) {
      date->days += parts_.day_of_year - 1;
      if (parts_.day_of_year == 0 || civil_of(*date).year != parts_.year) date.reset();
    }
    if (!date) return Fault::no_such_date;
    fields_.date = *date;
    const bool wrong_day = parts_.weekday >= 0 && static_cast<std::size_t>(parts_.weekday) != weekday_of(*date);
    return wrong_day ? Fault::weekday : Fault::none;
  }

  bool number(std::int32_t& number, int least, int most) {
    int count = 0;
    std::int32_t value = 0;
    while (count < most && static_cast<std::size_t>(count) < rest_.size() &&
           is_digit(rest_[static_cast<std::size_t>(count)])) {
      value = value * 10 + (rest_[static_cast<std::size_t>(count++)] - '0');
    }
    if (count < least) return false;
    number = value;
    rest_.remove_prefix(static_cast<std::size_t>(count));
    return true;
  }

  bool short_year() {
    std::int32_t year = 0;
    if (!number(year, 2, 2)) return false;
    parts_.year = year + (year >= 69 ? 1900 : 2000);
    return true;
  }

  // 1 to 9 digits, kept to microseconds.
  bool fraction() {
    std::size_t count = 0;
    std::int32_t unit = 100'000;
    parts_.micros = 0;
    for (; count < 9 && count < rest_.size() && is_digit(rest_[count]); ++count, unit /= 10) {
      parts_.micros += (rest_[count] - '0') * unit;
    }
    rest_.remove_prefix(count);
    return count != 0;
  }

  // am, PM, a.m.
  bool half_of_day() {
    if (rest_.empty()) return false;
    const char half = static_cast<char>(rest_[0] | 0x20);
    if (half != 'a' && half != 'p') return false;
    const bool dotted = rest_.size() >= 4 && rest_[1] == '.' && (rest_[2] | 0x20) == 'm' && rest_[3] == '.';
    if (!dotted && !starts_ignoring_case(rest_.substr(1), "m")) return false;
    parts_.afternoon = half == 'p';
    rest_.remove_prefix(dotted ? 4 : 2);
    return true;
  }

  // A full name or its first three letters.
  template <std::size_t count>
  bool word(const std::array<std::string_view, count>& words, std::int32_t& found, std::int32_t first) {
    for (std::size_t i = 0; i < count; ++i) {
      if (!starts_ignoring_case(rest_, words[i].substr(0, 3))) continue;
      found = static_cast<std::int32_t>(i) + first;
      rest_.remove_prefix(starts_ignoring_case(rest_, words[i]) ? words[i].size() : 3);
      return true;
    }
    return false;
  }

  // Z, UTC, +hh, +hhmm, +hh:mm.
  bool offset() {
    if (literal("Z") || literal("z") || literal("UTC")) {
      fields_.offset_micros = 0;
      return true;
    }
    const bool negative = rest_.starts_with('-');
    if (!literal("+") && !literal("-")) return false;
    std::int32_t hours = 0;
    std::int32_t minutes = 0;
    if (!number(hours, 2, 2)) return false;
    const bool colon = literal(":");
    if ((colon || (!rest_.empty() && is_digit(rest_[0]))) && !number(minutes, 2, 2)) return false;
    if (hours > 15 || minutes > 59) return false;
    const std::int64_t micros = (std::int64_t{hours} * 3600 + minutes * 60) * kMicrosPerSecond;
    fields_.offset_micros = negative ? -micros : micros;
    return true;
  }

  // A name, or an offset as %z has it.
  bool zone() {
    if (rest_.starts_with('+') || rest_.starts_with('-')) return offset();
    std::size_t size = 0;
    while (size < rest_.size() && (is_letter(rest_[size]) || is_digit(rest_[size]) ||
                                   std::string_view{"/_+-"}.find(rest_[size]) != std::string_view::npos)) {
      ++size;
    }
    if (size == 0) return false;
    const std::string_view name = rest_.substr(0, size);
    rest_.remove_prefix(size);
    if (name == "UTC" || name == "GMT" || name == "Z") {
      fields_.offset_micros = 0;
    } else {
      fields_.zone = name;
    }
    return true;
  }

  std::string_view rest_;
  TimeFields& fields_;
  Parts parts_;
};

// The conversions that a pattern uses, or why it is no pattern.
std::string letters_of(std::string_view pattern, std::string& letters) {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] != '%') continue;
    if (++i == pattern.size()) return "the pattern ends with %";
    if (pattern[i] == '%') continue;
    if (kLetters.find(pattern[i]) == std::string_view::npos)
      return fmt::format("%{} is not a date pattern", pattern[i]);
    letters += pattern[i];
  }
  return letters.empty() ? "the pattern has no %Y, %m, %d or the like" : "";
}

bool has_any(std::string_view letters, std::string_view wanted) {
  return letters.find_first_of(wanted) != std::string_view::npos;
}

}  // namespace

std::string TimePattern::check_reading(std::string_view pattern, Needs needs) {
  std::string letters;
  if (std::string fault = letters_of(pattern, letters); !fault.empty()) return fault;
  if (needs != Needs::time) {
    if (!has_any(letters, "Yy")) return "the pattern has no year (%Y)";
    const bool day = has_any(letters, "mbB") && has_any(letters, "d");
    if (!day && !has_any(letters, "j")) return "the pattern has no month and day (%m, %d)";
  } else if (!has_any(letters, "HI")) {
    return "the pattern has no hour (%H)";
  }
  if (has_any(letters, "I") != has_any(letters, "p")) return "%I and %p belong together";
  if (needs != Needs::timestamptz && has_any(letters, "zZ")) return "an offset (%z, %Z) belongs to timestamptz";
  return "";
}

std::string TimePattern::check_printing(std::string_view pattern, Type type) {
  std::string letters;
  if (std::string fault = letters_of(pattern, letters); !fault.empty()) return fault;
  if (type == Type::time && has_any(letters, kDateLetters)) return "a time has no year, month or day";
  if (type == Type::date && has_any(letters, kTimeLetters)) return "a date has no hour, minute or second";
  if (type != Type::timestamptz && has_any(letters, "zZ")) return "only a timestamptz has an offset (%z, %Z)";
  return "";
}

TimePattern::TimePattern(std::string_view pattern) : text_{pattern} {
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' && i + 1 < pattern.size() && pattern[i + 1] != '%') {
      elements_.push_back({.kind = pattern[++i]});
    } else if (is_blank(pattern[i])) {
      if (elements_.empty() || elements_.back().kind != ' ') elements_.push_back({.kind = ' '});
      elements_.back().literal += pattern[i];
    } else {
      if (pattern[i] == '%') ++i;
      if (elements_.empty() || elements_.back().kind != 0) elements_.emplace_back();
      elements_.back().literal += pattern[i];
    }
  }
  for (std::size_t i = 0; i + 1 < elements_.size(); ++i) {
    const Element& next = elements_[i + 1];
    elements_[i].digits_follow =
        next.kind == 0 ? is_digit(next.literal[0]) : kNumeric.find(next.kind) != std::string_view::npos;
  }
}

TimePattern::Fault TimePattern::parse(std::string_view text, TimeFields& fields) const {
  Matcher matcher{text, fields};
  for (const Element& element : elements_) {
    const bool matched = element.kind == 0     ? matcher.literal(element.literal)
                         : element.kind == ' ' ? matcher.blanks()
                                               : matcher.conversion(element.kind, element.digits_follow);
    if (!matched) return Fault::shape;
  }
  return matcher.done() ? matcher.finish() : Fault::shape;
}

bool TimePattern::prints_zone() const {
  return std::ranges::any_of(elements_, [](const Element& element) { return element.kind == 'Z'; });
}

void TimePattern::format(Timestamp local, std::int64_t offset_micros, std::string_view zone, std::string& out) const {
  if (local.micros == kTimeInfinity || local.micros == kTimeMinusInfinity) {
    out += local.micros > 0 ? "infinity" : "-infinity";
    return;
  }
  const std::int64_t days = local.micros / kMicrosPerDay - (local.micros % kMicrosPerDay < 0 ? 1 : 0);
  const std::int64_t clock = local.micros - days * kMicrosPerDay;
  const Date date{static_cast<std::int32_t>(days)};
  const CivilDate civil = civil_of(date);
  const std::int64_t seconds = clock / kMicrosPerSecond;
  const std::int64_t hour = seconds / 3600;
  const auto number = [&out](std::int64_t value, int width) {
    fmt::format_to(std::back_inserter(out), "{:0{}}", value, width);
  };
  for (const Element& element : elements_) {
    switch (element.kind) {
      case 'Y':
        number(civil.year, civil.year < 0 ? 5 : 4);
        break;
      case 'y':
        number((civil.year % 100 + 100) % 100, 2);
        break;
      case 'm':
        number(civil.month, 2);
        break;
      case 'd':
        number(civil.day, 2);
        break;
      case 'j':
        number(date.days - date_of({civil.year, 1, 1}).value_or(date).days + 1, 3);
        break;
      case 'H':
        number(hour, 2);
        break;
      case 'I':
        number((hour + 11) % 12 + 1, 2);
        break;
      case 'p':
        out += hour % 24 < 12 ? "AM" : "PM";
        break;
      case 'M':
        number(seconds / 60 % 60, 2);
        break;
      case 'S':
        number(seconds % 60, 2);
        break;
      case 'f':
        number(clock % kMicrosPerSecond, 6);
        break;
      case 'b':
        out += kMonths[static_cast<std::size_t>(civil.month) - 1].substr(0, 3);
        break;
      case 'B':
        out += kMonths[static_cast<std::size_t>(civil.month) - 1];
        break;
      case 'a':
        out += kWeekdays[weekday_of(date)].substr(0, 3);
        break;
      case 'A':
        out += kWeekdays[weekday_of(date)];
        break;
      case 'z': {
        const std::int64_t minutes = std::abs(offset_micros) / kMicrosPerSecond / 60;
        out += offset_micros < 0 ? '-' : '+';
        number(minutes / 60 * 100 + minutes % 60, 4);
        break;
      }
      case 'Z':
        out += zone;
        break;
      default:
        out += element.literal;
        break;
    }
  }
}

}  // namespace etl::converters
