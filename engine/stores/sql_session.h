// SQL against a database that is open, in whichever dialect it speaks: for the ledger and for what undoes a run.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/data/value.h"
#include "engine/schema/catalog.h"

namespace etl::stores {

// Named parameters: "$name" in the SQL. Their order does not matter.
using SqlParameters = std::span<const std::pair<std::string, Value>>;
using SqlRow = std::vector<std::optional<std::string>>;  // Cells as text; nothing for NULL.

// A cell in the form in which the database keeps it: PostgreSQL's binary form, or SQLite's storage class.
struct RawCell {
  enum class Kind : std::uint8_t { null, integer, real, text, blob, binary };
  Kind kind = Kind::null;
  std::int64_t integer = 0;
  double real = 0;
  std::string_view bytes = {};  // Of text, blob and binary.
};
// Takes one row; its cells are valid during the call.
using RawRow = std::function<void(std::span<const RawCell>)>;

// One connection. What it runs belongs to the transaction that is open on it, if there is one.
class SqlSession {
 public:
  virtual ~SqlSession() = default;
  virtual schema::Dialect dialect() const = 0;
  // All rows of one statement. Throws Error.
  virtual std::vector<SqlRow> read(const std::string& sql, SqlParameters parameters = {}) = 0;
  // One statement; the number of rows that it inserted, updated or deleted. Throws Error.
  virtual std::uint64_t change(const std::string& sql, SqlParameters parameters = {}) = 0;
  // PostgreSQL: the same with $1, $2, ... in the server's binary form, each of the type that the SQL casts it to. Others
  // throw Error.
  virtual std::uint64_t change_binary(const std::string& sql, std::span<const std::string> values);
  // Hands over the rows of a SELECT without parameters one by one, however many there are. `row` must not use the
  // session. Throws Error. A session without a form of its own gives texts.
  virtual void scan(const std::string& select, const RawRow& row);
  // Several statements, without parameters. Throws Error.
  virtual void script(const std::string& sql) = 0;
};

}  // namespace etl::stores
