// A run that is killed, cut off, frozen or taken over at any instant leaves the same target as one that was never
// disturbed, once it was run again.
#include "tests/support/recovery.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"
#include "tests/support/proxy.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

std::string server_socket(const TestTarget& target) {
  const std::string url = target.url();
  const auto host = url.find("host=") + 5;
  return url.substr(host, url.find('&', host) - host) + "/.s.PGSQL.5432";
}

std::string url_through(const TestTarget& target, const Proxy& proxy) {
  const std::string url = target.url();
  const auto name = url.find('/', url.find("//") + 2) + 1;
  return "postgresql://etl@127.0.0.1:" + std::to_string(proxy.port()) + "/" + url.substr(name, url.find('?') - name);
}

// A target that did not exist gets its tables and indexes from the run, in the transaction of the rows.
std::string with_indexes(TestTarget& target) {
  const bool sqlite = target.dialect() == "sqlite";
  std::string out = dump(target);
  for (const auto& row :
       target.query(sqlite ? "SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE '%etl\\_%' "
                             "ESCAPE '\\' ORDER BY 1"
                           : "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1")) {
    out += row[0] + "\n";
  }
  return out;
}

}  // namespace

TEST_CASE("recovery: killed at named points, then run again") {
  const std::vector<std::string> points = {"running",
                                           "announced",
                                           "batch:2",
                                           "batch:35",
                                           "before_table:2",
                                           "after_table:1",
                                           "after_table:2",
                                           "before_commit",
                                           "before_rename",
                                           "after_rename",
                                           "after_commit",
                                           "committed",
                                           "before_checkpoint:2",
                                           "after_checkpoint:1",
                                           "after_checkpoint:3"};
  std::map<std::string, int> killed;
  int total = 0;
  for (const std::string& mode : kModes) {
    Scratch source;
    make_source(source.path(), 1'500);
    make_mapping(source.path(), mode);
    const auto wanted = undisturbed(source.path());
    for (const std::string& point : points) {
      Scratch scratch;
      copy_world(source.path(), scratch.path());
      const auto targets = fresh_targets(scratch.path());
      for (std::size_t i = 0; i < targets.size(); ++i) {
        CAPTURE(mode);
        CAPTURE(point);
        CAPTURE(targets[i]->url());
        const Finished first = run_with(scratch.path(), targets[i]->url(), point);
        if (first.exit == 0) continue;  // A run of this kind does not pass there.
        ++killed[point];
        ++total;
        const Finished again =
            run_with(scratch.path(), targets[i]->url(), "",
                     total % 2 == 0 ? std::vector<std::string>{"--resume"} : std::vector<std::string>{});
        CHECK_MESSAGE(again.exit == 0, again.err);
        CHECK(is_as(*targets[i], wanted[i]));
      }
    }
  }
  MESSAGE("killed at named points: ", total, " (", counts_text(killed), ")");
  CHECK(killed.size() == points.size());
}

TEST_CASE("recovery: killed while tables and indexes are made, then run again") {
  std::map<std::string, int> killed;
  for (const std::string& mode : kModes) {
    Scratch source;
    make_source(source.path(), 300);
    make_mapping(source.path(), mode);
    write_whole(source.path() / "schema.sql", read_whole(source.path() / "schema.sql") +
                                                  "CREATE INDEX notes_by_person ON notes (person);\n"
                                                  "CREATE UNIQUE INDEX people_by_name ON people (name);\n");
    std::map<std::string, std::string> wanted;
    for (const int statement : {0, 1, 2, 3, 4, 5, 6}) {
      Scratch scratch;
      copy_world(source.path(), scratch.path());
      for (const auto& target : all_targets(scratch.path())) {
        CAPTURE(mode);
        CAPTURE(statement);
        CAPTURE(target->url());
        if (statement > 0) {
          const Finished first = run_with(scratch.path(), target->url(), "created:" + std::to_string(statement));
          if (first.exit == 0) continue;  // All are made.
          ++killed[target->dialect()];
          CHECK(target->tables().empty());
        }
        const Finished again = run_with(scratch.path(), target->url(), "");
        CHECK_MESSAGE(again.exit == 0, again.err);
        if (statement == 0) wanted[target->dialect()] = with_indexes(*target);
        CHECK(is_as(with_indexes(*target), wanted[target->dialect()]));
      }
    }
  }
  MESSAGE("killed while tables and indexes are made: ", counts_text(killed));
  for (const auto& [dialect, count] : killed) CHECK(count >= 8);
}

TEST_CASE("recovery: killed at random instants, then run again") {
  const char* wish = std::getenv("ETL_TRIALS");
  const int trials = wish == nullptr ? 201 : std::atoi(wish);
  std::mt19937 random{20'241'120};
  int killed = 0;
  int done = 0;
  for (const std::string& mode : kModes) {
    Scratch source;
    make_source(source.path(), 3'000);
    make_mapping(source.path(), mode);
    const auto wanted = undisturbed(source.path());
    const auto per_mode = trials / static_cast<int>(kModes.size());
    double longest = 0.4;
    for (int trial = 0; trial < per_mode;) {
      Scratch scratch;
      copy_world(source.path(), scratch.path());
      const auto targets = fresh_targets(scratch.path());
      for (std::size_t i = 0; i < targets.size() && trial < per_mode; ++i, ++trial) {
        const double delay = std::uniform_real_distribution{0.005, longest}(random);
        CAPTURE(mode);
        CAPTURE(delay);
        CAPTURE(targets[i]->url());
        const Finished first =
            run_program({"timeout", "-s", "KILL", std::to_string(delay), etl_path(), "run", "mapping.yaml", "-q"},
                        scratch.path(), {{"TARGET_URL", targets[i]->url()}});
        if (first.exit == 0 || is_done(*targets[i])) {  // It was faster.
          ++done;
          longest = std::max(0.05, longest * 0.8);
        } else {
          ++killed;
          longest = std::min(3.0, longest * 1.02);
          const Finished again = run_with(scratch.path(), targets[i]->url(), "");
          CHECK_MESSAGE(again.exit == 0, again.err);
        }
        CHECK(is_as(*targets[i], wanted[i]));
      }
    }
  }
  MESSAGE("trials: ", killed + done, ", killed: ", killed);
  CHECK(killed * 4 > trials);
}

TEST_CASE("recovery: the link is cut at COMMIT, before it or before its answer") {
  const char* server = std::getenv("ETL_TEST_POSTGRES");
  if (server == nullptr) {
    MESSAGE("skipped: ETL_TEST_POSTGRES is not set");
    return;
  }
  int cuts = 0;
  for (const std::string& mode : kModes) {
    Scratch source;
    make_source(source.path(), 500);
    make_mapping(source.path(), mode);
    const auto wanted = undisturbed(source.path());
    for (const auto cut : {Proxy::Cut::before_commit, Proxy::Cut::after_commit}) {
      for (int commit = 1; commit <= (mode == "run" ? 3 : 7); ++commit) {
        Scratch scratch;
        copy_world(source.path(), scratch.path());
        const auto targets = fresh_targets(scratch.path());
        TestTarget& target = *targets.back();
        CAPTURE(mode);
        CAPTURE(commit);
        CAPTURE(static_cast<int>(cut));
        Proxy proxy{server_socket(target), cut, commit};
        const Finished finished = run_with(scratch.path(), url_through(target, proxy), "");
        CHECK_MESSAGE(finished.exit == 0, finished.err);
        CHECK(proxy.cuts() == 1);
        cuts += proxy.cuts();
        const Finished again = run_with(scratch.path(), target.url(), "", {"--dry-run"});
        CHECK_MESSAGE(is_as(target, wanted.back()), again.err);
        const auto states = target.query("SELECT DISTINCT state FROM etl.runs");
        CHECK(states == std::vector<std::vector<std::string>>{{"done"}});
      }
    }
  }
  MESSAGE("links cut at COMMIT: ", cuts);
}

TEST_CASE("recovery: a frozen worker is taken over, and keeps nothing when it wakes") {
  Scratch scratch;
  make_source(scratch.path(), 500);
  for (const std::string& mode : kModes) {
    make_mapping(scratch.path(), mode);
    const auto wanted = undisturbed(scratch.path());
    Scratch place;
    const auto targets = fresh_targets(place.path());
    for (std::size_t i = 1; i < targets.size(); ++i) {
      // A frozen process holds SQLite's own lock inside a transaction: there it is frozen between two.
      const bool sqlite = targets[i]->dialect() == "sqlite";
      if (sqlite && mode == "run") continue;
      CAPTURE(mode);
      CAPTURE(targets[i]->url());
      const std::string point = sqlite          ? "after_table:1:stop"
                                : mode == "run" ? "before_commit:1:stop"
                                                : "before_table:2:stop";
      const std::string script =
          "ETL_FAULT=" + point +
          " \"$ETL_BINARY\" run mapping.yaml -q 2>first.err & pid=$!\n"
          "for i in $(seq 500); do grep -q 'T (stopped)' /proc/$pid/status && break; sleep 0.02; done\n"
          "\"$ETL_BINARY\" run mapping.yaml -q 2>second.err; echo \"refused $?\"\n"
          "\"$ETL_BINARY\" run mapping.yaml -q --resume 2>third.err; echo \"taken over $?\"\n"
          "kill -CONT $pid; wait $pid; echo \"woken $?\"\n";
      const Finished finished = run_program({"bash", "-c", script}, scratch.path(),
                                            {{"TARGET_URL", targets[i]->url()}, {"ETL_BINARY", etl_path()}});
      CHECK_MESSAGE(finished.out.find("refused 3") != std::string::npos, finished.out);
      CHECK(read_whole(scratch.path() / "second.err").find("another run of recovery is at work") != std::string::npos);
      CHECK_MESSAGE(finished.out.find("taken over 0") != std::string::npos, read_whole(scratch.path() / "third.err"));
      CHECK_MESSAGE(finished.out.find("woken 3") != std::string::npos, finished.out);
      CHECK_MESSAGE(read_whole(scratch.path() / "first.err").find("took this run over") != std::string::npos,
                    read_whole(scratch.path() / "first.err"));
      CHECK(is_as(*targets[i], wanted[i]));
    }
  }
}

TEST_CASE("recovery: another mapping does not go on behind rows of an unfinished run") {
  Scratch scratch;
  make_source(scratch.path(), 500);
  make_mapping(scratch.path(), "table");
  const auto targets = fresh_targets(scratch.path());
  for (const auto& target : targets) {
    CAPTURE(target->url());
    make_mapping(scratch.path(), "table");
    CHECK(run_with(scratch.path(), target->url(), "after_table:1").exit != 0);
    write_whole(scratch.path() / "mapping.yaml", kRecoveryMapping + std::string{"table\n# changed\n"});
    const Finished refused = run_with(scratch.path(), target->url(), "");
    CHECK(refused.exit == 2);
    CHECK_MESSAGE(refused.err.find("kept rows and was not finished") != std::string::npos, refused.err);
    CHECK(refused.err.find("etl rollback") != std::string::npos);
  }
}

TEST_CASE("recovery: the server ends the connection or restarts, and the run is tried again") {
  if (!postgres_target()) {
    MESSAGE("skipped: ETL_TEST_POSTGRES is not set");
    return;
  }
  for (const std::string& mode : kModes) {
    Scratch source;
    make_source(source.path(), 20'000);
    make_mapping(source.path(), mode);
    const auto wanted = undisturbed(source.path());
    Scratch place;
    const auto targets = fresh_targets(place.path());
    TestTarget& target = *targets.back();
    const std::string script =
        "\"$ETL_BINARY\" run mapping.yaml & pid=$!\n"
        "for i in $(seq 200); do\n"
        "  n=$(psql \"$TARGET_URL\" -Atc \"SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_activity a JOIN "
        "pg_locks l "
        "ON l.pid = a.pid WHERE l.locktype = 'advisory' AND a.xact_start IS NOT NULL AND a.datname = "
        "current_database()\")\n"
        "  [ \"$n\" -gt 0 ] && break; sleep 0.02\ndone\nwait $pid";
    const Finished finished =
        run_program({"bash", "-c", script}, source.path(), {{"TARGET_URL", target.url()}, {"ETL_BINARY", etl_path()}});
    CAPTURE(mode);
    CHECK_MESSAGE(finished.exit == 0, finished.err);
    CHECK_MESSAGE(finished.out.find("attempt 1 of") != std::string::npos, finished.out);
    CHECK(is_as(target, wanted.back()));
  }
}

TEST_CASE("recovery: a server that restarts is waited for") {
  if (std::getenv("ETL_TEST_POSTGRES") == nullptr) {
    MESSAGE("skipped: ETL_TEST_POSTGRES is not set");
    return;
  }
  const std::string tool = fs::absolute("tools/postgres").string();
  for (const std::string& mode : kModes) {
    Scratch scratch;
    make_source(scratch.path(), 20'000);
    make_mapping(scratch.path(), mode);
    const std::string script =
        "export ETL_SERVER=$PWD/server\n\"$TOOL\" start || exit 99\nexport TARGET_URL=$(\"$TOOL\" url)\n"
        "\"$ETL_BINARY\" run mapping.yaml & pid=$!\n"
        "for i in $(seq 200); do\n"
        "  n=$(psql \"$TARGET_URL\" -Atc \"SELECT count(*) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid "
        "WHERE "
        "l.locktype = 'advisory' AND a.xact_start IS NOT NULL\")\n"
        "  [ \"$n\" -gt 0 ] && break; sleep 0.02\ndone\n"
        "\"$TOOL\" restart; wait $pid; code=$?\n"
        "psql \"$TARGET_URL\" -Atc 'SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM notes), (SELECT "
        "count(*) "
        "FROM logs), (SELECT string_agg(state, chr(44)) FROM etl.runs)'\n\"$TOOL\" stop\nexit $code";
    const Finished finished =
        run_program({"bash", "-c", script}, scratch.path(), {{"TOOL", tool}, {"ETL_BINARY", etl_path()}});
    CAPTURE(mode);
    CHECK_MESSAGE(finished.exit == 0, finished.err);
    CHECK_MESSAGE(finished.out.find("attempt 1 of") != std::string::npos, finished.out);
    CHECK_MESSAGE(finished.out.ends_with("20000|20000|20000|done\n"), finished.out);
  }
}

TEST_CASE("recovery: of two targets the second is finished") {
  Scratch scratch;
  make_source(scratch.path(), 500);
  write_whole(scratch.path() / "mapping.yaml", R"(version: 1
name: pair
connections:
  source: sqlite:source.db
  first: {url: "sqlite:first.db", schema: schema.sql, create: true}
  second: {url: "${TARGET_URL}", schema: schema.sql, create: true}
tables:
  people: {from: source.people, into: first.people, rest: copy}
  logs:
    from: source.notes
    into: second.logs
    fields: {body: body, person: person}
)");
  for (const auto& target : all_targets(scratch.path())) {
    for (const std::string point :
         {"after_commit:1", "after_commit:2", "before_commit:2", "committed:1", "committed:2"}) {
      CAPTURE(point);
      CAPTURE(target->url());
      fs::remove(scratch.path() / "first.db");
      if (target->dialect() == "sqlite")
        fs::remove(target->url().substr(7));
      else
        target->execute("DROP SCHEMA IF EXISTS etl CASCADE; DROP TABLE IF EXISTS notes, people, logs");
      CHECK(run_with(scratch.path(), target->url(), point).exit != 0);
      const Finished again = run_with(scratch.path(), target->url(), "");
      CHECK_MESSAGE(again.exit == 0, again.err);
      CHECK(target->query("SELECT count(*) FROM logs") == std::vector<std::vector<std::string>>{{"500"}});
      CHECK(run_program({"sqlite3", "first.db", "SELECT count(*) FROM people; SELECT DISTINCT state FROM etl_runs"},
                        scratch.path())
                .out == "500\ndone\n");
    }
  }
}

TEST_CASE("recovery: etl runs and etl show tell what the ledger knows") {
  Scratch scratch;
  make_source(scratch.path(), 300);
  make_mapping(scratch.path(), "run");
  const auto targets = fresh_targets(scratch.path());
  for (const auto& target : targets) {
    CAPTURE(target->url());
    const std::map<std::string, std::string> environment = {{"TARGET_URL", target->url()}};
    CHECK(run_etl({"runs", "mapping.yaml"}, scratch.path(), environment).out == "no run is known\n");
    CHECK(run_with(scratch.path(), target->url(), "").exit == 0);
    CHECK(run_with(scratch.path(), target->url(), "").exit != 0);  // The keys of people are taken.
    const Finished runs = run_etl({"runs", "mapping.yaml"}, scratch.path(), environment);
    CHECK(runs.exit == 0);
    CHECK_MESSAGE(runs.out.find("failed") < runs.out.find("done"), runs.out);
    const Finished json = run_etl({"runs", "mapping.yaml", "--format", "json"}, scratch.path(), environment);
    const auto id = json.out.find("\"run\":\"", json.out.find("\"number\":1") - 60) + 7;
    const Finished shown = run_etl({"show", "mapping.yaml", json.out.substr(id, 8)}, scratch.path(), environment);
    CHECK_MESSAGE(shown.exit == 0, shown.err);
    CHECK_MESSAGE(shown.out.find("people") != std::string::npos, shown.out);
    CHECK(shown.out.find("300") != std::string::npos);
    const Finished unknown = run_etl({"show", "mapping.yaml", "zz"}, scratch.path(), environment);
    CHECK(unknown.exit == 3);
    CHECK(unknown.err.find("knows no run zz of recovery") != std::string::npos);
  }
}

}  // namespace etl::testing
