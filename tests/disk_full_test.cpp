// Disks that are full, really: a small file system that the test mounts in a namespace of its own, so that it needs no
// rights and leaves nothing behind. What could not be kept is not kept, the message says what is full, and once there
// is room the next run leaves what an undisturbed one leaves.
#include <doctest/doctest.h>
#include <unistd.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/recovery.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

// ./small is the small file system; `room KB` leaves so much of it free, `whole` makes it large again.
constexpr const char* kSmall = R"sh(set -u
mkdir -p small && mount -t tmpfs -o size=400m,mode=777 tmpfs small || exit 77
room() { mount -o remount,size=$(( $(df --output=used -k small | tail -n 1) + $1 ))k small; }
whole() { mount -o remount,size=400m small; }
etl() { "$ETL_BINARY" "$@"; }
)sh";

// The server that `tools/postgres` starts in ./small, as an ordinary user of a namespace within the namespace.
constexpr const char* kServer = R"sh(
export TMPDIR=$PWD/small ETL_SERVER=$PWD/small/note
server() { unshare -U --map-user=1000 -- "$TOOL" "$@"; }
server start wal_recycle=off synchronous_commit=on >server.out 2>&1 || { cat server.out; exit 99; }
trap 'whole; server stop' EXIT
export TARGET_URL=$(server url)
ask() { psql -XAtq "$TARGET_URL" -v ON_ERROR_STOP=1 "$@"; }
fresh() {
  ask -c "SET client_min_messages = error; DROP SCHEMA IF EXISTS etl CASCADE; DROP TABLE IF EXISTS notes, people, logs" \
    -c "CREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL)" \
    -c "CREATE TABLE notes (id uuid PRIMARY KEY, person integer NOT NULL REFERENCES people (id), body text)" \
    -c "CREATE TABLE logs (body text, person integer)" -c "INSERT INTO logs VALUES ('before', 0)" -c CHECKPOINT
}
save() {
  ask -c 'TABLE people ORDER BY id' -c 'TABLE notes ORDER BY id' -c 'TABLE logs ORDER BY person' \
    -c "SELECT DISTINCT state FROM etl.runs WHERE state <> 'failed'"
}
)sh";

Finished in_small(const fs::path& folder, const std::string& script, std::map<std::string, std::string> more = {}) {
  more["ETL_BINARY"] = etl_path();
  more["TOOL"] = fs::absolute("tools/postgres").string();
  // Root may mount; others become root of a namespace of their own, where it is allowed.
  const char* spaces = ::getuid() == 0 ? "-m" : "-Urm";
  return run_program({"unshare", spaces, "bash", "-c", kSmall + script}, folder, more);
}

bool can_mount() {
  const Scratch scratch;
  if (in_small(scratch.path(), "").exit == 0) return true;
  MESSAGE("skipped: no file system can be mounted here (unshare -m, unshare -Urm)");
  return false;
}

// "a b c" of each line that a script printed.
std::vector<std::vector<std::string>> words_of(const std::string& text) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    auto& words = lines.emplace_back();
    std::istringstream cells{line};
    for (std::string word; cells >> word;) words.push_back(word);
  }
  return lines;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// What, where, what to do next.
void check_message(const std::string& said) {
  CHECK_MESSAGE((has(said, "disk is full") || has(said, "No space left on device")), said);
  CHECK_MESSAGE((has(said, "  = free some space") || has(said, "  = free the disk")), said);
  CHECK_MESSAGE(has(said, "then run again"), said);
}

}  // namespace

TEST_CASE("disk full: a SQLite target, then run again") {
  if (!can_mount()) return;
  int full = 0;
  for (const std::string& mode : kModes) {
    Scratch source;
    make_source(source.path(), 1'500);
    make_mapping(source.path(), mode);
    const auto wanted = undisturbed(source.path());
    for (const std::size_t kind : {0, 1}) {  // As in fresh_targets(): a new file, a file with the tables.
      for (const int room : {4, 72, 160, 300, 400}) {
        Scratch scratch;
        copy_world(source.path(), scratch.path());
        const auto target = fresh_sqlite(scratch.path(), kind == 1);
        const std::string file = target->url().substr(7);
        CAPTURE(mode);
        CAPTURE(kind);
        CAPTURE(room);
        const Finished finished = in_small(scratch.path(),
                                           "[ ! -e \"$FILE\" ] || cp \"$FILE\" small/target.db\nroom \"$ROOM\"\n"
                                           "etl run mapping.yaml -q >first.out 2>first.err; echo $?\nwhole\n"
                                           "etl run mapping.yaml -q $AGAIN 2>again.err; echo $?\n"
                                           "ls small\ncp small/target.db \"$FILE\"",
                                           {{"TARGET_URL", "sqlite:small/target.db"},
                                            {"FILE", file},
                                            {"ROOM", std::to_string(room)},
                                            {"AGAIN", full % 2 == 0 ? "--resume" : ""}});
        if (finished.out.starts_with("0\n")) continue;  // It fitted.
        ++full;
        CHECK_MESSAGE(finished.out == "3\n0\ntarget.db\n", finished.out, finished.err,
                      read_whole(scratch.path() / "again.err"));
        check_message(read_whole(scratch.path() / "first.err"));
        CHECK(is_as(*target, wanted[kind]));
        CHECK(is_done(*target));
      }
    }
  }
  MESSAGE("disks of a SQLite target that were full: ", full);
  CHECK(full >= 18);
}

TEST_CASE("disk full: the tables of a PostgreSQL server, then run again") {
  if (!can_mount()) return;
  int full = 0;
  for (const std::string& mode : kModes) {
    Scratch scratch;
    make_source(scratch.path(), 6'000);
    make_mapping(scratch.path(), mode);
    const Finished finished = in_small(scratch.path(), std::string{kServer} + R"sh(
fresh; etl run mapping.yaml -q || exit 98; save >wanted
trial=0
for room in 16 200 600 1000 1400 1800 2200; do
  trial=$(( trial + 1 )); resume=; (( trial % 2 )) || resume=--resume
  fresh; room $room
  etl run mapping.yaml -q >out.$trial 2>first.$trial; first=$?
  whole; ask -c 'SELECT' 2>/dev/null || server restart  # Where it was its log that found no room.
  etl run mapping.yaml -q $resume >/dev/null 2>again.$trial; again=$?
  (( first == 0 )) && again=0
  save >found; cmp wanted found >/dev/null && same=same || same=different
  echo $trial $first $again $same
done)sh");
    CAPTURE(mode);
    CHECK_MESSAGE(finished.exit == 0, finished.out, finished.err);
    for (const auto& line : words_of(finished.out)) {
      REQUIRE_MESSAGE(line.size() == 4, finished.out);
      if (line[1] == "0") continue;
      ++full;
      CAPTURE(line[0]);
      CHECK(line[1] == "3");
      CHECK_MESSAGE(line[2] == "0", read_whole(scratch.path() / ("again." + line[0])));
      CHECK(line[3] == "same");
      check_message(read_whole(scratch.path() / ("first." + line[0])));
    }
  }
  MESSAGE("disks of a server that were full: ", full);
  CHECK(full >= 10);
}

// A server that cannot write its log ends itself; it is waited for.
TEST_CASE("disk full: the log of a PostgreSQL server") {
  if (!can_mount()) return;
  int full = 0;
  for (const std::string& mode : kModes) {
    Scratch scratch;
    make_source(scratch.path(), 6'000);
    make_mapping(scratch.path(), mode);
    const Finished finished = in_small(scratch.path(), std::string{kServer} + R"sh(
mkdir space; ask -c "CREATE TABLESPACE space LOCATION '$PWD/space'" -c "CREATE DATABASE apart TABLESPACE space"
export TARGET_URL=${TARGET_URL/\/postgres\?//apart?}
fresh; etl run mapping.yaml -q || exit 98; save >wanted
fresh
# A checkpoint late in a segment makes the next one; after this, there is none.
ask -c "SELECT pg_switch_wal()" -c CHECKPOINT >/dev/null
ask -c "SELECT pg_logical_emit_message(false, '', repeat('x', 16 * 1024 * 1024 - 300000 - (pg_walfile_name_offset(pg_current_wal_insert_lsn())).file_offset))" >/dev/null
room 1000
etl run mapping.yaml -q >first.out 2>first.err & pid=$!
for i in $(seq 500); do grep -q PANIC small/etl-server.*/log && break; sleep 0.02; done
grep -c PANIC small/etl-server.*/log
sleep 0.3; whole; server restart
wait $pid; echo $?
save >found; cmp wanted found && echo same)sh");
    CAPTURE(mode);
    CHECK_MESSAGE(finished.exit == 0, finished.out, finished.err);
    const auto lines = words_of(finished.out);
    REQUIRE_MESSAGE(lines.size() == 3, finished.out, finished.err);
    full += lines[0][0] == "0" ? 0 : 1;
    CHECK_MESSAGE(lines[1][0] == "0", read_whole(scratch.path() / "first.err"));
    CHECK(lines[2][0] == "same");
  }
  MESSAGE("logs of a server that found no room: ", full);
  CHECK(full >= 1);  // When a segment of the log begins is the server's affair.
}

TEST_CASE("disk full: the folder of the reports") {
  if (!can_mount()) return;
  int full = 0;
  for (const std::string& mode : kModes) {
    Scratch source;
    make_source(source.path(), 1'500);
    make_mapping(source.path(), mode);
    const auto wanted = undisturbed(source.path());
    write_whole(source.path() / "mapping.yaml",
                read_whole(source.path() / "mapping.yaml") + "  reports: small/reports\n");
    for (const int room : {0, 8}) {  // The last holds the log and a part of the report.
      Scratch scratch;
      copy_world(source.path(), scratch.path());
      const auto targets = fresh_targets(scratch.path());
      for (std::size_t i = 0; i < targets.size(); ++i) {
        CAPTURE(mode);
        CAPTURE(room);
        CAPTURE(targets[i]->url());
        const Finished finished = in_small(scratch.path(),
                                           "head -c 8192 /dev/zero >small/others\nroom \"$ROOM\"\n"
                                           "etl run mapping.yaml -q >first.out 2>first.err; echo $?\nwhole\n"
                                           "etl run mapping.yaml -q 2>again.err; echo $?\n"
                                           "ls small/reports/*/report.json | wc -l\n",
                                           {{"TARGET_URL", targets[i]->url()}, {"ROOM", std::to_string(room)}});
        ++full;
        CHECK_MESSAGE(finished.out == "3\n0\n1\n", finished.out, finished.err,
                      read_whole(scratch.path() / "again.err"));
        const std::string said = read_whole(scratch.path() / "first.err");
        CHECK_MESSAGE(has(said, "cannot write small/reports/"), said);
        CHECK_MESSAGE(has(said, "No space left on device; the rows are kept"), said);
        CHECK_MESSAGE(has(said, "then give the command again: it makes the report and writes no row twice"), said);
        CHECK(is_as(*targets[i], wanted[i]));
        CHECK(is_done(*targets[i]));
      }
    }
  }
  MESSAGE("folders of reports that were full: ", full);
}

TEST_CASE("disk full: what a run writes into its folder before it commits") {
  if (!can_mount()) return;
  struct Case {
    const char* settings;
    const char* says;
    int exit;  // Once there is room.
  };
  for (const Case& one :
       {Case{"  backup: true\n", "/backup/", 0}, Case{"  max_rejects: 100%\n", "/rejects/people.csv", 1}}) {
    Scratch scratch;
    make_source(scratch.path(), 1'500);
    make_mapping(scratch.path(), "run");
    std::string mapping = read_whole(scratch.path() / "mapping.yaml") + "  reports: small/reports\n" + one.settings;
    const bool rejects = one.exit == 1;
    if (rejects)
      mapping.replace(mapping.find("    rest: copy"), 14,
                      "    fields:\n      id:\n      name: {from: name, format: email}");
    write_whole(scratch.path() / "mapping.yaml", mapping);
    for (const auto& target : fresh_targets(scratch.path())) {
      if (target->tables().empty() && !rejects) continue;  // Nothing to back up.
      CAPTURE(one.settings);
      CAPTURE(target->url());
      if (!rejects)
        target->execute(
            "INSERT INTO logs WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900) SELECT 'a "
            "line of some length', i FROM n");
      const std::string before = dump(*target);
      const Finished first =
          in_small(scratch.path(), "room 12; etl run mapping.yaml -q", {{"TARGET_URL", target->url()}});
      CHECK_MESSAGE(first.exit == 3, first.err);
      CHECK_MESSAGE(has(first.err, one.says), first.err);
      CHECK_MESSAGE(has(first.err, "  = free"), first.err);
      CHECK(dump(*target) == before);
      const Finished again = in_small(scratch.path(), "etl run mapping.yaml -q", {{"TARGET_URL", target->url()}});
      CHECK_MESSAGE(again.exit == one.exit, again.err);
      CHECK(is_done(*target));
    }
  }
}

}  // namespace etl::testing
