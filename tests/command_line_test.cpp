// What the command line says when it is called wrongly, and when it is asked for help.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "tests/support/command.h"

namespace {

using etl::testing::Finished;
using etl::testing::run_etl;

// What it says on stderr; it must end with 2 and print no data.
std::string refusal(const std::vector<std::string>& arguments) {
  const Finished finished = run_etl(arguments, std::filesystem::current_path());
  CHECK(finished.exit == 2);
  CHECK(finished.out.empty());
  return finished.err;
}

}  // namespace

TEST_CASE("command line: what is wrong is named, with a remedy") {
  CHECK(refusal({}).starts_with("etl: write a command: run, lint, plan, preview, verify, init, test"));
  CHECK(refusal({"lnt", "a.yaml"}) == "etl: there is no command lnt\n  = did you mean lint?\n");
  CHECK(refusal({"lint", "--fromat", "json", "mappings/mingus.yaml"}) ==
        "etl: lint takes no --fromat\n  = did you mean --format?\n");
  CHECK(refusal({"run", "--strict", "mappings/mingus.yaml"}) == "etl: run takes no --strict\n  = etl run --help\n");
  CHECK(refusal({"run"}) == "etl: run needs MAPPING\n  = etl run --help\n");
  CHECK(refusal({"run", "README.md", "--param"}) == "etl: --param needs NAME=VALUE\n  = etl run --help\n");
  CHECK(refusal({"run", "README.md", "--param", "x"}) == "etl: --param: write name=value, not x\n  = etl run --help\n");
  CHECK(refusal({"run", "README.md", "--format", "xml"}) ==
        "etl: --format: xml is not one of text, json\n  = etl run --help\n");
  for (const char* number : {"0", "-1", "1.5", "ten", "99999999999999999999"}) {
    CAPTURE(number);
    CHECK(refusal({"run", "README.md", "--batch", number}) ==
          "etl: --batch: " + std::string{number} + " is not a whole number above 0\n  = etl run --help\n");
  }
}

TEST_CASE("command line: help is printed on stdout, for each command") {
  const Finished all = run_etl({"--help"}, std::filesystem::current_path());
  CHECK(all.exit == 0);
  CHECK(all.err.empty());
  CHECK(all.out.find("\nUsage: etl COMMAND") != std::string::npos);
  for (const char* command : {"run", "lint", "plan", "test", "schema", "docs"}) {
    CHECK(all.out.find("\n  " + std::string{command} + " ") != std::string::npos);
    const Finished one = run_etl({command, "--help"}, std::filesystem::current_path());
    CHECK(one.exit == 0);
    CHECK(one.out.find("\nUsage: etl " + std::string{command}) != std::string::npos);
    CHECK(one.out.find("\nExit codes:\n") != std::string::npos);
  }
  CHECK(run_etl({"--version"}, std::filesystem::current_path()).out.starts_with("etl "));
}
