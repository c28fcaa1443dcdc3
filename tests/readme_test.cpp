// What README shows of a run is what a run prints, but for times, identifiers and memory.
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <regex>
#include <string>

#include "tests/support/command.h"

namespace {

namespace fs = std::filesystem;
using namespace etl::testing;

// The text between the line that starts a fence and the one that ends it.
std::string fence(const std::string& page, const std::string& info) {
  const std::string start = "```" + info + "\n";
  const std::size_t begin = page.find(start) + start.size();
  REQUIRE(begin >= start.size());
  return page.substr(begin, page.find("```\n", begin) - begin);
}

// What differs between two runs of the same mapping.
std::string without_measures(std::string text) {
  text = std::regex_replace(text, std::regex{"[0-9a-f]{8}-[0-9a-f-]{27}"}, "RUN");
  text = std::regex_replace(text, std::regex{"--run [0-9a-f]{8}"}, "--run RUN");
  text = std::regex_replace(text, std::regex{"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"}, "TIME");
  text = std::regex_replace(text, std::regex{R"(\([0-9.,]+ s\))"}, "(S)");
  text = std::regex_replace(text, std::regex{R"([0-9,]+ rows/s, peak memory [0-9,]+ MB)"}, "SPEED");
  text = std::regex_replace(text, std::regex{R"([0-9.]+ +[0-9,]+\n)"}, "SPEED\n");
  return std::regex_replace(text, std::regex{" +"}, " ");
}

}  // namespace

TEST_CASE("readme: the run that it shows prints what it shows") {
  const char* samples = std::getenv("ETL_SAMPLES");
  REQUIRE_MESSAGE(samples != nullptr, "ETL_SAMPLES names the program that makes the sample databases");
  const Scratch scratch;
  const std::string page = read_whole("README.md");
  write_whole(scratch.path() / "people.yaml", fence(page, "yaml mapping"));
  fs::copy("schemas", scratch.path() / "schemas", fs::copy_options::recursive);
  REQUIRE(run_program({samples, "--schemas", "schemas/mingus", "--out", "data/mingus"}, scratch.path()).exit == 0);
  const Finished run = run_etl({"run", "people.yaml"}, scratch.path());
  CHECK(run.exit == 1);
  CHECK(without_measures(run.out) == without_measures(fence(page, "text report")));
}

TEST_CASE("readme: every link leads somewhere") {
  const std::regex link{R"(\]\(([^)#]+)(#[^)]*)?\))"};
  for (const fs::path page :
       {"README.md", "docs/tour.md", "docs/editors.md", "docs/lint.md", "docs/reference/keys.md"}) {
    const std::string text = read_whole(page);
    for (std::sregex_iterator at{text.begin(), text.end(), link}, end; at != end; ++at) {
      const std::string target = (*at)[1];
      if (target.starts_with("http")) continue;
      CHECK_MESSAGE(fs::exists(page.parent_path() / target), page.string(), ": ", target);
    }
  }
}

TEST_CASE("readme: the table of commands lists every command") {
  const std::string page = read_whole("README.md");
  const Finished help = run_etl({"--help"}, fs::current_path());
  const std::size_t begin = help.out.find("Commands:\n");
  const std::string commands = help.out.substr(begin, help.out.find("\nOptions:") - begin);
  const std::regex name{"\n  ([a-z-]+) "};
  std::size_t count = 0;
  for (std::sregex_iterator at{commands.begin(), commands.end(), name}, end; at != end; ++at, ++count) {
    const std::regex row{"\n\\|[^|\n]*`etl " + (*at)[1].str() + "[ `]"};
    CHECK_MESSAGE(std::regex_search(page, row), "the table in README.md has no etl ", (*at)[1].str());
  }
  CHECK(count >= 8);
}
