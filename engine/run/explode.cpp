#include "engine/run/explode.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/data/json.h"
#include "engine/data/json_path.h"
#include "engine/run/columns.h"

namespace etl::run {

std::vector<plan::Evaluated> source_frame(const Batch& batch) {
  std::vector<plan::Evaluated> frame;
  std::vector<std::shared_ptr<Failures>> failures(batch.columns.size());
  for (const Batch::Fault& fault : batch.faults) {
    auto& of_column = failures[fault.column];
    if (!of_column) of_column = std::make_shared<Failures>();
    of_column->push_back({fault.row, fault.rule, fault.reason});
  }
  for (std::size_t i = 0; i < batch.columns.size(); ++i) frame.push_back({batch.columns[i], failures[i]});
  return frame;
}

std::vector<std::string> source_names(const TableState& table) {
  std::vector<std::string> names;
  for (const readers::ReadColumn& column : table.source->request.columns) names.push_back(column.name);
  return names;
}

namespace {

ColumnPtr gather(const Column& column, std::span<const std::uint32_t> rows) {
  auto out = std::make_shared<Column>(column.type(), rows.size());
  with_storage(column.type(), [&]<class T>() {
    const auto from = column.values<T>();
    const auto to = out->template values<T>();
    for (std::size_t i = 0; i < rows.size(); ++i) to[i] = from[rows[i]];
  });
  if (column.null_count() == 0) return out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (column.is_null(rows[i])) out->set_null(i);
  }
  return out;
}

// Entries that belong to rows, for each of the rows that were made of them.
template <class Entry>
std::vector<Entry> gather(const std::vector<Entry>& entries, std::span<const std::uint32_t> rows) {
  std::vector<Entry> out;
  for (std::size_t i = 0; i < rows.size() && !entries.empty(); ++i) {
    auto entry = std::ranges::lower_bound(entries, rows[i], {}, &Entry::row);
    for (; entry != entries.end() && entry->row == rows[i]; ++entry) {
      out.push_back(*entry);
      out.back().row = static_cast<std::uint32_t>(i);
    }
  }
  return out;
}

// The new rows live as long as the rows that they were made of, and as the items.
std::shared_ptr<Arena> both_alive(const BatchPtr& source, const std::shared_ptr<Arena>& items) {
  struct Both {
    BatchPtr source;
    std::shared_ptr<Arena> items;
  };
  const auto both = std::make_shared<Both>(Both{source, items});
  return {both, both->items.get()};
}

std::shared_ptr<Batch> gather(const BatchPtr& from, const std::shared_ptr<Arena>& items,
                              std::span<const std::uint32_t> rows) {
  auto batch = std::make_shared<Batch>();
  batch->arena = both_alive(from, items);
  batch->rows = rows.size();
  batch->first_row = from->first_row;
  batch->file = from->file;
  for (const ColumnPtr& column : from->columns) batch->columns.push_back(gather(*column, rows));
  batch->faults = gather(from->faults, rows);
  batch->broken_rows = gather(from->broken_rows, rows);
  for (const std::uint32_t row : rows) {
    batch->numbers.push_back(from->number(row));
    if (!from->lines.empty()) batch->lines.push_back(from->lines[row]);
    if (!from->headings.empty()) batch->headings.push_back(from->headings[row]);
  }
  for (const auto& numbers : from->items) {
    auto& own = batch->items.emplace_back();
    for (const std::uint32_t row : rows) own.push_back(numbers[row]);
  }
  return batch;
}

std::optional<std::string_view> array_of(const Value& value) {
  if (const auto* list = std::get_if<List>(&value)) return list->view;
  const auto* json = std::get_if<Json>(&value);
  if (json != nullptr && kind_of(json->view) == JsonKind::array) return json->view;
  return std::nullopt;
}

}  // namespace

// One name's lists of one batch.
struct Exploder::Level {
  const plan::ExplodePlan& plan;
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
  bool hidden = false;
  std::vector<Pick> picks;
  std::vector<Reason> reasons;
};

Exploder::Exploder(RunState& state, TableState& table, RunReferences& references, const Visibility& visibility)
    : state_{state},
      table_{table},
      references_{references},
      visibility_{visibility},
      column_names_{source_names(table)} {}

void Exploder::explode(BatchPtr batch, const Sink& sink) {
  explode(ShapedBatch{.rows = std::move(batch), .made = {}, .reasons = {}}, 0, sink);
}

void Exploder::pick(Level& level, std::uint32_t row, const Value& list) {
  const auto array = is_null(list) ? std::nullopt : array_of(list);
  if (!array && !is_null(list) && !(std::holds_alternative<Json>(list) && std::get<Json>(list).view == "null")) {
    level.picks.push_back({row, 0, {}});
    level.reasons.push_back({row, 0, "explode", "convert",
                             fmt::format("{}: {} is not a list", level.plan.name, quote_for_message(to_text(list))),
                             level.hidden});
    return;
  }
  std::uint32_t count = 0;
  if (array) {
    for (JsonItems items{*array}; items.next();) {
      level.picks.push_back({row, ++count, json_value(items.value(), *level.arena)});
    }
  }
  if (count == 0) {
    ++vanished_;
  } else {
    added_ += count - 1;
  }
}

void Exploder::explode(ShapedBatch batch, std::size_t name, const Sink& sink) {
  if (name == table_.plan->shape.explode.size()) return sink(std::move(batch));
  Level level{.plan = table_.plan->shape.explode[name], .picks = {}, .reasons = {}};
  level.hidden = visibility_.hides_source(*level.plan.list);
  const std::size_t rows = batch.rows->rows;
  Bitmap open(rows, true);
  for (const Failure& broken : batch.rows->broken_rows) open.clear(broken.row);
  for (const Reason& reason : batch.reasons) open.clear(reason.row);
  plan::Evaluator evaluator{source_frame(*batch.rows), rows, *level.arena, table_.context, &references_,
                            batch.rows.get(), &column_names_};
  for (std::size_t i = 0; i < batch.made.size(); ++i) evaluator.set_made(i, batch.made[i]);
  const plan::Evaluated lists = evaluator.evaluate(level.plan.list, &open);
  Failures none;
  const Failures& failures = lists.failures ? *lists.failures : none;
  auto failure = failures.begin();
  for (std::uint32_t row = 0; row < rows; ++row) {
    const bool failed = failure != failures.end() && failure->row == row;
    if (failed || !open.test(row)) {
      level.picks.push_back({row, 0, {}});
    } else {
      pick(level, row, lists.column->at(row));
    }
    if (!failed) continue;
    level.reasons.push_back(
        {row, 0, "explode", failure->rule, fmt::format("{}: {}", level.plan.name, failure->reason), level.hidden});
    ++failure;
  }
  std::ranges::move(batch.reasons, std::back_inserter(level.reasons));
  std::ranges::stable_sort(level.reasons, {}, &Reason::row);
  const std::size_t most = state_.limits().rows;
  for (std::size_t from = 0; from < level.picks.size(); from += most) {
    const auto picks = std::span{level.picks}.subspan(from, std::min(most, level.picks.size() - from));
    std::vector<std::uint32_t> taken;
    std::vector<std::uint32_t> numbers;
    std::vector<Value> values;
    for (const Pick& pick : picks) {
      taken.push_back(pick.row);
      numbers.push_back(pick.item);
      values.push_back(pick.value);
    }
    const auto made_rows = gather(batch.rows, level.arena, taken);
    made_rows->items.push_back(std::move(numbers));
    ShapedBatch piece{.rows = made_rows, .made = {}, .reasons = gather(level.reasons, taken)};
    for (const plan::Evaluated& made : batch.made) piece.made.push_back({gather(*made.column, taken), nullptr});
    piece.made.push_back({column_of(Type::any, values), nullptr});
    explode(std::move(piece), name + 1, sink);
  }
}

}  // namespace etl::run
