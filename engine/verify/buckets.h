// Sums of rows in buckets by key: two sides with equal sums hold equal rows, in whatever order they came.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/run/spill.h"

namespace etl::verify {

class Buckets {
 public:
  static constexpr std::size_t kCount = 65'536;

  static std::size_t of(const run::Key128& key) { return static_cast<std::size_t>(key.high >> 48U); }

  // Sums modulo 2^128, not XOR: a row that is there twice must not vanish.
  void add(const run::Key128& key, const run::Key128& row) { sums_[of(key)] += number(row); }
  void subtract(const run::Key128& key, const run::Key128& row) { sums_[of(key)] -= number(row); }

  std::vector<bool> differing(const Buckets& other) const {
    std::vector<bool> out(kCount);
    for (std::size_t bucket = 0; bucket < kCount; ++bucket) out[bucket] = sums_[bucket] != other.sums_[bucket];
    return out;
  }

 private:
  __extension__ typedef unsigned __int128 Sum;
  static Sum number(const run::Key128& hash) { return static_cast<Sum>(hash.high) << 64U | hash.low; }

  std::vector<Sum> sums_ = std::vector<Sum>(kCount);
};

}  // namespace etl::verify
