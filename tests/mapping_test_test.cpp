// `etl test` as its user sees it: differences, JUnit, coverage.
#include <doctest/doctest.h>

#include <string>

#include "tests/support/command.h"

namespace etl::testing {
namespace {

constexpr const char* kMapping = R"(version: 1
connections:
  source: {url: sqlite:a.db, schema: a.sql}
  target: {url: sqlite:b.db, schema: a.sql}
tables:
  people:
    from: source.people
    fields:
      id: id
      name: {from: name | trim, max_length: 5}
      size: "case when size = 's' then 'small' when size = 'l' then 'large' else 'other' end"
    check:
      ids are small: id < 100
tests:
  - name: sizes have words
    given:
      source.people:
        - {id: 1, name: ' Adé ', size: s}
        - {id: 2, name: Bob, size: l}
        - {id: 3, name: Barbara, size: l}
    expect:
      people:
        - {id: 1, name: Adé, size: small}
        - {id: 3, name: Bobby, size: {pattern: '^x'}}
        - {id: 4}
    rejects:
      - {table: people, field: name, rule: max_length}
)";

Finished test(const std::vector<std::string>& options) {
  const Scratch scratch;
  write_whole(scratch.path() / "a.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, size TEXT);\n");
  write_whole(scratch.path() / "people.yaml", kMapping);
  std::vector<std::string> arguments = {"test", "people.yaml"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  return run_etl(arguments, scratch.path());
}

}  // namespace

TEST_CASE("etl test: what was expected stands beside what came") {
  const auto done = test({});
  CHECK(done.exit == 1);
  CHECK(done.out == R"(FAILED  sizes have words
    people.yaml:15:11
    people: expected 3 rows, got 2
    people: rejected: name: max_length: 'Barbara' has 7 characters, more than 5 (id=3)
    people row 2
            expected     got
      id    '3'          '2'
      name  'Bobby'      'Bob'
      size  pattern: ^x  'large' does not match ^x
    people row 3: expected {"id":4}, got none
0 passed, 1 failed
)");
}

TEST_CASE("etl test: the mappings of the project pass their own tests") {
  // culturebridge.yaml waits for on_conflict: update.
  const auto done = run_etl({"test", "mappings/health.yaml", "mappings/mingus.yaml", "mappings/theprogram.yaml",
                             "mappings/workout.yaml", "mappings/workout_sync.yaml"},
                            ".");
  CHECK_MESSAGE(done.exit == 0, done.out, done.err);
  CHECK(done.out.ends_with("6 passed, 0 failed\n"));
}

TEST_CASE("etl test: JUnit") {
  const auto done = test({"--format", "junit"});
  CHECK(done.exit == 1);
  CHECK(
      done.out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                           "<testsuites name=\"etl test\" tests=\"1\" failures=\"1\">\n"
                           "  <testsuite name=\"people.yaml\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\">\n"
                           "    <testcase classname=\"people.yaml\" name=\"sizes have words\">\n"
                           "      <failure message=\"people: expected 3 rows, got 2\">people.yaml:15:11\n"));
  CHECK(done.out.ends_with("</failure>\n    </testcase>\n  </testsuite>\n</testsuites>\n"));
}

TEST_CASE("etl test: coverage names what no test reaches") {
  const auto done = test({"--coverage"});
  CHECK(done.out.find(R"(6 of 8 fields, rules and branches are reached by a test
  people.yaml:11:82: people.size: else 'other'
  people.yaml:13:7: people: ids are small
)") != std::string::npos);
  CAPTURE(done.out);
  CHECK(done.exit == 1);
}

TEST_CASE("etl test: coverage counts aborts, and rules that follow from the schema") {
  const Scratch scratch;
  write_whole(scratch.path() / "a.sql",
              "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, role TEXT, boss INTEGER);\n");
  write_whole(scratch.path() / "b.sql",
              "CREATE TABLE people (id integer PRIMARY KEY, name varchar(5) NOT NULL UNIQUE,\n"
              "  role text CHECK (role IN ('admin', 'member')), size numeric(3,1));\n");
  const std::string mapping = R"(version: 1
connections:
  source: {url: sqlite:a.db, schema: a.sql}
  target: {url: postgresql://localhost/b, schema: b.sql}
tables:
  people:
    from: source.people
    ignore: [boss]
    fields:
      id: {abort: {max: 1000}}
      name:
      role:
      size: length(name) * 20
    check:
      ids are even: id % 2 = 0
    abort:
      nobody is nameless: name != ''
tests:
  - name: most rules
    given:
      source.people:
        - {id: 2, name: Ada, role: admin}
        - {id: 4, role: admin}
        - {id: 6, name: Barbara, role: admin}
        - {id: 8, name: Bo, role: boss}
        - {id: 10, name: Ada, role: member}
        - {id: 3, name: Cy, role: member}
    expect:
      people: [{id: 2, name: Ada, role: admin, size: 60}]
)";
  const std::string stops = R"(  - name: a row that stops the run
    given:
      source.people: [{id: 2, name: Al, role: admin}, {id: 4, name: '', role: admin}]
    rejects:
      - {table: people, field: '', rule: abort}
  - name: a value that stops the run
    given:
      source.people: [{id: 2000, name: Al, role: admin}]
    rejects:
      - {table: people, field: id, rule: abort}
)";
  write_whole(scratch.path() / "people.yaml", mapping);
  const auto first = run_etl({"test", "people.yaml", "--coverage"}, scratch.path());
  CHECK(first.out.find("people.yaml:10:20: people.id: abort: max\n") != std::string::npos);
  CHECK(first.out.find("people.yaml:17:7: people: nobody is nameless\n") != std::string::npos);
  for (const char* reached :
       {"ids are even", "name: required", "name: max_length", "role: one_of", "name: key", "size: precision"}) {
    CHECK_MESSAGE(first.out.find(reached + std::string{"\n"}) == std::string::npos, reached,
                  " is not counted as reached:\n", first.out);
    CHECK_MESSAGE(first.out.find(reached + std::string{" (schema)\n"}) == std::string::npos, reached, ":\n", first.out);
  }
  write_whole(scratch.path() / "people.yaml", mapping + stops);
  const auto second = run_etl({"test", "people.yaml", "--coverage"}, scratch.path());
  CHECK_MESSAGE(second.out.find("abort") == std::string::npos, second.out);
  CHECK(second.out.find("people: nobody is nameless") == std::string::npos);
  CAPTURE(second.out);
  CHECK(second.exit == 0);

  // Without the rows that break them, the rules of the schema are named.
  std::string clean = mapping;
  clean.erase(clean.find("        - {id: 4"), clean.find("    expect:") - clean.find("        - {id: 4"));
  write_whole(scratch.path() / "people.yaml", clean);
  const auto third = run_etl({"test", "people.yaml", "--coverage"}, scratch.path());
  for (const char* missed :
       {"people.name: required (schema)", "people.name: max_length (schema)", "people.role: one_of (schema)",
        "people.name: key (schema)", "people.size: precision (schema)"}) {
    CHECK_MESSAGE(third.out.find(missed) != std::string::npos, missed, " is not named:\n", third.out);
  }
}

TEST_CASE("etl test: the day of past and future is that of settings.timezone") {
  const auto outcome = [](const std::string& zone) {
    const Scratch scratch;
    write_whole(scratch.path() / "a.sql", "CREATE TABLE people (id INTEGER PRIMARY KEY, born TEXT);\n");
    write_whole(scratch.path() / "b.sql", "CREATE TABLE people (id integer PRIMARY KEY, born date);\n");
    write_whole(scratch.path() / "people.yaml",
                "version: 1\nconnections:\n  source: {url: sqlite:a.db, schema: a.sql}\n"
                "  target: {url: postgresql://localhost/b, schema: b.sql}\nsettings: {timezone: " +
                    zone +
                    "}\n"
                    "tables:\n  people:\n    from: source.people\n    fields:\n      id:\n      born: {past: true}\n"
                    "tests:\n  - name: a day\n    now: '2024-06-01T20:00:00Z'\n    given:\n"
                    "      source.people: [{id: 1, born: '2024-06-01'}, {id: 2, born: '2024-06-02'}]\n"
                    "    expect: {people: [{id: 1, born: {past: true}}, {id: 2, born: {past: true}}]}\n");
    return run_etl({"test", "people.yaml"}, scratch.path());
  };
  CHECK(outcome("Pacific/Kiritimati").exit == 0);  // 10:00 of June 2nd there.
  const auto utc = outcome("UTC");
  CHECK(utc.exit == 1);
  CHECK(utc.out.find("people: rejected: born: past: 2024-06-02 is after the run's 2024-06-01") != std::string::npos);
}

}  // namespace etl::testing
