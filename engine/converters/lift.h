// Makes kernels of functions on single values: the loop, NULLs and failures come from here.
#pragma once

#include <memory>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>

#include "engine/converters/function.h"

namespace etl::converters {

namespace detail {

template <class T>
struct ResultOf {
  using type = T;
};
template <class T>
struct ResultOf<Outcome<T>> {
  using type = T;
};
template <class T>
struct ResultOf<std::optional<T>> {
  using type = T;
};

inline void fail(KernelContext& context, std::size_t row, std::string reason) {
  context.failures.push_back({static_cast<std::uint32_t>(row), "convert", std::move(reason)});
}

// Stores what a function gave: a value, an optional (empty: NULL), or an Outcome (a reason: failure).
template <class R, class T>
void store(Column& out, std::span<R> values, std::size_t row, T&& result, KernelContext& context) {
  using Given = std::remove_cvref_t<T>;
  if constexpr (std::is_same_v<Given, Outcome<R>>) {
    if (result.value) {
      values[row] = std::move(*result.value);
    } else {
      out.set_null(row);
      fail(context, row, std::move(result.reason));
    }
  } else if constexpr (std::is_same_v<Given, std::optional<R>>) {
    if (result) {
      values[row] = std::move(*result);
    } else {
      out.set_null(row);
    }
  } else {
    values[row] = std::forward<T>(result);
  }
}

}  // namespace detail

// Calls f(Arena&, Arguments...) for rows where no argument is NULL.
// f gives a storage type (see data/batch.h), std::optional of one (empty: NULL) or Outcome of one.
template <class... Arguments, class Function>
ColumnPtr lift_now(const Function& function, std::span<const ColumnPtr> arguments, KernelContext& context) {
  using Given = std::invoke_result_t<const Function&, Arena&, const Arguments&...>;
  using R = typename detail::ResultOf<std::remove_cvref_t<Given>>::type;
  auto out = std::make_shared<Column>(type_for<R>, context.rows);
  const auto values = out->template values<R>();
  const auto loop = [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto inputs = std::make_tuple(arguments[I]->template values<Arguments>()...);
    const bool every_row = context.active == nullptr && (true && ... && (arguments[I]->null_count() == 0));
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!every_row && (!context.is_active(row) || (false || ... || arguments[I]->is_null(row)))) {
        out->set_null(row);
        continue;
      }
      detail::store<R>(*out, values, row, function(context.arena, std::get<I>(inputs)[row]...), context);
    }
  };
  loop(std::index_sequence_for<Arguments...>{});
  return out;
}

// lift_now as a kernel.
template <class... Arguments, class Function>
Kernel lift(Function function) {
  return [function](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    return lift_now<Arguments...>(function, arguments, context);
  };
}

}  // namespace etl::converters
