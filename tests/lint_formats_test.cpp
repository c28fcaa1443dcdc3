// The formats of `etl lint`, its exit codes and its file patterns, as a user and a CI system see them.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/json_schema.h"
#include "tests/support/promised.h"

namespace {

using etl::testing::Finished;
using etl::testing::run_etl;
using etl::testing::Scratch;
using etl::testing::write_whole;
using nlohmann::json;

constexpr const char* kSchema = "CREATE TABLE teams (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n";

std::string mapping(const std::string& fields) {
  return "version: 1\nconnections:\n  source: {url: sqlite:a.db, schema: a.sql}\n"
         "  target: {url: sqlite:b.db, schema: a.sql}\ntables:\n  teams:\n    from: source.teams\n    fields:\n" +
         fields;
}

// One error, in a line with characters of two and four bytes before it, and one warning.
class World {
 public:
  World() {
    std::filesystem::create_directories(path() / "maps/more/deep");
    write_whole(path() / "maps/a.sql", kSchema);
    write_whole(path() / "maps/bad one.yaml", mapping("      id: id\n      name: 'concat(name, ''é😀'', titel)'\n"));
    write_whole(path() / "maps/good.yaml", mapping("      id: id\n      name: name\n"));
    write_whole(path() / "maps/more/a.sql", kSchema);
    write_whole(path() / "maps/more/warned.yaml", mapping("      id: id\n      name: {from: name, pattern: x}\n"));
    write_whole(path() / "maps/more/deep/part.yaml", "version: 1\nconverters:\n  tidy: trim | squeeze\n");
  }
  const std::filesystem::path& path() const { return scratch_.path(); }
  Finished lint(std::vector<std::string> arguments) const {
    arguments.insert(arguments.begin(), "lint");
    return run_etl(std::move(arguments), path());
  }

 private:
  Scratch scratch_;
};

// Against the published schema, as far as what etl writes goes.
void check_sarif(const std::string& text) {
  const auto faults = etl::testing::schema_faults(etl::testing::read_whole("tests/lint/sarif.schema.json"), text);
  for (const std::string& fault : faults) FAIL_CHECK(fault);
  const json log = json::parse(text);
  const json& rules = log["runs"][0]["tool"]["driver"]["rules"];
  for (const json& result : log["runs"][0]["results"]) {
    const auto index = result["ruleIndex"].get<std::size_t>();
    REQUIRE(index < rules.size());
    CHECK(rules[index]["id"] == result["ruleId"]);
    const std::string uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    CHECK(std::regex_match(uri, std::regex{"[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+"}));
  }
}

// How each format says that a finding stands at a place.
struct Place {
  std::string file, code;
  int line = 0, column = 0;
};

bool in_text(const std::string& text, const Place& at) {
  const std::string kind = at.code[0] == 'E' ? "error" : "warning";
  return text.find(fmt::format("{}:{}:{}: {}[{}]: ", at.file, at.line, at.column, kind, at.code)) != std::string::npos;
}

bool in_json(const std::string& text, const Place& at) {
  const json found = json::parse(text);
  return std::ranges::any_of(found["findings"], [&](const json& finding) {
    return finding["file"] == at.file && finding["line"] == at.line && finding["column"] == at.column &&
           finding["code"] == at.code && !finding["message"].get<std::string>().empty();
  });
}

bool in_github(const std::string& text, const Place& at) {
  const std::regex command{fmt::format("::{} file={},line={},endLine={},col={},endColumn=[0-9]+,title={} [^:]+::[^\n]+\n",
                                       at.code[0] == 'E' ? "error" : "warning", at.file, at.line, at.line, at.column, at.code)};
  return std::regex_search(text, command);
}

bool in_sarif(const std::string& text, const Place& at) {
  const json log = json::parse(text);
  return std::ranges::any_of(log["runs"][0]["results"], [&](const json& result) {
    const json& place = result["locations"][0]["physicalLocation"];
    return result["ruleId"] == at.code && result["level"] == (at.code[0] == 'E' ? "error" : "warning") &&
           place["artifactLocation"]["uri"] == at.file && place["region"]["startLine"] == at.line &&
           place["region"]["startColumn"] == at.column;
  });
}

bool in_junit(const std::string& text, const Place& at) {
  const std::string start = fmt::format("<testcase classname=\"{0}\" name=\"{1} {0}:{2}:{3}\"", at.file, at.code, at.line, at.column);
  const std::size_t found = text.find(start);
  if (found == std::string::npos) return false;
  const bool fails = text.compare(found + start.size(), 2, "/>") != 0 &&
                     text.substr(found + start.size(), 40).find("<failure message=\"") != std::string::npos;
  return fails == (at.code[0] == 'E');  // A warning fails with --strict alone.
}

}  // namespace

TEST_CASE("lint formats: JSON holds every finding with its place in characters") {
  const World world;
  const auto done = world.lint({"--format", "json", "maps/bad one.yaml", "maps/more/warned.yaml", "maps/good.yaml"});
  CHECK(done.exit == 1);
  const json found = json::parse(done.out);
  CHECK(found["files"] == 3);
  CHECK(found["errors"] == 1);
  REQUIRE(found["findings"].size() >= 2);
  const json& first = found["findings"][0];
  CHECK(first["file"] == "maps/bad one.yaml");
  CHECK(first["code"] == "E301");
  CHECK(first["severity"] == "error");
  CHECK(first["line"] == 10);
  CHECK(first["column"] == 35);
  CHECK(first["end_column"] == 40);
}

TEST_CASE("lint formats: workflow commands") {
  const World world;
  const auto done = world.lint({"--format", "github", "maps/bad one.yaml", "maps/more/warned.yaml"});
  CHECK(done.out.find("::error file=maps/bad one.yaml,line=10,endLine=10,col=35,endColumn=40,title=E301 unknown column::"
                      "table source.teams has no column titel") != std::string::npos);
  CHECK(done.out.find("::warning file=maps/more/warned.yaml,line=10,endLine=10,col=35,endColumn=36,"
                      "title=W503 pattern that is not anchored::the pattern matches anywhere in the value%0A= anchor it") !=
        std::string::npos);
  for (std::size_t at = 0; at < done.out.size(); at = done.out.find('\n', at) + 1) {
    CHECK(done.out.compare(at, 2, "::") == 0);
  }
}

TEST_CASE("lint formats: SARIF keeps to the rules of its schema") {
  const World world;
  for (const char* file : {"maps/bad one.yaml", "maps/more/warned.yaml", "maps/good.yaml"}) {
    const auto done = world.lint({"--format", "sarif", file});
    check_sarif(done.out);
  }
  const json log = json::parse(world.lint({"--format", "sarif", "maps/bad one.yaml"}).out);
  const json& place = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
  CHECK(place["artifactLocation"]["uri"] == "maps/bad%20one.yaml");
  CHECK(place["region"]["startColumn"] == 35);
  CHECK(place["region"]["endColumn"] == 40);
}

TEST_CASE("lint formats: JUnit has a case for each finding and one for a clean file") {
  const World world;
  const auto done = world.lint({"--format", "junit", "maps/bad one.yaml", "maps/good.yaml"});
  CHECK(done.out.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"etl lint\""));
  CHECK(done.out.find("<testcase classname=\"maps/bad one.yaml\" name=\"E301 maps/bad one.yaml:10:35\">\n"
                      "      <failure message=\"table source.teams has no column titel\">") != std::string::npos);
  CHECK(done.out.find("<testcase classname=\"maps/good.yaml\" name=\"lint\"/>") != std::string::npos);
}

TEST_CASE("lint: warnings fail with --strict, a comment on the line silences them, never errors") {
  const World world;
  CHECK(world.lint({"maps/more/warned.yaml"}).exit == 0);
  CHECK(world.lint({"--strict", "maps/more/warned.yaml"}).exit == 1);
  write_whole(world.path() / "maps/silenced.yaml",
              mapping("      id: id\n      name: {from: name, pattern: x}  # etl-lint: ignore W503\n"));
  CHECK(world.lint({"--strict", "maps/silenced.yaml"}).exit == 0);
  write_whole(world.path() / "maps/other.yaml",
              mapping("      id: id\n      name: {from: name, pattern: x}  # etl-lint: ignore W506\n"));
  CHECK(world.lint({"--strict", "maps/other.yaml"}).exit == 1);
  write_whole(world.path() / "maps/error.yaml", mapping("      id: id\n      name: titel  # etl-lint: ignore E301\n"));
  CHECK(world.lint({"maps/error.yaml"}).exit == 1);
}

TEST_CASE("lint: patterns are expanded, included files are read by themselves") {
  const World world;
  const auto all = world.lint({"--format", "json", "maps/**/*.yaml"});
  CHECK(json::parse(all.out)["files"] == 4);
  CHECK(all.err.find("maps/more/deep/part.yaml: a part for include:") != std::string::npos);
  CHECK(json::parse(world.lint({"--format", "json", "maps/*.yaml", "maps/good.yaml"}).out)["files"] == 2);
  CHECK(world.lint({"maps/more/deep/part.yaml"}).exit == 0);
  const auto none = world.lint({"maps/*.yml"});
  CHECK(none.exit == 2);
  CHECK(none.err == "etl: no file matches maps/*.yml\n");
  CHECK(world.lint({"maps"}).exit == 2);
  const auto run = run_etl({"run", "maps/more/deep/part.yaml"}, world.path());
  CHECK(run.exit == 2);
  CHECK(run.err.find("it is a part for other mappings") != std::string::npos);
}

TEST_CASE("lint --reverse lists what each source column can be rebuilt from") {
  const auto done = run_etl({"lint", "-q", "--reverse", "mappings/health.yaml", "mappings/culturebridge.yaml", "mappings/workout.yaml"},
                            std::filesystem::current_path());
  CHECK(done.out == etl::testing::read_whole("tests/lint/reverse.txt"));
}

TEST_CASE("lint formats: every promised finding stands at its place in every format") {
  using In = bool (*)(const std::string&, const Place&);
  const std::vector<std::pair<std::string, In>> formats = {
      {"text", in_text}, {"json", in_json}, {"github", in_github}, {"sarif", in_sarif}, {"junit", in_junit}};
  for (const auto& [format, stands_in] : formats) {
    CAPTURE(format);
    for (const etl::testing::Promised& promised : etl::testing::promised_findings()) {
      const std::string file = "tests/lint/" + promised.file;
      const auto done = run_etl({"lint", "-q", "--format", format, file}, std::filesystem::current_path());
      CHECK(done.exit == 1);
      CHECK(done.err == "");
      if (format == "sarif") check_sarif(done.out);
      for (const std::string& finding : promised.findings) {
        Place at{.file = file, .code = finding.substr(finding.find(' ') + 1)};
        at.line = std::stoi(finding);
        at.column = std::stoi(finding.substr(finding.find(':') + 1));
        CHECK_MESSAGE(stands_in(done.out, at), file, ": ", finding);
      }
    }
  }
}
