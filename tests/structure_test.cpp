// The folder listing is the architecture: which folder may include which, and who may use which library.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace {

namespace fs = std::filesystem;

// docs/architecture: everything that is not listed is forbidden. A folder may always include itself.
const std::map<std::string, std::set<std::string>> kMayInclude = {
    {"base", {}},
    {"data", {"base"}},
    {"schema", {"base", "data"}},
    {"spec", {"base", "data"}},
    {"stores", {"base", "data", "schema"}},
    {"readers", {"base", "data", "schema", "stores"}},
    {"converters", {"base", "data"}},
    {"rules", {"base", "data"}},
    {"ledger", {"base", "data", "schema", "stores"}},
    {"writers", {"base", "data", "schema", "stores", "ledger"}},
    {"plan", {"base", "data", "schema", "spec", "stores", "readers", "converters", "rules", "ledger", "writers"}},
    {"run",
     {"base", "data", "schema", "spec", "stores", "readers", "converters", "rules", "ledger", "writers", "plan", "report"}},
    {"undo", {"base", "data", "schema", "spec", "stores", "readers", "converters", "rules", "ledger", "writers", "plan", "report"}},
    {"verify", {"base", "data", "schema", "spec", "stores", "readers", "converters", "rules", "ledger", "writers", "plan", "run", "report"}},
    {"report", {"base", "data"}},
    {"describe",
     {"base", "data", "spec", "converters", "rules", "stores", "readers", "writers"}},
};

// A library's headers, and the only files (prefixes of paths) that may include them.
const std::vector<std::pair<std::string, std::set<std::string>>> kLibraries = {
    {"yaml-cpp/", {"engine/spec/yaml.cpp"}},
    {"pqxx/", {"engine/stores/"}},
    {"libpq-fe.h", {"engine/stores/", "engine/writers/postgres"}},
    {"SQLiteCpp/", {"engine/stores/", "engine/run/spill.cpp"}},
    {"sqlite3.h", {"engine/stores/", "engine/schema/", "engine/readers/sqlite", "engine/writers/sqlite", "engine/run/spill.cpp"}},
    {"pg_query.h", {"engine/schema/"}},
    {"simdjson", {"engine/schema/pg_tree.cpp"}},
    {"re2/", {"engine/converters/", "engine/rules/"}},
    {"unicode/", {"engine/converters/", "engine/readers/text_encoding.cpp"}},
    {"openssl/", {"engine/converters/", "engine/base/"}},
    {"nlohmann/", {"engine/undo/manifest.cpp"}},
    {"spdlog/", {"tools/etl/"}},
    {"CLI/", {"tools/etl/"}},
};

struct Include {
  std::string file;
  std::size_t line;
  std::string name;  // Without quotes or brackets.
  bool own = false;  // "engine/..."
};

std::vector<Include> includes() {
  std::vector<Include> all;
  for (const char* root : {"engine", "tools/etl"}) {
    for (const auto& entry : fs::recursive_directory_iterator{root}) {
      const auto extension = entry.path().extension();
      if (extension != ".h" && extension != ".cpp") continue;
      std::ifstream in{entry.path()};
      std::size_t number = 0;
      for (std::string line; std::getline(in, line);) {
        ++number;
        if (!line.starts_with("#include ")) continue;
        const std::size_t begin = line.find_first_of("\"<");
        const std::size_t end = line.find_last_of("\">");
        all.push_back({entry.path().generic_string(), number, line.substr(begin + 1, end - begin - 1), line[begin] == '"'});
      }
    }
  }
  return all;
}

std::string folder_of(const std::string& path) {
  const std::size_t start = path.find('/') + 1;
  return path.substr(start, path.find('/', start) - start);
}

}  // namespace

TEST_CASE("structure: a folder includes only what it may") {
  REQUIRE(includes().size() > 100);
  for (const Include& include : includes()) {
    if (!include.file.starts_with("engine/") || !include.name.starts_with("engine/")) continue;
    const std::string from = folder_of(include.file);
    const std::string to = folder_of(include.name);
    const bool known = kMayInclude.contains(from);
    CHECK_MESSAGE(known, include.file, ": folder ", from, " has no row in kMayInclude");
    if (!known) continue;
    CHECK_MESSAGE((from == to || kMayInclude.at(from).contains(to)), include.file, ":", include.line, ": ", from,
                  " must not include ", to);
  }
}

TEST_CASE("structure: a library is used only where it belongs") {
  for (const Include& include : includes()) {
    for (const auto& [library, places] : kLibraries) {
      if (include.own || !include.name.starts_with(library)) continue;
      const bool allowed =
          std::ranges::any_of(places, [&](const std::string& place) { return include.file.starts_with(place); });
      CHECK_MESSAGE(allowed, include.file, ":", include.line, ": ", library, " does not belong here");
    }
  }
}
