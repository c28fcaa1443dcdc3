// Text that may hold a password or key: it does not print itself.
#pragma once

#include <string>
#include <string_view>

namespace etl {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value) : value_{std::move(value)} {}

  // The value itself, for the one place that sends it.
  const std::string& reveal() const { return value_; }
  bool empty() const { return value_.empty(); }

 private:
  std::string value_;
};

// A connection URL with its password (and secret query parameters) replaced by "***".
std::string redact_url(std::string_view url);

// Replaces every registered secret that occurs in `text` by "***". Secrets shorter than 4 bytes are not
// registered, they would blank out ordinary words.
std::string redact(std::string text);
void register_secret(const std::string& value);

}  // namespace etl
