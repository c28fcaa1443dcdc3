// The table of diagnostic codes: every example yields what it says, and every code has a file in tests/lint/codes.
#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>

#include "engine/base/code_pages.h"
#include "tests/support/command.h"
#include "tests/support/lint.h"

namespace {

namespace fs = std::filesystem;

using etl::testing::lint_text;
using etl::testing::printed;
using etl::testing::read_whole;

// The file beside whose schemas the examples stand.
constexpr const char* kExample = "tests/lint/codes/example.yaml";

std::set<etl::Code> codes(const etl::Diagnostics& diagnostics) {
  std::set<etl::Code> all;
  for (const auto& diagnostic : diagnostics.sorted()) all.insert(diagnostic.code);
  return all;
}

fs::path file_of(const etl::CodePage& page) {
  const char* kind = page.code >= 501 ? "W" : "E";
  return fs::path{"tests/lint/codes"} / (kind + std::to_string(page.code) + ".yaml");
}

// Lint looks at neither the environment nor a database.
bool needs_plan(etl::Code code) { return code == 401 || code == 404; }

// Plans an example between the databases that its schemas describe.
etl::testing::Finished plan(std::string_view sections) {
  const etl::testing::Scratch scratch;
  const auto& folder = scratch.path();
  for (const char* schema : {"source.sql", "target.sql", "live.sql"}) {
    fs::copy(fs::path{"tests/lint/codes"} / schema, folder / schema);
  }
  for (const char* name : {"source", "live"}) {
    SQLite::Database database{(folder / (std::string{name} + ".db")).string(),
                              SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
    database.exec(read_whole(folder / (std::string{name} + ".sql")));
  }
  etl::testing::write_whole(folder / "example.yaml", etl::whole_example(sections));
  return etl::testing::run_etl({"plan", "example.yaml"}, folder);
}

}  // namespace

TEST_CASE("codes: what only a plan finds, it finds in the wrong examples alone") {
  for (const etl::CodePage& page : etl::code_pages()) {
    if (!needs_plan(page.code)) continue;
    CAPTURE(page.code);
    const auto wrong = plan(page.wrong);
    CHECK(wrong.exit == 2);
    CHECK_MESSAGE(wrong.err.find("error[E" + std::to_string(page.code) + "]") != std::string::npos, wrong.err);
    const auto right = plan(page.right);
    CHECK_MESSAGE(right.exit == 0, right.err);
  }
}

TEST_CASE("codes: every wrong example yields its code, every right one has no error") {
  for (const etl::CodePage& page : etl::code_pages()) {
    CAPTURE(page.code);
    CHECK_FALSE(page.title.empty());
    CHECK(page.doc.ends_with('.'));
    if (page.wrong.empty() || needs_plan(page.code)) continue;
    const auto wrong = lint_text(kExample, etl::whole_example(page.wrong));
    CHECK_MESSAGE(codes(wrong).contains(page.code), printed(wrong));
    const auto right = lint_text(kExample, etl::whole_example(page.right));
    CHECK_MESSAGE(!codes(right).contains(page.code), printed(right));
    CHECK_MESSAGE(!right.has_errors(), printed(right));
  }
}

// ETL_UPDATE=1 writes the files from the table; git diff is the review.
TEST_CASE("codes: every code that lint can find has a file that yields it") {
  for (const etl::CodePage& page : etl::code_pages()) {
    if (page.wrong.empty()) continue;
    CAPTURE(page.code);
    const std::string example = etl::whole_example(page.wrong);
    if (std::getenv("ETL_UPDATE")) std::ofstream{file_of(page)} << example;
    CHECK(read_whole(file_of(page)) == example);
  }
}

TEST_CASE("codes: the rows are sorted, and all but one have an example") {
  etl::Code last = 0;
  std::set<etl::Code> without;
  for (const etl::CodePage& page : etl::code_pages()) {
    CHECK(page.code > last);
    last = page.code;
    if (page.wrong.empty()) without.insert(page.code);
  }
  CHECK(without == std::set<etl::Code>{405});  // What is not available differs from version to version.
}
