#include "engine/converters/zone.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>

#include "engine/base/error.h"
#include "engine/converters/zone_rules.h"

namespace etl::converters {

namespace {

constexpr std::int64_t kUnixShift = -kUnixEpochMicros / kMicrosPerSecond;  // Seconds from 1970 to 2000.

std::int64_t unix_seconds(std::int64_t micros) {
  return micros / kMicrosPerSecond - (micros % kMicrosPerSecond < 0 ? 1 : 0) + kUnixShift;
}

// Microseconds since 2000, kept from overflow.
std::int64_t micros_of(std::int64_t unix) {
  constexpr std::int64_t kFar = 9'220'000'000'000;
  return std::clamp(unix, -kFar, kFar - kUnixShift) * kMicrosPerSecond - kUnixShift * kMicrosPerSecond;
}

bool is_infinite(std::int64_t micros) { return micros == kTimeInfinity || micros == kTimeMinusInfinity; }

// Letters, digits, _ + - and single slashes inside: nothing that leads out of the folder.
bool is_zone_name(std::string_view name) {
  const auto fits = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '+' ||
           c == '-' || c == '/';
  };
  return !name.empty() && name.front() != '/' && std::ranges::all_of(name, fits);
}

std::unique_ptr<ZoneRules> load(std::string_view name) {
  if (!is_zone_name(name)) return nullptr;
  const char* variable = std::getenv("TZDIR");
  const std::filesystem::path folder = variable != nullptr ? variable : "/usr/share/zoneinfo";
  std::error_code error;
  if (!std::filesystem::is_directory(folder, error)) {
    throw Error{Error::Kind::environment, fmt::format("there is no time zone database in {}", folder.string()),
                "install the package tzdata"};
  }
  if (!std::filesystem::is_regular_file(folder / name, error)) return nullptr;
  std::ifstream file{folder / name, std::ios::binary};
  const std::string bytes{std::istreambuf_iterator<char>{file}, {}};
  return ZoneRules::parse(bytes);
}

// Zones stay for the life of the program. nullptr: unknown.
const ZoneRules* rules_of(std::string_view name) {
  static std::mutex mutex;
  static std::map<std::string, std::unique_ptr<ZoneRules>, std::less<>> loaded;
  const std::lock_guard lock{mutex};
  auto found = loaded.find(name);
  if (found == loaded.end()) found = loaded.emplace(name, load(name)).first;
  return found->second.get();
}

}  // namespace

bool is_time_zone(std::string_view name) { return Zone::named(name).has_value(); }

std::optional<Zone> Zone::named(std::string_view name) {
  if (name == "UTC") return Zone{nullptr};
  const ZoneRules* rules = rules_of(name);
  return rules == nullptr ? std::nullopt : std::optional{Zone{rules}};
}

void Zone::look_up(std::int64_t micros) {
  if (micros >= begin_ && micros < end_) return;
  const Stretch stretch = rules_->at(unix_seconds(micros));
  begin_ = micros_of(stretch.begin);
  end_ = micros_of(stretch.end);
  offset_ = stretch.offset * kMicrosPerSecond;
}

std::int64_t Zone::offset_micros(Instant instant) {
  if (rules_ == nullptr || is_infinite(instant.micros)) return 0;
  look_up(instant.micros);
  return offset_;
}

Timestamp Zone::local(Instant instant) { return {instant.micros + offset_micros(instant)}; }

std::optional<Instant> Zone::instant(Timestamp local) {
  if (rules_ == nullptr || is_infinite(local.micros)) return Instant{local.micros};
  // Far from a change of clocks there is nothing to decide.
  const std::int64_t guess = local.micros - offset_;
  if (guess > begin_ + kMicrosPerDay && guess < end_ - kMicrosPerDay) return Instant{guess};
  const std::int64_t local_seconds = unix_seconds(local.micros);
  constexpr std::int64_t kDay = 86'400;
  std::optional<Instant> first;
  for (const std::int64_t near : {local_seconds - kDay, local_seconds + kDay}) {
    const std::int64_t offset = rules_->at(near).offset;
    const Instant candidate{local.micros - offset * kMicrosPerSecond};
    if (rules_->at(unix_seconds(candidate.micros)).offset != offset) continue;
    if (!first || candidate < *first) first = candidate;
  }
  if (first) look_up(first->micros);
  return first;
}

std::string Zone::abbreviation(Instant instant) {
  if (rules_ == nullptr || is_infinite(instant.micros)) return "UTC";
  return std::string{rules_->at(unix_seconds(instant.micros)).name};
}

std::string skipped(Timestamp local, std::string_view zone) {
  return fmt::format("{} is skipped by a clock change in {}", quote_for_message(to_text(local)), zone);
}

}  // namespace etl::converters
