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
  const auto done =
      run_etl({"test", "mappings/health.yaml", "mappings/mingus.yaml", "mappings/theprogram.yaml",
               "mappings/workout.yaml", "mappings/workout_sync.yaml"},
              ".");
  CHECK_MESSAGE(done.exit == 0, done.out, done.err);
  CHECK(done.out.ends_with("6 passed, 0 failed\n"));
}

TEST_CASE("etl test: JUnit") {
  const auto done = test({"--format", "junit"});
  CHECK(done.exit == 1);
  CHECK(done.out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
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

}  // namespace etl::testing
