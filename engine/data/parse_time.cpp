// Dates and times from ISO 8601 text. Ranges are PostgreSQL's (manual, section 8.5).
#include <array>
#include <cstring>

#include "engine/data/value.h"

namespace etl {

namespace {

bool is_digit(char c) { return static_cast<unsigned char>(c) - unsigned{'0'} <= 9; }

// Why reading stopped; the words behind it are made only for those who ask.
enum class Fault : std::uint8_t { none, shape, no_such_date, no_such_time, fraction, range, offset };

struct Reader {
  const char* at;
  const char* end;
  Fault fault = Fault::none;

  explicit Reader(std::string_view text) : at{text.data()}, end{text.data() + text.size()} {}

  std::size_t left() const { return static_cast<std::size_t>(end - at); }
  bool done() const { return at == end; }
  bool fail(Fault why) {
    fault = why;
    return false;
  }
  bool take(char c) {
    if (done() || *at != c) return false;
    ++at;
    return true;
  }
  bool take(std::string_view word) {
    if (left() < word.size() || std::memcmp(at, word.data(), word.size()) != 0) return false;
    at += word.size();
    return true;
  }
  // Exactly two digits.
  bool two_digits(std::int32_t& number) {
    if (left() < 2 || !is_digit(at[0]) || !is_digit(at[1])) return fail(Fault::shape);
    number = (at[0] - '0') * 10 + (at[1] - '0');
    at += 2;
    return true;
  }
};

// YYYY-MM-DD, the year with up to 7 digits.
bool read_civil(Reader& reader, CivilDate& civil) {
  const char* const start = reader.at;
  std::int32_t year = 0;
  while (!reader.done() && is_digit(*reader.at) && reader.at - start < 7) year = year * 10 + (*reader.at++ - '0');
  if (reader.at - start < 4 || !reader.take('-')) return reader.fail(Fault::shape);
  civil.year = year;
  if (!reader.two_digits(civil.month) || !reader.take('-')) return reader.fail(Fault::shape);
  return reader.two_digits(civil.day);
}

// Up to 6 digits behind the point; further ones must be zeros.
bool read_fraction(Reader& reader, std::int64_t& micros) {
  const char* const start = reader.at;
  std::int64_t unit = 100'000;
  for (; !reader.done() && is_digit(*reader.at); ++reader.at, unit /= 10) {
    if (unit == 0 && *reader.at != '0') return reader.fail(Fault::fraction);
    micros += (*reader.at - '0') * unit;
  }
  return reader.at != start || reader.fail(Fault::shape);
}

bool read_clock(Reader& reader, std::int64_t& micros) {
  std::int32_t hour = 0;
  std::int32_t minute = 0;
  std::int32_t second = 0;
  if (!reader.two_digits(hour) || !reader.take(':')) return reader.fail(Fault::shape);
  if (!reader.two_digits(minute)) return false;
  std::int64_t fraction = 0;
  if (reader.take(':')) {
    if (!reader.two_digits(second)) return false;
    if (reader.take('.') && !read_fraction(reader, fraction)) return false;
  }
  const bool end_of_day = hour == 24 && minute == 0 && second == 0 && fraction == 0;
  if ((hour > 23 && !end_of_day) || minute > 59 || second > 59) return reader.fail(Fault::no_such_time);
  micros = (std::int64_t{hour} * 3600 + minute * 60 + second) * kMicrosPerSecond + fraction;
  return true;
}

// The date of year, month and day as written, with the suffix BC or without.
bool resolve(Reader& reader, CivilDate civil, bool before_christ, Date& date) {
  if (civil.year == 0) return reader.fail(Fault::no_such_date);
  if (before_christ) civil.year = 1 - civil.year;
  const auto found = date_of(civil);
  if (found) {
    date = *found;
    return true;
  }
  // A date that exists in year 2000 or 2004 is wrong by its year alone.
  civil.year = civil.year % 400 + (civil.year % 400 < 0 ? 2400 : 2000);
  return reader.fail(date_of(civil) ? Fault::range : Fault::no_such_date);
}

// Z, UTC, +hh, +hhmm, +hh:mm, +hh:mm:ss; at most 15:59:59 as in PostgreSQL.
bool read_offset(Reader& reader, std::optional<std::int64_t>& offset) {
  if (reader.take('Z') || reader.take('z') || reader.take("UTC")) {
    offset = 0;
    return true;
  }
  if (reader.done() || (*reader.at != '+' && *reader.at != '-')) return true;
  const bool negative = *reader.at++ == '-';
  std::int32_t hours = 0;
  std::int32_t minutes = 0;
  std::int32_t seconds = 0;
  if (!reader.two_digits(hours)) return reader.fail(Fault::offset);
  const bool colon = reader.take(':');
  if ((colon || (!reader.done() && is_digit(*reader.at))) && !reader.two_digits(minutes)) {
    return reader.fail(Fault::offset);
  }
  if (colon && reader.take(':') && !reader.two_digits(seconds)) return reader.fail(Fault::offset);
  if (hours > 15 || minutes > 59 || seconds > 59) return reader.fail(Fault::offset);
  const std::int64_t total = (std::int64_t{hours} * 3600 + minutes * 60 + seconds) * kMicrosPerSecond;
  offset = negative ? -total : total;
  return true;
}

std::optional<bool> infinity_sign(std::string_view text) {
  if (text == "infinity") return true;
  if (text == "-infinity") return false;
  return std::nullopt;
}

bool read_timestamp(Reader& reader, ParsedTimestamp& parsed) {
  CivilDate civil;
  if (!read_civil(reader, civil)) return false;
  std::int64_t clock = 0;
  const bool has_clock = !reader.done() && (*reader.at == 'T' || *reader.at == 't' ||
                                            (*reader.at == ' ' && reader.left() > 1 && is_digit(reader.at[1])));
  if (has_clock) {
    ++reader.at;
    if (!read_clock(reader, clock)) return false;
    if (reader.left() > 1 && *reader.at == ' ' && reader.at[1] != 'B') ++reader.at;
    if (!read_offset(reader, parsed.offset_micros)) return false;
  }
  const bool before_christ = reader.take(" BC");
  if (!reader.done()) return reader.fail(Fault::shape);
  Date date;
  if (!resolve(reader, civil, before_christ, date)) return false;
  // The last day of a timestamp; beyond, 64 bits cannot count the microseconds.
  if (date.days > 106'751'983) return reader.fail(Fault::range);
  const std::int64_t micros = std::int64_t{date.days} * kMicrosPerDay + clock;
  const std::int64_t instant = micros - parsed.offset_micros.value_or(0);
  if (instant < kFirstMicros || instant > kLastMicros) return reader.fail(Fault::range);
  parsed.local = {micros};
  return true;
}

std::string explain(std::string_view text, Fault fault, std::string_view kind, std::string_view form) {
  std::string reason = quote_for_message(text);
  switch (fault) {
    case Fault::no_such_date:
      reason += ": there is no such date";
      break;
    case Fault::no_such_time:
      reason += ": there is no such time";
      break;
    case Fault::fraction:
      reason += " has more than 6 digits of fraction";
      break;
    case Fault::range:
      reason.append(" is out of range for ").append(kind);
      break;
    case Fault::offset:
      reason += " has no valid offset";
      break;
    case Fault::none:
    case Fault::shape:
      reason.append(" is not a ").append(kind).append(" (").append(form).append(")");
      break;
  }
  return reason;
}

constexpr std::string_view kDateForm = "YYYY-MM-DD";
constexpr std::string_view kTimeForm = "HH:MM:SS";
constexpr std::string_view kTimestampForm = "YYYY-MM-DD HH:MM:SS";
constexpr std::string_view kInstantForm = "YYYY-MM-DD HH:MM:SS and an offset";

}  // namespace

Outcome<Date> parse_date(std::string_view text) {
  if (const auto positive = infinity_sign(text)) return Date{*positive ? kDateInfinity : kDateMinusInfinity};
  Reader reader{text};
  CivilDate civil;
  Date date;
  if (read_civil(reader, civil)) {
    const bool before_christ = reader.take(" BC");
    if (!reader.done()) {
      reader.fail(Fault::shape);
    } else if (resolve(reader, civil, before_christ, date)) {
      return date;
    }
  }
  return Outcome<Date>::fail(explain(text, reader.fault, "date", kDateForm));
}

Outcome<Time> parse_time(std::string_view text) {
  Reader reader{text};
  std::int64_t micros = 0;
  if (read_clock(reader, micros) && reader.done()) return Time{micros};
  return Outcome<Time>::fail(explain(text, reader.fault, "time", kTimeForm));
}

Outcome<Timestamp> parse_timestamp(std::string_view text) {
  if (const auto positive = infinity_sign(text)) return Timestamp{*positive ? kTimeInfinity : kTimeMinusInfinity};
  Reader reader{text};
  ParsedTimestamp parsed;
  if (!read_timestamp(reader, parsed)) {
    return Outcome<Timestamp>::fail(explain(text, reader.fault, "timestamp", kTimestampForm));
  }
  if (parsed.offset_micros) {
    return Outcome<Timestamp>::fail(quote_for_message(text) + " has an offset, which a timestamp cannot keep");
  }
  return parsed.local;
}

Outcome<ParsedTimestamp> parse_timestamp_with_offset(std::string_view text) {
  if (const auto positive = infinity_sign(text)) {
    return ParsedTimestamp{.local = {*positive ? kTimeInfinity : kTimeMinusInfinity}, .offset_micros = 0};
  }
  Reader reader{text};
  ParsedTimestamp parsed;
  if (read_timestamp(reader, parsed)) return parsed;
  return Outcome<ParsedTimestamp>::fail(explain(text, reader.fault, "timestamptz", kInstantForm));
}

}  // namespace etl
