// The mapping that the sample databases are made for, end to end: every planted fault comes out as the reject it must
// be, every other row arrives, and both targets hold the same values.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"
#include "tests/support/recovery.h"
#include "tests/support/rejects.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

using Counts = std::map<std::tuple<std::string, std::string, std::string>, std::int64_t>;  // Table, field, rule.

void make_samples(const fs::path& out, std::vector<std::string> options) {
  const char* samples = std::getenv("ETL_SAMPLES");
  if (samples == nullptr) FAIL("set ETL_SAMPLES to the path of etl_samples");
  std::vector<std::string> arguments = {fs::absolute(samples).string(), "--out", out.string(), "--schemas",
                                        fs::absolute("schemas/mingus").string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  const auto finished = run_program(arguments, ".");
  REQUIRE_MESSAGE(finished.exit == 0, finished.err);
}

// planted.json, asked with SQLite's JSON functions.
class Note {
 public:
  explicit Note(const fs::path& data) : database_{sqlite_target(data)} {
    database_->execute("CREATE TABLE note (text TEXT)");
    std::string literal = "'";
    for (const char c : read_whole(data / "planted.json")) literal += c == '\'' ? std::string{"''"} : std::string{c};
    database_->execute("INSERT INTO note VALUES (" + literal + "')");
  }

  Counts rejects() {
    Counts counts;
    for (const auto& row : database_->query("SELECT value ->> 'table', value ->> 'field', value ->> 'rule', "
                                            "value ->> 'count' FROM note, json_each(text, '$.rejects')")) {
      counts[{row[0], row[1], row[2]}] = std::stoll(row[3]);
    }
    return counts;
  }
  std::map<std::string, std::int64_t> written() {
    std::map<std::string, std::int64_t> counts;
    for (const auto& row : database_->query("SELECT key, value ->> 'written' FROM note, json_each(text, '$.tables')")) {
      counts[row[0]] = std::stoll(row[1]);
    }
    return counts;
  }
  std::size_t kinds() {
    return database_->query("SELECT DISTINCT value ->> 'kind' FROM note, json_each(text, '$.planted')").size();
  }

 private:
  std::unique_ptr<TestTarget> database_;
};

Finished run_mingus(const fs::path& data, const fs::path& folder, const TestTarget& target) {
  const auto mapping = fs::absolute("mappings/mingus.yaml").string();
  return run_etl({"run", mapping, "--param", "data_dir=" + data.string()}, folder, {{"DATABASE_URL", target.url()}},
                 600);
}

Counts count(const std::vector<RejectLine>& rejects) {
  Counts counts;
  for (const auto& reject : rejects) ++counts[{reject.table, reject.field, reject.rule}];
  return counts;
}

std::string text(const Counts& counts) {
  std::string out;
  for (const auto& [key, number] : counts) {
    const auto& [table, field, rule] = key;
    out += table + " " + field + " " + rule + " " + std::to_string(number) + "\n";
  }
  return out;
}

TEST_CASE("mingus: rejects are what was planted, and both targets hold the same values") {
  const Scratch scratch;
  const auto data = scratch.path() / "data";
  make_samples(data, {"--rows", "60000"});
  Note note{data};
  CHECK(note.kinds() >= 10);

  std::map<std::string, std::vector<std::string>> first;  // Table, rows: of the first target.
  std::vector<std::unique_ptr<Scratch>> folders;
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const auto& folder = folders.emplace_back(std::make_unique<Scratch>())->path();
    const auto finished = run_mingus(data, folder, *target);
    REQUIRE_MESSAGE(finished.exit == 1, finished.out, finished.err);
    CHECK(text(count(read_rejects(folder / "reports"))) == text(note.rejects()));
    for (const auto& [table, rows] : note.written()) {
      CAPTURE(table);
      auto lines = target->rows(table);
      CHECK(static_cast<std::int64_t>(lines.size()) == rows);
      auto& other = first[table];
      if (other.empty()) other = lines;
      for (std::size_t i = 0; i < std::min(lines.size(), other.size()); ++i) REQUIRE(lines[i] == other[i]);
    }
  }
}

TEST_CASE("mingus: too many rejects fail the run and leave nothing behind") {
  const Scratch scratch;
  const auto data = scratch.path() / "data";
  make_samples(data, {"--rows", "4000", "--failing"});
  for (const auto& target : all_targets(scratch.path())) {
    CAPTURE(target->dialect());
    const Scratch folder;
    const auto finished = run_mingus(data, folder.path(), *target);
    CHECK_MESSAGE(finished.exit == 3, finished.out, finished.err);
    CHECK(finished.err.find("user_profiles") != std::string::npos);
    CHECK(finished.err.find("max_rejects") != std::string::npos);
    for (const auto& table : target->tables()) CHECK(target->rows(table).empty());
    CHECK_FALSE(read_rejects(folder.path() / "reports").empty());
  }
}

// The mapping with 1 % of the rows wrong: children of a wrong user are rejected with it, so more is allowed.
class DirtyWorld {
 public:
  explicit DirtyWorld(const std::string& atomic) {
    make_samples(path() / "dirty", {"--rows", "4000", "--dirty", "0.01"});
    make_samples(path() / "clean", {"--rows", "4000", "--dirty", "0"});
    fs::create_directory(path() / "mappings");
    fs::create_symlink(fs::absolute("schemas"), path() / "schemas");
    fs::create_symlink(fs::absolute("mappings/common"), path() / "mappings/common");
    std::string mapping = read_whole("mappings/mingus.yaml");
    const std::string limit = "  max_rejects: 1%";
    mapping.replace(mapping.find(limit), limit.size(), "  max_rejects: 5%\n  batch: 200\n  atomic: " + atomic);
    write_whole(path() / "mappings/mingus.yaml", mapping);
  }

  const fs::path& path() const { return scratch_.path(); }

  Finished etl(const TestTarget& target, std::vector<std::string> arguments, const std::string& data = "dirty",
               const std::string& fault = "") const {
    arguments.insert(arguments.begin() + 1, "mappings/mingus.yaml");
    arguments.insert(arguments.end(), {"--param", "data_dir=" + (path() / data).string()});
    return run_etl(arguments, path(), {{"DATABASE_URL", target.url()}, {"ETL_FAULT", fault}});
  }

  // What an undisturbed run leaves.
  std::string wanted(const std::string& dialect, const std::string& data) const {
    const Scratch scratch;
    const auto target = dialect == "sqlite" ? sqlite_target(scratch.path()) : postgres_target();
    const Finished finished = etl(*target, {"run"}, data);
    REQUIRE_MESSAGE(finished.exit == (data == "clean" ? 0 : 1), finished.err);
    fs::remove_all(path() / "reports");
    return dump(*target);
  }

  // The id of the only run, as its report's folder has it.
  std::string run_id() const {
    const std::string folder = fs::directory_iterator { path() / "reports" } -> path().filename().string();
    return folder.substr(folder.rfind('-') + 1);
  }

 private:
  Scratch scratch_;
};

// The tables in the order of the mapping, and the databases that they come from.
const std::vector<std::pair<std::string, std::string>> kTables = {
    {"users", "mingus"},
    {"user_profiles", "mingus"},
    {"onboarding_progress", "mingus"},
    {"user_health_checkins", "mingus"},
    {"encrypted_financial_profiles", "mingus"},
    {"user_analytics", "business_intelligence"},
    {"performance_metrics", "business_intelligence"},
    {"feature_usage", "cache"},
    {"user_feedback", "cache"},
    {"system_alerts", "performance_metrics"},
    {"important_dates", "performance_metrics"},
    {"notification_preferences", "alerts"},
};

// The faulty rows of a table as their user mends them, as the clean database has them; how many.
std::size_t write_mended(const DirtyWorld& world, const std::string& table, const std::string& database) {
  const auto ask = [&](const std::string& sql) {
    const std::string file = (world.path() / "clean" / (database + ".db")).string();
    return run_program({"sqlite3", file, "ATTACH 'dirty/" + database + ".db' AS d; " + sql}, world.path()).out;
  };
  const auto row = [&](const std::string& side) {
    std::string columns = ask("SELECT group_concat('''' || name || ''', " + side +
                              ".\"' || name || '\"') FROM pragma_table_info('" + table + "') WHERE type <> 'BLOB'");
    columns.pop_back();
    return "json_object(" + columns + ")";
  };
  const std::string lines =
      ask("SELECT 'id=' || c.id || ',\"' || replace(" + row("c") + ", '\"', '\"\"') || '\"' FROM main." + table +
          " AS c JOIN d." + table + " AS f USING (id) WHERE " + row("c") + " <> " + row("f"));
  write_whole(world.path() / (table + ".csv"), "position,source\n" + lines);
  return static_cast<std::size_t>(std::ranges::count(lines, '\n'));
}

TEST_CASE("mingus dirty: verified in full, mended rows replayed, and all of it undone") {
  const DirtyWorld world{"run"};
  for (const auto& target : all_targets(world.path())) {
    CAPTURE(target->dialect());
    const std::string clean = world.wanted(target->dialect(), "clean");
    const Finished ran = world.etl(*target, {"run"});
    REQUIRE_MESSAGE(ran.exit == 1, ran.err);
    const auto rejects = read_rejects(world.path() / "reports");
    CHECK(rejects.size() >= 40);
    const std::string after_run = dump(*target);
    const bool differs = after_run != clean;
    CHECK(differs);
    const Finished verified = world.etl(*target, {"verify", "--full"});
    CHECK_MESSAGE(verified.exit == 0, verified.out, verified.err);
    CHECK(verified.out.find("the target holds what the mapping makes") != std::string::npos);

    const std::string run = world.run_id();
    int replays = 0;
    for (const auto& [table, database] : kTables) {
      if (write_mended(world, table, database) == 0) continue;
      CAPTURE(table);
      const Finished replayed = world.etl(*target, {"replay", table + ".csv"});
      CHECK_MESSAGE(replayed.exit <= 1, replayed.out, replayed.err);  // Others may still lack their parents.
      if (++replays != 1) continue;
      const Finished twice = world.etl(*target, {"replay", table + ".csv", "--run", run});
      CHECK(twice.exit == 3);
      CHECK_MESSAGE(twice.err.find("was replayed already, by run") != std::string::npos, twice.err);
    }
    CHECK(replays >= 6);
    CHECK(is_as(*target, clean));

    for (int i = 0; i < replays; ++i) {
      const Finished undone = world.etl(*target, {"rollback"});
      CHECK_MESSAGE(undone.exit == 0, undone.err);
    }
    CHECK(is_as(*target, after_run));
    const Finished undone = world.etl(*target, {"rollback"});
    CHECK_MESSAGE(undone.exit == 0, undone.err);
    CHECK(target->tables().empty());
    fs::remove_all(world.path() / "reports");
  }
}

TEST_CASE("mingus dirty: killed, then run again: the same rows, and undone") {
  int killed = 0;
  for (const std::string atomic : {"run", "table"}) {
    const DirtyWorld world{atomic};
    std::map<std::string, std::string> wanted;
    const bool by_table = atomic == "table";
    for (const std::string& point :
         by_table ? std::vector<std::string>{"after_table:4", "before_table:8"}
                  : std::vector<std::string>{"created:9", "batch:9", "before_commit", "after_commit"}) {
      const Scratch scratch;
      for (const auto& target : all_targets(scratch.path())) {
        CAPTURE(atomic);
        CAPTURE(point);
        CAPTURE(target->dialect());
        std::string& expected = wanted[target->dialect()];
        if (expected.empty()) expected = world.wanted(target->dialect(), "dirty");
        REQUIRE(world.etl(*target, {"run"}, "dirty", point).exit != 1);
        ++killed;
        const Finished again = world.etl(*target, {"run"});
        CHECK_MESSAGE(again.exit == 1, again.err);
        CHECK(is_as(*target, expected));
        const Finished undone = world.etl(*target, {"rollback"});
        CHECK_MESSAGE(undone.exit == 0, undone.err);
        CHECK(target->tables().empty());
      }
    }
  }
  MESSAGE("runs of mingus killed: ", killed);
  CHECK(killed >= 6);
}

TEST_CASE("samples: the seed decides every byte, and the note counts what is there") {
  const Scratch scratch;
  make_samples(scratch.path() / "a", {"--rows", "3000", "--seed", "7"});
  make_samples(scratch.path() / "b", {"--rows", "3000", "--seed", "7"});
  make_samples(scratch.path() / "c", {"--rows", "3000", "--seed", "8"});
  for (const auto* name :
       {"mingus.db", "business_intelligence.db", "cache.db", "performance_metrics.db", "alerts.db", "planted.json"}) {
    CAPTURE(name);
    CHECK(read_whole(scratch.path() / "a" / name) == read_whole(scratch.path() / "b" / name));
    CHECK(read_whole(scratch.path() / "a" / name) != read_whole(scratch.path() / "c" / name));
  }
}

}  // namespace
}  // namespace etl::testing
