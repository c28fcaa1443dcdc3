// Cells of a SQLite result as values of the type that was asked for.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/data/batch.h"

struct sqlite3_stmt;

namespace etl::readers {

// One column of a statement while its batch is filled.
class SqliteCells {
 public:
  // `null_tokens` must outlive the object.
  SqliteCells(sqlite3_stmt* statement, int index, std::uint32_t column, Type type,
              const std::vector<std::string>& null_tokens);

  // A new column of `capacity` rows, whose texts and faults go to `batch`.
  void start(std::size_t capacity, Batch& batch);
  // Takes the statement's current row.
  void read(std::uint32_t row) { (this->*read_)(row); }
  // The column, cut to `rows`.
  ColumnPtr finish(std::size_t rows);

 private:
  using Read = void (SqliteCells::*)(std::uint32_t);
  static Read reader_for(Type type);

  void read_integer(std::uint32_t row);
  void read_float(std::uint32_t row);
  void read_boolean(std::uint32_t row);
  void read_text(std::uint32_t row);
  void read_bytes(std::uint32_t row);
  void read_decimal(std::uint32_t row);
  void read_any(std::uint32_t row);
  // Types that SQLite keeps as text only: dates, UUIDs, JSON.
  void read_parsed(std::uint32_t row);

  // NULL, a null token, or a value of another storage class than wanted: NULL with a fault.
  void read_other(std::uint32_t row, int storage_class);
  std::string_view text() const;
  bool is_null_token(std::string_view text) const;
  // Whether it can be a text of ours; else the row is NULL with a fault.
  bool accept_text(std::uint32_t row, std::string_view text);
  void parse(std::uint32_t row, std::string_view text);
  void fault(std::uint32_t row, std::string_view rule, std::string reason);
  std::string raw() const;

  sqlite3_stmt* statement_;
  int index_;
  std::uint32_t number_;
  Type type_;
  const std::vector<std::string>* null_tokens_;
  Read read_;
  std::shared_ptr<Column> column_;
  void* values_ = nullptr;
  Batch* batch_ = nullptr;
};

}  // namespace etl::readers
