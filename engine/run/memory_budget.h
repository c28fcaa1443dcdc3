// What settings.memory allows the run to remember: keys, ID maps, rows that wait for their parents.
#pragma once

#include <cstddef>

namespace etl::run {

class MemoryBudget {
 public:
  explicit MemoryBudget(std::size_t limit) : limit_{limit} {}

  // Whether `bytes` more fit; then they count as used.
  bool take(std::size_t bytes) {
    if (bytes > limit_ - used_) return false;
    used_ += bytes;
    return true;
  }
  void give_back(std::size_t bytes) { used_ -= bytes; }

  std::size_t limit() const { return limit_; }
  std::size_t used() const { return used_; }

 private:
  std::size_t limit_;
  std::size_t used_ = 0;
};

}  // namespace etl::run
