#include "engine/converters/zone_rules.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include "engine/data/value.h"

namespace etl::converters {

namespace {

constexpr std::int64_t kBeginning = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDay = 86'400;
constexpr std::int64_t kDaysTo2000 = 10'957;

std::int64_t big_endian(std::string_view bytes) {
  std::uint64_t number = 0;
  for (const char c : bytes) number = number << 8 | static_cast<unsigned char>(c);
  const unsigned unused = 64 - 8 * static_cast<unsigned>(bytes.size());
  return static_cast<std::int64_t>(number << unused) >> unused;
}

// The counts of one of the two blocks of a TZif file (RFC 8536, section 3.1).
struct Header {
  std::size_t utc_flags = 0;
  std::size_t standard_flags = 0;
  std::size_t leaps = 0;
  std::size_t changes = 0;
  std::size_t types = 0;
  std::size_t name_bytes = 0;

  static constexpr std::size_t kSize = 44;
  std::size_t body_size(std::size_t time_size) const {
    return changes * (time_size + 1) + types * 6 + name_bytes + leaps * (time_size + 4) + standard_flags + utc_flags;
  }
};

std::optional<Header> read_header(std::string_view bytes) {
  if (bytes.size() < Header::kSize || bytes.substr(0, 4) != "TZif") return std::nullopt;
  const auto count = [&](std::size_t i) { return static_cast<std::size_t>(big_endian(bytes.substr(20 + 4 * i, 4))); };
  const Header header{count(0), count(1), count(2), count(3), count(4), count(5)};
  constexpr std::size_t kMost = 1'000'000;
  for (std::size_t i = 0; i < 6; ++i) {
    if (count(i) > kMost) return std::nullopt;
  }
  return header;
}

// Reads a rule from left to right.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_{text} {}

  bool done() const { return text_.empty(); }
  bool take(char c) {
    if (text_.empty() || text_[0] != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  // CEST or <+0330>.
  std::string name() {
    const bool quoted = take('<');
    std::size_t size = 0;
    while (size < text_.size() && (quoted ? text_[size] != '>' : is_letter(text_[size]))) ++size;
    std::string found{text_.substr(0, size)};
    text_.remove_prefix(size);
    if (quoted) take('>');
    return found;
  }
  std::optional<int> number() {
    int value = 0;
    const auto [stop, error] = std::from_chars(text_.data(), text_.data() + text_.size(), value);
    if (error != std::errc{}) return std::nullopt;
    text_.remove_prefix(static_cast<std::size_t>(stop - text_.data()));
    return value;
  }
  // [+-]hh[:mm[:ss]] in seconds.
  std::optional<std::int64_t> clock() {
    const bool negative = take('-');
    if (!negative) take('+');
    std::int64_t seconds = 0;
    for (std::int64_t unit = 3600; unit != 0; unit /= 60) {
      const auto part = number();
      if (!part) return std::nullopt;
      seconds += *part * unit;
      if (unit == 1 || !take(':')) break;
    }
    return negative ? -seconds : seconds;
  }
  std::optional<ChangeDay> change_day() {
    ChangeDay change;
    if (!take(',')) return std::nullopt;
    if (take('M')) {
      const auto month = number();
      const auto week = take('.') ? number() : std::nullopt;
      const auto day = take('.') ? number() : std::nullopt;
      if (!month || !week || !day || *month < 1 || *month > 12) return std::nullopt;
      change.month = *month;
      change.week = *week;
      change.day = *day;
    } else {
      change.kind = take('J') ? ChangeDay::Kind::day_without_leap_day : ChangeDay::Kind::day_of_year;
      const auto day = number();
      if (!day) return std::nullopt;
      change.day = *day;
    }
    if (!take('/')) return change;
    const auto seconds = clock();
    if (!seconds) return std::nullopt;
    change.seconds = *seconds;
    return change;
  }

 private:
  static bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

  std::string_view text_;
};

// Days since 1970.
std::int64_t day_number(std::int32_t year, int month, int day) {
  return date_of({.year = year, .month = month, .day = day}).value_or(Date{}).days + kDaysTo2000;
}

// The wall-clock second of the change in a year, since 1970.
std::int64_t change_second(const ChangeDay& change, std::int32_t year) {
  const std::int64_t new_year = day_number(year, 1, 1);
  std::int64_t day = new_year + change.day;
  if (change.kind == ChangeDay::Kind::day_without_leap_day) {
    const bool after_february = change.day >= 60;
    const bool leap = day_number(year, 3, 1) - new_year == 60;
    day = new_year + change.day - 1 + (after_february && leap ? 1 : 0);
  } else if (change.kind == ChangeDay::Kind::month_week_day) {
    const std::int64_t first = day_number(year, change.month, 1);
    const std::int64_t next_month =
        change.month == 12 ? day_number(year + 1, 1, 1) : day_number(year, change.month + 1, 1);
    const std::int64_t weekday = (first + 4) % 7;  // 1970-01-01 was a Thursday.
    day = first + (change.day - weekday + 7) % 7 + (change.week - 1) * 7;
    if (day >= next_month) day -= 7;
  }
  return day * kDay + change.seconds;
}

std::int32_t year_of(std::int64_t unix_seconds) {
  const std::int64_t days = unix_seconds / kDay - (unix_seconds % kDay < 0 ? 1 : 0) - kDaysTo2000;
  return civil_of({static_cast<std::int32_t>(std::clamp<std::int64_t>(days, -3'000'000, 2'000'000'000))}).year;
}

}  // namespace

std::optional<YearlyRule> parse_yearly_rule(std::string_view text) {
  RuleReader reader{text};
  YearlyRule rule;
  rule.standard_name = reader.name();
  const auto west = reader.clock();
  if (!west) return std::nullopt;
  rule.standard_offset = -*west;
  rule.summer_name = reader.name();
  if (rule.summer_name.empty()) return std::nullopt;
  rule.summer_offset = rule.standard_offset + 3600;
  if (!reader.done() && text.find(',') != std::string_view::npos) {
    if (const auto summer_west = reader.clock()) rule.summer_offset = -*summer_west;
  }
  const auto begins = reader.change_day();
  const auto ends = begins ? reader.change_day() : std::nullopt;
  if (!ends || !reader.done()) return std::nullopt;
  rule.summer_begins = *begins;
  rule.summer_ends = *ends;
  return rule;
}

std::unique_ptr<ZoneRules> ZoneRules::parse(std::string_view bytes) {
  // The first block has 32-bit times and is passed over.
  const auto old = read_header(bytes);
  if (!old || bytes.size() < Header::kSize + old->body_size(4)) return nullptr;
  bytes.remove_prefix(Header::kSize + old->body_size(4));
  const auto header = read_header(bytes);
  if (!header || header->types == 0 || bytes.size() < Header::kSize + header->body_size(8)) return nullptr;
  bytes.remove_prefix(Header::kSize);

  const std::string_view times = bytes.substr(0, header->changes * 8);
  const std::string_view indexes = bytes.substr(times.size(), header->changes);
  const std::string_view types = bytes.substr(times.size() + indexes.size(), header->types * 6);
  const std::string_view names = bytes.substr(times.size() + indexes.size() + types.size(), header->name_bytes);
  const auto change = [&](std::int64_t begin, std::size_t type) {
    const std::string_view row = types.substr(std::min(type, header->types - 1) * 6, 6);
    const std::string_view name = names.substr(std::min<std::size_t>(static_cast<unsigned char>(row[5]), names.size()));
    return Change{begin, big_endian(row.substr(0, 4)), std::string{name.substr(0, name.find('\0'))}};
  };
  auto rules = std::make_unique<ZoneRules>();
  rules->changes_.push_back(change(kBeginning, 0));
  for (std::size_t i = 0; i < header->changes; ++i) {
    rules->changes_.push_back(change(big_endian(times.substr(8 * i, 8)), static_cast<unsigned char>(indexes[i])));
  }
  std::string_view footer = bytes.substr(header->body_size(8));
  if (footer.size() > 2) rules->yearly_ = parse_yearly_rule(footer.substr(1, footer.size() - 2));
  return rules;
}

Stretch ZoneRules::at(std::int64_t unix_seconds) const {
  if (yearly_ && unix_seconds >= changes_.back().begin) return at_yearly(unix_seconds);
  const auto next = std::upper_bound(changes_.begin() + 1, changes_.end(), unix_seconds,
                                     [](std::int64_t second, const Change& change) { return second < change.begin; });
  const Change& found = *std::prev(next);
  return {found.begin, next == changes_.end() ? kEnd : next->begin, found.offset, found.name};
}

Stretch ZoneRules::at_yearly(std::int64_t unix_seconds) const {
  const std::int32_t year = year_of(unix_seconds);
  std::array<Stretch, 6> stretches;
  for (std::size_t i = 0; i < 3; ++i) {
    const std::int32_t then = year + static_cast<std::int32_t>(i) - 1;
    stretches[2 * i] = {change_second(yearly_->summer_begins, then) - yearly_->standard_offset, 0,
                        yearly_->summer_offset, yearly_->summer_name};
    stretches[2 * i + 1] = {change_second(yearly_->summer_ends, then) - yearly_->summer_offset, 0,
                            yearly_->standard_offset, yearly_->standard_name};
  }
  std::ranges::stable_sort(stretches, {}, &Stretch::begin);
  std::size_t found = 0;
  while (found + 2 < stretches.size() && stretches[found + 1].begin <= unix_seconds) ++found;
  Stretch stretch = stretches[found];
  stretch.end = stretches[found + 1].begin;
  stretch.begin = std::max(stretch.begin, changes_.back().begin);
  return stretch;
}

}  // namespace etl::converters
