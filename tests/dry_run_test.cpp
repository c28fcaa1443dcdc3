// A dry run does everything but the commit: afterwards the target is, byte for byte, what it was, ledger and sequences
// included, and the summary says what would have happened.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

// Rows that are inserted, updated, rejected and replaced, and keys that the database makes.
constexpr const char* kMapping = R"(version: 1
name: dry
connections:
  source: sqlite:source.db
  target: {url: "${TARGET_URL}", schema: schema.sql, create: true}
tables:
  people: {from: source.people, key: [id], on_conflict: update, fields: {id:, name: {from: name, min_length: 2}}}
  visits: {from: source.visits, fields: {person: 'people[person]', day: day}, ignore: [id]}
  logs: {from: source.visits, replace: true, fields: {line: day}, ignore: [id, person]}
settings: {max_rejects: 50%, atomic: MODE}
)";

constexpr const char* kSource =
    "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT); CREATE TABLE visits (id INTEGER PRIMARY KEY, person "
    "INTEGER, day TEXT);"
    "INSERT INTO people VALUES (1, 'ann'), (2, 'bob'), (3, ' '), (4, 'eve');"
    "INSERT INTO visits VALUES (1, 1, 'mon'), (2, 2, 'tue'), (3, 3, 'wed'), (4, 4, 'thu');";

constexpr const char* kSchema =
    "-- dialect: postgresql\n"
    "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL);\n"
    "CREATE TABLE visits (id bigserial PRIMARY KEY, person integer NOT NULL REFERENCES people (id), day text);\n"
    "CREATE TABLE logs (line text);\nCREATE INDEX by_day ON visits (day);\n";

void make(const fs::path& folder, const std::string& mode) {
  std::string mapping = kMapping;
  mapping.replace(mapping.find("MODE"), 4, mode);
  if (mode == "table") mapping.replace(mapping.find("replace: true"), 13, "replace: false");
  write_whole(folder / "mapping.yaml", mapping);
  write_whole(folder / "schema.sql", kSchema);
  fs::remove(folder / "source.db");
  REQUIRE(run_program({"sqlite3", "source.db", kSource}, folder).exit == 0);
}

// Everything that the database holds, as its own tools print it; of a SQLite file its bytes.
std::string whole(const TestTarget& target, const fs::path& folder) {
  if (target.dialect() == "sqlite") {
    const fs::path file = target.url().substr(7);
    return fs::exists(file) ? read_whole(file) : "no file";
  }
  const Finished dumped = run_program(
      {"bash", "-c", "pg_dump --no-comments '" + target.url() + "' | grep -v -e '^.restrict' -e '^.unrestrict'"},
      folder);
  REQUIRE_MESSAGE(dumped.exit == 0, dumped.err);
  return dumped.out;
}

// Where the second begins to differ, some lines of both.
std::string difference(const std::string& before, const std::string& after) {
  const auto [here, there] = std::ranges::mismatch(before, after);
  const auto from = before.rfind('\n', static_cast<std::size_t>(here - before.begin()));
  const std::size_t start = from == std::string::npos ? 0 : from;
  return before.substr(start, 300) + "\n--- now\n" + after.substr(std::min(start, after.size()), 300);
}

Finished etl(const fs::path& folder, const TestTarget& target, std::vector<std::string> arguments,
             const std::string& fault = "") {
  return run_etl(std::move(arguments), folder, {{"TARGET_URL", target.url()}, {"ETL_FAULT", fault}});
}

void check_dry(const fs::path& folder, TestTarget& target, const std::vector<std::string>& says) {
  const std::string before = whole(target, folder);
  const Finished dry = etl(folder, target, {"run", "mapping.yaml", "--dry-run"});
  CHECK_MESSAGE(dry.exit == 1, dry.out, dry.err);  // As the run itself: one row is rejected.
  for (const std::string& text : says) CHECK_MESSAGE(dry.out.find(text) != std::string::npos, text, "\n", dry.out);
  CHECK_MESSAGE(whole(target, folder) == before, difference(before, whole(target, folder)));
  CHECK_FALSE(fs::exists(target.url().substr(7) + ".etl-new"));
  const Finished scanned = etl(folder, target, {"plan", "mapping.yaml", "--scan"});
  CHECK_MESSAGE(scanned.exit == 1, scanned.out, scanned.err);
  CHECK_MESSAGE(whole(target, folder) == before, difference(before, whole(target, folder)));
}

bool is_new(TestTarget& target) { return target.tables().empty(); }

}  // namespace

TEST_CASE("dry run: leaves nothing behind, in the ledger neither, and says what it would have done") {
  int tried = 0;
  for (const std::string mode : {"run", "table"}) {
    Scratch scratch;
    make(scratch.path(), mode);
    for (const auto& target : all_targets(scratch.path())) {
      CAPTURE(mode);
      CAPTURE(target->dialect());
      const std::vector<std::string> says = {"dry: dry run\n", "everything was tried, then rolled back",
                                             "people: 1 of 4 rows rejected", "name: min_length"};
      // No table is there; the dry run makes them and takes them back.
      check_dry(scratch.path(), *target, says);
      CHECK(is_new(*target));
      // A run has left its ledger, sequences and rows.
      CHECK(etl(scratch.path(), *target, {"run", "mapping.yaml"}).exit == 1);
      REQUIRE(run_program({"sqlite3", "source.db", "UPDATE people SET name = upper(name)"}, scratch.path()).exit == 0);
      check_dry(scratch.path(), *target, says);
      // A run was killed behind its first table, or before anything was kept.
      const Finished killed =
          etl(scratch.path(), *target, {"run", "mapping.yaml"}, mode == "table" ? "after_table:1" : "before_commit");
      REQUIRE(killed.exit != 1);
      check_dry(scratch.path(), *target, says);
      const Finished again = etl(scratch.path(), *target, {"run", "mapping.yaml"});
      CHECK_MESSAGE(again.exit == 1, again.err);
      CHECK(target->query("SELECT name FROM people ORDER BY id") ==
            std::vector<std::vector<std::string>>{{"ANN"}, {"BOB"}, {"EVE"}});
      tried += 3;
    }
  }
  MESSAGE("dry runs: ", tried);
}

TEST_CASE("dry run: one that would fail says so, and leaves nothing behind either") {
  Scratch scratch;
  make(scratch.path(), "run");
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    REQUIRE(etl(scratch.path(), *target, {"run", "mapping.yaml"}).exit == 1);
    target->execute("CREATE UNIQUE INDEX one_day ON visits (day)");
    const std::string before = whole(*target, scratch.path());
    const Finished dry = etl(scratch.path(), *target, {"run", "mapping.yaml", "--dry-run"});
    CHECK_MESSAGE(dry.exit == 3, dry.out, dry.err);
    CHECK_MESSAGE(dry.err.find("visits") != std::string::npos, dry.err);
    CHECK(dry.out.find("nothing was kept") != std::string::npos);
    CHECK_MESSAGE(whole(*target, scratch.path()) == before, difference(before, whole(*target, scratch.path())));
  }
}

TEST_CASE("dry run: a rollback that is only tried leaves nothing behind") {
  Scratch scratch;
  make(scratch.path(), "run");
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    REQUIRE(etl(scratch.path(), *target, {"run", "mapping.yaml"}).exit == 1);
    const std::string before = whole(*target, scratch.path());
    const Finished dry = etl(scratch.path(), *target, {"rollback", "mapping.yaml", "--dry-run"});
    CHECK_MESSAGE(dry.exit == 0, dry.err);
    CHECK_MESSAGE(dry.out.find("people  3 removed") != std::string::npos, dry.out);
    CHECK(dry.out.find("dry run: nothing was changed") != std::string::npos);
    CHECK_MESSAGE(whole(*target, scratch.path()) == before, difference(before, whole(*target, scratch.path())));
  }
}

}  // namespace etl::testing
