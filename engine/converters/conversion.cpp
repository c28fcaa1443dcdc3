// The conversion between any two types: what `text()`, `int()`, ... and the last step of a field share.
#include <fmt/format.h>

#include "engine/converters/bind.h"
#include "engine/converters/convert.h"

namespace etl::converters {

namespace {

template <class Target, class From>
concept Reaches = std::is_invocable_v<const Target&, Arena&, const From&>;

// One value of an `any` column, converted by its own type.
template <class Target>
Outcome<typename Target::Result> convert_any(const Target& target, Arena& arena, const Value& value) {
  using Result = typename Target::Result;
  return std::visit(
      [&]<class From>(const From& held) -> Outcome<Result> {
        if constexpr (!std::is_same_v<From, std::monostate> && Reaches<Target, From>) {
          return target(arena, held);
        } else {
          return Outcome<Result>::fail(fmt::format("{} {} does not become {}", name(type_of(value)),
                                                   quote_for_message(to_text(value)), name(type_for<Result>)));
        }
      },
      value);
}

template <class Target>
ColumnPtr convert_any_column(const Target& target, const Column& in, KernelContext& context) {
  using Result = typename Target::Result;
  auto out = std::make_shared<Column>(type_for<Result>, context.rows);
  const auto from = in.values<Value>();
  const auto to = out->template values<Result>();
  for (std::size_t row = 0; row < context.rows; ++row) {
    if (!context.is_active(row) || in.is_null(row) || is_null(from[row])) {
      out->set_null(row);
    } else {
      detail::store<Result>(*out, to, row, convert_any(target, context.arena, from[row]), context);
    }
  }
  return out;
}

// Converts a column; `make` makes the target for one batch.
template <class Target, class Make>
Kernel kernel_to(Type from, Make make) {
  return with_storage(from, [&]<class From>() -> Kernel {
    if constexpr (std::is_same_v<From, Value>) {
      return [make](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
        return make(context, [&](const Target& target) { return convert_any_column(target, *arguments[0], context); });
      };
    } else if constexpr (Reaches<Target, From>) {
      return [make](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
        return make(context, [&](const Target& target) {
          return lift_now<From>([&target](Arena& arena, const From& value) { return target(arena, value); }, arguments,
                                context);
        });
      };
    } else {
      return {};
    }
  });
}

template <class Target>
Kernel plain(Type from) {
  return kernel_to<Target>(from, [](KernelContext&, auto convert) -> ColumnPtr { return convert(Target{}); });
}

template <class Target>
Kernel in_zone(Type from) {
  return kernel_to<Target>(from, [](KernelContext& context, auto convert) -> ColumnPtr {
    Zone zone = zone_of(context.run.timezone);
    if constexpr (std::is_same_v<Target, ToInstant>) {
      return convert(Target{zone, context.run.timezone});
    } else {
      return convert(Target{zone});
    }
  });
}

// Every value tagged with its type; objects and lists inside JSON stay what they are.
Kernel to_any(Type from) {
  return [from](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::any, context.rows);
    const auto values = out->values<Value>();
    const Column& in = *arguments[0];
    with_storage(from, [&]<class From>() {
      if constexpr (!std::is_same_v<From, Value>) {
        const auto typed = in.values<From>();
        for (std::size_t row = 0; row < context.rows; ++row) {
          if (!context.is_active(row) || in.is_null(row)) {
            out->set_null(row);
          } else {
            values[row] = typed[row];
          }
        }
      }
    });
    return out;
  };
}

}  // namespace

Kernel conversion(Type from, Type to, const RunContext&) {
  if (from == to) return identity_kernel();
  switch (to) {
    case Type::any:
      return to_any(from);
    case Type::boolean:
      return plain<ToBool>(from);
    case Type::integer:
      return plain<ToInteger>(from);
    case Type::decimal:
      return plain<ToDecimal>(from);
    case Type::float64:
      return plain<ToFloat>(from);
    case Type::text:
      return plain<ToText>(from);
    case Type::bytes:
      return plain<ToBytes>(from);
    case Type::date:
      return in_zone<ToDate>(from);
    case Type::time:
      return in_zone<ToTime>(from);
    case Type::timestamp:
      return in_zone<ToTimestamp>(from);
    case Type::timestamptz:
      return in_zone<ToInstant>(from);
    case Type::uuid:
      return plain<ToUuid>(from);
    case Type::json:
      return plain<ToJson>(from);
    case Type::list:
      break;
  }
  return plain<ToList>(from);
}

Convertible convertible_by_itself(Type from, Type to) {
  using enum Convertible;
  if (from == to || to == Type::any) return always;
  if (from == Type::any) return may_fail;
  switch (to) {
    case Type::text:
      return from == Type::bytes ? never : always;
    case Type::json:
      return from == Type::text ? may_fail : from == Type::bytes ? never : always;
    case Type::bytes:
      return from == Type::text ? always : never;
    case Type::list:
      return from == Type::text || from == Type::json ? may_fail : never;
    case Type::integer:
      if (from == Type::boolean) return always;
      return from == Type::text || from == Type::decimal ? may_fail : never;
    case Type::decimal:
      if (from == Type::integer) return always;
      return from == Type::text ? may_fail : never;
    case Type::float64:
      if (from == Type::decimal) return lossy;
      return from == Type::text || from == Type::integer ? may_fail : never;
    case Type::boolean:
      return from == Type::text || from == Type::integer ? may_fail : never;
    case Type::uuid:
      return from == Type::text || from == Type::bytes ? may_fail : never;
    case Type::timestamp:
      return from == Type::text || from == Type::date ? may_fail : never;
    case Type::timestamptz:
      return from == Type::text || from == Type::date || from == Type::timestamp ? may_fail : never;
    default:
      return from == Type::text ? may_fail : never;
  }
}

}  // namespace etl::converters
