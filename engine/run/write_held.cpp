// The end of a table: rows that waited for their parents.
#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "engine/run/columns.h"
#include "engine/run/table_load.h"

namespace etl::run {

// Up to `most` units from `from` on whose rows are still to be written: new ones, or such as meet others. Where triggers
// may drop rows, a row whose parent stands in the piece waits for the next one.
std::vector<std::size_t> TableLoad::next_held_piece(const std::vector<std::vector<std::size_t>>& units,
                                                    std::size_t from, std::size_t most, std::size_t& taken) const {
  std::vector<std::size_t> rows;
  std::unordered_set<std::size_t> in_piece;
  const auto waits = [&](std::size_t row) {
    return std::ranges::any_of(held_.parents(row), [&](std::size_t parent) { return in_piece.contains(parent); });
  };
  const auto merges = [&](const std::vector<std::size_t>& unit) {
    return std::ranges::any_of(unit, [&](std::size_t row) { return held_.rows()[row].merges; });
  };
  for (taken = 0; from + taken < units.size() && taken < most && rows.size() < state_.limits().rows; ++taken) {
    const auto& unit = units[from + taken];
    if (careful_ && std::ranges::any_of(unit, waits)) break;
    if (taken > 0 && merges(unit) != merges(units[from])) break;
    for (const std::size_t row : unit) {
      if (!held_.rows()[row].rejected && !held_.rows()[row].follows) rows.push_back(row);
    }
    if (careful_) in_piece.insert(unit.begin(), unit.end());
  }
  return rows;
}

TableLoad::Sent TableLoad::send_held(const std::vector<std::size_t>& rows) {
  Arena arena;
  Sent sent;
  std::vector<std::uint32_t> inserts;
  std::vector<std::vector<Value>> values(table_.plan->fields.size());
  for (std::uint32_t i = 0; i < rows.size(); ++i) {
    HeldRow& row = held_.row(rows[i]);
    judge_.resolve(row, arena);
    for (std::size_t field = 0; field < values.size(); ++field) values[field].push_back(row.values[field]);
    (row.merges ? sent.merged : inserts).push_back(i);
  }
  std::vector<ColumnPtr> columns;
  for (std::size_t field = 0; field < values.size(); ++field) {
    columns.push_back(column_of(table_.plan->fields[field].type, values[field]));
  }
  sent.to_insert = inserts.size();
  if (!inserts.empty()) sent.inserts = writer_->write(columns, inserts);
  if (!sent.merged.empty() && !sent.inserts.refusal) merge(columns, sent);
  return sent;
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
    const Sent sent = send_held(rows);
    const auto& result = sent.inserts;
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
    acknowledge(result, sent.to_insert);
    for (const std::uint32_t row : result.dropped) held_.reject(rows[row], drop_reason(0));
    settle_held(rows, sent);
  }
  held_.complete_reasons(has_parent);
  log_held_rejects();
}

void TableLoad::settle_held(const std::vector<std::size_t>& rows, const Sent& sent) {
  count_merged(sent);
  for (std::size_t i = 0; i < sent.outcomes.size(); ++i) {
    const std::size_t row = rows[sent.merged[i]];
    switch (sent.outcomes[i]) {
      case writers::Met::older:
        held_.row(row).older = true;
        break;
      case writers::Met::dropped:
        held_.reject(row, drop_reason(0));
        break;
      case writers::Met::missing:
        held_.reject(row, {0, 0, "", "database", "the row that it met is gone: somebody else removed it"});
        break;
      case writers::Met::updated:
      case writers::Met::unchanged:
        break;
    }
  }
}

void TableLoad::log_held_rejects() {
  const Witness::Wish wish = witness_wish();
  std::vector<IdPair> pairs;
  Arena arena;
  for (const HeldRow& row : held_.rows()) {
    if (!row.rejected && row.id_key) {
      if (const auto target = table_.ids->find(*row.id_key, arena)) pairs.push_back({row.id_text, to_text(*target)});
    }
    if (wish == Witness::Wish::all || (wish == Witness::Wish::rejected && row.rejected)) tell_held(row);
    if (row.rejected) {
      log_.add(row.position, row.source, row.reasons);
    } else if (row.follows || row.older) {
      ++report_.counts.skipped;
    }
  }
  keep_ids(state_, table_, pairs);
}

}  // namespace etl::run
