#include "engine/run/row_numbers.h"

#include "engine/run/row_keys.h"

namespace etl::run {

RowNumbers::RowNumbers(std::vector<plan::NodePtr> keys, KeySpace& space)
    : keys_{std::move(keys)}, counts_{keys_.empty() ? nullptr : std::make_unique<KeyMap>(space, Type::integer)} {}

std::int64_t RowNumbers::count(const Key128& key, Arena& arena) {
  const auto last = counts_->find(key, arena);
  const std::int64_t number = last ? std::get<std::int64_t>(*last) + 1 : 1;
  if (last) counts_->erase(key);
  counts_->insert(key, number);
  return number;
}

plan::Evaluated RowNumbers::next(plan::Evaluator& evaluator, std::size_t rows, const Bitmap* active, Arena& arena) {
  Failures failures;
  std::vector<KeyColumn> columns;
  for (const plan::NodePtr& key : keys_) {
    const plan::Evaluated value = evaluator.evaluate(key, active);
    columns.push_back({value.column});
    if (value.failures) failures = plan::merge(failures, *value.failures);
  }
  const RowKeys keys = columns.empty() ? RowKeys{} : row_keys(columns, rows, true);
  auto out = std::make_shared<Column>(Type::integer, rows);
  auto failure = failures.begin();
  for (std::size_t row = 0; row < rows; ++row) {
    const bool failed = failure != failures.end() && failure->row == row;
    if (failed) ++failure;
    if (failed || (active != nullptr && !active->test(row))) {
      out->set_null(row);
    } else {
      out->values<std::int64_t>()[row] = columns.empty() ? ++counted_ : count(keys.keys[row], arena);
    }
  }
  if (failures.empty()) return {out, nullptr};
  return {out, std::make_shared<const Failures>(std::move(failures))};
}

}  // namespace etl::run
