// etl replay: rows that were rejected, mended by hand, take the place that they would have had.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMapping = R"(version: 1
name: staff
connections:
  source: {url: sqlite:source.db, schema: source.sql}
  target: {url: "${TARGET_URL}", schema: target.sql, create: true}
tables:
  people:
    from: source.people
    fields:
      id: uuid5(id)
      email: {from: email | trim | lower, format: email}
      pay: {from: pay, min: 0}
      secret: {from: secret, sensitive: true}
      boss_id: people[boss]
      seen: now()
    ignore: [boss]
  badges:
    from: source.badges
    fields:
      id: id
      person_id: people[person]
      label: label
settings: {max_rejects: 100%, batch: BATCH, verify: full}
)";

constexpr const char* kSource =
    "-- dialect: sqlite\n"
    "CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, pay INTEGER, secret TEXT, boss INTEGER);\n"
    "CREATE TABLE badges (id INTEGER PRIMARY KEY, person INTEGER, label TEXT);\n";

constexpr const char* kTarget =
    "-- dialect: postgresql\n"
    "CREATE TABLE people (id uuid PRIMARY KEY, email text NOT NULL UNIQUE, pay integer, secret text,\n"
    "  boss_id uuid REFERENCES people (id), seen timestamptz NOT NULL);\n"
    "CREATE TABLE badges (id integer PRIMARY KEY, person_id uuid NOT NULL REFERENCES people (id), label text);\n";

// 2 and 4 are wrong; 3 has 2 as its boss; badges of all of them.
constexpr const char* kRows =
    "INSERT INTO people VALUES (1, 'ana@x.co', 10, 's1', NULL), (2, 'bo at x.co', 20, 's2', 1),"
    " (3, 'cy@x.co', 30, 's3', 2), (4, 'dee@x.co', 'much', 's4', 1);"
    "INSERT INTO badges VALUES (1, 1, 'a'), (2, 2, 'b'), (3, 3, 'c'), (4, 4, 'd'), (5, 99, 'nobody');";
constexpr const char* kMended = "UPDATE people SET email = 'bo@x.co' WHERE id = 2; UPDATE people SET pay = 1 WHERE id = 4;";

void make(const fs::path& folder, const std::string& batch, const std::string& more) {
  std::string mapping = kMapping;
  mapping.replace(mapping.find("BATCH"), 5, batch);
  write_whole(folder / "staff.yaml", mapping);
  write_whole(folder / "source.sql", kSource);
  write_whole(folder / "target.sql", kTarget);
  write_whole(folder / "rows.sql", std::string{kSource} + kRows + more);
  fs::remove(folder / "source.db");
  REQUIRE(run_program({"bash", "-c", "sqlite3 source.db < rows.sql"}, folder).exit == 0);
}

Finished etl(const fs::path& folder, const TestTarget& target, std::vector<std::string> arguments) {
  return run_etl(std::move(arguments), folder, {{"TARGET_URL", target.url()}});
}

// rejects/people.csv of the newest run, as its user mends it: only the columns that matter, only the rows that matter.
void write_mended(const fs::path& folder) {
  write_whole(folder / "people.csv",
              "position,source\n"
              "id=2,\"{\"\"id\"\":2,\"\"email\"\":\"\"bo@x.co\"\",\"\"pay\"\":20,\"\"secret\"\":\"\"***\"\",\"\"boss\"\":1}\"\n"
              "id=4,\"{\"\"pay\"\":1}\"\n");
}

// Rows but for now(), which differs between two runs.
std::string rows(TestTarget& target) {
  std::string out;
  for (const auto& row : target.query("SELECT email, pay, secret, (SELECT b.email FROM people b WHERE b.id = p.boss_id) "
                                      "FROM people p ORDER BY 1")) {
    for (const std::string& cell : row) out += cell + "|";
    out += "\n";
  }
  for (const auto& row : target.query("SELECT b.id, p.email, label FROM badges b JOIN people p ON p.id = person_id ORDER BY 1")) {
    for (const std::string& cell : row) out += cell + "|";
    out += "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("replay: mended rows and the rows that waited for them, as if they had been right the first time") {
  for (const std::string batch : {"1", "10000"}) {
    Scratch right;
    make(right.path(), batch, kMended);
    Scratch wrong;
    make(wrong.path(), batch, "");
    const auto expected = all_targets(right.path());
    const auto targets = all_targets(wrong.path());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      CAPTURE(batch);
      CAPTURE(targets[i]->dialect());
      fs::remove_all(wrong.path() / "reports");
      REQUIRE(etl(right.path(), *expected[i], {"run", "staff.yaml"}).exit == 1);
      const Finished run = etl(wrong.path(), *targets[i], {"run", "staff.yaml"});
      CAPTURE(run.out);
      CAPTURE(run.err);
      REQUIRE(run.exit == 1);
      CHECK(rows(*targets[i]) != rows(*expected[i]));
      write_mended(wrong.path());
      const Finished replay = etl(wrong.path(), *targets[i], {"replay", "staff.yaml", "people.csv"});
      CAPTURE(replay.out);
      CAPTURE(replay.err);
      CHECK(replay.exit == 1);  // Badge 5 belongs to nobody still.
      CHECK(rows(*targets[i]) == rows(*expected[i]));
      const auto seen = targets[i]->query("SELECT count(DISTINCT seen) FROM people");
      CHECK(seen == std::vector<std::vector<std::string>>{{"1"}});
      // With the source as it was, and as it would be if it had been mended.
      for (const std::string source : {"wrong", "right"}) {
        CAPTURE(source);
        const fs::path& mapping = source == "wrong" ? wrong.path() : right.path();
        const Finished verified = etl(mapping, *targets[i], {"verify", "staff.yaml"});
        CHECK_MESSAGE(verified.exit == 0, verified.out << verified.err);
      }
    }
  }
}

TEST_CASE("replay: killed, and run again: no row is missing, none is there twice") {
  Scratch right;
  make(right.path(), "100", kMended);
  Scratch wrong;
  make(wrong.path(), "100", "");
  int killed = 0;
  for (const std::string point : {"batch:1", "after_commit", "committed"}) {
    const Scratch expected_place;
    const Scratch place;
    const auto expected = all_targets(expected_place.path());
    const auto targets = all_targets(place.path());
    for (std::size_t i = 0; i < targets.size(); ++i) {
      CAPTURE(point);
      CAPTURE(targets[i]->dialect());
      fs::remove_all(wrong.path() / "reports");
      REQUIRE(etl(right.path(), *expected[i], {"run", "staff.yaml"}).exit == 1);
      REQUIRE(etl(wrong.path(), *targets[i], {"run", "staff.yaml"}).exit == 1);
      write_mended(wrong.path());
      const Finished first = run_etl({"replay", "staff.yaml", "people.csv"}, wrong.path(),
                                     {{"TARGET_URL", targets[i]->url()}, {"ETL_FAULT", point}});
      REQUIRE(first.exit != 1);
      ++killed;
      const Finished again = etl(wrong.path(), *targets[i], {"replay", "staff.yaml", "people.csv"});
      CHECK_MESSAGE(again.exit == 1, again.err);  // Badge 5 belongs to nobody still.
      CHECK(rows(*targets[i]) == rows(*expected[i]));
    }
  }
  MESSAGE("replays killed: ", killed);
}

TEST_CASE("replay: a row that is still wrong is rejected again, with its reason") {
  Scratch scratch;
  make(scratch.path(), "100", "");
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    fs::remove_all(scratch.path() / "reports");
    REQUIRE(etl(scratch.path(), *target, {"run", "staff.yaml"}).exit == 1);
    write_whole(scratch.path() / "people.csv", "position,source\nid=4,\"{\"\"pay\"\":-5}\"\n");
    const Finished replay = etl(scratch.path(), *target, {"replay", "staff.yaml", "people.csv"});
    CHECK(replay.exit == 1);
    CHECK(replay.out.find("-5 is below 0") != std::string::npos);
    CHECK(target->query("SELECT count(*) FROM people") == std::vector<std::vector<std::string>>{{"1"}});
  }
}

TEST_CASE("replay: what cannot be is named") {
  Scratch scratch;
  make(scratch.path(), "100", "");
  const auto target = sqlite_target(scratch.path());
  REQUIRE(etl(scratch.path(), *target, {"run", "staff.yaml"}).exit == 1);
  const auto said = [&](const std::string& rows, std::vector<std::string> more = {}) {
    write_whole(scratch.path() / "people.csv", "position,source\n" + rows);
    more.insert(more.begin(), {"replay", "staff.yaml", "people.csv"});
    const Finished replay = etl(scratch.path(), *target, more);
    CHECK(replay.exit >= 2);
    return replay.err;
  };
  CHECK(said("id=1,{}\n").find("id=1 was not rejected by the run") != std::string::npos);
  CHECK(said("id=2,nonsense\n").find("holds no JSON object") != std::string::npos);
  CHECK(said("id=2,{}\n", {"--table", "pepole"}).find("no table pepole") != std::string::npos);
  CHECK(said("id=2,{}\n", {"--run", "ffffffff"}).find("ffffffff") != std::string::npos);
  REQUIRE(run_program({"bash", "-c", "sqlite3 source.db 'DELETE FROM people WHERE id = 2'"}, scratch.path()).exit == 0);
  CHECK(said("id=2,{}\n").find("the source has no row id=2 any more") != std::string::npos);
}

}  // namespace etl::testing
