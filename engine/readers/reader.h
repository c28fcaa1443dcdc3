// Where rows come from: one interface for every kind of source.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/batch.h"
#include "engine/data/type.h"
#include "engine/readers/format.h"

namespace etl::readers {

// One column as the plan wants it read.
struct ReadColumn {
  std::string name;
  Type type = Type::any;
};

// What to read. Filled by the plan; names no mapping's table in code.
struct ReadRequest {
  std::string name;                  // Of the source, as the mapping says it.
  std::string table;                 // Database table, or empty with `query`.
  std::string query;                 // SQL with $name parameters.
  std::vector<std::pair<std::string, Value>> parameters;  // Of the query; texts owned by the plan.
  std::vector<ReadColumn> columns;   // In this order; only these are read.
  std::vector<std::string> order;    // ORDER BY; empty: the store's own deterministic order (rowid, primary key).
  std::vector<std::string> null_tokens;  // Texts that mean NULL, compared with the raw text of every column.
  std::vector<std::string> fill_down;    // Columns whose NULLs take the value of the row above.
  FormatOptions format;                  // Of files.
};

class Reader {
 public:
  virtual ~Reader() = default;

  // The next rows in source order, or nothing once the source is used up. Never an empty batch.
  // Throws Error when the source fails.
  virtual BatchPtr next() = 0;

  // Rows that the source is likely to give, for progress; nothing when finding out would cost a scan.
  virtual std::optional<std::uint64_t> estimated_rows() { return std::nullopt; }
};

// How large a batch may grow.
struct BatchLimits {
  std::size_t rows = 10'000;
  std::size_t bytes = std::size_t{16} << 20;
};

}  // namespace etl::readers
