// The keys of a batch's rows: some columns of each row as 128 bits.
#pragma once

#include <span>
#include <vector>

#include "engine/data/batch.h"
#include "engine/run/spill.h"

namespace etl::run {

struct RowKeys {
  std::vector<Key128> keys;
  Bitmap nulls;  // Rows where one of the columns is NULL; their key is not to be used.
  bool any_null = false;

  bool has(std::size_t row) const { return !any_null || !nulls.test(row); }
};

// How equality of one column is judged beyond its type.
struct KeyColumn {
  ColumnPtr column;
  bool blank_padded = false;  // char(n): blanks at the end do not count (hard-parts.md 28).
};

// Equal values give equal keys whatever their spelling: 1.0 and 1.00, 0.0 and -0.0.
// With `nulls_are_equal` NULL is a value like any other (NULLS NOT DISTINCT).
RowKeys row_keys(std::span<const KeyColumn> columns, std::size_t rows, bool nulls_are_equal = false);

}  // namespace etl::run
