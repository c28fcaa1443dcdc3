#include "engine/run/columns.h"

#include <algorithm>

namespace etl::run {

std::shared_ptr<Column> copy(const Column& column) {
  auto out = std::make_shared<Column>(column.type(), column.size());
  with_storage(column.type(), [&]<class T>() { std::ranges::copy(column.values<T>(), out->values<T>().begin()); });
  if (column.nulls() != nullptr) out->set_nulls(*column.nulls());
  return out;
}

std::shared_ptr<Column> nulls(Type type, std::size_t rows) {
  auto out = std::make_shared<Column>(type, rows);
  for (std::size_t row = 0; row < rows; ++row) out->set_null(row);
  return out;
}

ColumnPtr column_of(Type type, std::span<const Value> values) {
  auto out = std::make_shared<Column>(type, values.size());
  for (std::size_t row = 0; row < values.size(); ++row) out->set(row, values[row]);
  return out;
}

Value keep(const Value& value, Arena& arena) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return arena.copy(*text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return Bytes{arena.copy(bytes->view)};
  if (const auto* json = std::get_if<Json>(&value)) return Json{arena.copy(json->view)};
  if (const auto* list = std::get_if<List>(&value)) return List{arena.copy(list->view)};
  return value;
}

std::size_t view_bytes(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return text->size();
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->view.size();
  if (const auto* json = std::get_if<Json>(&value)) return json->view.size();
  if (const auto* list = std::get_if<List>(&value)) return list->view.size();
  return 0;
}

ColumnPtr pick(const Column& column, std::span<const std::uint32_t> rows) {
  auto part = std::make_shared<Column>(column.type(), rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) part->set(i, column.at(rows[i]));
  return part;
}

}  // namespace etl::run
