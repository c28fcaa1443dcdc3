// Keys of rows as texts that are the same whichever side they come from: what the mapping makes, the target's rows, the
// journal of a run. People read the same texts.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sql_session.h"
#include "engine/stores/sqlite_types.h"

namespace etl::verify {

class KeyForm {
 public:
  virtual ~KeyForm() = default;
  // What to select of the row `t`, so that found() understands it.
  virtual std::string select() const = 0;
  virtual void use(const Column& values, stores::SqlSession& session) = 0;
  virtual void expected(std::uint32_t row, std::string& out) = 0;
  // The same of another column, without taking it up.
  virtual void print(const Column& values, std::uint32_t row, stores::SqlSession& session, std::string& out) = 0;
  virtual void found(const stores::RawCell& cell, std::string& out) = 0;
  // As the journal holds it (docs/ledger.md).
  virtual void journaled(std::string_view text, std::string& out) = 0;
  // The value for the SQL that looks for the row: an item of a text array on PostgreSQL, a literal on SQLite.
  virtual void literal(std::uint32_t row, std::string& out) = 0;
  // The key of the rows that SQL names `k`, as the column's type.
  virtual std::string of_wanted(const std::string& name) const = 0;
};

std::unique_ptr<KeyForm> postgres_key(const schema::Column& column);
std::unique_ptr<KeyForm> sqlite_key(const std::string& name, const stores::SqliteColumn& column);

}  // namespace etl::verify
