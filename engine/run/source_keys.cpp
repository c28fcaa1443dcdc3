#include "engine/run/source_keys.h"

namespace etl::run {

namespace {

ColumnPtr row_numbers(const Batch& source, std::size_t rows) {
  auto numbers = std::make_shared<Column>(Type::integer, rows);
  for (std::size_t row = 0; row < rows; ++row) {
    numbers->values<std::int64_t>()[row] =
        static_cast<std::int64_t>(source.lines.empty() ? source.number(row) : source.lines[row]);
  }
  return numbers;
}

}  // namespace

std::vector<ColumnPtr> source_key_columns(const TableState& table, const FinishedBatch& batch) {
  const Batch& source = *batch.source;
  if (!source.group_keys.empty()) return source.group_keys;
  std::vector<ColumnPtr> columns;
  for (std::size_t i = 0; i < table.source->key.size(); ++i) {
    ColumnPtr column = source.columns[table.source->key[i]];
    const Type wanted = i < table.plan->source_key_types.size() ? table.plan->source_key_types[i] : column->type();
    if (column->type() != wanted && wanted != Type::any) {
      if (const auto convert = converters::conversion(column->type(), wanted, table.context)) {
        Failures failures;
        converters::KernelContext context{
            .arena = *batch.arena, .rows = batch.rows, .failures = failures, .run = table.context};
        column = convert(std::span{&column, 1}, context);
      }
    }
    columns.push_back(std::move(column));
  }
  if (columns.empty()) columns.push_back(row_numbers(source, batch.rows));  // Rows are known by their number.
  return columns;
}

}  // namespace etl::run
