// The run cannot go on: a source, a target or the machine failed. Thrown; caught once, in the command line.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace etl {

class Error : public std::runtime_error {
 public:
  // The category as the report counts it.
  enum class Kind : std::uint8_t { connection, schema, type, validation, insertion, environment };

  // `what` says what failed and where; `remedy` what to do next (may be empty). Neither may hold a secret.
  Error(Kind kind, const std::string& what, std::string remedy = {})
      : std::runtime_error{what}, kind_{kind}, remedy_{std::move(remedy)} {}

  Kind kind() const { return kind_; }
  const std::string& remedy() const { return remedy_; }

 private:
  Kind kind_;
  std::string remedy_;
};

std::string_view name(Error::Kind kind);

// SIGINT or SIGTERM arrived and the run stopped at a batch boundary.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error{"interrupted"} {}
};

}  // namespace etl
