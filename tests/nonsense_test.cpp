// Whatever a file called mapping holds, `etl` says in a few lines what is wrong with it, and soon: `run` with exit
// code 2, `lint` with 1, as for all its findings.
#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/command.h"

namespace etl::testing {
namespace {

constexpr std::size_t kMegabyte = std::size_t{1} << 20;

std::string random_bytes(bool printable) {
  std::string text(kMegabyte, ' ');
  std::uint64_t state = 42;
  for (auto& c : text) {
    state = state * 6364136223846793005ULL + 1442695040888963407ULL;
    const auto byte = static_cast<unsigned char>(state >> 56U);
    c = static_cast<char>(printable ? ' ' + byte % 95 : byte);
  }
  return text;
}

std::string repeated(const std::string& piece) {
  std::string text;
  while (text.size() < kMegabyte) text += piece;
  return text;
}

std::string deep() {
  std::string text;
  for (std::size_t depth = 0; depth < 1400; ++depth) text += std::string(depth, ' ') + "a:\n";
  return text;
}

TEST_CASE("nonsense: a mapping that is none is refused soon, in few words") {
  const std::vector<std::pair<std::string, std::string>> kinds = {
      {"random bytes", random_bytes(false)},
      {"random text", random_bytes(true)},
      {"one line", std::string(kMegabyte, 'x')},
      {"brackets", std::string(kMegabyte, '[')},
      {"braces", repeated("{a: ")},
      {"many keys", "version: 1\ntables:\n  t:\n    from: source.t\n    fields:\n" + repeated("      a: b |\n")},
      {"one long expression", "version: 1\ntables:\n  t:\n    from: source.t\n    where: " + repeated("(")},
      {"a long sum", "version: 1\ntables:\n  t:\n    from: source.t\n    where: a" + repeated(" + a")},
      {"deep nesting", deep()},
      {"NUL bytes", std::string(kMegabyte, '\0')},
      {"nothing", ""},
      {"a list", repeated("- a\n")},
  };
  for (const auto& [name, text] : kinds) {
    for (const auto* verb : {"lint", "run"}) {
      CAPTURE(name);
      CAPTURE(verb);
      const Scratch scratch;
      write_whole(scratch.path() / "mapping.yaml", text);
      const auto finished = run_etl({verb, "mapping.yaml"}, scratch.path(), {}, 20);
      CHECK(finished.exit == (std::string{verb} == "run" ? 2 : 1));
      const auto printed = finished.out + finished.err;
      CHECK(printed.find("mapping.yaml") != std::string::npos);
      CHECK(printed.find("error[E") != std::string::npos);
      CHECK(printed.size() < 20'000);
    }
  }
}

TEST_CASE("nonsense: a mapping that is not there, or is a folder, is named") {
  const Scratch scratch;
  for (const auto* name : {"nowhere.yaml", "."}) {
    CAPTURE(name);
    const auto finished = run_etl({"run", name}, scratch.path());
    CHECK(finished.exit == 2);
    CHECK(finished.err.find(name) != std::string::npos);
  }
}

TEST_CASE("nonsense: a device without end is not read for ever, as a mapping or as a part of one") {
  const Scratch scratch;
  const auto alone = run_etl({"lint", "/dev/zero"}, scratch.path(), {}, 60);
  CHECK(alone.exit >= 1);
  CHECK((alone.out + alone.err).find("/dev/zero gives more than 64 MB") != std::string::npos);
  write_whole(scratch.path() / "mapping.yaml", "version: 1\ninclude: [/dev/zero]\ntables: {}\n");
  const auto part = run_etl({"lint", "mapping.yaml"}, scratch.path(), {}, 60);
  CHECK(part.exit == 1);
  CHECK(part.out.find("mapping.yaml:2:11: error[E120]: /dev/zero gives more than 64 MB") != std::string::npos);
}

}  // namespace
}  // namespace etl::testing
