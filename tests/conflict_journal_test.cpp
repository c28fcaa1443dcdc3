// What an update leaves in the ledger: rows as they were before, rows that were met and left alone, rows that went.
#include <doctest/doctest.h>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {

namespace {

using Rows = std::vector<std::vector<std::string>>;

void run_mapping(TestTarget& target, const std::string& table) {
  const Scratch folder;
  const auto& path = folder.path();
  write_whole(path / "source.sql",
              "CREATE TABLE things (n INTEGER PRIMARY KEY, id INTEGER, v TEXT);"
              "INSERT INTO things VALUES (1, 1, 'x'), (2, 1, 'y'), (3, 2, 'b'), (4, 4, 'new');");
  REQUIRE(run_program({"sqlite3", "source.db", ".read source.sql"}, path).exit == 0);
  target.execute("CREATE TABLE things (id integer NOT NULL PRIMARY KEY, v varchar(10), kept integer)");
  target.execute("INSERT INTO things VALUES (1, 'a', 7), (2, 'b', 8), (3, 'c', 9)");
  write_whole(path / "mapping.yaml",
              "version: 1\nname: journal\nconnections:\n  source: sqlite:source.db\n  target: ${TARGET_URL}\ntables:\n"
              "  things:\n    from: source.things\n    ignore: [n]\n" + table + "    fields:\n      id:\n      v:\n");
  const auto finished = run_etl({"run", "mapping.yaml"}, path, {{"TARGET_URL", target.url()}});
  INFO(finished.out, finished.err);
  REQUIRE(finished.exit == 0);
}

}  // namespace

TEST_CASE("journal: rows are saved as they were before an update, and rows that were met are known") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    run_mapping(*target, "    on_conflict: update\n");
    const bool postgres = target->dialect() == "postgresql";
    // The second row of a key overtakes the first within one piece: one image, of the row before both.
    CHECK(target->query(postgres ? "SELECT action, image FROM etl.images ORDER BY step, ordinal"
                                 : "SELECT etl_action, '{' || c0 || ',' || c1 || ',' || c2 || '}' FROM etl_images_1_0") ==
          Rows{{"u", "{1,a,7}"}});
    CHECK(target->query(postgres ? "SELECT action, ints FROM etl.journal ORDER BY action"
                                 : "SELECT action, replace(replace(keys, '[', '{'), ']', '}') FROM etl_journal ORDER BY 1") ==
          Rows{{"i", "{4}"}, {"s", "{2}"}});
    CHECK(target->rows("things") == std::vector<std::string>{"1 | y | 7", "2 | b | 8", "3 | c | 9", "4 | new | NULL"});
  }
}

TEST_CASE("journal: rows that replace removes are copied first") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    run_mapping(*target, "    where: n != 1\n    replace: id between 1 and 2 or v = 'none'\n");
    const std::string copy = target->dialect() == "postgresql" ? "etl.replaced_1_0" : "etl_replaced_1_0";
    CHECK(target->query("SELECT id, v, kept FROM " + copy + " ORDER BY 1") == Rows{{"1", "a", "7"}, {"2", "b", "8"}});
    CHECK(target->rows("things") ==
          std::vector<std::string>{"1 | y | NULL", "2 | b | NULL", "3 | c | 9", "4 | new | NULL"});
  }
}

}  // namespace etl::testing
