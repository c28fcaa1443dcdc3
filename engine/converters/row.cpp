// What depends on the row's place rather than on its values.
#include <algorithm>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

// The line in the file, or the row's number in its source.
ColumnPtr line_numbers(std::span<const ColumnPtr>, KernelContext& context) {
  auto out = std::make_shared<Column>(Type::integer, context.rows);
  const auto values = out->values<std::int64_t>();
  const Batch* source = context.source;
  for (std::size_t row = 0; row < context.rows; ++row) {
    if (source == nullptr) {
      out->set_null(row);
    } else if (row < source->lines.size()) {
      values[row] = static_cast<std::int64_t>(source->lines[row]);
    } else {
      values[row] = static_cast<std::int64_t>(source->number(row));
    }
  }
  return out;
}

ColumnPtr file_names(std::span<const ColumnPtr>, KernelContext& context) {
  auto out = std::make_shared<Column>(Type::text, context.rows);
  const bool known = context.source != nullptr && !context.source->file.empty();
  std::ranges::fill(out->values<std::string_view>(), known ? context.arena.copy(context.source->file) : "");
  if (!known) out->set_nulls(Bitmap(context.rows, true));
  return out;
}

ColumnPtr run_ids(std::span<const ColumnPtr>, KernelContext& context) {
  auto out = std::make_shared<Column>(Type::uuid, context.rows);
  std::ranges::fill(out->values<Uuid>(), context.run.run_id);
  return out;
}

}  // namespace

std::vector<Function> row_functions() {
  const Parameter value{.name = "value", .types = TypeSet::all()};
  return {
      {.name = "row_number",
       .family = "row",
       .doc = "1, 2, ... in source order, starting again for each new key.",
       .parameters = {{.name = "key", .types = TypeSet::all(), .optional = true, .repeated = true}},
       .result = {.type = Type::integer},
       .on_null = OnNull::is_called,
       .pure = false},
      {.name = "key_of",
       .family = "lookup",
       .doc = "The key under which a lookup has this value; the first one wins.",
       .parameters = {{.name = "lookup", .types = Type::text, .constant = true}, value},
       .inverse = Inverse::exact,
       .fails = "no such value",
       .examples = {{"key_of(sizes, 'small')", "'S'"},
                    {"key_of(sizes, 'huge')", "fails: no entry of sizes has the value 'huge'"},
                    {"key_of(sizes, null)", "null"}}},
      {.name = "file_name",
       .family = "row",
       .doc = "The name of the file that the row came from, relative to its connection; rows of databases give NULL.",
       .on_null = OnNull::is_called,
       .examples = {{"file_name()", "null"}, {"coalesce(file_name(), 'no file')", "'no file'"}},
       .pure = false,
       .bind = [](const Use&) { return Kernel{file_names}; }},
      {.name = "line_number",
       .family = "row",
       .doc = "The line of the file, or the number of the row in its source.",
       .result = {.type = Type::integer},
       .on_null = OnNull::is_called,
       .examples = {{"line_number() = line_number()", "true"}, {"line_number() < 0", "false"}},
       .pure = false,
       .bind = [](const Use&) { return Kernel{line_numbers}; }},
      {.name = "run_id",
       .family = "row",
       .doc = "The identity of the run.",
       .result = {.type = Type::uuid},
       .on_null = OnNull::is_called,
       .examples = {{"run_id() = run_id()", "true"}, {"run_id() is null", "false"}},
       .pure = false,
       .bind = [](const Use&) { return Kernel{run_ids}; }},
  };
}

}  // namespace etl::converters
