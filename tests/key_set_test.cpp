// Sets of keys and maps from keys, in memory and beyond it.
#include "engine/run/key_set.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <random>
#include <set>
#include <vector>

namespace etl::run_test {

TEST_CASE("key set: holds, forgets and finds again, in memory and beyond it") {
  for (const std::size_t budget : {std::size_t{1}, std::size_t{1} << 24}) {
    CAPTURE(budget);
    run::KeySpace space{budget};
    run::KeySet set{space};
    std::set<std::uint64_t> expected;
    std::mt19937_64 random{7};
    for (int i = 0; i < 20'000; ++i) {
      const std::uint64_t value = random() % 6'000;
      const run::Key128 key{value, value % 3};
      if (random() % 3 == 0) {
        set.erase(key);
        expected.erase(value);
      } else {
        CHECK(set.insert(key) == expected.insert(value).second);
      }
    }
    for (std::uint64_t value = 0; value < 6'000; ++value) {
      CHECK(set.contains({value, value % 3}) == expected.contains(value));
    }
  }
}

TEST_CASE("key set: keeps every key while it grows, and when it spills at some size") {
  constexpr std::uint64_t kKeys = 60'000;
  for (const int budget : {1, 1 << 17, 1 << 19, 1 << 24}) {
    for (const bool counted : {false, true}) {  // Consecutive integers, or random keys.
      CAPTURE(budget);
      CAPTURE(counted);
      run::KeySpace space{static_cast<std::size_t>(budget)};
      run::KeySet set{space};
      std::mt19937_64 random{11};
      std::vector<run::Key128> keys;
      for (std::uint64_t i = 0; i < 2 * kKeys; ++i)
        keys.push_back(counted ? run::Key128{i, 0} : run::Key128{random(), random()});
      bool right = true;
      for (std::uint64_t i = 0; i < kKeys; ++i) right = right && set.insert(keys[i]);
      for (std::uint64_t i = 0; i < 2 * kKeys; ++i) right = right && set.contains(keys[i]) == (i < kKeys);
      for (std::uint64_t i = 0; i < kKeys; i += 2) set.erase(keys[i]);
      for (std::uint64_t i = 0; i < kKeys; ++i) right = right && set.insert(keys[i]) == (i % 2 == 0);
      CHECK(right);
      CHECK(space.budget.used() <= static_cast<std::size_t>(budget));
    }
  }
}

TEST_CASE("key map: gives back values of every kind, in memory and beyond it") {
  for (const std::size_t budget : {std::size_t{1}, std::size_t{1} << 24}) {
    run::KeySpace space{budget};
    Arena arena;
    run::KeyMap texts{space, Type::text};
    run::KeyMap numbers{space, Type::integer};
    run::KeyMap uuids{space, Type::uuid};
    run::KeyMap decimals{space, Type::decimal};
    for (std::uint64_t i = 0; i < 5'000; ++i) {
      const std::string text = i % 7 == 0 ? "" : fmt::format("text {}", i);
      Uuid uuid{};
      uuid.bytes[3] = static_cast<std::uint8_t>(i);
      CHECK(texts.insert({i, 0}, std::string_view{text}));
      CHECK(numbers.insert({i, 0}, static_cast<std::int64_t>(i) - 5));
      CHECK(uuids.insert({i, 0}, uuid));
      CHECK(decimals.insert({i, 0}, Decimal{.coefficient = static_cast<Int128>(i), .scale = 2}));
    }
    CHECK_FALSE(numbers.insert({7, 0}, std::int64_t{99}));
    CHECK(to_text(*texts.find({4'321, 0}, arena)) == "text 4321");
    CHECK(to_text(*texts.find({7, 0}, arena)).empty());
    CHECK(to_text(*numbers.find({7, 0}, arena)) == "2");
    CHECK(to_text(*uuids.find({17, 0}, arena)) == "00000011-0000-0000-0000-000000000000");
    CHECK(to_text(*decimals.find({1'234, 0}, arena)) == "12.34");
    CHECK_FALSE(numbers.find({5'000, 0}, arena));
    numbers.erase({7, 0});
    CHECK_FALSE(numbers.contains({7, 0}));
  }
}

}  // namespace etl::run_test
