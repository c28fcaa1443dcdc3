// Law 5: every value of the target is compared with what the mapping makes, and each difference is named.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kSource = R"(
CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, name TEXT, born TEXT, seen TEXT, worth TEXT, notes TEXT,
  tags TEXT, password TEXT);
INSERT INTO people VALUES
 (1, 'ADA@x.co', 'Ada', '1815-12-10', '2024-03-01T09:30:00.000001Z', '10.5', '{"b": [1, 2], "a": 1.10}', '["x","y"]', 'lovelace'),
 (2, 'bob@x.co', 'Bob', NULL, '2024-03-01T09:30:00Z', '-3', NULL, '[]', 'builder'),
 (3, 'eve@x.co', NULL, '2001-02-03', '2024-03-02T09:30:00Z', '0', '[]', '["y"]', NULL),
 (4, 'not an email', 'Mallory', NULL, '2024-03-02T09:30:00Z', '0', NULL, '[]', 'x'),
 (5, 'ada@x.co', 'Ada again', NULL, '2024-03-02T09:30:00Z', '1', NULL, '["z"]', 'x'),
 (6, 'zoe@x.co', 'Zoë', NULL, '2024-03-04T09:30:00Z', '7', NULL, '["x"]', 'zoe');
CREATE TABLE visits (person INTEGER, place TEXT, minutes INTEGER);
INSERT INTO visits VALUES (1, 'here', 5), (1, 'here', 5), (2, 'there', 7), (1, 'there', 9), (6, 'here', 1), (2, NULL, 3);
)";

constexpr const char* kSchema = R"(-- dialect: postgresql
CREATE TABLE people (id uuid PRIMARY KEY, email text NOT NULL UNIQUE, name varchar(40), born date, seen timestamptz,
  worth numeric(12,2), notes jsonb, password text, made timestamptz NOT NULL, remark text);
CREATE TABLE person_tags (id uuid PRIMARY KEY, person_id uuid NOT NULL REFERENCES people(id), tag char(4) NOT NULL, place integer NOT NULL);
CREATE TABLE totals (place text PRIMARY KEY, minutes bigint, visits bigint, first_minutes bigint);
CREATE TABLE log (place text, minutes integer, nth bigint);
)";

constexpr const char* kMapping = R"(version: 1
name: people
connections:
  source: sqlite:source.db
  target: {url: '${DATABASE_URL}', schema: schema.sql, create: true}
tables:
  people:
    from: source.people
    key: [email]
    on_conflict: skip
    max_rejects: 1
    fields:
      id: uuid5(id)
      email: {from: email | lower, format: email}
      name:
      born:
      seen:
      worth:
      notes:
      password: {from: password | bcrypt(4), sensitive: true}
      made: now()
    ignore: [tags]
  person_tags:
    from: source.people
    where: email like '%@%'
    explode: {tag: json(tags)}
    fields:
      id: uuid5(id, tag)
      person_id: people[id]
      tag:
      place: row_number(id)
    ignore: [email, name, born, seen, worth, notes, password]
  totals:
    from: source.visits
    where: place is not null
    group_by: [place]
    fields:
      place:
      minutes: sum(minutes)
      visits: count()
      first_minutes: first(minutes)
    ignore: [person]
  log:
    from: source.visits
    fields:
      place:
      minutes:
      nth: row_number(place)
    ignore: [person]
settings:
  verify: VERIFY
)";

class World {
 public:
  explicit World(const std::string& verify = "full") {
    write_whole(folder_.path() / "source.sql", kSource);
    write_whole(folder_.path() / "schema.sql", kSchema);
    std::string mapping = kMapping;
    mapping.replace(mapping.find("VERIFY"), 6, verify);
    write_whole(folder_.path() / "people.yaml", mapping);
    const auto made = run_program({"/bin/sh", "-c", "sqlite3 source.db < source.sql"}, folder_.path());
    REQUIRE_MESSAGE(made.exit == 0, made.err);
  }

  const fs::path& path() const { return folder_.path(); }
  Finished etl(const TestTarget& target, std::vector<std::string> arguments) const {
    return run_etl(std::move(arguments), folder_.path(), {{"DATABASE_URL", target.url()}});
  }
  void source(const std::string& sql) const {
    const auto done = run_program({"sqlite3", "source.db", sql}, folder_.path());
    REQUIRE_MESSAGE(done.exit == 0, done.err);
  }

 private:
  Scratch folder_;
};

std::vector<std::string> sorted_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (!line.starts_with("table,kind,")) lines.push_back(line);
  }
  std::ranges::sort(lines);
  return lines;
}

using Lines = std::vector<std::string>;

// What `etl verify` names, as CSV lines without the header, sorted.
Lines differences(const World& world, const TestTarget& target, std::vector<std::string> options = {}) {
  std::vector<std::string> arguments = {"verify", "people.yaml", "--format", "csv"};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto finished = world.etl(target, arguments);
  Lines lines = sorted_lines(finished.out);
  CHECK_MESSAGE(finished.exit == (lines.empty() ? 0 : 1), finished.err);
  return lines;
}

bool says(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

std::string key_of(TestTarget& target, const std::string& table, const std::string& where) {
  return target.query("SELECT id FROM " + table + " WHERE " + where).at(0).at(0);
}

}  // namespace

TEST_CASE("verify: a run that nobody touched holds what the mapping makes, skipped rows and groups included") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    const auto run = world.etl(*target, {"run", "people.yaml"});
    CHECK_MESSAGE(run.exit == 1, run.err);
    CHECK(says(run.out, "verified (full"));
    CHECK(says(run.out, "people: 4 rows made, 4 compared, no differences"));
    const auto finished = world.etl(*target, {"verify", "people.yaml"});
    CHECK_MESSAGE(finished.exit == 0, finished.out << finished.err);
    CHECK(says(finished.out, "people: 4 rows made, 4 compared, no differences"));
    CHECK(says(finished.out, "not compared: remark (not mapped)"));
    CHECK(says(finished.out, "totals: 2 rows made, 2 compared, no differences"));
    CHECK(says(finished.out, "log: 6 rows made, 6 compared, no differences"));
    CHECK(says(finished.out, "the target holds what the mapping makes"));
    const auto json = world.etl(*target, {"verify", "people.yaml", "--format", "json"});
    CHECK(says(json.out, "\"differing\":0"));
  }
}

TEST_CASE("verify: each planted difference is named with table, key, column and both values") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const bool sqlite = target->dialect() == "sqlite";
    const World world;
    REQUIRE(world.etl(*target, {"run", "people.yaml"}).exit == 1);
    const std::string ada = key_of(*target, "people", "name = 'Ada'");
    const std::string bob = key_of(*target, "people", "name = 'Bob'");
    const std::string zoe = key_of(*target, "people", "email = 'zoe@x.co'");
    const std::string tag = key_of(*target, "person_tags", "person_id = '" + zoe + "'");
    target->execute("UPDATE people SET name = 'Adb' WHERE id = '" + ada + "'");
    target->execute(sqlite ? "UPDATE people SET seen = '2024-03-01T09:30:00.000002+00:00' WHERE id = '" + ada + "'"
                           : "UPDATE people SET seen = seen + interval '1 microsecond' WHERE id = '" + ada + "'");
    target->execute("UPDATE people SET notes = '{\"b\": [1, 2], \"a\": 1.11}' WHERE id = '" + ada + "'");
    target->execute("UPDATE people SET worth = '-3.01', born = '2000-01-01' WHERE id = '" + bob + "'");
    target->execute("UPDATE people SET made = '2001-01-01T00:00:00+00:00' WHERE id = '" + zoe + "'");
    target->execute("DELETE FROM person_tags WHERE id = '" + tag + "'");
    target->execute("INSERT INTO totals VALUES ('nowhere', 1, 1, 1)");
    target->execute("UPDATE totals SET minutes = minutes + 1 WHERE place = 'here'");
    target->execute("DELETE FROM log WHERE minutes = 9");
    target->execute("INSERT INTO log VALUES ('there', 7, 1)");  // A row that is there already, once.
    const std::string made = sqlite ? "2001-01-01T00:00:00Z" : "2001-01-01T00:00:00Z";
    const Lines lines = differences(world, *target);
    const auto has = [&](const std::string& line) {
      return std::ranges::any_of(lines, [&](const std::string& other) { return other.find(line) != std::string::npos; });
    };
    CAPTURE(lines);
    CHECK(has("people,changed,id=" + ada + ",name,'Ada','Adb'"));
    CHECK(has("people,changed,id=" + ada + ",seen,2024-03-01T09:30:00.000001Z,2024-03-01T09:30:00.000002Z"));
    CHECK(has("people,changed,id=" + ada + ",notes,\"{\"\"a\"\":1.10,\"\"b\"\":[1,2]}\",\"{\"\"a\"\":1.11,\"\"b\"\":[1,2]}\""));
    CHECK(has("people,changed,id=" + bob + ",worth,-3,-3.01"));
    CHECK(has("people,changed,id=" + bob + ",born,NULL,2000-01-01"));
    CHECK(has("people,changed,id=" + zoe + ",made,"));
    CHECK(has("," + made));
    CHECK(has("person_tags,missing,id=" + tag + ",,,"));
    CHECK(has("totals,extra,place=nowhere,,,"));
    CHECK(has("totals,changed,place=here,minutes,11,12"));
    CHECK(has("log,missing,\"place='there', minutes=9, nth=2\",,,"));
    CHECK(has("log,extra,\"place='there', minutes=7, nth=1\",,,"));
    CHECK(lines.size() == 11);
    const auto text = world.etl(*target, {"verify", "people.yaml"});
    CHECK(text.exit == 1);
    CHECK(says(text.out, "changed id=" + ada + ": name: expected 'Ada', found 'Adb'"));
    CHECK(says(text.out, "rows differ"));
  }
}

TEST_CASE("verify: rows of the application are its own, and rows that were met are looked for") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    // The tables are there already, and hold a row that the run meets, and one that is none of its business.
    const auto schema = world.etl(*target, {"run", "people.yaml", "--only", "totals"});
    REQUIRE_MESSAGE(schema.exit == 0, schema.err);
    const std::string old = "INSERT INTO people (id, email, name, made) VALUES ";
    target->execute(old + "('00000000-0000-0000-0000-000000000001', 'zoe@x.co', 'Old Zoe', '2020-01-01T00:00:00+00:00')");
    target->execute(old + "('00000000-0000-0000-0000-000000000002', 'old@x.co', 'Old', '2020-01-01T00:00:00+00:00')");
    target->execute("DELETE FROM totals");
    const auto run = world.etl(*target, {"run", "people.yaml"});
    REQUIRE_MESSAGE(run.exit == 1, run.err);
    CHECK(differences(world, *target).empty());
    const auto text = world.etl(*target, {"verify", "people.yaml"});
    CHECK_MESSAGE(says(text.out, "people: 3 rows made, 3 compared, no differences, 2 met and still there"), text.out);
    target->execute("INSERT INTO people (id, email, made) VALUES ('00000000-0000-0000-0000-000000000003', 'new@x.co', "
                    "'2020-01-01T00:00:00+00:00')");
    target->execute("UPDATE people SET name = 'Older' WHERE email = 'old@x.co'");
    target->execute("UPDATE people SET name = 'Met' WHERE email = 'zoe@x.co'");
    CHECK(differences(world, *target).empty());
    target->execute("DELETE FROM person_tags");
    target->execute("DELETE FROM people WHERE email = 'zoe@x.co'");
    target->execute("UPDATE people SET name = 'Bobby' WHERE email = 'bob@x.co'");
    const Lines lines = differences(world, *target);
    CAPTURE(lines);
    const std::string bob = key_of(*target, "people", "email = 'bob@x.co'");
    CHECK(std::ranges::count(lines, "people,changed,id=" + bob + ",name,'Bob','Bobby'") == 1);
    CHECK(std::ranges::count(lines, "people,missing,id=00000000-0000-0000-0000-000000000001,,,") == 1);
    CHECK(std::ranges::count_if(lines, [](const std::string& line) { return line.starts_with("people,"); }) == 2);
  }
}

TEST_CASE("verify: passwords are checked against their hashes, and sensitive values are never shown") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    REQUIRE(world.etl(*target, {"run", "people.yaml"}).exit == 1);
    const std::string bob = key_of(*target, "people", "name = 'Bob'");
    const std::string hash = target->query("SELECT password FROM people WHERE name = 'Bob'").at(0).at(0);
    REQUIRE(hash.starts_with("$2b$04$"));
    world.source("UPDATE people SET password = 'other' WHERE id = 2");
    const auto changed = world.etl(*target, {"verify", "people.yaml", "--format", "csv"});
    CHECK(sorted_lines(changed.out) == Lines{"people,differs,id=" + bob + ",password,***,***"});
    CHECK_FALSE(says(changed.out + changed.err, hash));
    world.source("UPDATE people SET password = 'builder' WHERE id = 2");
    CHECK(differences(world, *target).empty());
    std::string flipped = hash;
    flipped.back() = flipped.back() == 'a' ? 'b' : 'a';
    target->execute("UPDATE people SET password = '" + flipped + "' WHERE name = 'Bob'");
    CHECK(differences(world, *target) == Lines{"people,changed,id=" + bob + ",password,***,***"});
  }
}

TEST_CASE("verify: a source that has changed since is told from a target that has") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    REQUIRE(world.etl(*target, {"run", "people.yaml"}).exit == 1);
    const std::string eve = key_of(*target, "people", "email = 'eve@x.co'");
    world.source("UPDATE people SET name = 'Eve' WHERE id = 3");
    world.source("INSERT INTO people VALUES (7, 'late@x.co', 'Late', NULL, NULL, '1', NULL, '[]', NULL)");
    const Lines lines = differences(world, *target);
    CHECK(lines == Lines{"people,differs,id=" + eve + ",name,'Eve',NULL"});
    const auto text = world.etl(*target, {"verify", "people.yaml"});
    CHECK_MESSAGE(says(text.out, "1 not written by the run"), text.out);
  }
}

TEST_CASE("verify: inside a run it keeps nothing where a trigger changes values") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    const auto first = world.etl(*target, {"run", "people.yaml", "--only", "totals"});
    REQUIRE_MESSAGE(first.exit == 0, first.err);
    target->execute("DELETE FROM totals");
    if (target->dialect() == "sqlite") {
      target->execute("CREATE TRIGGER more AFTER INSERT ON totals WHEN new.place = 'here' BEGIN UPDATE totals SET visits = 99 WHERE place = new.place; END");
    } else {
      target->execute("CREATE FUNCTION more() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.place = 'here' THEN "
                      "new.visits := 99; END IF; RETURN new; END $$");
      target->execute("CREATE TRIGGER more BEFORE INSERT ON totals FOR EACH ROW EXECUTE FUNCTION more()");
    }
    const auto run = world.etl(*target, {"run", "people.yaml", "--only", "totals"});
    CHECK(run.exit == 3);
    CHECK(says(run.err, "1 row of the target differs from what the mapping makes"));
    CHECK(says(run.out, "differs place=here: visits: expected 3, found 99"));
    CHECK(target->rows("totals").empty());
    std::string found;
    for (const auto& entry : fs::recursive_directory_iterator{world.path() / "reports"}) {
      if (entry.path().filename() == "differences.csv") found = read_whole(entry.path());
    }
    CHECK(sorted_lines(found) == Lines{"totals,differs,place=here,visits,3,99"});
  }
}

TEST_CASE("verify: rows that only the database refused, what it took in their place and what refers to them are no differences") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world;
    world.source("CREATE TABLE guests (id INTEGER, email TEXT, name TEXT)");
    world.source("CREATE TABLE stays (id INTEGER, guest INTEGER, nights INTEGER)");
    world.source("INSERT INTO guests VALUES (1, 'a@x.co', 'unwanted'), (2, 'a@x.co', 'Ada'), (3, 'b@x.co', 'Bob')");
    world.source("INSERT INTO stays VALUES (1, 1, 5), (2, 2, 7), (3, 3, 9), (4, 3, 11)");
    write_whole(world.path() / "schema.sql", R"(-- dialect: postgresql
CREATE TABLE guests (id uuid PRIMARY KEY, email text NOT NULL UNIQUE, name text);
CREATE TABLE stays (id integer PRIMARY KEY, guest_id uuid NOT NULL REFERENCES guests(id), nights integer);
)");
    const std::string mapping = R"(version: 1
name: guests
connections:
  source: sqlite:source.db
  target: {url: '${DATABASE_URL}', schema: schema.sql, create: true}
tables:
  guests:
    from: source.guests
    max_rejects: 5
    fields: {id: uuid5(id), email: email, name: name}
  stays:
    from: source.stays
    max_rejects: 5
    fields: {id: id, guest_id: 'guests[guest]', nights: nights}
)";
    write_whole(world.path() / "people.yaml", mapping);
    REQUIRE(world.etl(*target, {"run", "people.yaml"}).exit == 1);
    target->execute("DELETE FROM stays");
    target->execute("DELETE FROM guests");
    if (target->dialect() == "sqlite") {
      target->execute("CREATE TRIGGER refuse BEFORE INSERT ON guests WHEN new.name = 'unwanted' BEGIN SELECT RAISE(ABORT, 'no'); END");
    } else {
      target->execute("CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.name = 'unwanted' THEN "
                      "RAISE 'no'; END IF; RETURN new; END $$");
      target->execute("CREATE TRIGGER refuse BEFORE INSERT ON guests FOR EACH ROW EXECUTE FUNCTION refuse()");
    }
    const auto run = world.etl(*target, {"run", "people.yaml"});
    REQUIRE_MESSAGE(run.exit == 1, run.err);
    REQUIRE(target->rows("stays").size() == 3);
    CHECK(differences(world, *target) == Lines{});
    const auto text = world.etl(*target, {"verify", "people.yaml"});
    CHECK_MESSAGE(says(text.out, "the database itself refused rows of guests"), text.out);
    target->execute("UPDATE stays SET nights = 10 WHERE id = 3");
    target->execute("DELETE FROM stays WHERE id = 4");
    target->execute("INSERT INTO stays SELECT 5, guest_id, 1 FROM stays WHERE id = 3");
    CHECK(differences(world, *target) ==
          Lines{"stays,changed,id=3,nights,9,10", "stays,extra,id=5,,,", "stays,missing,id=4,,,"});
  }
}

TEST_CASE("verify: counts and samples") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const World world{"sample"};
    const auto run = world.etl(*target, {"run", "people.yaml"});
    CHECK_MESSAGE(run.exit == 1, run.err);
    CHECK(says(run.out, "verified (sample"));
    CHECK(says(run.out, "log: 6 rows made, 0 compared, no differences"));
    CHECK(says(run.out, "rows without a key cannot be sampled: they were counted"));
    CHECK(differences(world, *target, {"--counts"}).empty());
    CHECK(differences(world, *target, {"--sample", "2"}).empty());
    target->execute("DELETE FROM log WHERE minutes = 9");
    target->execute("UPDATE totals SET visits = 0");
    CHECK(differences(world, *target, {"--counts"}) == Lines{"log,missing,number of rows,*,6,5"});
    CHECK(differences(world, *target, {"--sample", "100"}).size() == 3);
    const auto both = world.etl(*target, {"verify", "people.yaml", "--counts", "--full"});
    CHECK(both.exit == 2);
    const auto unknown = world.etl(*target, {"verify", "people.yaml", "--run", "ffffffff"});
    CHECK(unknown.exit != 0);
    CHECK(says(unknown.err, "ffffffff"));
  }
}

TEST_CASE("verify: a difference is found in a column of any type") {
  const Scratch scratch;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const Scratch folder;
    fs::copy("tests/cases/every_type", folder.path(), fs::copy_options::recursive);
    REQUIRE(run_program({"/bin/sh", "-c", "sqlite3 source.db < source.sql"}, folder.path()).exit == 0);
    const auto etl = [&](std::vector<std::string> arguments) {
      return run_etl(std::move(arguments), folder.path(), {{"TARGET_URL", target->url()}});
    };
    const auto run = etl({"run", "mapping.yaml"});
    REQUIRE_MESSAGE(run.exit == 0, run.err);
    CHECK(etl({"verify", "mapping.yaml"}).exit == 0);
    for (const std::string table : {"every_type", "plain_types"}) {
      std::string columns;
      std::vector<std::string> names;
      for (const std::string& name : target->columns(table)) {
        if (name == "id" || name == "c_generated" || name == "c_identity") continue;
        names.push_back(name);
        columns += (columns.empty() ? "" : ", ") + name;
      }
      // Row 3 is NULL throughout.
      target->execute("UPDATE " + table + " SET (" + columns + ") = (SELECT " + columns + " FROM " + table +
                      " WHERE id = 1) WHERE id = 3");
      const auto found = etl({"verify", "mapping.yaml", "--format", "csv"});
      CHECK(found.exit == 1);
      for (const std::string& name : names) {
        CHECK_MESSAGE(says(found.out, table + ",changed,id=3," + name + ",NULL,"), table << "." << name);
      }
    }
  }
}

}  // namespace etl::testing
