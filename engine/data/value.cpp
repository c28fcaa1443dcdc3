#include "engine/data/value.h"

#include <cmath>
#include <type_traits>

namespace etl {

namespace {

std::partial_ordering compare_floats(double left, double right) {
  // NaN equals itself and is above all else, as in PostgreSQL.
  const bool left_nan = std::isnan(left);
  const bool right_nan = std::isnan(right);
  if (left_nan || right_nan) return left_nan <=> right_nan;
  return left <=> right;
}

Decimal as_decimal(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return Decimal::of(*whole);
  return std::get<Decimal>(value);
}

double as_double(const Value& value) {
  if (const auto* real = std::get_if<double>(&value)) return *real;
  return to_double(as_decimal(value));
}

std::partial_ordering compare_numbers(const Value& left, const Value& right) {
  const bool exact = !std::holds_alternative<double>(left) && !std::holds_alternative<double>(right);
  if (exact) return compare(as_decimal(left), as_decimal(right));
  return compare_floats(as_double(left), as_double(right));
}

}  // namespace

bool is_null(const Value& value) { return std::holds_alternative<std::monostate>(value); }

Type type_of(const Value& value) {
  static constexpr Type kTypes[] = {Type::any,         Type::boolean, Type::integer, Type::decimal, Type::float64,
                                    Type::text,        Type::bytes,   Type::date,    Type::time,    Type::timestamp,
                                    Type::timestamptz, Type::uuid,    Type::json,    Type::list};
  static_assert(std::size(kTypes) == std::variant_size_v<Value>);
  return kTypes[value.index()];
}

std::partial_ordering compare(const Value& left, const Value& right) {
  if (left.index() != right.index()) {
    if (is_number(type_of(left)) && is_number(type_of(right))) return compare_numbers(left, right);
    return std::partial_ordering::unordered;
  }
  return std::visit(
      [&right]<class T>(const T& value) -> std::partial_ordering {
        const T& other = std::get<T>(right);
        if constexpr (std::is_same_v<T, double>) {
          return compare_floats(value, other);
        } else if constexpr (std::is_same_v<T, Decimal>) {
          return compare(value, other);
        } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Json> || std::is_same_v<T, List>) {
          return value.view <=> other.view;
        } else {
          return value <=> other;
        }
      },
      left);
}

}  // namespace etl
