// SHA-256 (FIPS 180-4) of what comes piece by piece.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace etl {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  // 64 lower-case hexadecimal digits. REQUIRES: called once, last.
  std::string hex();

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

std::string sha256(std::string_view bytes);

}  // namespace etl
