// Columns of a batch as parameters of a SQLite statement, in the form in which they rest there.
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "engine/data/batch.h"
#include "engine/stores/sqlite_types.h"

struct sqlite3_stmt;

namespace etl::writers {

class SqliteBinder {
 public:
  SqliteBinder() = default;
  // Parameters are numbered from 1.
  SqliteBinder(int parameter, const stores::SqliteColumn& form) : parameter_{parameter}, form_{form} {}

  // The column must live until the statement has been stepped.
  void use(const Column& values);
  // Binds a row's value; gives SQLite's result code.
  int bind(sqlite3_stmt* statement, std::uint32_t row) {
    return column_->is_null(row) ? bind_null(statement) : (this->*bind_)(statement, row);
  }

 private:
  using Bind = int (SqliteBinder::*)(sqlite3_stmt*, std::uint32_t);
  Bind binding_for(Type type) const;

  int bind_null(sqlite3_stmt* statement) const;
  int bind_boolean(sqlite3_stmt* statement, std::uint32_t row);
  int bind_integer(sqlite3_stmt* statement, std::uint32_t row);
  int bind_float(sqlite3_stmt* statement, std::uint32_t row);
  int bind_number(sqlite3_stmt* statement, std::uint32_t row);
  int bind_digits(sqlite3_stmt* statement, std::uint32_t row);
  int bind_view(sqlite3_stmt* statement, std::uint32_t row);
  int bind_blob(sqlite3_stmt* statement, std::uint32_t row);
  int bind_date(sqlite3_stmt* statement, std::uint32_t row);
  int bind_time(sqlite3_stmt* statement, std::uint32_t row);
  int bind_timestamp(sqlite3_stmt* statement, std::uint32_t row);
  int bind_instant(sqlite3_stmt* statement, std::uint32_t row);
  int bind_uuid(sqlite3_stmt* statement, std::uint32_t row);
  int bind_any(sqlite3_stmt* statement, std::uint32_t row);
  int bind_scratch(sqlite3_stmt* statement, std::size_t size);

  template <class T>
  const T& value(std::uint32_t row) const {
    return static_cast<const T*>(values_)[row];
  }

  int parameter_ = 0;
  stores::SqliteColumn form_;
  const Column* column_ = nullptr;
  const void* values_ = nullptr;
  Bind bind_ = nullptr;
  std::array<char, 64> scratch_{};  // Text of the current row; SQLite reads it when the statement is stepped.
};

}  // namespace etl::writers
