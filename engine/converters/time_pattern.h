// Date and time patterns (language.md, 14.7): strptime and strftime with English names.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/converters/zone.h"
#include "engine/data/value.h"

namespace etl::converters {

// What a pattern found in a text.
struct TimeFields {
  Date date;                                  // Where the pattern has a date.
  std::int64_t micros = 0;                    // Since midnight.
  std::optional<std::int64_t> offset_micros;  // %z, or UTC and GMT as %Z.
  std::string_view zone;                      // Another %Z: a name of the tz database, part of the text.
};

class TimePattern {
 public:
  // What a pattern must be able to read or print.
  enum class Needs : std::uint8_t { date, time, timestamp, timestamptz };

  // Why the pattern is wrong, "" when it is right.
  static std::string check_reading(std::string_view pattern, Needs needs);
  static std::string check_printing(std::string_view pattern, Type type);

  // REQUIRES: checked.
  explicit TimePattern(std::string_view pattern);

  const std::string& text() const { return text_; }

  enum class Fault : std::uint8_t { none, shape, no_such_date, no_such_time, weekday };
  // The fault, or none and the fields filled. The whole text must match.
  Fault parse(std::string_view text, TimeFields& fields) const;

  // The wall clock as the pattern says; `offset_micros` and `zone` for %z and %Z.
  void format(Timestamp local, std::int64_t offset_micros, std::string_view zone, std::string& out) const;
  bool prints_zone() const;

 private:
  struct Element {
    char kind = 0;  // A conversion's letter, ' ' for blanks, 0 for literal text.
    std::string literal = {};
    bool digits_follow = false;  // So that a number may not take more digits than it needs.
  };

  std::string text_;
  std::vector<Element> elements_;
};

}  // namespace etl::converters
