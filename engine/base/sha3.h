// SHA-3 (FIPS 202), by which the journal of SQLite knows its rows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace etl {

// Over many short texts, one after the other. Not thread-safe.
class Sha3 {
 public:
  // `bits`: 224, 256, 384 or 512. Throws Error (environment) for any other, or without memory.
  explicit Sha3(int bits);
  ~Sha3();
  Sha3(const Sha3&) = delete;
  Sha3& operator=(const Sha3&) = delete;

  std::size_t size() const { return size_; }  // Bytes of a sum, at most 64.
  void start();
  void add(std::string_view bytes);
  // The sum of what was added since start(); a view that the next one overwrites.
  std::string_view finish();

 private:
  struct Algorithm;
  std::unique_ptr<Algorithm> algorithm_;
  std::size_t size_;
  std::array<char, 64> sum_{};
};

}  // namespace etl
