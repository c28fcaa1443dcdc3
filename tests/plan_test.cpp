// `etl plan` and `etl run` with what only connections and the command line know: lookups, params, columns of files.
#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/command.h"

namespace etl::testing {
namespace {

bool says(const std::string& text, const std::string& part) {
  if (text.find(part) != std::string::npos) return true;
  MESSAGE(text);
  return false;
}

constexpr const char* kPeople = R"(version: 1
connections:
  source: {url: sqlite:source.db}
  target: {url: sqlite:target.db, schema: target.sql, create: true}
params:
  since: {type: int, description: the first id}
  origin: {type: text, default: shop}
  token: {type: text, secret: true, default: hush}
lookups:
  coaches: {from: source.coaches, key: name, value: id}
tables:
  people:
    from: source.people
    where: id >= $since
    ignore: [coach]
    fields:
      id: id
      coach_id: coaches[coach]
      first_coach_id: coaches['nobody']
      origin: $origin || left($token, 0)
)";

// People and their coaches, of whom two are called Alex.
class World {
 public:
  World() {
    SQLite::Database database{(path() / "source.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    database.exec(
        "CREATE TABLE coaches (id INTEGER PRIMARY KEY, name TEXT);"
        "INSERT INTO coaches VALUES (1, 'Alex'), (2, 'Bo'), (3, 'Alex');"
        "CREATE TABLE people (id INTEGER PRIMARY KEY, coach TEXT); INSERT INTO people VALUES (1, 'Bo');");
    write_whole(
        path() / "target.sql",
        "CREATE TABLE people (id integer PRIMARY KEY, coach_id integer, first_coach_id integer, origin text);\n");
    write_whole(path() / "people.yaml", kPeople);
  }
  const std::filesystem::path& path() const { return scratch_.path(); }
  Finished etl(const std::vector<std::string>& arguments) const { return run_etl(arguments, path()); }
  void mend_lookup() const {
    SQLite::Database database{(path() / "source.db").string(), SQLite::OPEN_READWRITE};
    database.exec("UPDATE coaches SET name = 'nobody' WHERE id = 3");
  }

 private:
  Scratch scratch_;
};

// A folder of files as source, without declared columns.
class Files {
 public:
  Files() {
    std::filesystem::create_directory(path() / "in");
    write_whole(path() / "target.sql", "CREATE TABLE people (id integer PRIMARY KEY, full_name text);\n");
  }
  const std::filesystem::path& path() const { return scratch_.path(); }
  Finished etl(const std::string& command, const std::string& fields) const {
    write_whole(path() / "people.yaml",
                "version: 1\nconnections:\n  source: {url: file:in}\n"
                "  target: {url: sqlite:target.db, schema: target.sql, create: true}\n"
                "tables:\n  people:\n    from: source.people\n    fields:\n" +
                    fields);
    return run_etl({command, "people.yaml"}, path());
  }

 private:
  Scratch scratch_;
};

}  // namespace

TEST_CASE("plan: lookups from a source are read, and every fault is said at its place") {
  const World world;
  const auto plan = world.etl({"plan", "people.yaml", "--param", "since=1"});
  CHECK(plan.exit == 2);
  CHECK(plan.out == "");
  CHECK(
      says(plan.err,
           "people.yaml:10:3: error[E402]: lookup coaches: key name is not unique in source.coaches ('Alex' 2 times)\n"
           "  10 |   coaches: {from: source.coaches, key: name, value: id}\n"));
  CHECK(says(plan.err, "people.yaml:19:23: error[E403]: coaches has no entry for 'nobody'\n"));
  const auto run = world.etl({"run", "people.yaml", "--param", "since=1"});
  CHECK(run.exit == 3);
  CHECK(says(run.err, "people.yaml:10:3: error[E402]: lookup coaches: key name is not unique"));
  world.mend_lookup();
  CHECK(world.etl({"plan", "people.yaml", "--param", "since=1"}).exit == 0);
  CHECK(world.etl({"run", "people.yaml", "--param", "since=1"}).exit == 0);
}

TEST_CASE("lint: entries that the mapping holds are looked at without a run") {
  const Scratch scratch;
  write_whole(scratch.path() / "a.sql", "-- dialect: sqlite\nCREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT);\n");
  write_whole(scratch.path() / "roles.csv", "key,value\na,1\nb,2\na,3\n");
  const auto lint = [&](const std::string& lookup, const std::string& name) {
    write_whole(scratch.path() / "t.yaml",
                "version: 1\nconnections:\n  source: {url: sqlite:a.db, schema: a.sql}\n"
                "  target: {url: sqlite:b.db, schema: a.sql}\nparams: {who: {type: text, default: nobody}}\n"
                "lookups:\n  roles: " +
                    lookup +
                    "\ntables:\n  t:\n    from: source.t\n    ignore: [name]\n"
                    "    fields:\n      id:\n      name: " +
                    name + "\n");
    return run_etl({"lint", "t.yaml"}, scratch.path()).out;
  };
  CHECK(says(lint("{file: roles.csv}", "roles[name]"),
             "t.yaml:7:3: error[E402]: lookup roles: key is not unique in its entries ('a' 2 times)"));
  CHECK(says(lint("{map: {É: x, é: y}, ignore_case: true}", "roles[name]"), "error[E402]"));
  CHECK(says(lint("{map: {a: x}}", "roles['b']"), "t.yaml:14:13: error[E403]: roles has no entry for 'b'"));
  CHECK(says(lint("{map: {a: x}}", "roles[lower('B')]"), "error[E403]: roles has no entry for 'b'"));
  // A run may bring another value; try() says that the entry may be missing.
  CHECK(lint("{map: {a: x}}", "coalesce(roles[$who], try(roles['b']))").find("E403") == std::string::npos);
  CHECK(lint("{map: {A: x}, ignore_case: true}", "roles['a'] || $who").find("E403") == std::string::npos);
}

TEST_CASE("params: what is missing or unknown names those that there are") {
  const World world;
  const auto missing = world.etl({"plan", "people.yaml"});
  CHECK(missing.exit == 2);
  CHECK(says(missing.err, "error[E401]: param since has no value"));
  CHECK(says(missing.err, "= give one: --param since=... (int), or a default"));
  const auto unknown = world.etl({"run", "people.yaml", "--param", "zzz=1"});
  CHECK(unknown.exit == 2);
  CHECK(says(unknown.err, "--param zzz: the spec has no such param"));
  CHECK(says(unknown.err,
             "= it has since (int, required), origin (text, default shop), token (text, secret, with a default)"));
  const auto help = world.etl({"run", "people.yaml", "--help"});
  CHECK(help.exit == 0);
  CHECK(says(help.out,
             "the params of people.yaml\n  since (int, required): the first id\n  origin (text, default shop)\n"));
  CHECK(world.etl({"lint", "people.yaml", "--help"}).out.find("params of") == std::string::npos);
  CHECK(help.out.find("hush") == std::string::npos);
}

TEST_CASE("plan: params with their values, secrets hidden") {
  const World world;
  world.mend_lookup();
  const auto text = world.etl({"plan", "people.yaml", "--param", "since=7"});
  CHECK(says(text.out,
             "\nparams\n  since                int        7  the first id\n"
             "  origin               text       shop\n  token                text       ***\n"));
  const auto offline = world.etl({"plan", "people.yaml", "--offline"});
  CHECK(says(offline.out, "  since                int        required  the first id\n"));
  const auto json = nlohmann::json::parse(world.etl({"plan", "people.yaml", "--offline", "--format", "json"}).out);
  CHECK(json["params"][0]["value"].is_null());
  CHECK(json["params"][1]["value"] == "shop");
  CHECK(json["params"][2]["value"] == "***");
}

TEST_CASE("plan: columns of files that declare none are those of the files") {
  const Files files;
  const std::string wrong = "      id: id\n      full_name: nmae\n";
  const std::string right = "      id: id\n      full_name: name\n";
  for (const auto& [name, text] : std::vector<std::pair<std::string, std::string>>{
           {"people.csv", "id,Name,Left Over\n1,Ada,x\n"},
           {"people.json", R"([{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bo", "left_over": 1}])"},
           {"people.ndjson", "{\"id\": 1, \"name\": \"Ada\"}\n{\"id\": 2, \"name\": \"Bo\", \"left_over\": 1}\n"},
           {"people.md", "| id | name | left over |\n|---|---|---|\n| 1 | Ada | x |\n"}}) {
    CAPTURE(name);
    write_whole(files.path() / "in" / name, text);
    for (const char* command : {"plan", "run"}) {
      const auto refused = files.etl(command, wrong);
      CHECK(refused.exit == 2);
      CHECK(says(refused.err, "error[E301]: table source.people has no column nmae"));
      CHECK(says(refused.err, "= did you mean name?"));
    }
    CHECK(files.etl("lint", wrong).exit == 0);  // W502: lint opens no file.
    const auto plan = files.etl("plan", right);
    CHECK(plan.exit == 0);
    CHECK(says(plan.out, "not used and not ignored: left_over"));
    CHECK(files.etl("run", right).exit == 0);
    std::filesystem::remove(files.path() / "target.db");
    std::filesystem::remove(files.path() / "in" / name);
  }
}

TEST_CASE("plan: JSON of more records than are looked at may hold any column") {
  const Files files;
  std::string text = "[";
  for (int i = 0; i <= 10'000; ++i) text += (i == 0 ? "" : ",") + ("{\"id\": " + std::to_string(i) + "}");
  write_whole(files.path() / "in" / "people.json", text + R"(,{"id": 10001, "name": "Zoe"}])");
  CHECK(files.etl("run", "      id: id\n      full_name: name\n").exit == 0);
}

}  // namespace etl::testing
