// A rollback that is killed at any instant, by etl or by the database's own shell, has undone nothing or everything;
// the next one finishes it.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/recovery.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

// Rows that are inserted, updated and replaced; where the tables are not there, they are made, with an index and a
// type.
constexpr const char* kMapping = R"(version: 1
name: undone
connections:
  source: sqlite:source.db
  target: {url: "${TARGET_URL}", schema: schema.sql, create: true}
tables:
  people: {from: source.people, key: [id], on_conflict: update, rest: copy}
  notes:
    from: source.notes
    key: [id]
    on_conflict: update
    fields: {id: uuid5(id), person: 'people[person]', body: body}
  logs:
    from: source.notes
    replace: true
    fields: {body: body, person: person}
settings: {batch: 100, backup: true}
)";

constexpr const char* kIndexes =
    "CREATE INDEX notes_by_person ON notes (person);\nCREATE UNIQUE INDEX by_name ON people (name, id);\n";

constexpr const char* kRows =
    "INSERT INTO people VALUES (1, 'one before'), (2, 'two before'), (99999, 'nobody'); INSERT INTO logs VALUES ('x', "
    "1), ('x', 1), "
    "('y', NULL)";

struct World {
  std::string name;
  std::unique_ptr<TestTarget> target;
};

// A new file, a file with rows, an empty database of the server, one with rows.
std::vector<World> worlds(const fs::path& folder) {
  std::vector<World> out;
  auto filled = fresh_targets(folder);
  for (auto& target : filled) {
    const bool is_new = target->tables().empty();
    if (!is_new) target->execute(kRows);
    out.push_back({target->dialect() + (is_new ? ", new" : ", with rows"), std::move(target)});
  }
  if (auto empty = postgres_target()) out.push_back({"postgresql, new", std::move(empty)});
  return out;
}

// Rows, tables, indexes, types and sequences, without the ledger.
std::string everything(TestTarget& target) {
  std::string out = dump(target);
  const auto rows =
      target.dialect() == "sqlite"
          ? target.query(
                "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE '%etl\\_%' ESCAPE '\\' ORDER BY 1, 2")
          : target.query(
                "SELECT relkind::text, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
                "ORDER BY 1, 2");
  for (const auto& row : rows) {
    for (const std::string& cell : row) out += cell + " | ";
    out += "\n";
  }
  return out;
}

void make_world(const fs::path& folder, int rows) {
  make_source(folder, rows);
  write_whole(folder / "schema.sql", read_whole(folder / "schema.sql") + kIndexes);
  write_whole(folder / "mapping.yaml", kMapping);
}

// A run that must end well. The folder of its report is the only one.
void run(const fs::path& folder, const TestTarget& target) {
  fs::remove_all(folder / "reports");
  const Finished ran = run_with(folder, target.url(), "");
  REQUIRE_MESSAGE(ran.exit == 0, ran.err);
}

fs::path report(const fs::path& folder) {
  return fs::directory_iterator { folder / "reports" } -> path();
}

Finished rollback(const fs::path& folder, const TestTarget& target, const std::string& fault = "") {
  return run_etl({"rollback", "mapping.yaml"}, folder, {{"TARGET_URL", target.url()}, {"ETL_FAULT", fault}});
}

// The shell that reads a script from its standard input.
std::string shell_of(const TestTarget& target) {
  return target.dialect() == "sqlite" ? "sqlite3 -init /dev/null '" + target.url().substr(7) + "'"
                                      : "psql -X -q '" + target.url() + "'";
}

}  // namespace

// Each goes on behind what the one before left.
TEST_CASE("undo disturbed: a rollback killed at named points, then run again") {
  std::map<std::string, int> killed;
  Scratch scratch;
  make_world(scratch.path(), 300);
  for (const auto& [name, target] : worlds(scratch.path())) {
    CAPTURE(name);
    const std::string before = everything(*target);
    run(scratch.path(), *target);
    const std::string after = everything(*target);
    for (const std::string point :
         {"undo_fenced", "undo_looked", "undo_rows", "undo_drop:1", "undo_drop:2", "undo_before_commit"}) {
      CAPTURE(point);
      if (point.starts_with("undo_drop") && name != "sqlite, new") continue;  // The server drops by itself.
      CHECK(rollback(scratch.path(), *target, point).exit != 0);
      ++killed[point];
      CHECK(is_as(everything(*target), after));
    }
    const Finished last = rollback(scratch.path(), *target);
    CHECK_MESSAGE(last.exit == 0, last.err);
    CHECK(is_as(everything(*target), before));

    run(scratch.path(), *target);
    CHECK(is_as(everything(*target), after));
    CHECK(rollback(scratch.path(), *target, "undo_after_commit").exit != 0);
    ++killed["undo_after_commit"];
    CHECK(is_as(everything(*target), before));
    const Finished undone = rollback(scratch.path(), *target);
    CHECK(undone.exit != 0);
    CHECK_MESSAGE(undone.err.find("undone already") != std::string::npos, undone.err);
    CHECK(is_as(everything(*target), before));
  }
  MESSAGE("rollbacks killed: ", counts_text(killed));
  CHECK(killed.size() == 7);
}

// One run is undone by so many killed rollbacks as it takes.
TEST_CASE("undo disturbed: a rollback killed at random instants") {
  std::mt19937 random{20'241'120};
  std::map<std::string, int> killed;
  Scratch scratch;
  make_world(scratch.path(), 1'000);
  for (const auto& [name, target] : worlds(scratch.path())) {
    CAPTURE(name);
    const std::string before = everything(*target);
    run(scratch.path(), *target);
    const std::string after = everything(*target);
    std::string now = after;
    for (int trial = 0; trial < 6 && now == after; ++trial) {
      const double delay = std::uniform_real_distribution{0.005, 0.06}(random);
      CAPTURE(delay);
      const Finished first =
          run_program({"timeout", "-s", "KILL", std::to_string(delay), etl_path(), "rollback", "mapping.yaml"},
                      scratch.path(), {{"TARGET_URL", target->url()}});
      now = everything(*target);
      if (first.exit != 0) ++killed[name];
      CHECK((now == after || now == before));
    }
    const Finished last = rollback(scratch.path(), *target);
    CHECK_MESSAGE(last.exit == (now == before ? 3 : 0), last.err);
    CHECK(is_as(everything(*target), before));
  }
  MESSAGE("rollbacks killed at random instants: ", counts_text(killed));
}

TEST_CASE("undo disturbed: psql and sqlite3 killed in the middle of rollback.sql") {
  std::map<std::string, int> killed;
  Scratch scratch;
  make_world(scratch.path(), 300);
  for (const auto& [name, target] : worlds(scratch.path())) {
    CAPTURE(name);
    const std::string before = everything(*target);
    run(scratch.path(), *target);
    const std::string after = everything(*target);
    const std::string script = (report(scratch.path()) / "rollback.sql").string();
    const Finished finished = run_program(
        {"bash", "-c",
         "lines=$(wc -l <'" + script + "'); mkfifo pipe\nfor part in 5 30 60 80 92 97 99; do\n  " + shell_of(*target) +
             " <pipe >/dev/null 2>&1 & pid=$!\n"
             "  exec 3>pipe; head -n $(( lines * part / 100 )) '" +
             script + "' >&3; sleep 0.1; kill -9 $pid; exec 3>&-; wait $pid; echo $?\ndone; rm pipe"},
        scratch.path(), {{"PATH", "/usr/bin:/bin"}});
    for (std::size_t at = 0; (at = finished.out.find("137\n", at)) != std::string::npos; ++at) ++killed[name];
    CHECK_MESSAGE(everything(*target) == after, finished.out, finished.err);
    const Finished last = run_program({"bash", "-c", shell_of(*target) + " <'" + script + "'"}, scratch.path());
    CHECK_MESSAGE(last.exit == 0, last.err);
    CHECK(is_as(everything(*target), before));
  }
  MESSAGE("shells killed in rollback.sql: ", counts_text(killed));
  for (const auto& [name, count] : killed) CHECK(count == 7);
}

TEST_CASE("undo disturbed: a restore killed at named points, then run again") {
  std::map<std::string, int> killed;
  Scratch scratch;
  make_world(scratch.path(), 300);
  for (const auto& [name, target] : worlds(scratch.path())) {
    if (target->tables().empty()) continue;  // A backup of nothing.
    CAPTURE(name);
    const std::string before = everything(*target);
    for (const std::string point : {"restore_removed", "restore_before_commit", "restore_after_commit"}) {
      CAPTURE(point);
      run(scratch.path(), *target);
      const std::string after = everything(*target);
      const std::string backup = (report(scratch.path()) / "backup").string();
      const Finished first = run_etl({"restore", "mapping.yaml", "--from", backup}, scratch.path(),
                                     {{"TARGET_URL", target->url()}, {"ETL_FAULT", point}});
      REQUIRE(first.exit != 0);
      ++killed[point];
      CHECK(everything(*target) == (point == "restore_after_commit" ? before : after));
      const Finished again =
          run_etl({"restore", "mapping.yaml", "--from", backup}, scratch.path(), {{"TARGET_URL", target->url()}});
      CHECK_MESSAGE(again.exit == 0, again.err);
      CHECK(is_as(everything(*target), before));
    }
  }
  MESSAGE("restores killed: ", counts_text(killed));
}

// atomic: table keeps what it finished; `etl run` goes on behind it, `etl rollback` takes it back.
TEST_CASE("undo disturbed: a run that was killed between its tables") {
  std::map<std::string, int> undone;
  Scratch source;
  make_source(source.path(), 300);
  make_mapping(source.path(), "table");
  const auto wanted = undisturbed(source.path());
  Scratch scratch;
  copy_world(source.path(), scratch.path());
  const auto targets = fresh_targets(scratch.path());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const bool is_new = targets[i]->tables().empty();
    for (const std::string point : {"announced", "after_table:1", "before_table:2", "after_table:2", "after_commit"}) {
      if (is_new && point != "after_table:1") continue;  // A new file is put in place with its first commit.
      CAPTURE(point);
      CAPTURE(targets[i]->url());
      const std::string before = everything(*targets[i]);
      REQUIRE(run_with(scratch.path(), targets[i]->url(), point).exit != 0);
      const bool kept = everything(*targets[i]) != before;
      const Finished back = rollback(scratch.path(), *targets[i]);
      CHECK_MESSAGE(back.exit == 0, back.err);
      CHECK(back.out.find("undone\n") != std::string::npos);
      if (kept && !is_new) CHECK(back.out.find("300 removed") != std::string::npos);
      CHECK(is_as(everything(*targets[i]), before));
      ++undone[point];
    }
    const Finished anew = run_with(scratch.path(), targets[i]->url(), "");
    CHECK_MESSAGE(anew.exit == 0, anew.err);
    CHECK(is_as(*targets[i], wanted[i]));
  }
  MESSAGE("half-done runs undone: ", counts_text(undone));
}

}  // namespace etl::testing
