// The end of a table: rows that waited for their parents.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "engine/run/columns.h"
#include "engine/run/table_load.h"

namespace etl::run {

// Up to `most` units from `from` on whose rows are still to be written. Where triggers may drop rows, a row whose
// parent stands in the piece waits for the next one.
std::vector<std::size_t> TableLoad::next_held_piece(const std::vector<std::vector<std::size_t>>& units,
                                                    std::size_t from, std::size_t most, std::size_t& taken) const {
  std::vector<std::size_t> rows;
  std::unordered_set<std::size_t> in_piece;
  const auto waits = [&](std::size_t row) {
    return std::ranges::any_of(held_.parents(row), [&](std::size_t parent) { return in_piece.contains(parent); });
  };
  for (taken = 0; from + taken < units.size() && taken < most && rows.size() < state_.limits().rows; ++taken) {
    const auto& unit = units[from + taken];
    if (careful_ && std::ranges::any_of(unit, waits)) break;
    for (const std::size_t row : unit) {
      if (!held_.rows()[row].rejected && !held_.rows()[row].follows) rows.push_back(row);
    }
    if (careful_) in_piece.insert(unit.begin(), unit.end());
  }
  return rows;
}

writers::TableWriter::Result TableLoad::send_held(const std::vector<std::size_t>& rows) {
  Arena arena;
  std::vector<std::vector<Value>> values(table_.plan->fields.size());
  for (const std::size_t index : rows) {
    HeldRow& row = held_.row(index);
    judge_.resolve(row, arena);
    for (std::size_t field = 0; field < values.size(); ++field) values[field].push_back(row.values[field]);
  }
  std::vector<ColumnPtr> columns;
  for (std::size_t field = 0; field < values.size(); ++field) {
    columns.push_back(column_of(table_.plan->fields[field].type, values[field]));
  }
  std::vector<std::uint32_t> numbers(rows.size());
  for (std::uint32_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
  return writer_->write(columns, numbers);
}

void TableLoad::write_held_rows() {
  if (held_.size() == 0) return;
  const auto has_parent = [this](const HeldRow::Wait& wait) { return judge_.has_parent(wait); };
  held_.settle(has_parent);
  const auto units = held_.units();
  std::size_t done = 0;
  std::size_t step = units.size();
  while (done < units.size()) {
    stop_on_interrupt();
    std::size_t taken = 0;
    const auto rows = next_held_piece(units, done, step, taken);
    if (rows.empty()) {
      done += taken;
      continue;
    }
    const auto result = send_held(rows);
    if (result.refusal && taken > 1) {
      step = taken / 2;
      continue;
    }
    done += taken;
    step = taken * 2;
    if (result.refusal) {
      Reason reason = refusal_reason(0, *result.refusal);
      if (rows.size() > 1) reason.reason += fmt::format(" (one of {} rows that refer to each other)", rows.size());
      for (const std::size_t row : rows) held_.reject(row, reason);
      continue;
    }
    acknowledge(result, rows.size());
    for (const std::uint32_t row : result.dropped) held_.reject(rows[row], drop_reason(0));
  }
  held_.complete_reasons(has_parent);
  log_held_rejects();
}

void TableLoad::log_held_rejects() {
  const Witness::Wish wish = witness_wish();
  for (const HeldRow& row : held_.rows()) {
    if (wish == Witness::Wish::all || (wish == Witness::Wish::rejected && row.rejected)) tell_held(row);
    if (row.rejected) {
      log_.add(row.position, row.source, row.reasons);
    } else if (row.follows) {
      ++report_.counts.skipped;
    }
  }
}

}  // namespace etl::run
