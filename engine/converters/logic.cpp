// The logic family: what to do about NULL and failures.
#include <algorithm>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

// The arguments share the type of the first.
Kernel coalesce_kernel(Type type) {
  return [type](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    if (arguments[0]->null_count() == 0 && context.active == nullptr) return arguments[0];
    auto out = std::make_shared<Column>(type, context.rows);
    with_storage(type, [&]<class T>() {
      const auto values = out->template values<T>();
      for (std::size_t row = 0; row < context.rows; ++row) {
        const Column* chosen = nullptr;
        for (const auto& argument : arguments) {
          if (argument->is_null(row)) continue;
          chosen = argument.get();
          break;
        }
        if (chosen == nullptr || !context.is_active(row)) {
          out->set_null(row);
        } else {
          values[row] = chosen->values<T>()[row];
        }
      }
    });
    return out;
  };
}

bool equals_any(const Value& value, std::span<const ColumnPtr> others, std::size_t row) {
  for (const auto& other : others) {
    if (!other->is_null(row) && compare(value, other->at(row)) == 0) return true;
  }
  return false;
}

Kernel nullif_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    const Column& in = *arguments[0];
    std::vector<std::size_t> equal;
    const bool texts =
        std::ranges::all_of(arguments, [](const ColumnPtr& argument) { return argument->type() == Type::text; });
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (in.is_null(row)) continue;
      if (texts && arguments.size() == 2) {
        if (arguments[1]->is_null(row)) continue;
        if (in.values<std::string_view>()[row] == arguments[1]->values<std::string_view>()[row]) equal.push_back(row);
      } else if (equals_any(in.at(row), arguments.subspan(1), row)) {
        equal.push_back(row);
      }
    }
    if (equal.empty()) return arguments[0];
    auto out = std::make_shared<Column>(in.type(), context.rows);
    with_storage(in.type(), [&]<class T>() { std::ranges::copy(in.values<T>(), out->template values<T>().begin()); });
    if (in.nulls() != nullptr) out->set_nulls(*in.nulls());
    for (const std::size_t row : equal) out->set_null(row);
    return out;
  };
}

}  // namespace

std::vector<Function> logic_functions() {
  const Parameter any{.name = "value", .types = TypeSet::all()};
  const Parameter others{.name = "other", .types = TypeSet::all(), .optional = true, .repeated = true};
  return {
      {.name = "coalesce",
       .family = "logic",
       .doc = "The first value that is not NULL.",
       .parameters = {any, others},
       .result = {.kind = Result::Kind::common},
       .on_null = OnNull::is_called,
       .examples = {{"coalesce(null, 'b', 'c')", "'b'"}, {"coalesce(null)", "null"}},
       .bind = [](const Use& use) { return coalesce_kernel(use.types[0]); }},
      {.name = "nullif",
       .family = "logic",
       .doc = "NULL if the value equals one of the others.",
       .parameters = {any, {.name = "other", .types = TypeSet::all(), .repeated = true}},
       .result = {.kind = Result::Kind::same},
       .inverse = Inverse::canonical,
       .on_null = OnNull::is_called,
       .examples = {{"nullif('', '', '-')", "null"}, {"nullif('a', '', '-')", "'a'"}, {"nullif(null, 'a')", "null"}},
       .bind = [](const Use&) { return nullif_kernel(); }},
      {.name = "try",
       .family = "logic",
       .doc = "The first value, or where it fails the second (default NULL); uses are counted in the report.",
       .parameters = {any, {.name = "otherwise", .types = TypeSet::all(), .optional = true}},
       .result = {.kind = Result::Kind::same},
       .inverse = Inverse::canonical,
       .on_null = OnNull::is_called,
       .examples = {{"try(int('4x'), 0)", "0"}, {"try(int('4x'))", "null"}, {"try(int('4'), 0)", "4"}}},
  };
}

}  // namespace etl::converters
