// Time zones of the tz database: wall clocks to instants and back.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/data/value.h"

namespace etl::converters {

class ZoneRules;  // A zone as loaded, shared and immutable.

// Whether the tz database has this zone ("Europe/Berlin", "UTC").
bool is_time_zone(std::string_view name);

// One user's view of a zone. Remembers the stretch it met last, so it is cheap for rows near each other;
// not to be shared between threads. Infinities stay what they are.
class Zone {
 public:
  // Nothing for an unknown name. Throws Error when the system has no tz database.
  static std::optional<Zone> named(std::string_view name);

  // What clocks in the zone show.
  Timestamp local(Instant instant);
  // The instant at which clocks show this; nothing when a clock change skips it. Where they show it twice, the
  // first time counts.
  std::optional<Instant> instant(Timestamp local);

  std::int64_t offset_micros(Instant instant);
  // "CEST", "+03".
  std::string abbreviation(Instant instant);

 private:
  explicit Zone(const ZoneRules* rules) : rules_{rules} {}
  void look_up(std::int64_t micros);

  const ZoneRules* rules_;  // nullptr: UTC.
  // The stretch [begin_, end_) with one offset, in microseconds since 2000 UTC.
  std::int64_t begin_ = 0;
  std::int64_t end_ = 0;
  std::int64_t offset_ = 0;
};

// Why `instant` found nothing: "'...' is skipped by a clock change in Europe/Berlin".
std::string skipped(Timestamp local, std::string_view zone);

}  // namespace etl::converters
