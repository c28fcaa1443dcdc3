// What lint finds in faulty mappings: every file of tests/lint beside what it must print (NAME.out), and the
// findings that language.md, section 9.1, promises with their places.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/lint.h"

namespace {

namespace fs = std::filesystem;

using etl::testing::lint_file;
using etl::testing::printed;
using etl::testing::read_whole;

// "31:21 E301" for every finding.
std::set<std::string> places(const etl::Diagnostics& diagnostics) {
  std::set<std::string> all;
  for (const auto& diagnostic : diagnostics.sorted()) {
    const auto position = diagnostic.at.source->position(diagnostic.at.begin);
    const char kind = diagnostic.severity() == etl::Severity::error ? 'E' : 'W';
    all.insert(std::to_string(position.line) + ":" + std::to_string(position.column) + " " + kind +
               std::to_string(diagnostic.code));
  }
  return all;
}

struct Promised {
  const char* file;
  std::vector<std::string> findings;
};

// Section 9.1, line by line.
const std::vector<Promised> kPromised = {
    {"semantic.yaml",
     {"3:1 E111",   "13:27 W501", "21:16 E113", "22:11 E113", "27:11 E332", "31:21 E301", "31:52 E113",
      "32:28 E325", "34:3 E336",  "35:11 E331", "41:25 E302", "44:16 E303", "46:19 E301", "47:38 E204",
      "55:16 E304", "56:25 E324", "57:44 E201", "58:20 E333", "59:25 E320", "60:27 W503", "62:27 E205",
      "63:15 E320", "66:11 W506", "70:22 E310"}},
    {"export.yaml",
     {"4:14 W508", "13:16 E306", "20:28 E203", "21:52 E309", "22:54 E201", "29:48 E308", "30:21 E306", "31:21 E202"}},
    {"flow.yaml", {"6:32 E105"}},
    {"env.yaml", {"3:18 E101"}},
    {"quote.yaml", {"6:22 E101"}},
    {"anchor.yaml", {"3:6 E103", "5:5 E102", "8:1 E104"}},
    {"cycle.yaml", {"10:3 E340"}},
};

}  // namespace

TEST_CASE("lint: the promised findings stand at their places") {
  for (const Promised& promised : kPromised) {
    CAPTURE(promised.file);
    const auto found = places(lint_file(std::string{"tests/lint/"} + promised.file));
    for (const std::string& finding : promised.findings) {
      CHECK_MESSAGE(found.contains(finding), promised.file, ": nothing at ", finding);
    }
  }
}

// ETL_UPDATE=1 rewrites the expectations; git diff is the review.
TEST_CASE("lint: every faulty mapping prints what stands beside it") {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{"tests/lint"}) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    CAPTURE(entry.path().string());
    const auto expectation = fs::path{entry.path()}.replace_extension(".out");
    const std::string text = printed(lint_file(entry.path().generic_string()));
    if (std::getenv("ETL_UPDATE")) std::ofstream{expectation} << text;
    CHECK(text == read_whole(expectation));
  }
  CHECK(count >= 9);
}

TEST_CASE("lint: the mappings of the project have no errors") {
  for (const auto& entry : fs::directory_iterator{"mappings"}) {
    if (entry.path().extension() != ".yaml") continue;
    const auto diagnostics = lint_file(entry.path().generic_string());
    CHECK_MESSAGE(!diagnostics.has_errors(), printed(diagnostics));
  }
}

TEST_CASE("lint: mappings/mingus.yaml is clean") {
  const auto diagnostics = lint_file("mappings/mingus.yaml");
  CHECK_MESSAGE(diagnostics.empty(), printed(diagnostics));
}
