#include "tests/support/recovery.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

namespace etl::testing {

namespace fs = std::filesystem;

const char* const kRecoveryMapping = R"(version: 1
name: recovery
connections:
  source: sqlite:source.db
  target: {url: "${TARGET_URL}", schema: schema.sql, create: true}
tables:
  people:
    from: source.people
    rest: copy
  notes:
    from: source.notes
    fields:
      id: uuid5(id)
      person: people[person]
      body: body
  logs:
    from: source.notes
    fields:
      body: body
      person: person
settings:
  batch: 100
  atomic: )";

namespace {

constexpr const char* kSchema =
    "-- dialect: postgresql\n"
    "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL);\n"
    "CREATE TABLE notes (id uuid PRIMARY KEY, person integer NOT NULL REFERENCES people (id), body text);\n"
    "CREATE TABLE logs (body text, person integer);\n";

}  // namespace

void make_source(const fs::path& folder, int rows) {
  write_whole(folder / "schema.sql", kSchema);
  write_whole(
      folder / "source.sql",
      "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);\n"
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER, body TEXT);\n"
      "INSERT INTO people WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
          std::to_string(rows) +
          ") SELECT i, 'name ' || i FROM n;\nINSERT INTO notes SELECT id, id, printf('%060d', id) FROM people;\n");
  REQUIRE(run_program({"bash", "-c", "sqlite3 source.db < source.sql"}, folder).exit == 0);
}

void make_mapping(const fs::path& folder, const std::string& mode) {
  write_whole(folder / "mapping.yaml", kRecoveryMapping + mode + "\n");
}

void copy_world(const fs::path& from, const fs::path& to) {
  for (const char* name : {"source.db", "schema.sql", "mapping.yaml"}) fs::copy(from / name, to / name);
}

std::string etl_path() { return fs::absolute(std::getenv("ETL")).string(); }

Finished run_with(const fs::path& folder, const std::string& url, const std::string& fault,
                  std::vector<std::string> more) {
  std::vector<std::string> arguments = {"run", "mapping.yaml", "-q"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run_etl(arguments, folder, {{"TARGET_URL", url}, {"ETL_FAULT", fault}});
}

std::unique_ptr<TestTarget> fresh_sqlite(const fs::path& folder, bool with_tables) {
  const fs::path place = folder / (with_tables ? "old" : "new");
  fs::create_directory(place);
  auto target = sqlite_target(place);
  if (!with_tables) return target;
  target->execute(
      "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL); CREATE TABLE notes (id TEXT PRIMARY KEY NOT "
      "NULL, "
      "person INTEGER NOT NULL REFERENCES people (id), body TEXT); CREATE TABLE logs (body TEXT, person INTEGER); "
      "INSERT INTO logs VALUES ('before', 0)");
  return target;
}

std::vector<std::unique_ptr<TestTarget>> fresh_targets(const fs::path& folder) {
  std::vector<std::unique_ptr<TestTarget>> targets;
  targets.push_back(fresh_sqlite(folder, false));
  targets.push_back(fresh_sqlite(folder, true));
  if (auto server = postgres_target()) {
    server->execute(
        "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL); CREATE TABLE notes (id uuid PRIMARY KEY, "
        "person "
        "integer NOT NULL REFERENCES people (id), body text); CREATE TABLE logs (body text, person integer); "
        "INSERT INTO logs VALUES ('before', 0)");
    targets.push_back(std::move(server));
  }
  return targets;
}

std::vector<std::string> undisturbed(const fs::path& source) {
  Scratch scratch;
  copy_world(source, scratch.path());
  std::vector<std::string> dumps;
  for (const auto& target : fresh_targets(scratch.path())) {
    const Finished finished = run_with(scratch.path(), target->url(), "");
    REQUIRE_MESSAGE(finished.exit == 0, finished.err);
    dumps.push_back(dump(*target));
  }
  return dumps;
}

bool is_as(TestTarget& target, const std::string& wanted) { return is_as(dump(target), wanted); }

bool is_as(const std::string& found, const std::string& wanted) {
  if (found == wanted) return true;
  const auto [here, there] = std::ranges::mismatch(found, wanted);
  MESSAGE("found: ", std::string(here, found.end()).substr(0, 200),
          "\nwanted: ", std::string(there, wanted.end()).substr(0, 200));
  return false;
}

std::string counts_text(const std::map<std::string, int>& counts) {
  std::string out;
  for (const auto& [name, count] : counts) out += (out.empty() ? "" : ", ") + name + " " + std::to_string(count);
  return out;
}

bool is_done(TestTarget& target) {
  const bool sqlite = target.dialect() == "sqlite";
  const auto known = target.query(sqlite ? "SELECT count(*) FROM sqlite_schema WHERE name = 'etl_runs'"
                                         : "SELECT count(to_regclass('etl.runs'))");
  if (known.empty() || known[0][0] == "0") return false;
  return target.query(std::string{"SELECT count(*) FROM "} + (sqlite ? "etl_runs" : "etl.runs") +
                      " WHERE state = 'done'")[0][0] != "0";
}

}  // namespace etl::testing
