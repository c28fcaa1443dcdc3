// The formats of `etl lint`, its exit codes and its file patterns, as a user and a CI system see them.
#include <doctest/doctest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "tests/support/command.h"

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

// What SARIF 2.1.0's JSON schema says of the objects that are used: required properties, allowed ones, and what
// stands in them. "text", "count" (from 0), "place" (from 1), "uri", "level", or the name of another object, "[]" for
// a list.
struct Shape {
  std::set<std::string> required;
  std::map<std::string, std::string> properties;
};
const std::map<std::string, Shape> kSarif = {
    {"log", {{"version", "runs"}, {{"$schema", "uri"}, {"version", "version"}, {"runs", "[]run"}}}},
    {"run", {{"tool"}, {{"tool", "tool"}, {"results", "[]result"}, {"columnKind", "columns"}}}},
    {"tool", {{"driver"}, {{"driver", "driver"}}}},
    {"driver", {{"name"}, {{"name", "text"}, {"version", "text"}, {"rules", "[]rule"}}}},
    {"rule",
     {{"id"},
      {{"id", "text"}, {"shortDescription", "message"}, {"fullDescription", "message"}, {"defaultConfiguration", "config"}}}},
    {"config", {{}, {{"level", "level"}}}},
    {"message", {{"text"}, {{"text", "text"}}}},
    {"result",
     {{"message"},
      {{"ruleId", "text"}, {"ruleIndex", "count"}, {"level", "level"}, {"message", "message"}, {"locations", "[]location"}}}},
    {"location", {{}, {{"physicalLocation", "physical"}}}},
    {"physical", {{"artifactLocation"}, {{"artifactLocation", "artifact"}, {"region", "region"}}}},
    {"artifact", {{}, {{"uri", "uri"}}}},
    {"region",
     {{"startLine"}, {{"startLine", "place"}, {"startColumn", "place"}, {"endLine", "place"}, {"endColumn", "place"}}}},
};

void check_shape(const json& value, const std::string& kind) {
  CAPTURE(kind);
  CAPTURE(value.dump());
  if (kind.starts_with("[]")) {
    REQUIRE(value.is_array());
    for (const json& item : value) check_shape(item, kind.substr(2));
  } else if (kind == "text") {
    CHECK((value.is_string() && !value.get<std::string>().empty()));
  } else if (kind == "version") {
    CHECK(value == "2.1.0");
  } else if (kind == "columns") {
    CHECK((value == "utf16CodeUnits" || value == "unicodeCodePoints"));
  } else if (kind == "level") {
    CHECK((value == "none" || value == "note" || value == "warning" || value == "error"));
  } else if (kind == "count" || kind == "place") {
    CHECK((value.is_number_integer() && value.get<int>() >= (kind == "place" ? 1 : 0)));
  } else if (kind == "uri") {
    CHECK(std::regex_match(value.get<std::string>(), std::regex{"[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]+"}));
  } else {
    REQUIRE(value.is_object());
    const Shape& shape = kSarif.at(kind);
    for (const std::string& name : shape.required) CHECK(value.contains(name));
    for (const auto& [name, member] : value.items()) {
      CAPTURE(name);
      REQUIRE(shape.properties.contains(name));
      check_shape(member, shape.properties.at(name));
    }
  }
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
    const json log = json::parse(done.out);
    check_shape(log, "log");
    const json& run = log["runs"][0];
    for (const json& result : run["results"]) {
      const auto index = result["ruleIndex"].get<std::size_t>();
      REQUIRE(index < run["tool"]["driver"]["rules"].size());
      CHECK(run["tool"]["driver"]["rules"][index]["id"] == result["ruleId"]);
    }
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
