// on_conflict and on_missing, judged as if row by row in source order: random worlds against a model that does just that,
// on every target and with several batch sizes. ETL_CONFLICT_SEEDS=n tries n worlds instead of the few of every day.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"
#include "tests/support/rejects.h"

namespace etl::testing {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed * 0x9E3779B97F4A7C15ULL + 1} {}
  int below(int count) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<int>((state_ >> 11U) % static_cast<std::uint64_t>(count));
  }
  bool one_in(int count) { return below(count) == 0; }
  std::optional<int> number(int count, int null_in) {
    if (one_in(null_in)) return std::nullopt;
    return below(count);
  }

 private:
  std::uint64_t state_;
};

// A row of source or target: the key, another unique column, a column with a CHECK (not below 0), a time, and what the
// mapping says nothing of.
struct Row {
  std::optional<int> key, other, value, time;
  std::string kept = "new";
};

struct Counts {
  int inserted = 0, updated = 0, unchanged = 0, skipped = 0, rejected = 0;
  bool operator==(const Counts&) const = default;
};

struct World {
  std::string conflict;  // "reject", "skip", "update", "newest".
  std::string missing;   // "insert", "skip", "reject".
  bool made_keys = false;  // The primary key is the database's, and `key` is another unique column.
  std::vector<Row> before, source;
};

Row random_row(Dice& dice) {
  Row row{.key = dice.number(8, 25), .other = dice.number(10, 4), .value = dice.number(6, 6), .time = dice.number(5, 6)};
  if (row.value && dice.one_in(3)) row.value = *row.value - 1;
  return row;
}

World random_world(std::uint64_t seed) {
  Dice dice{seed};
  World world;
  const std::vector<std::string> conflicts{"reject", "skip", "update", "update", "newest", "newest"};
  world.conflict = conflicts[static_cast<std::size_t>(dice.below(6))];
  world.missing = "insert";
  if ((world.conflict == "update" || world.conflict == "newest") && dice.one_in(4)) {
    world.missing = dice.one_in(2) ? "skip" : "reject";
  }
  world.made_keys = dice.one_in(2);
  std::set<int> keys;
  std::set<int> others;
  for (int i = dice.below(7); i > 0; --i) {
    Row row = random_row(dice);
    row.kept = "old";
    if (row.value) row.value = std::abs(*row.value);
    if (!row.key || !keys.insert(*row.key).second || (row.other && !others.insert(*row.other).second)) continue;
    world.before.push_back(row);
  }
  for (int i = 5 + dice.below(60); i > 0; --i) world.source.push_back(random_row(dice));
  for (Row& row : world.source) {
    if (seed % 3 == 0 && row.value) row.value = std::abs(*row.value);
    if (seed % 6 == 0) row.other.reset();
  }
  return world;
}

// ---- the model: one row after the other

struct Outcome {
  std::vector<Row> rows;
  Counts counts;
  std::set<int> rejected;                      // Source rows, from 1.
  std::map<int, std::optional<int>> children;  // The key of the row that each source row's reference finds.
};

bool is_refused(const std::vector<Row>& rows, const Row& row, const Row* itself) {
  if (row.value && *row.value < 0) return true;
  return row.other && std::ranges::any_of(rows, [&](const Row& held) { return &held != itself && held.other == row.other; });
}

// "inserted", "updated", ...; changes the rows.
std::string apply(const World& world, std::vector<Row>& rows, const Row& row) {
  if (!row.key) return "rejected";
  const auto met = std::ranges::find(rows, row.key, &Row::key);
  if (met == rows.end()) {
    if (world.missing != "insert") return world.missing == "skip" ? "skipped" : "rejected";
    if (is_refused(rows, row, nullptr)) return "rejected";
    rows.push_back(row);
    return "inserted";
  }
  if (world.conflict == "reject") return "rejected";
  if (world.conflict == "skip") return "skipped";
  if (world.conflict == "newest" && (!row.time || (met->time && *row.time <= *met->time))) return "skipped";
  if (met->other == row.other && met->value == row.value && met->time == row.time) return "unchanged";
  if (is_refused(rows, row, &*met)) return "rejected";
  met->other = row.other;
  met->value = row.value;
  met->time = row.time;
  return "updated";
}

Outcome model(const World& world) {
  Outcome outcome;
  outcome.rows = world.before;
  for (std::size_t i = 0; i < world.source.size(); ++i) {
    const Row& row = world.source[i];
    const bool there = row.key && std::ranges::find(outcome.rows, row.key, &Row::key) != outcome.rows.end();
    const std::string what = apply(world, outcome.rows, row);
    const int number = static_cast<int>(i) + 1;
    if (what == "inserted") ++outcome.counts.inserted;
    if (what == "updated") ++outcome.counts.updated;
    if (what == "unchanged") ++outcome.counts.unchanged;
    if (what == "skipped") ++outcome.counts.skipped;
    if (what == "rejected") ++outcome.counts.rejected;
    if (what == "rejected") outcome.rejected.insert(number);
    const bool found = what != "rejected" && (there || what == "inserted");
    outcome.children[number] = found ? row.key : std::nullopt;
  }
  return outcome;
}

// ---- the same through etl

std::string sql(const std::optional<int>& value, const std::string& prefix, bool text) {
  if (!value) return "NULL";
  const std::string plain = prefix + std::to_string(*value);
  return text ? "'" + plain + "'" : plain;
}

std::string time_of(const std::optional<int>& time) {
  return time ? "'2020-01-01T00:00:0" + std::to_string(*time) + "Z'" : "NULL";
}

std::string source_sql(const World& world) {
  std::string out = "CREATE TABLE people (n INTEGER PRIMARY KEY, key TEXT, other TEXT, value INTEGER, time TEXT);\n";
  for (std::size_t i = 0; i < world.source.size(); ++i) {
    const Row& row = world.source[i];
    out += "INSERT INTO people VALUES (" + std::to_string(i + 1) + ", " + sql(row.key, "k", true) + ", " +
           sql(row.other, "o", true) + ", " + sql(row.value, "", false) + ", " + time_of(row.time) + ");\n";
  }
  return out;
}

std::string target_sql(const World& world, const std::string& dialect) {
  const bool postgres = dialect == "postgresql";
  // The role of the test server is called etl, as is the schema of the ledger, which a run has made by now.
  const std::string schema = postgres ? "public." : "";
  const std::string id = postgres ? "id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
                                  : "id INTEGER PRIMARY KEY, ";
  std::string out = "CREATE TABLE " + schema + "people (" + (world.made_keys ? id : std::string{}) + "key varchar(10) NOT NULL " +
                    (world.made_keys ? "UNIQUE" : "PRIMARY KEY") +
                    ", other varchar(10) UNIQUE, value integer CHECK (value >= 0), time " +
                    (postgres ? "timestamptz" : "TEXT") + ", kept varchar(10) DEFAULT 'new');\n";
  out += "CREATE TABLE " + schema + "children (n integer PRIMARY KEY, person " +
         (world.made_keys ? "integer REFERENCES " + schema + "people(id)"
                          : "varchar(10) REFERENCES " + schema + "people(key)") +
         ");\n";
  for (const Row& row : world.before) {
    out += "INSERT INTO " + schema + "people (key, other, value, time, kept) VALUES (" + sql(row.key, "k", true) + ", " +
           sql(row.other, "o", true) + ", " + sql(row.value, "", false) + ", " + time_of(row.time) + ", 'old');\n";
  }
  return out;
}

std::string mapping(const World& world, int batch) {
  std::string out =
      "version: 1\nname: world\nconnections:\n  source: sqlite:source.db\n  target: ${TARGET_URL}\ntables:\n"
      "  people:\n    from: source.people\n    key: [key]\n    on_conflict: " +
      (world.conflict == "newest" ? std::string{"{newest: time}"} : world.conflict) + "\n";
  if (world.missing != "insert") out += "    on_missing: " + world.missing + "\n";
  out +=
      "    ignore: [n]\n    fields:\n      key:\n      other:\n      value:\n      time:\n"
      "  children:\n    from: source.people\n    ignore: [key, other, value, time]\n    fields:\n      n: n\n"
      "      person: people[n]\nsettings:\n  max_rejects: 100%\n  batch: " +
      std::to_string(batch) + "\n";
  return out;
}

std::string text_of(const std::vector<Row>& rows) {
  std::vector<std::string> lines;
  const auto text = [](const std::optional<int>& value, const std::string& prefix, const std::string& suffix = "") {
    return value ? prefix + std::to_string(*value) + suffix : std::string{"NULL"};
  };
  for (const Row& row : rows) {
    lines.push_back(text(row.key, "k") + " " + text(row.other, "o") + " " + text(row.value, "") + " " +
                    text(row.time, "2020-01-01T00:00:0", "Z") + " " + row.kept);
  }
  std::ranges::sort(lines);
  std::string out;
  for (const std::string& line : lines) out += line + "\n";
  return out;
}

std::string text_of(const std::vector<std::vector<std::string>>& rows) {
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) out += (i == 0 ? "" : " ") + row[i];
    out += "\n";
  }
  return out;
}

// Of the table people.
int count_in(const std::string& json, const std::string& name) {
  const auto at = json.find("\"" + name + "\":", json.find("\"name\": \"people\""));
  return at == std::string::npos ? -1 : std::atoi(json.c_str() + at + name.size() + 3);
}

void compare(const World& world, const Outcome& expected, TestTarget& target, int batch) {
  const Scratch scratch;
  target.execute("DROP TABLE IF EXISTS children");
  target.execute("DROP TABLE IF EXISTS people");
  target.execute(target_sql(world, target.dialect()));
  const std::string text = mapping(world, batch);
  write_whole(scratch.path() / "mapping.yaml", text);
  write_whole(scratch.path() / "source.sql", source_sql(world));
  REQUIRE(run_program({"sqlite3", "source.db", ".read source.sql"}, scratch.path()).exit == 0);
  const auto finished = run_etl({"run", "mapping.yaml", "--format", "json"}, scratch.path(), {{"TARGET_URL", target.url()}});
  CAPTURE(target.dialect());
  INFO(text, source_sql(world), target_sql(world, target.dialect()), finished.out, finished.err);
  REQUIRE(finished.exit <= 1);

  Counts counts{count_in(finished.out, "inserted"), count_in(finished.out, "updated"),
                count_in(finished.out, "unchanged"), count_in(finished.out, "skipped"),
                count_in(finished.out, "rejected")};
  CHECK(counts.inserted == expected.counts.inserted);
  CHECK(counts.updated == expected.counts.updated);
  CHECK(counts.unchanged == expected.counts.unchanged);
  CHECK(counts.skipped == expected.counts.skipped);
  CHECK(counts.rejected == expected.counts.rejected);
  CHECK(text_of(target.query("SELECT key, other, value, time, kept FROM people ORDER BY 1")) == text_of(expected.rows));

  std::set<int> rejected;
  for (const auto& reject : read_rejects(scratch.path() / "reports")) {
    if (reject.table == "people") rejected.insert(std::atoi(reject.position.substr(2).c_str()));
  }
  CHECK(rejected == expected.rejected);
  std::string children;
  for (const auto& [number, key] : expected.children) {
    if (key) children += std::to_string(number) + " k" + std::to_string(*key) + "\n";
  }
  const std::string column = world.made_keys ? "id" : "key";
  CHECK(text_of(target.query("SELECT c.n, p.key FROM children c JOIN people p ON p." + column +
                             " = c.person ORDER BY c.n")) == children);
  // Which rows the database refused by itself, and which others therefore were not, only the run knew.
  const bool updates = world.conflict == "update" || world.conflict == "newest";
  if (!updates && std::ranges::any_of(world.source, [](const Row& row) { return row.value && *row.value < 0; })) return;
  const auto verified = run_etl({"verify", "mapping.yaml"}, scratch.path(), {{"TARGET_URL", target.url()}});
  CHECK_MESSAGE(verified.exit == 0, verified.out << verified.err);
}

}  // namespace

TEST_CASE("conflicts: every batch size and target does what row by row would do") {
  const char* wanted = std::getenv("ETL_CONFLICT_SEEDS");
  const int seeds = wanted == nullptr ? 12 : std::atoi(wanted);
  const Scratch scratch;
  const auto targets = all_targets(scratch.path());
  for (int seed = 1; seed <= seeds; ++seed) {
    const World world = random_world(static_cast<std::uint64_t>(seed));
    const Outcome expected = model(world);
    CAPTURE(seed);
    for (const auto& target : targets) {
      for (const int batch : {7, 10'000}) compare(world, expected, *target, batch);
    }
  }
  MESSAGE(seeds, " worlds, ", targets.size(), " targets, batches of 7 and 10,000 rows");
}

}  // namespace etl::testing
