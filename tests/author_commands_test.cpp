// What an author looks at before a run: plan with its risks and scan, preview, init; and the log that a run leaves.
#include <doctest/doctest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

void make_database(const fs::path& file, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  REQUIRE_MESSAGE(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(database));
  sqlite3_close(database);
}

std::string quoted(const std::string& text) {
  std::string literal = "'";
  for (const char letter : text) literal += letter == '\'' ? std::string{"''"} : std::string{letter};
  return literal + "'";
}

// Rows of a question to SQLite about a JSON text, which stands in `text`.
std::vector<std::vector<std::string>> ask(const std::string& json, const std::string& question) {
  const Scratch scratch;
  const auto database = sqlite_target(scratch.path());
  database->execute("CREATE TABLE there (is_one)");
  return database->query("WITH given(text) AS (SELECT " + quoted(json) + ") " + question);
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

constexpr const char* kSchema = R"(-- dialect: postgresql
CREATE TABLE teams (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE people (
  id uuid PRIMARY KEY,
  team_id uuid REFERENCES teams(id),
  email varchar(40) NOT NULL UNIQUE,
  zip varchar(5),
  born date,
  income numeric(10,2),
  pin text
);
)";

constexpr const char* kMapping = R"(version: 1
name: people
connections:
  source: sqlite:source.db
  target:
    url: ${TARGET_URL:-sqlite:target.db}
    schema: schema.sql
    create: true
tables:
  teams:
    from: source.teams
    fields:
      id: uuid5(id)
      name: sha256(name)
  people:
    from: source.people
    where: id < 5
    fields:
      id: uuid5(id)
      team_id: teams[team_id]
      email: {from: lower(email), format: email}
      zip: {from: zip, pattern: '^\d{5}$'}
      born: born
      income: income
      pin: {sensitive: true}
settings:
  max_rejects: 100%
)";

constexpr const char* kSource = R"(
CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO teams VALUES (1, 'Blue'), (2, NULL);
CREATE TABLE people (id INTEGER PRIMARY KEY, team_id INTEGER, email TEXT, zip TEXT, born TEXT, income TEXT, pin TEXT);
INSERT INTO people VALUES
  (1, 1, 'Ada@example.com', '02139', '1815-12-10', '1200.50', '1234'),
  (2, 1, 'bob', '2139', '31/12/1980', '1,200', '99'),
  (3, 2, 'cy@example.com', '2140', '01/02/1990', 'N/A', '98'),
  (4, 9, 'di@example.com', '2141', '15/02/1990', '2,300', '97'),
  (5, 1, 'zed@example.com', '02139', NULL, NULL, NULL);
)";

class People {
 public:
  People() {
    write_whole(scratch_.path() / "schema.sql", kSchema);
    write_whole(scratch_.path() / "people.yaml", kMapping);
    make_database(scratch_.path() / "source.db", kSource);
  }
  Finished etl(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment = {}) const {
    return run_etl(arguments, scratch_.path(), environment);
  }
  const fs::path& path() const { return scratch_.path(); }

 private:
  Scratch scratch_;
};

TEST_CASE("author: a plan tells rows, risks worst first, and the way back") {
  const People people;
  const auto finished = people.etl({"plan", "people.yaml"});
  CHECK(finished.exit == 0);
  CHECK(says(finished.out, "source.people where id < 5 -> target.people, about 5 rows"));
  CHECK(says(finished.out, "medium  teams.name: sha256 cannot be undone"));
  CHECK(says(finished.out, "low     people.email: changed by lower"));
  CHECK(finished.out.find("medium  teams") < finished.out.find("low     people"));
  CHECK(says(finished.out, "children first: target.people, target.teams"));
  CHECK_MESSAGE(!fs::exists(people.path() / "target.db"), "a plan writes nothing");
}

TEST_CASE("author: a plan of a target with rows and triggers says so") {
  const People people;
  make_database(people.path() / "target.db",
                "CREATE TABLE teams (id TEXT PRIMARY KEY, name TEXT NOT NULL);"
                "INSERT INTO teams VALUES ('x', 'Old');"
                "CREATE TABLE people (id TEXT PRIMARY KEY, team_id TEXT REFERENCES teams(id), email TEXT NOT NULL UNIQUE, "
                "zip TEXT, born TEXT, income NUMERIC, pin TEXT);"
                "CREATE TRIGGER stamp AFTER INSERT ON people BEGIN UPDATE people SET zip = zip; END;");
  auto mapping = read_whole(people.path() / "people.yaml");
  const std::string schema = "    schema: schema.sql\n    create: true\n";
  mapping.erase(mapping.find(schema), schema.size());
  write_whole(people.path() / "live.yaml", mapping);
  const auto finished = people.etl({"plan", "live.yaml", "--format", "json"});
  INFO(finished.err);
  CHECK(finished.exit == 0);
  const auto risks = ask(finished.out, "SELECT value ->> 'rank', value ->> 'table', value ->> 'what' FROM given, "
                                       "json_each(text, '$.risks') WHERE value ->> 'field' = ''");
  REQUIRE(risks.size() >= 2);
  CHECK(risks[0][0] == "high");
  CHECK(risks[0][1] == "teams");
  CHECK(says(risks[0][2], "holds rows already"));
  CHECK(std::ranges::any_of(risks, [](const auto& risk) { return risk[1] == "people" && says(risk[2], "stamp"); }));
  CHECK(ask(finished.out, "SELECT value ->> 'estimated_rows', value ->> 'target_has_rows' FROM given, "
                          "json_each(text, '$.tables')") ==
        std::vector<std::vector<std::string>>{{"2", "1"}, {"5", "0"}});
}

TEST_CASE("author: a plan as a diagram") {
  const People people;
  const auto finished = people.etl({"plan", "people.yaml", "--offline", "--format", "mermaid"});
  CHECK(finished.exit == 0);
  CHECK(finished.out == R"(flowchart LR
  s0[("source.teams")]
  s1[("source.people")]
  t0["1. target.teams"]
  t1["2. target.people"]
  s0 ==> t0
  s1 ==>|"where id < 5"| t1
  t1 -.->|"team_id"| t0
)");
}

TEST_CASE("author: a scan counts what would fail, and proposes what mends it") {
  const People people;
  const auto finished = people.etl({"plan", "people.yaml", "--scan"});
  CHECK(finished.exit == 1);
  INFO(finished.out);
  CHECK(says(finished.out, "id=2: 'bob' is not an email"));
  CHECK(says(finished.out, "= zip: zip | pad_left(5, '0')"));
  CHECK(says(finished.out, "= born: born | trim | date('%d/%m/%Y')"));
  CHECK(says(finished.out, "= income: income | number"));
  CHECK(says(finished.out, "3 x zip: pattern"));
  CHECK(says(finished.out, "= name: {default: ...}"));
  CHECK_MESSAGE(!fs::exists(people.path() / "target.db"), "a scan keeps nothing");
}

using Counts = std::map<std::tuple<std::string, std::string, std::string>, std::string>;

Counts counts_of(const std::string& json, const std::string& tables, const std::string& name, const std::string& broken,
                 const std::string& count) {
  Counts counts;
  for (const auto& row : ask(json, "SELECT t.value ->> '" + name + "', b.value ->> 'field', b.value ->> 'rule', b.value ->> '" +
                                       count + "' FROM given, json_each(text, '" + tables + "') t, json_each(t.value, '" +
                                       broken + "') b")) {
    counts[{row[0], row[1], row[2]}] = row[3];
  }
  return counts;
}

TEST_CASE("author: what a scan counts is what a dry run rejects") {
  const char* samples = std::getenv("ETL_SAMPLES");
  if (samples == nullptr) FAIL("set ETL_SAMPLES to the path of etl_samples");
  const Scratch scratch;
  const auto data = (scratch.path() / "data").string();
  const auto made = run_program({fs::absolute(samples).string(), "--out", data, "--schemas", fs::absolute("schemas/mingus").string(),
                                 "--rows", "4000", "--dirty", "0.05"},
                                ".");
  REQUIRE_MESSAGE(made.exit == 0, made.err);
  fs::copy("mappings", scratch.path() / "mappings", fs::copy_options::recursive);
  fs::copy("schemas", scratch.path() / "schemas", fs::copy_options::recursive);
  const auto file = scratch.path() / "mappings" / "mingus.yaml";
  const auto mapping = read_whole(file);
  auto lenient = mapping;
  lenient.replace(lenient.find("max_rejects: 1%"), 15, "max_rejects: 100%");
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const std::map<std::string, std::string> environment = {{"DATABASE_URL", target->url()}};
    // The scan is not stopped by the limit of the mapping.
    write_whole(file, mapping);
    const auto scan = run_etl({"plan", file.string(), "--param", "data_dir=" + data, "--scan", "--format", "json"},
                              scratch.path(), environment);
    CHECK_MESSAGE(scan.exit == 1, scan.err);
    write_whole(file, lenient);
    const auto dry = run_etl({"run", file.string(), "--param", "data_dir=" + data, "--dry-run", "--format", "json"},
                             scratch.path(), environment);
    CHECK_MESSAGE(dry.exit == 1, dry.err);
    const auto scanned = counts_of(scan.out, "$.scan.tables", "table", "$.broken", "count");
    CHECK(scanned.size() > 5);
    CHECK(scanned == counts_of(dry.out, "$.tables", "name", "$.reasons", "rows"));
    CHECK_MESSAGE(target->tables().empty(), "neither keeps anything");
  }
}

TEST_CASE("author: preview shows source rows beside what becomes of them") {
  const People people;
  const auto finished = people.etl({"preview", "people.yaml", "people", "-n", "5"}, {{"TARGET_URL", "postgresql://nobody@/nowhere"}});
  INFO(finished.out);
  CHECK_MESSAGE(finished.exit == 0, finished.err);
  CHECK(says(finished.out, "people: source.people -> target.people, 5 rows"));
  CHECK(says(finished.out, "  id=1  written\n"));
  CHECK(says(finished.out, "email = 'Ada@example.com'  -> ada@example.com\n"));
  CHECK(says(finished.out, "    zip      zip = '2139'               ! pattern: "));
  CHECK(says(finished.out, "  id=4  rejected\n"));
  CHECK(says(finished.out, "parent: teams has no row for '9'"));
  CHECK(says(finished.out, "  id=5  left out by where\n"));
  CHECK(says(finished.out, "pin = ***"));
  CHECK_MESSAGE(!says(finished.out, "1234"), "gives away a sensitive value");
  CHECK_MESSAGE(!says(finished.out, "Blue"), "shows a table that was not asked for");
}

TEST_CASE("author: preview as JSON") {
  const People people;
  const auto finished = people.etl({"preview", "people.yaml", "-n", "1", "--format", "json"});
  CHECK_MESSAGE(finished.exit == 0, finished.err);
  CHECK(ask(finished.out, "SELECT t.value ->> 'table', r.value ->> 'outcome', r.value ->> '$.source.id' FROM given, "
                          "json_each(text, '$.tables') t, json_each(t.value, '$.rows') r") ==
        std::vector<std::vector<std::string>>{{"teams", "written", "1"}, {"people", "written", "1"}});
  CHECK(ask(finished.out, "SELECT text ->> '$.tables[1].rows[0].row.born' FROM given")[0][0] == "1815-12-10");
  CHECK(!fs::exists(people.path() / "target.db"));
}

TEST_CASE("author: preview of a table that is not there") {
  const People people;
  const auto finished = people.etl({"preview", "people.yaml", "peopel"});
  CHECK(finished.exit == 2);
  CHECK(says(finished.err, "the mapping has no table peopel"));
  CHECK(says(finished.err, "did you mean people?"));
}

TEST_CASE("author: a run leaves a log that only its owner may read") {
  const People people;
  const auto finished = people.etl({"run", "people.yaml"});
  CHECK(finished.exit == 1);
  fs::path log;
  for (const auto& folder : fs::directory_iterator{people.path() / "reports"}) log = folder.path() / "run.log";
  REQUIRE(fs::exists(log));
  struct stat status {};
  REQUIRE(stat(log.c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
  const auto text = read_whole(log);
  CHECK(says(text, "Z info people: started, about 5 rows\n"));
  CHECK(says(text, "Z info people: 3 rejected by pattern of zip\n"));
  CHECK(says(text, "Z info committing\n"));
  CHECK(says(text, "Z info done with rejects after"));
  CHECK(!says(text, "1234"));
}

TEST_CASE("author: a query's columns are known once its database is asked") {
  const People people;
  auto mapping = read_whole(people.path() / "people.yaml");
  const std::string from = "    from: source.teams\n    fields:\n      id: uuid5(id)\n      name: sha256(name)\n";
  mapping.replace(mapping.find(from), from.size(), "    from: big\n    fields: {id: uuid5(id), name: nmae}\n");
  mapping.insert(mapping.find("tables:\n"), "sources:\n  big: {connection: source, query: \"SELECT id, name FROM teams\", key: [id]}\n");
  write_whole(people.path() / "query.yaml", mapping);
  const auto finished = people.etl({"plan", "query.yaml"});
  CHECK(finished.exit == 2);
  CHECK(says(finished.err, "error[E301]: source big has no column nmae"));
  CHECK(says(finished.err, "did you mean name?"));
}

TEST_CASE("author: rules on a reference whose keys are made while loading are refused in their place") {
  const Scratch scratch;
  make_database(scratch.path() / "source.db", "CREATE TABLE staff (id INTEGER PRIMARY KEY, boss INTEGER)");
  write_whole(scratch.path() / "schema.sql",
              "-- dialect: postgresql\nCREATE TABLE staff (id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, "
              "boss integer REFERENCES staff(id));\n");
  write_whole(scratch.path() / "staff.yaml",
              "version: 1\nname: staff\nconnections:\n  source: sqlite:source.db\n"
              "  target: {url: sqlite:target.db, schema: schema.sql, create: true}\n"
              "tables:\n  staff:\n    from: source.staff\n    fields:\n      boss: {from: 'staff[boss]', min: 1}\n");
  const auto finished = run_etl({"run", "staff.yaml"}, scratch.path());
  CHECK(finished.exit == 2);
  CHECK(says(finished.err, "staff.yaml:10:13: error[E405]"));
  CHECK(says(finished.err, "give staff a key that is known before, for instance uuid5(...)"));
}

TEST_CASE("author: init drafts a mapping that lints and says what to decide") {
  const Scratch scratch;
  make_database(scratch.path() / "old.db",
                "CREATE TABLE Teams (TeamId INTEGER PRIMARY KEY, Name TEXT);"
                "CREATE TABLE tblPerson (PersonId INTEGER PRIMARY KEY, TeamId INTEGER, FullName TEXT, Salary REAL, Shoe TEXT);"
                "CREATE TABLE Junk (x TEXT);");
  write_whole(scratch.path() / "new.sql",
              "-- dialect: postgresql\n"
              "CREATE TABLE team (id uuid PRIMARY KEY, name text NOT NULL);\n"
              "CREATE TABLE people (id uuid PRIMARY KEY, full_name text);\n"
              "CREATE TABLE persons (id uuid PRIMARY KEY, team_id uuid REFERENCES team(id), full_name text NOT NULL,\n"
              "  salary numeric(8,2), password text, country text NOT NULL);\n");
  const auto finished = run_etl({"init", "sqlite:old.db", "--target", "postgresql://ada:geheim@localhost/new", "--schema",
                                 "new.sql", "--out", "old.yaml"},
                                scratch.path());
  CHECK_MESSAGE(finished.exit == 0, finished.err);
  const auto draft = read_whole(scratch.path() / "old.yaml");
  CHECK(draft == R"(version: 1
name: old
# A draft. Lines with DECIDE ask for a decision; then: etl lint, etl preview, etl plan --scan.

connections:
  source:
    url: sqlite:old.db
    schema: old_source.sql
  target:
    url: postgresql://ada@localhost/new
    password: ${TARGET_PASSWORD}
    schema: new.sql

tables:
  team:
    from: source.Teams
    fields:
      id: uuid5(TeamId)
      name: Name

  persons:
    from: source.tblPerson
    fields:
      id: uuid5(PersonId)
      team_id: team[TeamId]
      full_name: FullName
      salary: Salary | decimal | round(2)  # DECIDE: Salary is float and salary is numeric(8,2): digits may be lost
      # password: nothing of the source is like it; it stays NULL
      country: {const: ''}  # DECIDE: nothing of the source fills country, which is NOT NULL
    ignore: [Shoe]  # DECIDE: nothing in persons is like it

# DECIDE: no table of the target is like Junk
# DECIDE: no table of the source is like people
)");
  const auto lint = run_etl({"lint", "--strict", "old.yaml"}, scratch.path());
  CHECK_MESSAGE(lint.exit == 0, lint.out);
  const auto again = run_etl({"init", "sqlite:old.db", "--target", "sqlite:x.db", "--schema", "new.sql", "--out", "old.yaml"},
                             scratch.path());
  CHECK(again.exit == 3);
  CHECK(says(again.err, "cannot write old.yaml: File exists"));
}

// ---- the sample database of a shop: SQLite to PostgreSQL, held against the PostgreSQL build of the same data

fs::path chinook() {
  const fs::path data = "../shared/data/chinook";
  if (!fs::exists(data)) std::cout << "skipped: " << data.string() << " is not there\n";
  return data;
}

// The shipped script without its own database: DROP, CREATE DATABASE and \c are psql's and the server's.
std::string shipped_build(const fs::path& data) {
  std::istringstream lines{read_whole(data / "Chinook_PostgreSql.sql")};
  std::string sql;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("DROP DATABASE") || line.starts_with("CREATE DATABASE") || line.starts_with("\\c")) continue;
    sql += line + "\n";
  }
  return sql;
}

TEST_CASE("author: the shop arrives in PostgreSQL as the shipped build has it") {
  const fs::path data = chinook();
  const auto target = postgres_target();
  const auto shipped = postgres_target();
  if (!fs::exists(data) || !target) return;
  shipped->execute(shipped_build(data));
  const Scratch scratch;
  const auto finished = run_etl({"run", fs::absolute("mappings/examples/chinook.yaml").string(), "--param",
                                 "data_dir=" + fs::absolute(data).string()},
                                scratch.path(), {{"DATABASE_URL", target->url()}});
  CHECK_MESSAGE(finished.exit == 0, finished.err);
  std::size_t rows = 0;
  std::size_t differing = 0;
  CHECK(target->tables() == shipped->tables());
  for (const auto& table : shipped->tables()) {
    CAPTURE(table);
    const auto got = target->rows(table);
    const auto wanted = shipped->rows(table);
    CHECK(got.size() == wanted.size());
    rows += got.size();
    std::vector<std::string> surplus;
    std::ranges::set_difference(got, wanted, std::back_inserter(surplus));
    for (const auto& row : surplus) CHECK_MESSAGE(says(row, "Edinburgh  |"), row);
    differing += surplus.size();
  }
  CHECK(rows == 15'607);
  CHECK(differing == 8);  // 'Edinburgh ' of customer 54 and of seven invoices.
}

TEST_CASE("author: the draft for the shop needs no more than its types") {
  const fs::path data = chinook();
  if (!fs::exists(data)) return;
  const Scratch scratch;
  const auto finished = run_etl({"init", "sqlite:" + fs::absolute(data / "Chinook_Sqlite.sqlite").string(), "--target",
                                 "postgresql://localhost/chinook", "--schema",
                                 fs::absolute("schemas/examples/chinook_pg.sql").string(), "--out", "draft.yaml"},
                                scratch.path());
  CHECK_MESSAGE(finished.exit == 0, finished.err);
  const auto lint = run_etl({"lint", "--strict", "draft.yaml"}, scratch.path());
  CHECK_MESSAGE(lint.exit == 0, lint.out);
  const auto draft = read_whole(scratch.path() / "draft.yaml");
  CHECK(says(draft, "artist_id: artist[ArtistId]"));
  CHECK(says(draft, "reports_to: employee[ReportsTo]"));
  CHECK(!says(draft, "ignore:"));
}

}  // namespace
}  // namespace etl::testing
