// lookups: {name: {id_map: spec.table}}: the keys that another mapping has given, as the target's ledger knows them.
#include <doctest/doctest.h>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {

TEST_CASE("id_map: a lookup reads the keys that runs of another mapping have left in the ledger") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const Scratch folder;
    const auto& path = folder.path();
    write_whole(path / "source.sql",
                "CREATE TABLE first (id INTEGER PRIMARY KEY); INSERT INTO first VALUES (1);"
                "CREATE TABLE second (id INTEGER PRIMARY KEY, user TEXT);"
                "INSERT INTO second VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd');");
    REQUIRE(run_program({"sqlite3", "source.db", ".read source.sql"}, path).exit == 0);
    target->execute("CREATE TABLE first (id integer PRIMARY KEY)");
    target->execute("CREATE TABLE second (id integer PRIMARY KEY, user_id integer)");
    const std::string head = "version: 1\nconnections:\n  source: sqlite:source.db\n  target: ${TARGET_URL}\n";
    write_whole(path / "first.yaml", head + "name: first\ntables:\n  first: {from: source.first, rest: copy}\n");
    write_whole(path / "second.yaml",
                head +
                    "name: second\nlookups:\n  users: {id_map: first.people}\ntables:\n  second:\n    from: source.second\n"
                    "    max_rejects: 100%\n    fields:\n      id:\n      user_id: users[user]\n");
    const std::map<std::string, std::string> environment{{"TARGET_URL", target->url()}};

    const auto early = run_etl({"run", "second.yaml"}, path, environment);
    CHECK(early.exit == 3);
    CHECK(early.err.find("run first first") != std::string::npos);

    REQUIRE(run_etl({"run", "first.yaml"}, path, environment).exit == 0);
    const bool postgres = target->dialect() == "postgresql";
    const std::string into = postgres ? "etl.id_map" : "etl_id_map";
    const std::string runs = postgres ? "etl.runs" : "etl_runs";
    const std::string first = postgres ? "'{a,b}', '{7,8}'" : "'[\"a\",\"b\"]', '[\"7\",\"8\"]'";
    const std::string later = postgres ? "'{b,c}', '{9,10}'" : "'[\"b\",\"c\"]', '[\"9\",\"10\"]'";
    target->execute("INSERT INTO " + into + " SELECT run, mapping, 'people', 1, " + first + " FROM " + runs +
                    " WHERE mapping = 'first'");
    target->execute("INSERT INTO " + into + " SELECT run, mapping, 'people', 2, " + later + " FROM " + runs +
                    " WHERE mapping = 'first'");
    const auto finished = run_etl({"run", "second.yaml"}, path, environment);
    INFO(finished.out, finished.err);
    CHECK(finished.exit == 1);
    CHECK(target->rows("second") == std::vector<std::string>{"1 | 7", "2 | 9", "3 | 10"});
    CHECK(finished.out.find("users has no entry for 'd'") != std::string::npos);
  }
}

}  // namespace etl::testing
