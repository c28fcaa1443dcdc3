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
#include "tests/support/promised.h"

namespace {

namespace fs = std::filesystem;

using etl::testing::lint_file;
using etl::testing::printed;
using etl::testing::promised_findings;
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

}  // namespace

TEST_CASE("lint: the promised findings stand at their places") {
  for (const etl::testing::Promised& promised : promised_findings()) {
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
