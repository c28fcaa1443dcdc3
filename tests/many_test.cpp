// Many mappings, many tables: what is said of one holds of all, and nothing is read twice.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <string>

#include "engine/plan/schema_files.h"
#include "engine/spec/mapping.h"
#include "tests/support/command.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMapping = R"(version: 1
connections:
  source: {url: 'sqlite:s.db', schema: source.sql}
  target: {url: 'postgresql://localhost/x', schema: target.sql}
tables:
  people:
    from: source.people
    rest: copy
)";
constexpr const char* kSource = "-- dialect: sqlite\nCREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);\n";
constexpr const char* kTarget = "-- dialect: postgresql\nCREATE TABLE people (id bigint PRIMARY KEY, name text);\n";

plan::Schemas read(const fs::path& mapping, plan::SchemaFiles& known, Diagnostics& diagnostics) {
  const auto parsed = spec::parse_mapping(spec::read_file(mapping.string()), {}, diagnostics);
  REQUIRE(parsed);
  return plan::read_schemas(*parsed, known, diagnostics);
}

TEST_CASE("many mappings: a schema is read once, also where each mapping has a copy of its own") {
  const Scratch scratch;
  plan::SchemaFiles known;
  Diagnostics diagnostics;
  plan::Schemas first;
  for (int i = 0; i < 20; ++i) {
    const fs::path folder = scratch.path() / std::to_string(i % 10);
    fs::create_directories(folder);
    write_whole(folder / "source.sql", kSource);
    write_whole(folder / "target.sql", kTarget);
    write_whole(folder / "mapping.yaml", kMapping);
    const plan::Schemas schemas = read(folder / "mapping.yaml", known, diagnostics);
    if (i == 0) first = schemas;
    CHECK(schemas.ddl.at("source") == first.ddl.at("source"));
    CHECK(schemas.ddl.at("target") == first.ddl.at("target"));
  }
  CHECK(diagnostics.sorted().empty());
}

TEST_CASE("many mappings: a fault in a schema is named at the copy that each mapping names") {
  const Scratch scratch;
  for (const auto* folder : {"a", "b"}) {
    fs::create_directories(scratch.path() / folder);
    write_whole(scratch.path() / folder / "source.sql", std::string{kSource} + "CREATE TABEL more (id INTEGER);\n");
    write_whole(scratch.path() / folder / "target.sql", kTarget);
    write_whole(scratch.path() / folder / "mapping.yaml", kMapping);
  }
  const auto finished = run_etl({"lint", "a/mapping.yaml", "b/mapping.yaml"}, scratch.path());
  CHECK(finished.exit == 1);
  CHECK(finished.out.find("a/source.sql:3:8: error[E124]") != std::string::npos);
  CHECK(finished.out.find("b/source.sql:3:8: error[E124]") != std::string::npos);
}

TEST_CASE("many tables: a schema of thousands of tables, indexes and triggers is read") {
  const Scratch scratch;
  std::string source = kSource;
  std::string target = kTarget;
  for (int i = 0; i < 3000; ++i) {
    source += fmt::format("CREATE TABLE t{0} (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\nCREATE INDEX i{0} ON t{0} (name, id);\n", i);
    source += fmt::format("CREATE TRIGGER g{0} AFTER INSERT ON T{0} BEGIN SELECT 1; END;\n", i);
    target += fmt::format("CREATE TABLE t{} (id bigint PRIMARY KEY, name varchar(40) NOT NULL);\n", i);
  }
  write_whole(scratch.path() / "source.sql", source);
  write_whole(scratch.path() / "target.sql", target);
  write_whole(scratch.path() / "mapping.yaml", kMapping);
  const auto finished = run_etl({"lint", "mapping.yaml"}, scratch.path());
  CHECK(finished.err == "1 mapping is clean\n");
  CHECK(finished.exit == 0);

  plan::SchemaFiles known;
  Diagnostics diagnostics;
  const auto catalog = read(scratch.path() / "mapping.yaml", known, diagnostics).ddl.at("source");
  REQUIRE(catalog->tables.size() == 3001);
  CHECK(catalog->tables.back().triggers == std::vector<std::string>{"AFTER INSERT g2999"});
  CHECK(catalog->tables.back().indexes == std::vector<std::string>{"CREATE INDEX i2999 ON t2999 (name, id)"});
}

}  // namespace
}  // namespace etl::testing
