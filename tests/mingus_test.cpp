// The mapping that the sample databases are made for, end to end: every planted fault comes out as the reject it must
// be, every other row arrives, and both targets hold the same values.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"
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
