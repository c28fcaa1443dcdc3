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

}  // namespace etl::converters
