// What happens to a run from outside: signals, a server that goes away, a disk that is full. Nothing may be left half
// written, and the message must say what to do.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMapping = R"(version: 1
name: faults
connections:
  source: sqlite:source.db
  target: {url: "${TARGET_URL}", schema: schema.sql, create: true}
tables:
  events:
    from: source.events
    rest: copy
settings:
  batch: 1000
)";

constexpr const char* kSchema =
    "-- dialect: postgresql\n"
    "CREATE TABLE events (id integer PRIMARY KEY, name text NOT NULL, body text NOT NULL);\n";

// Enough rows that a run takes seconds.
void make_source(const fs::path& folder, int rows) {
  write_whole(folder / "mapping.yaml", kMapping);
  write_whole(folder / "schema.sql", kSchema);
  write_whole(folder / "source.sql",
              "CREATE TABLE events (id INTEGER PRIMARY KEY, name TEXT, body TEXT);\n"
              "INSERT INTO events WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
                  std::to_string(rows) + ") SELECT i, 'event ' || i, printf('%060d', i) FROM n;\n");
  REQUIRE(run_program({"bash", "-c", "sqlite3 source.db < source.sql"}, folder).exit == 0);
}

// Starts `etl run` in the background, waits until its report folder is there, runs `then`, and gives etl's exit code.
Finished disturb(const fs::path& folder, const TestTarget& target, const std::string& then) {
  const std::string script = "\"$ETL_BINARY\" run mapping.yaml & pid=$!\n"
                             "for i in $(seq 1000); do [ -d reports ] && break; sleep 0.01; done\n" +
                             then + "\nwait $pid";
  return run_program({"bash", "-c", script}, folder,
                     {{"TARGET_URL", target.url()}, {"ETL_BINARY", fs::absolute(std::getenv("ETL")).string()}});
}

bool is_empty(TestTarget& target) { return target.tables().empty(); }

bool no_leftovers(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().filename().string().find("etl-new") != std::string::npos) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("faults: a signal ends the run at a batch boundary and keeps nothing") {
  for (const char* signal : {"TERM", "INT"}) {
    Scratch scratch;
    make_source(scratch.path(), 1'000'000);
    for (const auto& target : all_targets(scratch.path())) {
      CAPTURE(signal);
      CAPTURE(target->dialect());
      fs::remove_all(scratch.path() / "reports");
      // A shell starts background jobs with SIGINT ignored; etl must listen all the same.
      const Finished finished = disturb(scratch.path(), *target, "kill -" + std::string{signal} + " $pid");
      CHECK(finished.exit == 4);
      CHECK(finished.out.find("interrupted") != std::string::npos);
      CHECK(is_empty(*target));
      CHECK(no_leftovers(scratch.path()));
    }
  }
}

// That it ends once is the matter of recovery_test.cpp.
TEST_CASE("faults: a server that ends every connection fails the run and keeps nothing") {
  const auto target = postgres_target();
  if (!target) {
    MESSAGE("skipped: ETL_TEST_POSTGRES is not set");
    return;
  }
  Scratch scratch;
  make_source(scratch.path(), 1'000'000);
  const Finished finished = disturb(scratch.path(), *target,
                                    "while kill -0 $pid 2>/dev/null; do\n"
                                    "  psql \"$TARGET_URL\" -Atqc 'SELECT pg_terminate_backend(pid) FROM "
                                    "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()' "
                                    ">/dev/null\n"
                                    "  sleep 0.1\ndone");
  CHECK(finished.exit == 3);
  CHECK_MESSAGE(finished.err.find("  = ") != std::string::npos, finished.err);
  CHECK(is_empty(*target));
}

// Where nothing can be mounted (disk_full_test.cpp), this is what is left of a full disk.
TEST_CASE("faults: a target that cannot grow fails the run and keeps nothing; with room it is run again") {
  Scratch scratch;
  make_source(scratch.path(), 60'000);
  const auto target = sqlite_target(scratch.path());
  const Finished finished =
      run_program({"bash", "-c", "ulimit -f 1024; exec \"$ETL_BINARY\" run mapping.yaml"}, scratch.path(),
                  {{"TARGET_URL", target->url()}, {"ETL_BINARY", fs::absolute(std::getenv("ETL")).string()}});
  CHECK(finished.exit == 3);
  CHECK_MESSAGE(finished.err.find("  = ") != std::string::npos, finished.err);
  CHECK(no_leftovers(scratch.path()));
  CHECK(is_empty(*target));
  const Finished again = run_etl({"run", "mapping.yaml", "-q"}, scratch.path(), {{"TARGET_URL", target->url()}});
  CHECK_MESSAGE(again.exit == 0, again.err);
  CHECK(target->query("SELECT count(*) FROM events") == std::vector<std::vector<std::string>>{{"60000"}});
}

}  // namespace etl::testing
