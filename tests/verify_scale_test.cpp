// Law 5 where nothing fits into settings.memory: keys, journal and numbers go to disk, and each difference is named.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {
namespace {

constexpr int kRows = 40'000;

// Keys in no order, every hundredth that of an earlier row, every five thousandth row one that is rejected.
constexpr const char* kSource = R"(
CREATE TABLE events (id TEXT, person INTEGER, note TEXT, amount TEXT, active INTEGER, seen_at TEXT);
WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < {0}),
  keys AS (SELECT i, CASE WHEN i % 100 = 0 THEN i / 2 + 1 ELSE i END AS k FROM n)
INSERT INTO events SELECT printf('%08x-5a1e-4c0d-8000-%012x', (k * 2654435761) % 4294967296, k), i % 400,
  ' what happened to ' || i || ' ', printf('%d.%02d', i % 250, i % 100), i % 2,
  CASE i % 5000 WHEN 4999 THEN 'never' ELSE strftime('%Y-%m-%dT%H:%M:%S', 1600000000 + i * 7, 'unixepoch') || printf('.%06dZ', 100001 + i) END
FROM keys;
)";

constexpr const char* kSchema = R"(-- dialect: postgresql
CREATE TABLE events (id uuid PRIMARY KEY, person integer NOT NULL, note text NOT NULL, amount numeric(12,2), active boolean NOT NULL, seen_at timestamptz NOT NULL, nth bigint NOT NULL);
CREATE TABLE people (person integer PRIMARY KEY, events bigint NOT NULL, amount numeric(14,2));
)";

constexpr const char* kMapping = R"(version: 1
name: scale
connections:
  source: sqlite:source.db
  target: {url: '${DATABASE_URL}', schema: schema.sql, create: true}
tables:
  events:
    from: source.events
    key: [id]
    on_conflict: skip
    max_rejects: 1%
    rest: copy
    fields:
      note: note | trim
      nth: row_number(person)
  people:
    from: source.events
    group_by: [person]
    fields:
      person:
      events: count()
      amount: sum(amount | decimal)
    ignore: [id, note, active, seen_at]
settings:
  memory: 256KB
)";

class World {
 public:
  World() {
    write_whole(folder_.path() / "source.sql", fmt::format(fmt::runtime(kSource), kRows));
    write_whole(folder_.path() / "schema.sql", kSchema);
    write(kMapping);
    const auto made = run_program({"/bin/sh", "-c", "sqlite3 source.db < source.sql"}, folder_.path());
    REQUIRE_MESSAGE(made.exit == 0, made.err);
  }

  void write(const std::string& mapping) const { write_whole(folder_.path() / "scale.yaml", mapping); }
  Finished etl(const TestTarget& target, const std::vector<std::string>& arguments) const {
    return run_etl(arguments, folder_.path(), {{"DATABASE_URL", target.url()}});
  }

  // Table, kind, key and column of each difference, sorted.
  std::vector<std::string> differences(const TestTarget& target) const {
    const auto finished = etl(target, {"verify", "scale.yaml", "--full", "--format", "csv"});
    std::vector<std::string> lines;
    std::istringstream stream{finished.out};
    for (std::string line; std::getline(stream, line);) {
      std::size_t end = 0;
      for (int cell = 0; cell < 4 && end != std::string::npos; ++cell) end = line.find(',', cell == 0 ? 0 : end + 1);
      if (!line.starts_with("table,kind,")) lines.push_back(line.substr(0, end));
    }
    std::ranges::sort(lines);
    CHECK_MESSAGE(finished.exit == (lines.empty() ? 0 : 1), finished.err);
    return lines;
  }

 private:
  Scratch folder_;
};

std::string key_of(TestTarget& target, int number) {
  return target.query(fmt::format("SELECT id FROM events WHERE note = 'what happened to {}'", number)).at(0).at(0);
}

// A flipped byte, a microsecond, a missing row, an extra row, a group's number; the lines that name them.
std::vector<std::string> plant(TestTarget& target, bool others_rows) {
  const std::string flipped = key_of(target, 7);
  const std::string moved = key_of(target, 20'001);
  const std::string gone = key_of(target, kRows - 1 - 1);
  const std::string extra = "00000000-0000-4000-8000-000000000001";
  target.execute("UPDATE events SET note = 'what happened tp 7' WHERE id = '" + flipped + "'");
  target.execute(target.dialect() == "sqlite"
                     ? "UPDATE events SET seen_at = replace(seen_at, '.120002', '.120003') WHERE id = '" + moved + "'"
                     : "UPDATE events SET seen_at = seen_at + interval '1 microsecond' WHERE id = '" + moved + "'");
  target.execute("INSERT INTO events SELECT '" + extra +
                 "', person, note, amount, active, seen_at, nth FROM events WHERE id = '" + gone + "'");
  target.execute("DELETE FROM events WHERE id = '" + gone + "'");
  target.execute("UPDATE people SET events = events + 1 WHERE person = 399");
  target.execute("INSERT INTO people VALUES (400, 1, '1.00')");
  std::vector<std::string> lines = {"events,changed,id=" + flipped + ",note", "events,changed,id=" + moved + ",seen_at",
                                    "events,missing,id=" + gone + ",", "people,changed,person=399,events",
                                    "people,extra,person=400,"};
  // In a table that held rows before, it may be somebody else's.
  if (!others_rows) lines.push_back("events,extra,id=" + extra + ",");
  std::ranges::sort(lines);
  return lines;
}

}  // namespace

TEST_CASE("verify: each planted difference is named where nothing fits into memory") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    const auto run = world.etl(*target, {"run", "scale.yaml"});
    REQUIRE_MESSAGE(run.exit == 1, run.err);
    CHECK(world.differences(*target).empty());
    const auto lines = plant(*target, false);
    CHECK(world.differences(*target) == lines);
  }
}

TEST_CASE("verify: the same in a table that held rows before, some of which the run met") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    REQUIRE(world.etl(*target, {"run", "scale.yaml", "--only", "people"}).exit == 0);
    target->execute("DELETE FROM people");
    const std::string old = "', 1, 'old', '1.00', true, '2020-01-01T00:00:00+00:00', 1)";
    const std::string met = fmt::format("{:08x}-5a1e-4c0d-8000-{:012x}", (5 * 2654435761ULL) % 4294967296ULL, 5);
    target->execute("INSERT INTO events VALUES ('" + met + old);
    target->execute("INSERT INTO events VALUES ('00000000-0000-4000-8000-0000000000ff" + old);
    const auto run = world.etl(*target, {"run", "scale.yaml"});
    REQUIRE_MESSAGE(run.exit == 1, run.err);
    CHECK(world.differences(*target).empty());
    auto lines = plant(*target, true);
    target->execute("DELETE FROM events WHERE id = '" + met + "'");
    lines.push_back("events,missing,id=" + met + ",");
    std::ranges::sort(lines);
    CHECK(world.differences(*target) == lines);
  }
}

constexpr const char* kGroups = R"(version: 1
name: scale
connections:
  source: sqlite:source.db
  target: {{url: '${{DATABASE_URL}}', schema: schema.sql, create: true}}
tables:
  people:
    from: source.events
    where: person < 100
    group_by: [id]
    fields:
      person: row_number()
      events: count()
      amount: sum(amount | decimal)
    ignore: [note, active, seen_at]
settings:
  memory: {}KB
)";

// Groups cannot go to disk, so what a run held in memory its verification must be able to hold.
TEST_CASE("verify: takes no more memory for groups than the run had") {
  const Scratch scratch;
  const auto target = sqlite_target(scratch.path());
  const World world;
  Finished run;
  int kilobytes = 512;
  for (; run.exit != 0 && kilobytes < 64'000; kilobytes += kilobytes / 10) {
    world.write(fmt::format(fmt::runtime(kGroups), kilobytes));
    run = world.etl(*target, {"run", "scale.yaml"});
  }
  CAPTURE(kilobytes);
  REQUIRE_MESSAGE(run.exit == 0, run.err);
  const auto verified = world.etl(*target, {"verify", "scale.yaml", "--full"});
  CHECK_MESSAGE(verified.exit == 0, verified.err);
}

}  // namespace etl::testing
