// Single values of each type, and how text becomes one and one becomes text.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "engine/data/decimal.h"
#include "engine/data/type.h"

namespace etl {

// Days and microseconds count from 2000-01-01 (00:00:00 UTC), as on PostgreSQL's wire
// (src/include/datatype/timestamp.h); the extremes are infinity and -infinity there as here.
struct Date {
  std::int32_t days = 0;
  auto operator<=>(const Date&) const = default;
};
struct Time {
  std::int64_t micros = 0;  // Since midnight, 0 to 86'400'000'000 (24:00:00 is kept).
  auto operator<=>(const Time&) const = default;
};
struct Timestamp {
  std::int64_t micros = 0;
  auto operator<=>(const Timestamp&) const = default;
};
struct Instant {
  std::int64_t micros = 0;
  auto operator<=>(const Instant&) const = default;
};
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const Uuid&) const = default;
};
// Views share one representation; the wrappers tell kernels which is meant.
struct Bytes {
  std::string_view view;
};
struct Json {
  std::string_view view;  // Canonical: see `canonical_json`.
};
struct List {
  std::string_view view;  // A canonical JSON array.
};

inline constexpr std::int32_t kDateInfinity = std::numeric_limits<std::int32_t>::max();
inline constexpr std::int32_t kDateMinusInfinity = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int64_t kTimeInfinity = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kTimeMinusInfinity = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
// The ranges of PostgreSQL's types (manual, section 8.5): dates from 4714-11-24 BC to 5874897-12-31, timestamps
// from the same day until the end of 294276.
inline constexpr std::int32_t kFirstDay = -2'451'545;
inline constexpr std::int32_t kLastDay = 2'145'031'948;
inline constexpr std::int64_t kFirstMicros = -211'813'488'000'000'000;
inline constexpr std::int64_t kLastMicros = 9'223'371'331'199'999'999;
// 1970-01-01 counted as above.
inline constexpr std::int64_t kUnixEpochMicros = -10'957 * kMicrosPerDay;

// One value of any type; monostate is NULL. Text, bytes and JSON are views: whoever made the value says
// how long they live.
using Value = std::variant<std::monostate, bool, std::int64_t, Decimal, double, std::string_view, Bytes, Date, Time,
                           Timestamp, Instant, Uuid, Json, List>;

bool is_null(const Value& value);
// The type of what is held; `any` for NULL.
Type type_of(const Value& value);

// A value or the reason why there is none, for functions on single values.
// The reason is one clause that names what was met: "'4x' is not a whole number".
template <class T>
struct Outcome {
  std::optional<T> value;
  std::string reason;

  Outcome(T good) : value{std::move(good)} {}  // NOLINT(google-explicit-constructor)
  static Outcome fail(std::string why) {
    Outcome outcome;
    outcome.reason = std::move(why);
    return outcome;
  }

 private:
  Outcome() = default;
};

// ---- text to value. Strict ISO 8601 as documented at each; no surrounding blanks unless said so.

// Decimal digits with an optional sign; surrounding ASCII blanks are allowed.
Outcome<std::int64_t> parse_integer(std::string_view text);
Outcome<double> parse_float(std::string_view text);
// true/false, t/f, yes/no, y/n, on/off, 1/0 in any case.
Outcome<bool> parse_bool(std::string_view text);
// With or without hyphens and braces, either case.
Outcome<Uuid> parse_uuid(std::string_view text);
// YYYY-MM-DD, also with more year digits, a trailing " BC", and infinity, -infinity.
Outcome<Date> parse_date(std::string_view text);
// HH:MM[:SS[.f]] ; 24:00:00 is allowed. More than 6 digits of fraction are an error unless they are zeros.
Outcome<Time> parse_time(std::string_view text);
// A date, or date and time separated by a blank or T. An offset is an error (`timestamptz` reads those).
Outcome<Timestamp> parse_timestamp(std::string_view text);
// As above, with offset Z, UTC, +hh, +hhmm, +hh:mm; `offset` stays empty where the text has none and
// `local` is then the wall clock to be placed in a zone by the caller.
struct ParsedTimestamp {
  Timestamp local;
  std::optional<std::int64_t> offset_micros;
};
Outcome<ParsedTimestamp> parse_timestamp_with_offset(std::string_view text);

// Checks a JSON text and appends its canonical form to `out`: the value that PostgreSQL stores as jsonb
// (manual, section 8.14), printed without blanks. Members stand in jsonb's order (key length in bytes, then
// bytes), the last duplicate key wins, numbers are plain digits (1e2 is 100, 1.10 stays 1.10), escapes are
// normalised. \u0000 and lone surrogates are refused, as jsonb refuses them.
Outcome<bool> canonical_json(std::string_view text, std::string& out);

// ---- value to canonical text (language.md: RFC 4122, ISO 8601 with Z, plain digits, compact JSON).
std::string to_text(const Value& value);
void append_text(const Value& value, std::string& out);
// Shortest text that reads back as the same double: "0.1", "1e+30", "NaN", "Infinity", "-0".
std::size_t format_float(double value, char* buffer);              // At least 32 bytes.
std::size_t format_uuid(const Uuid& value, char* buffer);          // 36 bytes.
std::size_t format_date(Date value, char* buffer);                 // At least 32 bytes.
std::size_t format_time(Time value, char* buffer);                 // At least 32 bytes.
std::size_t format_timestamp(Timestamp value, char* buffer);       // At least 40 bytes; "2024-03-01T09:30:00.5".
std::size_t format_instant(Instant value, char* buffer);           // At least 40 bytes; the same with Z.
void append_json_string(std::string_view text, std::string& out);  // Quoted and escaped.
// The value as JSON text: numbers and booleans bare, NULL as null, JSON as it is, all else quoted text.
void append_json(const Value& value, std::string& out);

// ---- comparison of two values of one type (numbers of any two number types). Text compares by bytes.
std::partial_ordering compare(const Value& left, const Value& right);

// ---- calendar helpers, proleptic Gregorian.
struct CivilDate {
  std::int32_t year = 0;  // Astronomical: 0 is 1 BC.
  std::int32_t month = 0;
  std::int32_t day = 0;
};
CivilDate civil_of(Date date);
std::optional<Date> date_of(CivilDate civil);  // Nothing for a date that does not exist or is out of range.

// ---- UTF-8.
// Offset of the first byte that is not valid UTF-8, or npos.
std::size_t find_invalid_utf8(std::string_view text);
std::size_t count_characters(std::string_view utf8);
// `text` for a message: quoted with ', cut after 60 characters, control characters as \xNN.
std::string quote_for_message(std::string_view text);

}  // namespace etl
