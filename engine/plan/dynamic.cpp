// Values of type `any`: each is treated by its own type, found when it is at hand.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "engine/data/json_path.h"
#include "engine/plan/bind.h"

namespace etl::plan {

using converters::Function;
using converters::Kernel;
using converters::KernelContext;
using converters::Use;

namespace {

void fail(KernelContext& context, std::size_t row, std::string reason) {
  context.failures.push_back({static_cast<std::uint32_t>(row), "convert", std::move(reason)});
}

// The type in which a parameter takes a value of type `held`: its own, or wider. Nothing: not at all.
std::optional<Type> accepted(const converters::Parameter& parameter, Type held) {
  if (parameter.types.has(held)) return held;
  if (held == Type::integer && parameter.types.has(Type::decimal)) return Type::decimal;
  if (is_number(held) && parameter.types.has(Type::float64)) return Type::float64;
  if (held == Type::list && parameter.types.has(Type::json)) return Type::json;
  return std::nullopt;
}

const converters::Parameter& parameter_of(const Function& function, std::size_t argument) {
  return function.parameters[std::min(argument, function.parameters.size() - 1)];
}

Value widened(const Value& value, Type type) {
  if (type == Type::decimal) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return Decimal::of(*whole);
  }
  if (type == Type::float64) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* number = std::get_if<Decimal>(&value)) return to_double(*number);
  }
  if (type == Type::json) {
    if (const auto* list = std::get_if<List>(&value)) return Json{list->view};
  }
  return value;
}


class DynamicCall {
 public:
  DynamicCall(const Function& function, Use use, Type result)
      : function_{function}, use_{std::move(use)}, result_{result} {}

  ColumnPtr operator()(std::span<const ColumnPtr> arguments, KernelContext& context) const {
    auto out = std::make_shared<Column>(result_, context.rows);
    Bitmap done(context.rows);
    Failures failures;
    for (const auto& [types, rows] : group(arguments, context)) {
      run_group(types, rows, arguments, context, *out, done, failures);
    }
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!done.test(row)) out->set_null(row);
    }
    std::ranges::move(failures, std::back_inserter(context.failures));
    std::ranges::stable_sort(context.failures, {}, &Failure::row);
    return out;
  }

 private:
  std::map<std::vector<Type>, Bitmap> group(std::span<const ColumnPtr> arguments, KernelContext& context) const {
    std::map<std::vector<Type>, Bitmap> groups;
    const bool skips_null = function_.on_null == converters::OnNull::returns_null;
    std::vector<Type> types;
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row)) continue;
      types.clear();
      bool skip = false;
      for (std::size_t i = 0; i < arguments.size() && !skip; ++i) {
        Type held = arguments[i]->type();
        if (held == Type::any) held = type_of(arguments[i]->at(row));
        if (held == Type::any) {  // NULL.
          skip = skips_null;
          held = parameter_of(function_, i).types.has(Type::text) ? Type::text : Type::decimal;
        }
        const auto type = accepted(parameter_of(function_, i), held);
        if (!type) {
          fail(context, row, fmt::format("{} needs {}, but {} is {}", function_.name,
                                         name(parameter_of(function_, i).types),
                                         quote_for_message(to_text(arguments[i]->at(row))), name(held)));
          skip = true;
          break;
        }
        types.push_back(*type);
      }
      if (skip) continue;
      auto [place, fresh] = groups.try_emplace(types);
      if (fresh) place->second = Bitmap(context.rows);
      place->second.set(row);
    }
    return groups;
  }

  void run_group(const std::vector<Type>& types, const Bitmap& rows, std::span<const ColumnPtr> arguments,
                 KernelContext& context, Column& out, Bitmap& done, Failures& failures) const {
    Use use = use_;
    use.types = types;
    std::vector<ColumnPtr> typed;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      if (arguments[i]->type() != Type::any) {
        typed.push_back(arguments[i]);
        continue;
      }
      auto column = std::make_shared<Column>(types[i], context.rows);
      for (std::size_t row = 0; row < context.rows; ++row) {
        if (rows.test(row) && !arguments[i]->is_null(row)) {
          column->set(row, widened(arguments[i]->at(row), types[i]));
        } else {
          column->set_null(row);
        }
      }
      typed.push_back(std::move(column));
    }
    Failures own;
    KernelContext inner{.arena = context.arena, .rows = context.rows, .active = &rows, .failures = own,
                        .source = context.source, .run = context.run};
    const ColumnPtr result = function_.bind(use)(typed, inner);
    Bitmap failed(context.rows);
    for (const Failure& failure : own) failed.set(failure.row);
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!rows.test(row) || failed.test(row) || result->is_null(row)) continue;
      out.set(row, result->at(row));
      done.set(row);
    }
    std::ranges::move(own, std::back_inserter(failures));
  }

  const Function& function_;
  Use use_;
  Type result_;
};

bool comparable(const Value& left, const Value& right) {
  const Type a = type_of(left);
  const Type b = type_of(right);
  return a == b || (is_number(a) && is_number(b));
}

bool holds(std::string_view op, std::partial_ordering order) {
  if (op == "=") return order == 0;
  if (op == "!=") return order != 0;
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  return order >= 0;
}

}  // namespace

Kernel dynamic_call(const Function& function, const Use& use, Type result) {
  return DynamicCall{function, use, result};
}

Kernel dynamic_comparison(std::string_view op) {
  return [op = std::string{op}](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::boolean, context.rows);
    const auto truth = out->values<bool>();
    for (std::size_t row = 0; row < context.rows; ++row) {
      const Value left = context.is_active(row) ? arguments[0]->at(row) : Value{};
      const Value right = context.is_active(row) ? arguments[1]->at(row) : Value{};
      if (is_null(left) || is_null(right)) {
        out->set_null(row);
      } else if (!comparable(left, right)) {
        out->set_null(row);
        fail(context, row, fmt::format("{} cannot compare {} with {}", op, name(type_of(left)), name(type_of(right))));
      } else {
        truth[row] = holds(op, compare(left, right));
      }
    }
    return out;
  };
}

namespace {

// Applies a picker to each JSON document of a column; a missing member is NULL.
template <class Pick>
Kernel json_kernel(Pick pick) {
  return [pick](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::any, context.rows);
    const auto values = out->values<Value>();
    for (std::size_t row = 0; row < context.rows; ++row) {
      const Value held = context.is_active(row) ? arguments[0]->at(row) : Value{};
      std::optional<std::string_view> found;
      if (const auto* json = std::get_if<Json>(&held)) found = pick(json->view);
      if (const auto* list = std::get_if<List>(&held)) found = pick(list->view);
      const Value value = found ? json_value(*found, context.arena) : Value{};
      if (is_null(value)) {
        out->set_null(row);
      } else {
        values[row] = value;
      }
    }
    return out;
  };
}

}  // namespace

Kernel json_member_kernel(std::string name) {
  return json_kernel([name = std::move(name)](std::string_view json) { return json_member(json, name); });
}

Kernel json_item_kernel(std::int64_t index) {
  return json_kernel([index](std::string_view json) { return json_item(json, index); });
}

}  // namespace etl::plan
