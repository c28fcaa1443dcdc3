// SQL against a database that is open, in whichever dialect it speaks: for the ledger and for what undoes a run.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "engine/data/value.h"
#include "engine/schema/catalog.h"

namespace etl::stores {

// Named parameters: "$name" in the SQL. Their order does not matter.
using SqlParameters = std::span<const std::pair<std::string, Value>>;
using SqlRow = std::vector<std::optional<std::string>>;  // Cells as text; nothing for NULL.

// One connection. What it runs belongs to the transaction that is open on it, if there is one.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  virtual schema::Dialect dialect() const = 0;
  // All rows of one statement. Throws Error.
  virtual std::vector<SqlRow> read(const std::string& sql, SqlParameters parameters = {}) = 0;
  // One statement; the number of rows that it inserted, updated or deleted. Throws Error.
  virtual std::uint64_t change(const std::string& sql, SqlParameters parameters = {}) = 0;
  // Several statements, without parameters. Throws Error.
  virtual void script(const std::string& sql) = 0;
};

}  // namespace etl::stores
