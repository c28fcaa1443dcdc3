// etl rollback as a user meets it: what it prints, its exit codes, and what stays.
#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "engine/ledger/record.h"
#include "tests/support/command.h"
#include "tests/support/database.h"

namespace {

namespace fs = std::filesystem;
using etl::testing::Finished;
using etl::testing::read_whole;
using etl::testing::run_etl;
using etl::testing::run_program;
using etl::testing::Scratch;
using etl::testing::TestTarget;
using etl::testing::write_whole;

bool says(const std::string& text, const std::string& words) { return text.find(words) != std::string::npos; }

void source(const fs::path& folder, const std::string& sql) {
  write_whole(folder / "source.sql", sql);
  REQUIRE(run_program({"sqlite3", "source.db", ".read source.sql"}, folder).exit == 0);
}

constexpr const char* kTables =
    "CREATE TABLE teams (id integer PRIMARY KEY, name text);"
    "CREATE TABLE people (id integer PRIMARY KEY, team_id integer REFERENCES teams (id) ON DELETE CASCADE, day text);";

std::string mapping(const TestTarget& target, const std::string& more = "") {
  return "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: " + target.url() +
         "\ntables:\n  teams:\n    from: source.teams\n    fields: {id:, name:}\n"
         "  people:\n    from: source.people\n    fields: {id:, team_id:, day:}\n" +
         more;
}

// Two teams and three people, loaded.
void load(const fs::path& folder, TestTarget& target, const std::string& more = "") {
  source(folder,
         "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES (1,'red'),(2,'blue');"
         "CREATE TABLE people (id INTEGER PRIMARY KEY, team_id INTEGER, day TEXT);"
         "INSERT INTO people VALUES (1,1,'2024-01-01'),(2,1,'2024-02-01'),(3,2,'2024-03-01');");
  target.execute(kTables);
  write_whole(folder / "shop.yaml", mapping(target, more));
  const Finished ran = run_etl({"run", "shop.yaml"}, folder);
  REQUIRE_MESSAGE(ran.exit == 0, ran.out, ran.err);
}

Finished rollback(const fs::path& folder, std::vector<std::string> more = {}) {
  more.insert(more.begin(), {"rollback", "shop.yaml"});
  return run_etl(more, folder);
}

std::string run_id(TestTarget& target, int number) {
  const std::string table = target.dialect() == "postgresql" ? "etl.runs" : "etl_runs";
  return target.query("SELECT CAST(run AS text) FROM " + table + " WHERE number = " + std::to_string(number))
      .at(0)
      .at(0);
}

template <class Use>
void on_each_target(Use use) {
  const Scratch databases;
  for (const auto& target : etl::testing::all_targets(databases.path())) {
    CAPTURE(target->dialect());
    const Scratch scratch;
    use(scratch.path(), *target);
  }
}

}  // namespace

TEST_CASE("undo: a run is undone once, and says so") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    const Finished undone = rollback(folder);
    CHECK_MESSAGE(undone.exit == 0, undone.err);
    CHECK(says(undone.out, "  teams   2 removed\n  people  3 removed\nundone\n"));
    CHECK(target.rows("teams").empty());
    CHECK(target.rows("people").empty());
    const Finished again = rollback(folder);
    CHECK(again.exit == 3);
    CHECK(says(again.err, "etl: all runs of shop are undone already"));
    const Finished named = rollback(folder, {"--run", run_id(target, 1)});
    CHECK(named.exit == 3);
    CHECK(says(named.err, "it was undone already, on 20"));
    CHECK(says(named.err, "by etl rollback"));
    CHECK(!says(named.err, "--force"));
    const Finished unknown = rollback(folder, {"--run", "ffffffff"});
    CHECK(unknown.exit == 3);
    CHECK(says(unknown.err, "etl: shop has no run ffffffff"));
  });
}

TEST_CASE("undo: a target without a ledger") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    target.execute(kTables);
    write_whole(folder / "shop.yaml", mapping(target));
    const Finished finished = rollback(folder);
    CHECK(finished.exit == 3);
    CHECK(says(finished.err, "etl: no run of shop wrote to its target\n  = check the target's url"));
  });
}

TEST_CASE("undo: runs are undone one by one, the newest first, or the one that is named") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    source(folder,
           "DELETE FROM people; DELETE FROM teams; INSERT INTO teams VALUES (3,'green'); INSERT INTO people VALUES "
           "(4,3,'2024-04-01');");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    CHECK(rollback(folder, {"--run", run_id(target, 1).substr(0, 8)}).exit == 0);
    CHECK(target.rows("teams") == std::vector<std::string>{"3 | green"});
    CHECK(rollback(folder).exit == 0);
    CHECK(target.rows("teams").empty());
  });
}

TEST_CASE("undo: rows that others changed or refer to stop it; --force leaves them and what they need") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    target.execute("CREATE TABLE IF NOT EXISTS other (x integer)");
    load(folder, target);
    target.execute("UPDATE people SET day = 'changed' WHERE id = 2");
    target.execute("INSERT INTO people VALUES (50, 2, 'new')");
    const Finished stopped = rollback(folder);
    CHECK(stopped.exit == 3);
    CHECK(says(stopped.err, "is not undone, nothing was changed"));
    CHECK(says(stopped.err, "1 row of "));
    CHECK(says(stopped.err, " was changed since: (id)=(2)"));
    CHECK(says(stopped.err, "1 row of "));
    CHECK(says(stopped.err, "(id)=(50)"));
    CHECK(says(stopped.err, "  = --force undoes the rest, and leaves these rows and what they need as they are"));
    CHECK(target.rows("people").size() == 4);
    const Finished json = rollback(folder, {"--format", "json"});
    CHECK(json.exit == 3);
    CHECK(says(json.out, "\"state\":\"refused\""));
    CHECK(says(json.out, "\"kind\":\"changed\""));
    CHECK(says(json.out, "\"kind\":\"referenced\""));
    const Finished forced = rollback(folder, {"--force"});
    CHECK_MESSAGE(forced.exit == 0, forced.err);
    CHECK(says(forced.out, "left as they are"));
    CHECK(target.rows("people") == std::vector<std::string>{"2 | 1 | changed", "50 | 2 | new"});
    CHECK(target.rows("teams") == std::vector<std::string>{"1 | red", "2 | blue"});
  });
}

TEST_CASE("undo: one table, and rows of one table; who depends on them is named") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    const Finished parents = rollback(folder, {"--only", "teams"});
    CHECK(parents.exit == 3);
    CHECK(says(parents.err, "3 rows of "));
    CHECK(says(parents.err, "that would go"));
    const Finished some = rollback(folder, {"--only", "people", "--where", "day < '2024-02-15' AND id IN (SELECT 2)"});
    CHECK_MESSAGE(some.exit == 0, some.err);
    CHECK(says(some.out, "people  1 removed\npartly undone\n"));
    CHECK(target.rows("people") == std::vector<std::string>{"1 | 1 | 2024-01-01", "3 | 2 | 2024-03-01"});
    CHECK(rollback(folder, {"--only", "people"}).exit == 0);
    CHECK(target.rows("people").empty());
    CHECK(target.rows("teams").size() == 2);
    const Finished rest = rollback(folder);
    CHECK_MESSAGE(rest.exit == 0, rest.err);
    CHECK(target.rows("teams").empty());
  });
}

TEST_CASE("undo: what is asked for must make sense") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    const auto refused = [&](const std::vector<std::string>& more, int exit, const std::string& words) {
      const Finished finished = rollback(folder, more);
      CHECK(finished.exit == exit);
      CHECK_MESSAGE(says(finished.err, words), finished.err);
    };
    refused({"--where", "id = 1"}, 2, "etl: --where needs one table\n  = name it with --only");
    refused({"--only", "teams,people", "--where", "id = 1"}, 3, "has no table teams,people");
    refused({"--only", "nobody"}, 3, "has no table nobody\n  = its tables: teams, people");
    refused({"--only", "people", "--where", "nothing = 1"}, 3, "etl: --where: ");
    refused({"--only", "people", "--where", "true) UNION SELECT 1 WHERE (true"}, 3, "etl: --where: ");
    refused({"--only", "people", "--where", "true; DELETE FROM teams"}, 3, "etl: --where: ");
    CHECK(target.rows("people").size() == 3);
  });
}

TEST_CASE("undo: rollback.sql stands in the report, for its owner alone, and etl prints the same") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    const fs::path report = fs::directory_iterator { folder / "reports" } -> path();
    struct stat file {};
    REQUIRE(::stat((report / "rollback.sql").c_str(), &file) == 0);
    CHECK((file.st_mode & 0777U) == 0600);
    CHECK(says(read_whole(report / "summary.txt"), "undo\n  etl rollback shop.yaml --run "));
    CHECK(says(read_whole(report / "report.json"), "\"rollback.sql\""));
    const Finished printed = rollback(folder, {"--sql"});
    CHECK(printed.exit == 0);
    CHECK(printed.out == read_whole(report / "rollback.sql"));
    CHECK(target.rows("people").size() == 3);
  });
}

TEST_CASE("undo: a run without a journal cannot be undone, and says why") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target, "settings: {rollback: false}\n");
    CHECK(!fs::exists(fs::directory_iterator { folder / "reports" } -> path() / "rollback.sql"));
    const Finished finished = rollback(folder);
    CHECK(finished.exit == 3);
    CHECK(says(finished.err, "settings.rollback was false"));
    CHECK(target.rows("people").size() == 3);
  });
}

TEST_CASE("undo: tables that the run made go with it; rows that others put into them stop it") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    source(folder, "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES (1,'red');");
    write_whole(folder / "schema.sql",
                "CREATE TABLE teams (id integer PRIMARY KEY, name text); CREATE INDEX by_name ON teams (name);");
    write_whole(folder / "shop.yaml",
                "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: {url: '" + target.url() +
                    "', schema: schema.sql, create: true}\ntables:\n  teams:\n    from: source.teams\n    fields: "
                    "{id:, name:}\n");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    target.execute("INSERT INTO teams VALUES (9, 'mine')");
    const Finished stopped = rollback(folder);
    CHECK(stopped.exit == 3);
    CHECK(says(stopped.err, "which the run made, holds 1 row that it did not write"));
    const Finished forced = rollback(folder, {"--force", "--dry-run"});
    CHECK_MESSAGE(forced.exit == 0, forced.err);
    CHECK(target.rows("teams").size() == 2);
    target.execute("DELETE FROM teams WHERE id = 9");
    CHECK(rollback(folder).exit == 0);
    CHECK(target.tables().empty());
    // What was made since and would go with the table, or needs it, stops it too.
    for (const char* made : {"CREATE INDEX by_both ON teams (name, id)", "CREATE VIEW reds AS SELECT id FROM teams",
                             "CREATE TABLE members (team integer REFERENCES teams (id))"}) {
      CAPTURE(made);
      REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
      target.execute(made);
      const Finished needed = rollback(folder);
      CHECK_MESSAGE(needed.exit == 3, needed.out);
      CHECK_MESSAGE(says(needed.err, "which the run made, "), needed.err);
      CHECK_MESSAGE(says(needed.err, " made since"), needed.err);
      CHECK(target.rows("teams").size() == 1);
      const Finished left = rollback(folder, {"--force"});
      CHECK_MESSAGE(left.exit == 0, left.err);
      CHECK(target.rows("teams").empty());
      const std::string name = std::string{made}.substr(0, std::string{made}.find(' ', 13));
      target.execute("DROP " + name.substr(7));
      target.execute("DROP TABLE teams");
    }
  });
}

TEST_CASE("undo: without etl, force keeps the rows that others put into a table which the run made") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    source(folder, "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES (1,'red');");
    write_whole(folder / "schema.sql", "CREATE TABLE teams (id integer PRIMARY KEY, name text);");
    write_whole(folder / "shop.yaml",
                "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: {url: '" + target.url() +
                    "', schema: schema.sql, create: true}\ntables:\n  teams:\n    from: source.teams\n    fields: "
                    "{id:, name:}\n");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    target.execute("INSERT INTO teams VALUES (9, 'mine')");
    const std::string report = fs::directory_iterator { folder / "reports" } -> path().string();
    const Finished forced =
        target.dialect() == "sqlite"
            ? run_program(
                  {"bash", "-c", "sqlite3 '" + target.url().substr(7) + "' < " + report + "/rollback-force.sql"},
                  folder)
            : run_program({"psql", "-X", "-v", "force=1", "-f", report + "/rollback.sql", target.url()}, folder);
    CHECK_MESSAGE(forced.exit == 0, forced.err);
    CHECK(target.rows("teams") == std::vector<std::string>{"9 | mine"});
  });
}

TEST_CASE("undo: plan prints the SQL before anything ran") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    const Finished planned = run_etl({"plan", "shop.yaml", "--rollback"}, folder);
    CHECK(planned.exit == 0);
    CHECK(says(planned.out, "Undoes a run of shop that has not happened yet."));
    write_whole(folder / "planned.sql", planned.out);
    if (target.dialect() != "postgresql") return;
    const Finished undone = run_program({"psql", "-X", "-f", "planned.sql", target.url()}, folder);
    CHECK_MESSAGE(undone.exit == 0, undone.err);
    CHECK(target.rows("people").empty());
  });
}

TEST_CASE("undo: a run that failed left nothing, and is out of the way") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    const Finished failed = run_etl({"run", "shop.yaml"}, folder);  // Every row is there already.
    REQUIRE(failed.exit == 3);
    const Finished undone = rollback(folder);
    CHECK_MESSAGE(undone.exit == 0, undone.err);
    CHECK(says(undone.out, "  the run had kept nothing\nundone\n"));
    CHECK(target.rows("people").size() == 3);
    CHECK(rollback(folder).exit == 0);
    CHECK(target.rows("people").empty());
  });
}

TEST_CASE("undo: two targets are undone together, or none") {
  const Scratch scratch;
  const fs::path& folder = scratch.path();
  source(folder, "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES (1,'red');");
  for (const char* file : {"one.db", "two.db"}) {
    REQUIRE(run_program({"sqlite3", file, "CREATE TABLE teams (id integer PRIMARY KEY, name text)"}, folder).exit == 0);
  }
  write_whole(folder / "shop.yaml",
              "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: sqlite:one.db\n  second: "
              "sqlite:two.db\ntables:\n"
              "  teams:\n    from: source.teams\n    fields: {id:, name:}\n"
              "  copies:\n    from: source.teams\n    into: second.teams\n    fields: {id:, name:}\n");
  const Finished ran = run_etl({"run", "shop.yaml"}, folder);
  REQUIRE_MESSAGE(ran.exit == 0, ran.err);
  const fs::path report = fs::directory_iterator { folder / "reports" } -> path();
  CHECK(fs::exists(report / "rollback-target.sql"));
  CHECK(fs::exists(report / "rollback-second.sql"));
  const auto count = [&](const char* file) {
    return run_program({"sqlite3", file, "SELECT count(*) FROM teams"}, folder).out;
  };
  REQUIRE(run_program({"sqlite3", "two.db", "UPDATE teams SET name = 'mine'"}, folder).exit == 0);
  const Finished stopped = rollback(folder);
  CHECK(stopped.exit == 3);
  CHECK(says(stopped.err, "1 row of \"teams\" was changed since: (id)=(1)"));
  CHECK(count("one.db") == "1\n");
  REQUIRE(run_program({"sqlite3", "two.db", "UPDATE teams SET name = 'red'"}, folder).exit == 0);
  const Finished undone = rollback(folder);
  CHECK_MESSAGE(undone.exit == 0, undone.err);
  CHECK(count("one.db") == "0\n");
  CHECK(count("two.db") == "0\n");
}

TEST_CASE("undo: references filled after the rows, and keys that the database made") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    const bool postgres = target.dialect() == "postgresql";
    source(folder,
           "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT, boss INTEGER); "
           "INSERT INTO staff VALUES (71, 'ann', 72), (72, 'bob', NULL), (73, 'eve', 71);");
    target.execute(std::string{"CREATE TABLE staff (id "} +
                   (postgres ? "serial PRIMARY KEY" : "INTEGER PRIMARY KEY AUTOINCREMENT") +
                   ", name text UNIQUE, boss integer REFERENCES staff (id) ON DELETE " +
                   (postgres ? "RESTRICT" : "CASCADE") + ")");
    target.execute("INSERT INTO staff (name) VALUES ('old')");
    write_whole(folder / "shop.yaml",
                "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: " + target.url() +
                    "\ntables:\n  staff:\n    from: source.staff\n    fields: {name:, boss: 'staff[boss]'}\n");
    const auto next = [&] {
      return target.query(postgres ? "SELECT last_value::text || is_called FROM staff_id_seq"
                                   : "SELECT seq FROM sqlite_sequence WHERE name = 'staff'");
    };
    const auto before = next();
    const Finished ran = run_etl({"run", "shop.yaml"}, folder);
    REQUIRE_MESSAGE(ran.exit == 0, ran.err);
    CHECK(target.rows("staff").size() == 4);
    const Finished dry = rollback(folder, {"--dry-run"});
    CHECK_MESSAGE(dry.exit == 0, dry.err);
    CHECK(next() != before);
    const Finished undone = rollback(folder);
    CHECK_MESSAGE(undone.exit == 0, undone.err);
    CHECK(target.rows("staff") == std::vector<std::string>{"1 | old | NULL"});
    CHECK(next() == before);
  });
}

TEST_CASE("undo: a run in progress is left alone; one that was killed is not") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    load(folder, target);
    const bool postgres = target.dialect() == "postgresql";
    target.execute(postgres
                       ? "UPDATE etl.runs SET state = 'running', pid = a.pid, backend_start = a.backend_start FROM "
                         "pg_stat_activity a WHERE a.backend_type = 'autovacuum launcher'"
                       : "UPDATE etl_runs SET state = 'running', pid = " + std::to_string(::getpid()) +
                             ", backend_start = '" + etl::ledger::process_start(::getpid()) + "'");
    const Finished stopped = rollback(folder);
    CHECK(stopped.exit == 3);
    CHECK_MESSAGE(says(stopped.err, "in progress"), stopped.err);
    CHECK(target.rows("people").size() == 3);
    if (postgres) CHECK(rollback(folder, {"--force"}).exit == 3);
    target.execute(postgres ? "UPDATE etl.runs SET pid = 0" : "UPDATE etl_runs SET pid = 4194304");
    const Finished undone = rollback(folder);
    CHECK_MESSAGE(undone.exit == 0, undone.err);
    CHECK(target.rows("people").empty());
  });
}

TEST_CASE("undo: a copy of the database says nothing of what changed since; --force goes by the keys") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    if (target.dialect() != "postgresql") return;
    load(folder, target);
    target.execute("UPDATE etl.runs SET system = '7'");
    target.execute("UPDATE people SET day = day");
    const Finished stopped = rollback(folder);
    CHECK(stopped.exit == 3);
    CHECK(says(stopped.err, "this database is a copy of the one that the run wrote"));
    const Finished forced = rollback(folder, {"--force"});
    CHECK_MESSAGE(forced.exit == 0, forced.err);
    CHECK(target.rows("people").empty());
    CHECK(target.rows("teams").empty());
  });
}

TEST_CASE("undo: runs that updated the same rows are undone in turn, the last one first") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    target.execute(
        "CREATE TABLE teams (id integer PRIMARY KEY, name text UNIQUE); INSERT INTO teams VALUES (1, 'old')");
    write_whole(folder / "shop.yaml",
                "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: " + target.url() +
                    "\ntables:\n  teams:\n    from: source.teams\n    key: [id]\n    on_conflict: update\n"
                    "    fields: {id:, name:}\n");
    source(folder,
           "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES "
           "(1,'one'),(2,'two'),(3,'three');");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    const auto first = target.rows("teams");
    source(folder, "UPDATE teams SET name = 'a' WHERE id = 1; UPDATE teams SET name = 'b' WHERE id = 2;");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    CHECK(target.rows("teams") == std::vector<std::string>{"1 | a", "2 | b", "3 | three"});
    const Finished early = rollback(folder, {"--run", run_id(target, 1)});
    CHECK(early.exit == 3);
    CHECK_MESSAGE(says(early.err, "run " + run_id(target, 2) + " of shop"), early.err);
    CHECK(says(early.err, "undo that run first"));
    const Finished last = rollback(folder);
    CHECK_MESSAGE(last.exit == 0, last.err);
    CHECK(says(last.out, "2 restored"));
    CHECK(target.rows("teams") == first);
    const Finished then = rollback(folder);
    CHECK_MESSAGE(then.exit == 0, then.err);
    CHECK(target.rows("teams") == std::vector<std::string>{"1 | old"});
  });
}

TEST_CASE("undo: what an application did between two runs is not undone with them") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    target.execute("CREATE TABLE teams (id integer PRIMARY KEY, name text UNIQUE)");
    write_whole(folder / "shop.yaml",
                "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: " + target.url() +
                    "\ntables:\n  teams:\n    from: source.teams\n    key: [id]\n    on_conflict: update\n"
                    "    fields: {id:, name:}\n");
    source(folder,
           "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES (1,'one'),(2,'two');");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    target.execute("UPDATE teams SET name = 'mine' WHERE id = 1");
    source(folder,
           "UPDATE teams SET name = 'one again' WHERE id = 1; UPDATE teams SET name = 'two again' WHERE id = 2;");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    REQUIRE(rollback(folder).exit == 0);
    CHECK(target.rows("teams") == std::vector<std::string>{"1 | mine", "2 | two"});
    const Finished stopped = rollback(folder);
    CHECK(stopped.exit == 3);
    CHECK(says(stopped.err, "was changed since: (id)=(1)"));
    CHECK(rollback(folder, {"--force"}).exit == 0);
    CHECK(target.rows("teams") == std::vector<std::string>{"1 | mine"});
  });
}

TEST_CASE("undo: a value that somebody else took since stays taken") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    target.execute(
        "CREATE TABLE teams (id integer PRIMARY KEY, name text UNIQUE); INSERT INTO teams VALUES (1, 'old'), (2, "
        "'second')");
    write_whole(folder / "shop.yaml",
                "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: " + target.url() +
                    "\ntables:\n  teams:\n    from: source.teams\n    key: [id]\n    on_conflict: update\n"
                    "    fields: {id:, name:}\n");
    source(folder, "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES (1,'x'),(2,'y');");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    target.execute("INSERT INTO teams VALUES (9, 'old')");
    const Finished stopped = rollback(folder);
    CHECK(stopped.exit == 3);
    CHECK_MESSAGE(says(stopped.err, "other rows stand in the way"), stopped.err);
    CHECK(target.rows("teams") == std::vector<std::string>{"1 | x", "2 | y", "9 | old"});
    const Finished forced = rollback(folder, {"--force"});
    CHECK_MESSAGE(forced.exit == 0, forced.err);
    CHECK(target.rows("teams") == std::vector<std::string>{"1 | x", "2 | second", "9 | old"});
  });
}

TEST_CASE("undo: replaced rows come back, run by run, also in a table without a key") {
  on_each_target([](const fs::path& folder, TestTarget& target) {
    target.execute(
        "CREATE TABLE teams (id integer PRIMARY KEY, name text UNIQUE); CREATE TABLE logs (line text);"
        "INSERT INTO teams VALUES (1, 'old'), (5, 'five'); INSERT INTO logs VALUES ('mine'), ('mine')");
    write_whole(folder / "shop.yaml",
                "version: 1\nname: shop\nconnections:\n  source: sqlite:source.db\n  target: " + target.url() +
                    "\ntables:\n  teams: {from: source.teams, replace: true, fields: {id:, name:}}\n"
                    "  logs: {from: source.logs, replace: true, fields: {line:}}\n");
    source(folder,
           "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO teams VALUES (1,'one'),(2,'two');"
           "CREATE TABLE logs (line TEXT); INSERT INTO logs VALUES ('x'),('x'),('y');");
    const std::string before = etl::testing::dump(target);
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    const std::string between = etl::testing::dump(target);
    source(folder, "UPDATE teams SET name = 'other ' || name; DELETE FROM logs WHERE line = 'x';");
    REQUIRE(run_etl({"run", "shop.yaml"}, folder).exit == 0);
    const Finished early = rollback(folder, {"--run", run_id(target, 1), "--force"});
    CHECK(early.exit == 3);
    CHECK_MESSAGE(says(early.err, "replaced rows of"), early.err);
    CHECK(rollback(folder).exit == 0);
    CHECK(etl::testing::dump(target) == between);
    const Finished first = rollback(folder);
    CHECK_MESSAGE(first.exit == 0, first.err);
    CHECK(etl::testing::dump(target) == before);
  });
}
