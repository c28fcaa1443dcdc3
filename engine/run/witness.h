// What becomes of each source row, for those who want to see it: `etl preview`, `etl plan --scan`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/plan/plan.h"

namespace etl::run {

// One source row and its end. Sensitive values and secrets are *** already.
struct SeenRow {
  enum class Outcome : std::uint8_t { written, updated, unchanged, filtered, skipped, rejected };
  struct Why {
    std::string field;  // "" for the row as a whole.
    std::string rule;
    std::string reason;
  };

  const plan::TablePlan* table = nullptr;
  Outcome outcome = Outcome::written;
  std::uint64_t number = 0;  // In the source, from 1.
  std::string position = {};
  std::string source = {};   // A compact JSON object.
  std::vector<Why> reasons = {};
  std::vector<std::optional<std::string>> values = {};  // As TablePlan::fields; nothing for NULL. Of rows in the target.

  bool is_in_target() const {
    return outcome == Outcome::written || outcome == Outcome::updated || outcome == Outcome::unchanged;
  }
  void add_reason(std::string_view field, std::string_view rule, const std::string& reason, bool hidden);
};

class Witness {
 public:
  virtual ~Witness() = default;
  enum class Wish : std::uint8_t { none, rejected, all };
  // Which rows of the table are worth printing; asked once per batch.
  virtual Wish wants(const plan::TablePlan& table) = 0;
  // In source order, apart from rows that waited for a parent of their own table: those come last.
  virtual void row(SeenRow row) = 0;
};

}  // namespace etl::run
