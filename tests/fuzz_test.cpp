// Inputs that fuzzing once found to crash, leak or take long (tests/fuzz/found), replayed; tools/fuzz finds new ones.
// The asan build sees what an ordinary one may pass over.
#include <doctest/doctest.h>

#include <filesystem>
#include <map>
#include <string>

#include "tests/fuzz/targets.h"
#include "tests/support/command.h"

namespace etl::testing {
namespace {

TEST_CASE("fuzz: what once crashed is judged") {
  const std::map<std::string, void (*)(const std::string&)> targets = {
      {"yaml", fuzz_yaml}, {"expression", fuzz_expression}, {"ddl", fuzz_ddl}};
  std::size_t replayed = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{"tests/fuzz/found"}) {
    if (!entry.is_regular_file()) continue;
    CAPTURE(entry.path().string());
    const auto target = targets.find(entry.path().parent_path().filename().string());
    REQUIRE(target != targets.end());
    CHECK_NOTHROW(target->second(read_whole(entry.path())));
    ++replayed;
  }
  CHECK(replayed > 0);
}

}  // namespace
}  // namespace etl::testing
