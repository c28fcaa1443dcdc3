// Columns of finished values: copied, filled, picked apart and put together again.
#pragma once

#include <span>
#include <vector>

#include "engine/data/batch.h"

namespace etl::run {

// A copy that may still be changed.
std::shared_ptr<Column> copy(const Column& column);
// NULL in every row.
std::shared_ptr<Column> nulls(Type type, std::size_t rows);
// The values as a column. REQUIRES: each is NULL or of `type`, or `type` is `any`.
ColumnPtr column_of(Type type, std::span<const Value> values);
// The values of some rows. Views stay where they are.
ColumnPtr pick(const Column& column, std::span<const std::uint32_t> rows);
// The value's views copied into `arena`.
Value keep(const Value& value, Arena& arena);
// Bytes that a value's view takes beyond the Value itself.
std::size_t view_bytes(const Value& value);

}  // namespace etl::run
