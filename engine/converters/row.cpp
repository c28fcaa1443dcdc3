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

// NULL for rows of a database.
ColumnPtr file_names(std::span<const ColumnPtr>, KernelContext& context) {
  auto out = std::make_shared<Column>(Type::text, context.rows);
  const bool known = context.source != nullptr && !context.source->file.empty();
  const std::string_view name = known ? context.arena.copy(context.source->file) : std::string_view{};
  for (std::size_t row = 0; row < context.rows; ++row) {
    if (known) {
      out->values<std::string_view>()[row] = name;
    } else {
      out->set_null(row);
    }
  }
  return out;
}

// The heading of the level, or with 0 the nearest of any level: the deepest that there is.
std::string_view heading_of(const Headings& headings, std::size_t level) {
  if (level != 0) return headings[level - 1];
  const auto deepest = std::find_if(headings.rbegin(), headings.rend(), [](const auto& text) { return !text.empty(); });
  return deepest == headings.rend() ? std::string_view{} : std::string_view{*deepest};
}

Kernel headings(const Use& use) {
  const bool any = use.constants.empty() || !use.constants[0];
  const std::size_t level = any ? 0 : static_cast<std::size_t>(std::get<std::int64_t>(*use.constants[0]));
  return [level](std::span<const ColumnPtr>, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::text, context.rows);
    const Batch* source = context.source;
    for (std::size_t row = 0; row < context.rows; ++row) {
      const HeadingsPtr above = source != nullptr && row < source->headings.size() ? source->headings[row] : nullptr;
      const std::string_view text = above ? heading_of(*above, level) : std::string_view{};
      if (text.empty()) {
        out->set_null(row);
      } else {
        out->values<std::string_view>()[row] = context.arena.copy(text);
      }
    }
    return out;
  };
}

std::string check_level(const Use& use, std::size_t& index) {
  index = 0;
  if (use.constants.empty() || !use.constants[0]) return "";
  const auto* level = std::get_if<std::int64_t>(&*use.constants[0]);
  return level != nullptr && (*level < 1 || *level > 6) ? "headings have the levels 1 to 6" : "";
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
      {.name = "heading",
       .family = "markdown",
       .doc = "The nearest Markdown heading above the row, of any level or of that level.",
       .parameters = {{.name = "level", .types = Type::integer, .optional = true, .constant = true}},
       .fails = "never; no heading gives NULL",
       .on_null = OnNull::is_called,
       .examples = {{"heading() is null", "true"}, {"heading(2) is null", "true"}},
       .pure = false,
       .check_constants = check_level,
       .bind = headings},
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
