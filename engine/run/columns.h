// Columns of finished values: copied, filled, picked apart and put together again.
#pragma once

#include <span>
#include <vector>

#include "engine/data/batch.h"

namespace etl::run {

// Calls `use` with the storage type of `type` as its template argument.
template <class Use>
decltype(auto) with_storage(Type type, Use use) {
  switch (type) {
    case Type::any:
      return use.template operator()<Value>();
    case Type::boolean:
      return use.template operator()<bool>();
    case Type::integer:
      return use.template operator()<std::int64_t>();
    case Type::decimal:
      return use.template operator()<Decimal>();
    case Type::float64:
      return use.template operator()<double>();
    case Type::text:
      return use.template operator()<std::string_view>();
    case Type::bytes:
      return use.template operator()<Bytes>();
    case Type::date:
      return use.template operator()<Date>();
    case Type::time:
      return use.template operator()<Time>();
    case Type::timestamp:
      return use.template operator()<Timestamp>();
    case Type::timestamptz:
      return use.template operator()<Instant>();
    case Type::uuid:
      return use.template operator()<Uuid>();
    case Type::json:
      return use.template operator()<Json>();
    case Type::list:
      break;
  }
  return use.template operator()<List>();
}

// A copy that may still be changed.
std::shared_ptr<Column> copy(const Column& column);
// NULL in every row.
std::shared_ptr<Column> nulls(Type type, std::size_t rows);
// The values as a column. REQUIRES: each is NULL or of `type`, or `type` is `any`.
ColumnPtr column_of(Type type, std::span<const Value> values);
// The value's views copied into `arena`.
Value keep(const Value& value, Arena& arena);
// Bytes that a value's view takes beyond the Value itself.
std::size_t view_bytes(const Value& value);

}  // namespace etl::run
