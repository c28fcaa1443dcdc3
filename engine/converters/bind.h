// What the families' tables share when they bind a use of a function.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/converters/function.h"
#include "engine/converters/lift.h"

namespace etl::converters {

inline constexpr TypeSet kNumbers = {Type::integer, Type::decimal, Type::float64};

// The value of an argument that is known when binding; nothing for NULL and for arguments that are not given.
template <class T>
std::optional<T> constant(const Use& use, std::size_t index) {
  if (index >= use.constants.size() || !use.constants[index]) return std::nullopt;
  const T* value = std::get_if<T>(&*use.constants[index]);
  return value == nullptr ? std::nullopt : std::optional<T>{*value};
}

// A constant text, kept for as long as the kernel lives.
inline std::optional<std::string> constant_text(const Use& use, std::size_t index) {
  const auto text = constant<std::string_view>(use, index);
  return text ? std::optional<std::string>{*text} : std::nullopt;
}

inline bool has_argument(const Use& use, std::size_t index) { return index < use.types.size(); }

// Gives NULL in every row: what a constant NULL among pattern or unit means.
inline Kernel null_kernel(Type type) {
  return [type](std::span<const ColumnPtr>, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(type, context.rows);
    for (std::size_t row = 0; row < context.rows; ++row) out->set_null(row);
    return out;
  };
}

// The first argument as it is.
inline Kernel identity_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext&) { return arguments[0]; };
}

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

}  // namespace etl::converters
