// One column's values as bytes that are equal exactly when the target holds what the mapping makes: its own binary form on
// PostgreSQL, storage class and bytes on SQLite, without what the database is free to choose (the scale that
// numeric(p, s) always has, blanks behind char(n), white space in jsonb, INTEGER or TEXT in a column of NUMERIC affinity).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sql_session.h"
#include "engine/stores/sqlite_types.h"

namespace etl::verify {

class CellForm {
 public:
  virtual ~CellForm() = default;
  // What to select of the row `t`, so that found() understands it.
  virtual std::string select() const = 0;
  // The column of the rows that follow. May ask the session, which must be free.
  virtual void use(const Column& values, stores::SqlSession& session) = 0;
  // Appends the form of a value that is not NULL.
  virtual void expected(std::uint32_t row, std::string& out) = 0;
  // REQUIRES: not NULL.
  virtual void found(const stores::RawCell& cell, std::string& out) const = 0;
};

// `column` as the target has it; `type` of the values that the mapping makes.
std::unique_ptr<CellForm> postgres_cell(const schema::Column& column, Type type);
std::unique_ptr<CellForm> sqlite_cell(const std::string& name, const stores::SqliteColumn& column);

}  // namespace etl::verify
