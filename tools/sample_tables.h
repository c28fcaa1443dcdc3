// The sample tables: their columns, how a good row looks, and every way in which a row can be faulty.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace samples {

struct Options {
  std::int64_t rows = 100'000;
  std::uint64_t seed = 1;
  double dirty = 0.003;
  bool failing = false;
  std::string out = "data/mingus";
  std::string schemas = "schemas/mingus";
};

// ---- random values that depend on nothing but the seed, the table and the row: any cell can be made again.

inline std::uint64_t mix(std::uint64_t x) {  // splitmix64, https://prng.di.unimi.it/splitmix64.c
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27U)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31U);
}

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t table, std::int64_t row)
      : state_{mix(seed ^ mix(table * 0x100000001b3ULL ^ mix(static_cast<std::uint64_t>(row))))} {}

  std::uint64_t bits() { return state_ = mix(state_); }
  // 0 to limit - 1.
  std::int64_t below(std::int64_t limit) {
    return static_cast<std::int64_t>(bits() % static_cast<std::uint64_t>(limit));
  }
  std::int64_t between(std::int64_t low, std::int64_t high) { return low + below(high - low + 1); }
  bool once_in(std::int64_t n) { return below(n) == 0; }
  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& items) {
    return items[static_cast<std::size_t>(below(N))];
  }

 private:
  std::uint64_t state_;
};

// ---- cells

struct Cell {
  enum class Kind : std::uint8_t { null, integer, real, text, blob };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;  // Also a blob's bytes.
};

inline Cell null() { return {}; }
inline Cell number(std::int64_t value) { return {.kind = Cell::Kind::integer, .integer = value, .text = {}}; }
inline Cell real(double value) { return {.kind = Cell::Kind::real, .real = value, .text = {}}; }
inline Cell text(std::string value) { return {.kind = Cell::Kind::text, .text = std::move(value)}; }
inline Cell blob(std::string value) { return {.kind = Cell::Kind::blob, .text = std::move(value)}; }

inline constexpr std::array<std::string_view, 24> kFirstNames = {
    "Ada",  "Grace", "Linus", "José", "Zoë", "Mary  Ann", "Søren",  "Amélie", "Kwame", "Yuki",   "Noor",  "Łukasz",
    "Omar", "Priya", "Chloé", "Iván", "Mei", "Anders",    "Fatima", "Jürgen", "王伟",  "Aiyana", "Tomás", "Ngozi"};
inline constexpr std::array<std::string_view, 24> kLastNames = {
    "Lovelace", "Hopper", "O'Brien", "García",   "Müller", "van der Berg", "Nguyễn", "Smith",
    "Okafor",   "Tanaka", "Rossi",   "Kowalski", "Haddad", "Patel",        "Dubois", "Silva",
    "Chen",     "Larsen", "D'Souza", "Weiß",     "李",     "Begay",        "Ruiz",   "Adeyemi"};
inline constexpr std::array<std::string_view, 6> kDomains = {"example.com",      "example.org",      "example.net",
                                                             "mail.example.com", "post.example.org", "uni.example.net"};
inline constexpr std::array<std::string_view, 8> kSteps = {"welcome", "profile", "goals",  "income",
                                                           "health",  "banking", "invite", "done"};
inline constexpr std::array<std::string_view, 8> kEvents = {"page_view", "login",  "goal_created", "goal_reached",
                                                            "share",     "export", "search",       "log out"};
inline constexpr std::array<std::string_view, 6> kMetrics = {"cpu_load",    "heap_bytes",  "request_ms",
                                                             "queue_depth", "error_share", "rows_per_second"};
inline constexpr std::array<std::string_view, 10> kFeatures = {"budget", "goals",  "check-in", "export", "charts",
                                                               "share",  "alerts", "import",   "notes",  "themes"};
inline constexpr std::array<std::string_view, 6> kComments = {
    "Works well.", "Nice, but slow 🙂", "It's \"fine\"", "Línea 1\nLínea 2", "", "100% happy; would use again"};
inline constexpr std::array<std::string_view, 4> kSeverities = {"info", "Warning", "ERROR", "critical"};
inline constexpr std::array<std::string_view, 3> kChannels = {"email", "sms", "push"};
inline constexpr std::array<std::string_view, 6> kSymptoms = {"headache", "fatigue", "back pain",
                                                              "none",     "müde",    "shoulder \\\"click\\\""};

// A moment between 2020 and 2024, in the shapes that applications write.
inline std::string moment(Random& random) {
  const auto date =
      fmt::format("{}-{:02}-{:02}", random.between(2020, 2024), random.between(1, 12), random.between(1, 28));
  const auto clock = fmt::format("{:02}:{:02}:{:02}", random.below(24), random.below(60), random.below(60));
  switch (random.below(8)) {
    case 0:
      return date + "T" + clock + "Z";
    case 1:
      return fmt::format("{} {}.{:06}", date, clock, random.below(1'000'000));
    case 2:
      return date + "T" + clock + "+02:00";
    default:
      return date + " " + clock;
  }
}
inline Cell maybe_moment(Random& random) { return random.once_in(4) ? null() : text(moment(random)); }
inline Cell flag(Random& random) { return random.once_in(12) ? null() : number(random.below(2)); }

inline std::string object(Random& random) {
  return fmt::format(
      R"({{"source": "{}", "score": {}, "tags": ["{}", "{}"], "nested": {{"ok": {}, "ratio": 0.{:02}}}}})",
      random.pick(kEvents), random.between(-5, 1000), random.pick(kFeatures), random.pick(kSteps),
      random.once_in(2) ? "true" : "null", random.below(100));
}
inline Cell maybe_object(Random& random) { return random.once_in(10) ? null() : text(object(random)); }

inline std::string list(Random& random) {
  std::string items = "[";
  const auto count = random.below(4);
  for (std::int64_t i = 0; i < count; ++i) items += fmt::format("{}\"{}\"", i == 0 ? "" : ", ", random.pick(kSymptoms));
  return items + "]";
}

inline std::string noise(Random& random, std::int64_t length) {
  std::string bytes(static_cast<std::size_t>(length), '\0');
  for (auto& byte : bytes) byte = static_cast<char>(random.bits());
  return bytes;
}

// Unique for each user once blanks are gone and letters are small, as the mapping makes them.
inline std::string email(std::uint64_t seed, std::int64_t user) {
  static constexpr std::array<std::string_view, 8> kLocals = {"ada",   "grace.h", "Linus",   "zoe",
                                                              "m.ann", "Omar",    "mei+app", "t_ruiz"};
  Random random{seed, 99, user};
  auto address = fmt::format("{}{}@{}", random.pick(kLocals), user + 1, random.pick(kDomains));
  if (random.once_in(9)) address = "  " + address + " ";
  return address;
}

// ---- faults

// One way for a row to be wrong, and the one reject that it leads to.
struct Fault {
  std::string_view kind;
  std::string_view column;
  std::string_view rule;
  // The faulty cell for a row (counted from 0) of the table.
  std::function<Cell(const Options& options, std::int64_t row)> cell;
  std::string_view field = {};     // As the reject names it; the column when empty.
  bool copies_row_before = false;  // The row before must be a good one of the same user.
  // Further cells that keep the row free of any second fault.
  std::vector<std::pair<std::string_view, Cell>> also = {};
};

inline auto always(Cell cell) {
  return [cell = std::move(cell)](const Options&, std::int64_t) { return cell; };
}
inline Fault fault(std::string_view kind, std::string_view column, std::string_view rule, Cell cell) {
  return {.kind = kind, .column = column, .rule = rule, .cell = always(std::move(cell))};
}
inline Fault impossible_date(std::string_view column, std::string value = "2023-02-29 10:00:00") {
  return fault("impossible_date", column, "convert", text(std::move(value)));
}
inline Fault text_in_integer(std::string_view column, std::string value) {
  return fault("text_in_integer", column, "type", text(std::move(value)));
}
inline Fault broken_json(std::string_view column) {
  return fault("broken_json", column, "convert", text(R"({"goal": "house",)"));
}
inline Fault null_required(std::string_view column) { return fault("null_required", column, "required", null()); }
inline Fault invalid_utf8(std::string_view column, std::string value = "Jos\xE9") {
  return fault("invalid_utf8", column, "encoding", text(std::move(value)));
}
inline Fault orphan() {
  return {
      .kind = "orphan", .column = "user_id", .rule = "parent", .cell = [](const Options& options, std::int64_t row) {
        return number(options.rows * 10 + row);  // Far beyond every user.
      }};
}

// ---- tables

// How a table's rows belong to users: `rows_per_block` rows for every `users_per_block` users, in order.
struct Share {
  std::int64_t rows_per_block = 1;
  std::int64_t users_per_block = 1;
  std::array<std::int64_t, 5> owner = {};  // Of each row of a block, counted within the block.
};

using Fill = std::vector<Cell> (*)(const Options& options, Random& random, std::int64_t row, std::int64_t user,
                                   std::int64_t nth);

struct Table {
  std::string_view database;
  std::string_view name;
  Share share;
  bool has_owner = true;                  // Rows point at a user with user_id.
  bool takes_the_rest = false;            // Gets what is left of --rows.
  std::vector<std::string_view> columns;  // Without id, which counts from 1.
  Fill fill = nullptr;
  std::vector<Fault> faults;
};

inline Table users() {
  return {.database = "mingus",
          .name = "users",
          .share = {},
          .has_owner = false,
          .columns = {"email", "password_hash", "is_active", "last_login", "created_at", "updated_at"},
          .fill = [](const Options& options, Random& random, std::int64_t row, std::int64_t,
                     std::int64_t) -> std::vector<Cell> {
            return {text(email(options.seed, row)),
                    text(fmt::format("$2b$12${:022}{:031}", random.below(1'000'000'000), random.below(1'000'000'000))),
                    flag(random),
                    maybe_moment(random),
                    text(moment(random)),
                    maybe_moment(random)};
          },
          .faults = {{.kind = "bad_email",
                      .column = "email",
                      .rule = "format",
                      .cell =
                          [](const Options&, std::int64_t row) {
                            return text(fmt::format("ana{}{}", row, row % 2 == 0 ? "@mail" : ".example.com"));
                          }},
                     {.kind = "duplicate_key",
                      .column = "email",
                      .rule = "key",
                      .cell =
                          [](const Options& options, std::int64_t row) {
                            auto address = email(options.seed, row - 1);
                            std::ranges::transform(address, address.begin(), [](char c) {
                              return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
                            });
                            return text(" " + address);
                          },
                      .copies_row_before = true},
                     impossible_date("created_at"),
                     text_in_integer("is_active", "maybe"),
                     null_required("created_at"),
                     invalid_utf8("email", "jos\xE9@example.com")}};
}

inline Table user_profiles() {
  return {
      .database = "mingus",
      .name = "user_profiles",
      .share = {},
      .columns = {"user_id", "first_name", "last_name", "zip_code", "dependents", "annual_income", "financial_goals",
                  "created_at", "updated_at"},
      .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user, std::int64_t) -> std::vector<Cell> {
        auto zip = fmt::format("{:05}", random.between(501, 99'950));
        if (random.once_in(5)) zip += fmt::format("-{:04}", random.below(10'000));
        if (random.once_in(20)) zip += " ";
        return {number(user + 1),
                text(std::string{random.pick(kFirstNames)}),
                text(std::string{random.pick(kLastNames)}),
                text(zip),
                random.once_in(8) ? null() : number(random.below(6)),
                random.once_in(6) ? null() : real(static_cast<double>(random.between(0, 25'000'000)) / 100),
                maybe_object(random),
                text(moment(random)),
                maybe_moment(random)};
      },
      .faults = {fault("short_zip", "zip_code", "format", text("2139")), orphan(),
                 impossible_date("created_at", "2024-04-31T08:00:00Z"), text_in_integer("dependents", "two"),
                 broken_json("financial_goals"), fault("wrong_shape", "financial_goals", "shape", text("[1, 2]")),
                 fault("negative_amount", "annual_income", "min", real(-1200.5)), null_required("last_name"),
                 invalid_utf8("first_name")}};
}

inline Table onboarding_progress() {
  return {.database = "mingus",
          .name = "onboarding_progress",
          .share = {.rows_per_block = 2},
          .columns = {"user_id", "step_name", "is_completed", "completed_at", "step_data", "created_at"},
          .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user,
                     std::int64_t nth) -> std::vector<Cell> {
            const auto done = random.once_in(3) ? number(0) : number(1);
            return {number(user + 1),
                    text(std::string{kSteps[static_cast<std::size_t>(nth)]}),
                    random.once_in(15) ? null() : done,
                    done.integer == 1 ? text(moment(random)) : null(),
                    maybe_object(random),
                    text(moment(random))};
          },
          .faults = {orphan(),
                     impossible_date("created_at"),
                     text_in_integer("is_completed", "nearly"),
                     broken_json("step_data"),
                     null_required("step_name"),
                     invalid_utf8("step_name"),
                     {.kind = "unmet_check",
                      .column = "is_completed",
                      .rule = "check",
                      .cell = always(number(1)),
                      .field = "-",
                      .also = {{"completed_at", null()}}}}};
}

inline Table user_health_checkins() {
  return {.database = "mingus",
          .name = "user_health_checkins",
          .share = {.rows_per_block = 3},
          .columns = {"user_id", "checkin_date", "mood_score", "stress_level", "sleep_hours", "exercise_minutes",
                      "symptoms", "wellness_activities", "created_at", "updated_at"},
          .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user,
                     std::int64_t nth) -> std::vector<Cell> {
            const auto date =
                fmt::format("{}-{:02}-{:02}", 2020 + nth, user % 12 + 1, user % 28 + 1);  // One per user and year.
            return {number(user + 1),
                    text(date),
                    number(random.between(1, 10)),
                    random.once_in(9) ? null() : number(random.between(1, 10)),
                    random.once_in(9) ? null() : real(static_cast<double>(random.below(97)) / 4),
                    number(random.below(300)),
                    text(list(random)),
                    random.once_in(5) ? null() : text(list(random)),
                    text(moment(random)),
                    maybe_moment(random)};
          },
          .faults = {orphan(),
                     impossible_date("checkin_date", "2024-04-31"),
                     fault("future_date", "checkin_date", "past", text("2999-01-01")),
                     text_in_integer("mood_score", "good"),
                     broken_json("symptoms"),
                     fault("wrong_shape", "wellness_activities", "shape", text(R"({"run": 1})")),
                     fault("out_of_range", "mood_score", "max", number(11)),
                     null_required("created_at"),
                     invalid_utf8("symptoms",
                                  "[\"m\xFC"
                                  "de\"]"),
                     {.kind = "duplicate_key",
                      .column = "checkin_date",
                      .rule = "key",
                      .cell =
                          [](const Options&, std::int64_t row) {
                            return text(
                                fmt::format("{}-{:02}-{:02}", 2020 + row % 3 - 1, row / 3 % 12 + 1, row / 3 % 28 + 1));
                          },
                      .field = "user_id, checkin_date",
                      .copies_row_before = true}}};
}

inline Table encrypted_financial_profiles() {
  return {
      .database = "mingus",
      .name = "encrypted_financial_profiles",
      .share = {.users_per_block = 2},
      .columns = {"user_id", "profile_name", "profile_type", "encrypted_data", "encryption_key_id", "created_at"},
      .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user, std::int64_t) -> std::vector<Cell> {
        return {number(user + 1),
                text("main"),
                text(random.once_in(3) ? "business" : "personal"),
                blob(noise(random, random.between(32, 96))),
                random.once_in(10) ? null() : text(fmt::format("key-{}", random.below(5))),
                text(moment(random))};
      },
      .faults = {orphan(), impossible_date("created_at"), null_required("encrypted_data"),
                 invalid_utf8("profile_name")}};
}

inline Table user_analytics() {
  return {
      .database = "business_intelligence",
      .name = "user_analytics",
      .share = {.rows_per_block = 5},
      .columns = {"user_id", "event_name", "event_data", "session_id", "created_at"},
      .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user, std::int64_t) -> std::vector<Cell> {
        return {number(user + 1), text(std::string{random.pick(kEvents)}), maybe_object(random),
                random.once_in(10) ? null() : text(fmt::format("{:016x}", random.bits())), text(moment(random))};
      },
      .faults = {orphan(), impossible_date("created_at"), broken_json("event_data"), null_required("event_name"),
                 invalid_utf8("session_id", "\xC3\x28")}};
}

inline Table performance_metrics() {
  return {.database = "business_intelligence",
          .name = "performance_metrics",
          .share = {.rows_per_block = 2},
          .has_owner = false,
          .takes_the_rest = true,
          .columns = {"metric_name", "metric_value", "tags", "recorded_at"},
          .fill = [](const Options&, Random& random, std::int64_t, std::int64_t, std::int64_t) -> std::vector<Cell> {
            return {text(std::string{random.pick(kMetrics)}),
                    real(static_cast<double>(random.between(-1'000'000, 1'000'000'000)) / 1000), maybe_object(random),
                    text(moment(random))};
          },
          .faults = {impossible_date("recorded_at"), broken_json("tags"), null_required("metric_value"),
                     invalid_utf8("metric_name")}};
}

inline Table feature_usage() {
  return {.database = "cache",
          .name = "feature_usage",
          .share = {.rows_per_block = 2},
          .columns = {"user_id", "feature_name", "usage_count", "last_used"},
          .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user,
                     std::int64_t nth) -> std::vector<Cell> {
            const auto feature = kFeatures[static_cast<std::size_t>((user + nth) % 10)];
            return {number(user + 1), text(std::string{feature}),
                    random.once_in(12) ? null() : number(random.below(500)), maybe_moment(random)};
          },
          .faults = {orphan(),
                     impossible_date("last_used"),
                     text_in_integer("usage_count", "often"),
                     fault("out_of_range", "usage_count", "min", number(-3)),
                     invalid_utf8("feature_name"),
                     {.kind = "duplicate_key",
                      .column = "feature_name",
                      .rule = "key",
                      .cell =
                          [](const Options&, std::int64_t row) {
                            return text(std::string{kFeatures[static_cast<std::size_t>(row / 2 % 10)]});
                          },
                      .field = "user_id, feature_name",
                      .copies_row_before = true}}};
}

inline Table user_feedback() {
  return {
      .database = "cache",
      .name = "user_feedback",
      .share = {.users_per_block = 2},
      .columns = {"user_id", "rating", "comment", "created_at"},
      .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user, std::int64_t) -> std::vector<Cell> {
        return {number(user + 1), random.once_in(8) ? null() : number(random.between(1, 5)),
                random.once_in(4) ? null() : text(std::string{random.pick(kComments)}), text(moment(random))};
      },
      .faults = {orphan(), impossible_date("created_at"), text_in_integer("rating", "five"),
                 fault("out_of_range", "rating", "max", number(6)), null_required("created_at"),
                 invalid_utf8("comment", "caf\xE9")}};
}

inline Table system_alerts() {
  return {.database = "performance_metrics",
          .name = "system_alerts",
          .share = {.users_per_block = 2},
          .has_owner = false,
          .columns = {"severity", "message", "is_resolved", "created_at"},
          .fill = [](const Options&, Random& random, std::int64_t, std::int64_t, std::int64_t) -> std::vector<Cell> {
            return {text(std::string{random.pick(kSeverities)}),
                    text(fmt::format("{} above limit: {} %", random.pick(kMetrics), random.between(80, 100))),
                    flag(random), text(moment(random))};
          },
          .faults = {fault("unknown_choice", "severity", "one_of", text("Fatal")), impossible_date("created_at"),
                     text_in_integer("is_resolved", "open"), null_required("message"), invalid_utf8("message")}};
}

inline Table important_dates() {
  return {
      .database = "performance_metrics",
      .name = "important_dates",
      .share = {},
      .columns = {"user_id", "title", "date", "amount", "is_recurring"},
      .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user, std::int64_t) -> std::vector<Cell> {
        const auto date =
            fmt::format("{}-{:02}-{:02}", random.between(2020, 2035), random.between(1, 12), random.between(1, 28));
        return {number(user + 1),
                text(fmt::format("{}'s {}", random.pick(kFirstNames), random.once_in(2) ? "rent" : "birthday")),
                text(date), random.once_in(3) ? null() : real(static_cast<double>(random.below(500'000)) / 100),
                flag(random)};
      },
      .faults = {orphan(), impossible_date("date", "2025-02-30"),
                 fault("negative_amount", "amount", "min", real(-0.01)), text_in_integer("is_recurring", "yearly"),
                 null_required("title"), invalid_utf8("title")}};
}

inline Table notification_preferences() {
  return {.database = "alerts",
          .name = "notification_preferences",
          .share = {.rows_per_block = 3, .users_per_block = 2, .owner = {0, 0, 1}},
          .columns = {"user_id", "channel", "enabled", "quiet_from", "quiet_until", "updated_at"},
          .fill = [](const Options&, Random& random, std::int64_t, std::int64_t user,
                     std::int64_t nth) -> std::vector<Cell> {
            const bool quiet = random.once_in(2);
            return {number(user + 1),
                    text(std::string{kChannels[static_cast<std::size_t>(nth)]}),
                    flag(random),
                    quiet ? text(fmt::format("{}:30", random.between(20, 23))) : null(),
                    quiet ? text(fmt::format("0{}:00:00", random.between(5, 9))) : null(),
                    maybe_moment(random)};
          },
          .faults = {orphan(),
                     fault("unknown_choice", "channel", "one_of", text("fax")),
                     text_in_integer("enabled", "sometimes"),
                     impossible_date("updated_at"),
                     fault("impossible_time", "quiet_from", "convert", text("25:61")),
                     invalid_utf8("channel", "sm\xFF"),
                     {.kind = "duplicate_key",
                      .column = "channel",
                      .rule = "key",
                      .cell = always(text("email")),
                      .field = "user_id, channel",
                      .copies_row_before = true}}};
}

inline std::vector<Table> tables() {
  return {users(),
          user_profiles(),
          onboarding_progress(),
          user_health_checkins(),
          encrypted_financial_profiles(),
          user_analytics(),
          performance_metrics(),
          feature_usage(),
          user_feedback(),
          system_alerts(),
          important_dates(),
          notification_preferences()};
}

inline constexpr std::string_view kDatabases[] = {"mingus", "business_intelligence", "cache", "performance_metrics",
                                                  "alerts"};

// Rows that come with one user, over all tables.
inline constexpr std::int64_t kRowsPerUser = 20;

}  // namespace samples
