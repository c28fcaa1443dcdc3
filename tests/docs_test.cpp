// Every mapping that README and docs show is linted: what they show works, and what they call wrong is wrong.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "engine/converters/function.h"
#include "tests/support/lint.h"

namespace {

namespace fs = std::filesystem;

struct Fence {
  std::string file;
  std::size_t line = 0;
  std::string info;  // "yaml mapping"
  std::string text;
};

std::vector<Fence> fences(const fs::path& path) {
  std::vector<Fence> all;
  std::ifstream in{path};
  std::size_t number = 0;
  bool open = false;
  for (std::string line; std::getline(in, line);) {
    ++number;
    if (line.starts_with("```")) {
      open = !open;
      if (open) all.push_back({path.generic_string(), number, line.substr(3), ""});
    } else if (open) {
      all.back().text += line + "\n";
    }
  }
  return all;
}

std::vector<Fence> all_fences() {
  std::vector<Fence> all = fences("README.md");
  for (const auto& entry : fs::recursive_directory_iterator{"docs"}) {
    if (entry.path().extension() != ".md") continue;
    for (Fence& fence : fences(entry.path())) all.push_back(std::move(fence));
  }
  return all;
}

// Lints a text as if it stood in the project's root.
std::string lint(const std::string& yaml) {
  return etl::testing::printed(etl::testing::lint_text("people.yaml", yaml));
}

}  // namespace

TEST_CASE("docs: every mapping that is shown lints clean") {
  std::size_t count = 0;
  for (const Fence& fence : all_fences()) {
    if (fence.info != "yaml mapping") continue;
    ++count;
    CHECK_MESSAGE(lint(fence.text).empty(), fence.file, ":", fence.line, ":\n", lint(fence.text));
  }
  CHECK(count > 0);
}

TEST_CASE("docs: every faulty mapping prints what stands below it") {
  std::size_t count = 0;
  const auto all = all_fences();
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (all[i].info != "yaml faulty") continue;
    ++count;
    CAPTURE(all[i].file);
    CAPTURE(all[i].line);
    CHECK(lint(all[i].text) == all[i + 1].text);
  }
  CHECK(count > 0);
}

TEST_CASE("docs: YAML that is shown says whether it is a mapping, a faulty one or a part") {
  for (const Fence& fence : all_fences()) {
    if (!fence.info.starts_with("yaml")) continue;
    const bool known = fence.info == "yaml mapping" || fence.info == "yaml faulty" || fence.info == "yaml part";
    CHECK_MESSAGE(known, fence.file, ":", fence.line, ": ```", fence.info);
  }
}

TEST_CASE("docs: uuid5 gives the test vectors of docs/keys.md") {
  std::ifstream in{"docs/keys.md"};
  std::size_t count = 0;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("| ") || line.starts_with("| mapping")) continue;
    std::vector<std::string> cells;
    std::istringstream stream{line.substr(2)};
    for (std::string cell; std::getline(stream, cell, '|');) {
      const std::size_t first = cell.find_first_not_of(' ');
      cells.push_back(cell.substr(first, cell.find_last_not_of(' ') + 1 - first));
    }
    REQUIRE(cells.size() == 4);
    ++count;
    std::vector<std::string> values;
    for (std::size_t at = 0; at <= cells[2].size();) {
      const std::size_t comma = std::min(cells[2].find(", ", at), cells[2].size());
      values.push_back(cells[2].substr(at, comma - at));
      at = comma + 2;
    }
    const etl::converters::RunContext run{.mapping_name = cells[0], .table_name = cells[1]};
    etl::converters::Use use;
    use.types.assign(values.size(), etl::Type::text);
    use.run = &run;
    use.constants.resize(values.size());
    std::vector<etl::ColumnPtr> arguments;
    for (const std::string& value : values) {
      auto column = std::make_shared<etl::Column>(etl::Type::text, 1);
      column->set(0, std::string_view{value});
      arguments.push_back(std::move(column));
    }
    etl::Arena arena;
    etl::Failures failures;
    etl::converters::KernelContext context{.arena = arena, .rows = 1, .failures = failures, .run = run};
    const auto made = etl::converters::function_named("uuid5")->bind(use)(arguments, context);
    CHECK_MESSAGE(etl::to_text(made->at(0)) == cells[3], line);
  }
  CHECK(count >= 6);
}
