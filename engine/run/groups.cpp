#include "engine/run/groups.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/run/columns.h"

namespace etl::run {

namespace {

// Beside its values a group takes an entry of the hash table and two numbers.
constexpr std::size_t kBytesPerGroup = 96;

}  // namespace

Groups::Groups(RunState& state, TableState& table, const Visibility& visibility, const RowPrinter& printer)
    : state_{state},
      table_{table},
      visibility_{visibility},
      printer_{printer},
      plan_{table.plan->shape},
      keys_(plan_.group_keys.size()),
      failures_(plan_.group_values.size()) {
  for (const plan::GroupValuePlan& value : plan_.group_values) {
    converters::Use use = value.use;
    use.run = &table.context;
    aggregations_.push_back(value.function != nullptr ? value.function->fold(use) : nullptr);
  }
}

Groups::~Groups() { state_.space.budget.give_back(taken_); }

void Groups::add(FinishedBatch& batch, plan::Evaluator& evaluator) {
  Bitmap taken(batch.rows);
  const std::vector<std::uint32_t> groups = assign(batch, evaluator, taken);
  give_reasons(batch, groups, taken);
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (!batch.active.test(row)) taken.clear(row);
  }
  for (std::size_t value = 0; value < aggregations_.size(); ++value) {
    if (aggregations_[value]) fold(value, batch, evaluator, groups, taken);
  }
  take_memory();
}

// A row whose key cannot be made belongs to no group: it is rejected by itself.
std::vector<std::uint32_t> Groups::assign(FinishedBatch& batch, plan::Evaluator& evaluator, Bitmap& taken) {
  taken = batch.active;
  for (const Reason& reason : batch.reasons) {
    if (reason.field == "where") taken.set(reason.row);
  }
  std::vector<ColumnPtr> values;
  std::vector<KeyColumn> columns;
  Bitmap faulty(batch.rows);
  for (std::size_t i = 0; i < plan_.group_keys.size(); ++i) {
    const plan::Evaluated key = evaluator.evaluate(plan_.group_keys[i], &taken);
    values.push_back(key.column);
    columns.push_back({key.column});
    if (!key.failures) continue;
    for (const Failure& failure : *key.failures) {
      batch.reject({failure.row, 0, "group_by", failure.rule, failure.reason,
                    visibility_.hides_source(*plan_.group_keys[i])});
      faulty.set(failure.row);
    }
  }
  const RowKeys keys = row_keys(columns, batch.rows, true);
  std::vector<std::uint32_t> groups(batch.rows);
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (faulty.test(row)) taken.clear(row);
    if (taken.test(row)) groups[row] = group_of(keys.keys[row], batch, row, values);
  }
  return groups;
}

std::uint32_t Groups::group_of(const Key128& key, const FinishedBatch& batch, std::size_t row,
                               std::span<const ColumnPtr> values) {
  const auto [place, fresh] = groups_.try_emplace(key, static_cast<std::uint32_t>(numbers_.size()));
  if (!fresh) {
    ++merged_;
    return place->second;
  }
  for (std::size_t i = 0; i < values.size(); ++i) keys_[i].push_back(keep(values[i]->at(row), arena_));
  numbers_.push_back(batch.source->number(row));
  if (!batch.source->lines.empty()) lines_.push_back(batch.source->lines[row]);
  if (!batch.source->headings.empty()) headings_.push_back(batch.source->headings[row]);
  return place->second;
}

// A rejected source row rejects its group, which says which row it was.
void Groups::give_reasons(FinishedBatch& batch, const std::vector<std::uint32_t>& groups, const Bitmap& taken) {
  for (Reason& reason : batch.reasons) {
    if (!taken.test(reason.row)) continue;
    reason.reason = fmt::format("{}: {}", printer_.position(*batch.source, reason.row), reason.reason);
    rejected_.try_emplace(groups[reason.row], reason);
  }
  std::erase_if(batch.reasons, [&taken](const Reason& reason) { return taken.test(reason.row); });
}

void Groups::fold(std::size_t value, FinishedBatch& batch, plan::Evaluator& evaluator,
                  const std::vector<std::uint32_t>& groups, const Bitmap& taken) {
  Failures failures;
  std::vector<ColumnPtr> arguments;
  for (const plan::NodePtr& argument : plan_.group_values[value].arguments) {
    const plan::Evaluated evaluated = evaluator.evaluate(argument, &taken);
    arguments.push_back(evaluated.column);
    if (evaluated.failures) failures = plan::merge(failures, *evaluated.failures);
  }
  Bitmap active = taken;
  for (const Failure& failure : failures) active.clear(failure.row);
  Failures own;
  converters::KernelContext context{.arena = *batch.arena,
                                    .rows = batch.rows,
                                    .active = &active,
                                    .failures = own,
                                    .source = batch.source.get(),
                                    .run = table_.context};
  aggregations_[value]->add(arguments, groups, context);
  for (Failure& failure : plan::merge(failures, own)) {
    const auto [place, first] = failures_[value].try_emplace(groups[failure.row], failure);
    if (!first) continue;
    place->second.reason = fmt::format("{}: {}", printer_.position(*batch.source, failure.row), failure.reason);
  }
}

void Groups::take_memory() {
  std::size_t bytes = arena_.used() + numbers_.size() * (kBytesPerGroup + keys_.size() * sizeof(Value));
  for (const auto& aggregation : aggregations_) {
    if (aggregation) bytes += aggregation->bytes();
  }
  if (bytes <= taken_) return;
  if (!state_.space.budget.take(bytes - taken_)) {
    throw Error{Error::Kind::environment,
                fmt::format("{}: {} groups do not fit into settings.memory ({} MB)", table_.plan->name,
                            numbers_.size(), state_.space.budget.limit() >> 20),
                "raise settings.memory, or let the source group them: query: SELECT ... GROUP BY ..."};
  }
  taken_ = bytes;
}

std::optional<ShapedBatch> Groups::next(std::size_t most) {
  const std::size_t count = std::min(most, numbers_.size() - given_);
  if (count == 0) return std::nullopt;
  auto batch = std::make_shared<Batch>();
  batch->arena = std::make_shared<Arena>();
  batch->rows = count;
  const auto part = [&](const auto& all) { return std::span{all}.subspan(given_, count); };
  batch->numbers.assign(part(numbers_).begin(), part(numbers_).end());
  if (!lines_.empty()) batch->lines.assign(part(lines_).begin(), part(lines_).end());
  if (!headings_.empty()) batch->headings.assign(part(headings_).begin(), part(headings_).end());
  ShapedBatch out;
  for (std::size_t i = 0; i < keys_.size(); ++i) {
    batch->group_keys.push_back(column_of(plan_.group_keys[i]->type, part(keys_[i])));
    out.made.push_back({batch->group_keys.back(), nullptr});
  }
  for (std::size_t value = 0; value < aggregations_.size(); ++value) {
    if (!aggregations_[value]) {
      out.made.emplace_back();
      continue;
    }
    Failures failures;
    converters::KernelContext context{
        .arena = *batch->arena, .rows = count, .failures = failures, .run = table_.context};
    const ColumnPtr column = aggregations_[value]->finish(given_, count, context);
    Failures met;
    for (std::uint32_t row = 0; row < count; ++row) {
      const auto failure = failures_[value].find(static_cast<std::uint32_t>(given_ + row));
      if (failure == failures_[value].end()) continue;
      met.push_back(failure->second);
      met.back().row = row;
    }
    out.made.push_back({column, std::make_shared<const Failures>(plan::merge(met, failures))});
  }
  for (std::uint32_t row = 0; row < count; ++row) {
    const auto reason = rejected_.find(static_cast<std::uint32_t>(given_ + row));
    if (reason == rejected_.end()) continue;
    out.reasons.push_back(reason->second);
    out.reasons.back().row = row;
  }
  out.rows = std::move(batch);
  given_ += count;
  return out;
}

}  // namespace etl::run
