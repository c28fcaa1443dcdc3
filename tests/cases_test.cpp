// Behaviour as a user sees it: every folder of tests/cases is run and compared (tests/cases/README.md).
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/canonical.h"
#include "tests/support/command.h"
#include "tests/support/database.h"
#include "tests/support/rejects.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

struct Case {
  fs::path folder;
  std::vector<std::string> command = {"run", "mapping.yaml"};
  std::string only;
  std::vector<int> batches;  // Empty: once, as the mapping says.
  std::vector<std::string> says;
  std::vector<std::string> hides;
  std::string locked;
  std::string target;
};

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream{line};
  std::vector<std::string> out;
  for (std::string word; stream >> word;) out.push_back(word);
  return out;
}

void read_entry(Case& test, const std::string& key, const std::string& value) {
  if (key == "command") {
    test.command = words(value);
  } else if (key == "only") {
    test.only = value;
  } else if (key == "batches") {
    test.batches.clear();
    for (const auto& word : words(value)) test.batches.push_back(std::stoi(word));
  } else if (key == "says") {
    test.says.push_back(value);
  } else if (key == "hides") {
    test.hides.push_back(value);
  } else if (key == "locked") {
    test.locked = value;
  } else if (key == "target") {
    test.target = value;
  } else {
    FAIL("case.txt: unknown key ", key);
  }
}

Case read_case(const fs::path& folder) {
  Case test{.folder = folder, .only = {}, .batches = {}, .says = {}, .hides = {}, .locked = {}, .target = {}};
  std::istringstream lines{read_whole(folder / "case.txt")};
  bool has_batches = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line[0] == '#') continue;
    const auto colon = line.find(": ");
    if (colon == std::string::npos) FAIL("case.txt: write key: value, not ", line);
    has_batches = has_batches || line.starts_with("batches");
    read_entry(test, line.substr(0, colon), line.substr(colon + 2));
  }
  if (!has_batches && test.command[0] == "run") test.batches = {1, 7, 10'000};
  return test;
}

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const auto& entry : fs::directory_iterator{"tests/cases"}) {
    if (entry.is_directory()) cases.push_back(read_case(entry.path()));
  }
  std::ranges::sort(cases, {}, &Case::folder);
  return cases;
}

// Below `settings:` where the mapping has one, else at its end, so that no other line moves but those after it.
void set_batch(const fs::path& mapping, int batch) {
  auto text = read_whole(mapping);
  const auto line = "  batch: " + std::to_string(batch) + "\n";
  const auto settings = text.find("\nsettings:\n");
  if (settings == std::string::npos) {
    text += "\nsettings:\n" + line;
  } else {
    text.insert(settings + std::string_view{"\nsettings:\n"}.size(), line);
  }
  write_whole(mapping, text);
}

using Database = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;

Database open_database(const fs::path& file, const std::string& sql) {
  sqlite3* raw = nullptr;
  const int code = sqlite3_open(file.c_str(), &raw);
  Database database{raw, sqlite3_close};
  REQUIRE(code == SQLITE_OK);
  REQUIRE_MESSAGE(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK, sqlite3_errmsg(raw));
  return database;
}

void prepare(const Case& test, const fs::path& folder, TestTarget& target, int batch) {
  for (const auto& entry : fs::directory_iterator{test.folder}) {
    const auto name = entry.path().filename().string();
    if (name == "source.sql" || name == "case.txt" || name.starts_with("expected.")) continue;
    fs::copy(entry.path(), folder / name, fs::copy_options::recursive);
  }
  if (fs::exists(test.folder / "source.sql")) {
    open_database(folder / "source.db", read_whole(test.folder / "source.sql"));
  }
  for (const auto& name : {std::string{"target.sql"}, "target." + target.dialect() + ".sql"}) {
    if (fs::exists(test.folder / name)) target.execute(read_whole(test.folder / name));
  }
  if (batch > 0) set_batch(folder / "mapping.yaml", batch);
}

// The URL of a server that is there, as the case wants it spelled.
std::string target_url(const Case& test, const TestTarget& target) {
  if (test.target.empty()) return target.url();
  auto url = test.target;
  const auto socket = url.find("{socket}");
  if (socket == std::string::npos) return url;
  const auto given = target.url();
  const auto host = given.find("host=");
  const auto begin = host == std::string::npos ? given.size() : host + 5;
  return url.replace(socket, 8, given.substr(begin, given.find('&', begin) - begin));
}

// Everything below a folder, for looking for what must not be there.
std::string read_all(const fs::path& folder) {
  std::string text;
  if (!fs::exists(folder)) return text;
  for (const auto& entry : fs::recursive_directory_iterator{folder}) {
    if (entry.is_regular_file()) text += read_whole(entry.path());
  }
  return text;
}

// The day of the run changes from day to day.
std::string without_today(const std::string& reason) {
  static const std::regex day{"the run's [0-9]{4}-[0-9]{2}-[0-9]{2}"};
  return std::regex_replace(reason, day, "the run's day");
}

std::string observed(const Finished& finished, const fs::path& folder, TestTarget& target) {
  std::string text = "exit " + std::to_string(finished.exit) + "\n";
  const auto rejects = read_rejects(folder / "reports");
  if (!rejects.empty()) text += "\nrejected\n";
  for (const auto& reject : rejects) {
    text += reject.table + " | " + reject.position + " | " + reject.field + " | " + reject.rule + " | " +
            without_today(canonical(reject.reason)) + "\n";
  }
  return text + dump(target);
}

std::string run_case(const Case& test, TestTarget& target, const fs::path& folder, int batch) {
  prepare(test, folder, target, batch);
  const auto source = read_whole(folder / "source.db");
  Database lock{nullptr, sqlite3_close};
  if (!test.locked.empty()) lock = open_database(folder / (test.locked + ".db"), "BEGIN EXCLUSIVE");
  const auto finished = run_etl(test.command, folder, {{"TARGET_URL", target_url(test, target)}});
  lock.reset();

  INFO("stdout: ", finished.out);
  INFO("stderr: ", finished.err);
  const auto printed = finished.out + finished.err;
  for (const auto& text : test.says) CHECK_MESSAGE(printed.find(text) != std::string::npos, "does not say: ", text);
  const auto reported = printed + read_all(folder / "reports");
  for (const auto& text : test.hides) CHECK_MESSAGE(reported.find(text) == std::string::npos, "gives away: ", text);
  CHECK_MESSAGE(read_whole(folder / "source.db") == source, "the source was changed");
  auto text = observed(finished, folder, target);
  if (finished.exit > 1 || finished.exit < 0) MESSAGE(test.folder.string(), ": ", finished.err);
  return text;
}

fs::path expectation(const Case& test, const std::string& dialect) {
  const auto own = test.folder / ("expected." + dialect + ".txt");
  return fs::exists(own) ? own : test.folder / "expected.txt";
}

// Writes what was seen; an expectation of PostgreSQL's own only where it differs from SQLite's.
void update(const Case& test, const std::string& dialect, const std::string& text) {
  const auto shared = test.folder / "expected.txt";
  const auto own = test.folder / ("expected." + dialect + ".txt");
  if (dialect == "sqlite" || !test.only.empty()) {
    write_whole(shared, text);
  } else if (read_whole(shared) == text) {
    fs::remove(own);
  } else {
    write_whole(own, text);
  }
}

void compare(const Case& test, TestTarget& target, const fs::path& folder, int batch, bool updates) {
  CAPTURE(test.folder.string());
  CAPTURE(target.dialect());
  CAPTURE(batch);
  const auto text = run_case(test, target, folder, batch);
  if (updates) update(test, target.dialect(), text);
  CHECK(text == read_whole(expectation(test, target.dialect())));
}

TEST_CASE("cases") {
  const bool updates = std::getenv("ETL_UPDATE") != nullptr;
  for (const auto& test : all_cases()) {
    auto batches = test.batches;
    if (batches.empty()) batches.push_back(0);
    SUBCASE(test.folder.filename().c_str()) {
      for (const auto& dialect : {"sqlite", "postgresql"}) {
        if (!test.only.empty() && test.only != dialect) continue;
        for (const int batch : batches) {
          const Scratch scratch;
          const auto target = std::string{"sqlite"} == dialect ? sqlite_target(scratch.path()) : postgres_target();
          if (target) compare(test, *target, scratch.path(), batch, updates && batch == batches.front());
        }
      }
    }
  }
}

}  // namespace
}  // namespace etl::testing
