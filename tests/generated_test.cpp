// What tools/generate writes is what stands in the project, and the schema says of mappings what is true.
#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "engine/describe/mapping_schema.h"
#include "tests/support/command.h"
#include "tests/support/json_schema.h"

namespace {

namespace fs = std::filesystem;
using etl::testing::read_whole;
using etl::testing::run_etl;

using Faults = std::vector<std::string>;

Faults faults(const std::string& yaml) {
  static const std::string schema = etl::describe::mapping_schema();
  return etl::testing::schema_faults(schema, yaml);
}

// A mapping with one table, and lines that belong to it.
std::string table(const std::string& lines) {
  return "version: 1\ntables:\n  users:\n    from: source.users\n" + lines;
}

std::vector<std::string> files_below(const fs::path& root) {
  std::vector<std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    if (entry.is_regular_file()) all.push_back(fs::relative(entry.path(), root).generic_string());
  }
  return all;
}

}  // namespace

TEST_CASE("generated: no file is stale") {
  const etl::testing::Scratch scratch;
  const auto written = run_etl({"docs", "--out", scratch.path().string(), "--quiet"}, fs::current_path());
  REQUIRE_MESSAGE(written.exit == 0, written.err);
  CHECK(written.out.empty());
  const std::vector<std::string> files = files_below(scratch.path());
  CHECK(files.size() >= 12);
  for (const std::string& file : files) {
    const bool exists = fs::exists(file);
    CHECK_MESSAGE(exists, file, " is missing; run tools/generate");
    if (!exists) continue;
    const bool same = read_whole(file) == read_whole(scratch.path() / file);
    CHECK_MESSAGE(same, file, " is stale; run tools/generate");
  }
}

TEST_CASE("generated: no page of the reference is left over") {
  const etl::testing::Scratch scratch;
  REQUIRE(run_etl({"docs", "--out", scratch.path().string()}, fs::current_path()).exit == 0);
  for (const char* folder : {"docs/reference", "docs/completions"}) {
    for (const std::string& file : files_below(folder)) {
      CHECK_MESSAGE(fs::exists(scratch.path() / folder / file), folder, "/", file, " is written by nobody");
    }
  }
}

TEST_CASE("generated: etl docs says what it wrote, and why it could not") {
  const etl::testing::Scratch scratch;
  const auto written = run_etl({"docs", "--out", "here"}, scratch.path());
  CHECK(written.exit == 0);
  CHECK(written.out.starts_with("here/docs/reference/cli.md\n"));
  etl::testing::write_whole(scratch.path() / "file", "");
  const auto refused = run_etl({"docs", "--out", "file"}, scratch.path());
  CHECK(refused.exit == 3);
  CHECK(refused.err == "etl: file/docs/reference/cli.md cannot be written\n");
}

TEST_CASE("generated: etl schema prints the schema") {
  const auto printed = run_etl({"schema"}, fs::current_path());
  CHECK(printed.exit == 0);
  CHECK(printed.out == read_whole("schemas/mapping.schema.json"));
}

TEST_CASE("schema: every mapping of the project is valid") {
  std::size_t count = 0;
  for (const auto& entry : fs::directory_iterator{"mappings"}) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    CAPTURE(entry.path().string());
    CHECK(faults(read_whole(entry.path())) == Faults{});
  }
  CHECK(count >= 6);
}

TEST_CASE("schema: mappings of the test cases are valid") {
  std::size_t count = 0;
  for (const auto& entry : fs::recursive_directory_iterator{"tests/cases"}) {
    if (entry.path().filename() != "mapping.yaml") continue;
    ++count;
    CAPTURE(entry.path().string());
    CHECK(faults(read_whole(entry.path())) == Faults{});
  }
  CHECK(count >= 5);
}

TEST_CASE("schema: what is wrong is named at its place") {
  CHECK(faults(table("    fields: {email: {from: email, format: mail}}\n")) ==
        Faults{".tables.users.fields.email.format: not one of the choices"});
  CHECK(faults(table("    feilds: {a: b}\n")) == Faults{".tables.users: feilds is not allowed"});
  CHECK(faults(table("    on_conflict: replace\n")) == Faults{".tables.users.on_conflict: replace does not match"});
  CHECK(faults(table("    on_conflict: {newst: a}\n")) ==
        Faults{".tables.users.on_conflict: newst is not allowed", ".tables.users.on_conflict: newest is missing"});
  CHECK(faults(table("    max_rejects: 1 %\n")) == Faults{".tables.users.max_rejects: 1 % does not match"});
  CHECK(faults(table("settings: {batch: ten}\n")) == Faults{".settings.batch: ten does not match"});
  CHECK(faults("version: 1\n") == Faults{": tables is missing"});
  CHECK(faults("version: 2\ntables: {}\n") == Faults{".version: not one of the choices"});
}

TEST_CASE("schema: short forms, same names and ${...} are valid") {
  CHECK(faults(table("    on_conflict: {newest: updated_at}\n")) == Faults{});
  CHECK(faults(table("    fields:\n      id:\n      name: first || last\n      code: {const: null}\n")) == Faults{});
  CHECK(faults(table("connections: {source: sqlite:a.db, target: {url: sqlite:b.db, retry: 3}}\n")) == Faults{});
  CHECK(faults(table("settings:\n  atomic: ${MODE}\n  batch: ${B:-10}\n  backup: ${C}\n")) == Faults{});
  CHECK(faults(table("params: {since: date}\nprofiles: {dev: {connections: {target: {schema: a.sql}}}}\n")) ==
        Faults{});
}

TEST_CASE("completions: bash offers commands, options, choices and files") {
  const fs::path script = fs::absolute("docs/completions/etl.bash");
  const etl::testing::Scratch scratch;
  etl::testing::write_whole(scratch.path() / "two words.yaml", "");
  const auto offered = [&](std::vector<std::string> words) {
    const std::string program =
        "source \"$0\"; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _etl; echo \"${COMPREPLY[*]}\"";
    words.insert(words.begin(), {"bash", "-c", program, script.string()});
    return etl::testing::run_program(words, scratch.path()).out;
  };
  CHECK(offered({"etl", "ru"}) == "run runs\n");
  CHECK(offered({"etl", "lint", "--str"}) == "--strict\n");
  CHECK(offered({"etl", "run", "--format", ""}) == "text json\n");
  CHECK(offered({"etl", "run", "--profile", ""}) == "\n");
  CHECK(offered({"etl", "run", "two"}) == "two words.yaml\n");
  CHECK(offered({"etl", "schema", ""}) == "--help\n");
}
