#include "engine/run/table_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/run/read_ahead.h"
#include "engine/run/source_keys.h"

namespace etl::run {

namespace {

// Past a pure count of max_rejects the run goes on for so many rejects, so that people see more than the first.
constexpr std::uint64_t kShownPastLimit = 1'000;

std::optional<std::uint64_t> stop_above(const TableState& table, const RunOptions& options) {
  const spec::Threshold& allowed = table.plan->max_rejects;
  if (!options.thresholds || !options.limits || allowed.share) return std::nullopt;
  return static_cast<std::uint64_t>(allowed.amount) + kShownPastLimit;
}

std::unique_ptr<writers::TableWriter> open_writer(const TableState& table) {
  writers::WriteRequest request;
  request.table = table.plan->target;
  for (const plan::FieldPlan& field : table.plan->fields) request.columns.push_back(field.target_column);
  request.journal = table.journal.get();
  return table.target->open(request);
}

bool has_triggers(const TableState& table) {
  const schema::Table& target = *table.plan->target;
  const schema::Table* live =
      table.target->catalog().table(target.schema.empty() ? target.name : target.schema + "." + target.name);
  return !target.triggers.empty() || (live != nullptr && !live->triggers.empty());
}

}  // namespace

Aborted::Aborted(report::Stop at)
    : Error{Error::Kind::validation,
            fmt::format("aborted: {}{}{}: {}: {}", at.table, at.field.empty() ? "" : ".", at.field, at.position, at.reason),
            "mend the row in the source, or make the abort a check"},
      at_{std::move(at)} {}

TableLoad::TableLoad(RunState& state, TableState& table, RunReferences& references, report::Table& report,
                     const std::string& folder)
    : state_{state},
      table_{table},
      report_{report},
      folder_{folder},
      visibility_{table},
      printer_{table, visibility_},
      writer_{open_writer(table)},
      exploder_{state, table, references, visibility_},
      groups_{table.plan->shape.grouped ? std::make_unique<Groups>(state, table, visibility_, printer_) : nullptr},
      finisher_{state, table, references, *writer_, visibility_, printer_, report},
      foreign_keys_{state, table, finisher_, visibility_},
      held_{table, state.space.budget},
      judge_{state, table, foreign_keys_, held_, visibility_, printer_},
      log_{table, report, folder, state.options.keep_rejects, stop_above(table, state.options)} {
  if (!has_triggers(table)) return;
  careful_ = true;
  judge_.be_careful();
}

void TableLoad::load() {
  ReadAhead reader{
      readers::open_rows(state_.connections.source(table_.source->connection), table_.source->request, state_.limits())};
  Progress* progress = state_.options.progress;
  if (progress != nullptr) progress->table_started(table_.plan->name, reader.estimated_rows());
  stop_on_interrupt();
  while (BatchPtr batch = reader.next()) {
    load_batch(std::move(batch));
    if (progress != nullptr) progress->rows(report_.counts.read, report_.counts.rejected);
    stop_on_interrupt();
  }
  load_groups();
  write_held_rows();
  log_.close();
  check_balance();
  check_thresholds();
  report_.complete = true;
}

void TableLoad::load_batch(BatchPtr source) {
  report_.counts.read += source->rows;
  exploder_.explode(std::move(source), [this](ShapedBatch rows) {
    if (!groups_) return load_rows(std::move(rows));
    FinishedBatch batch = finisher_.collect(std::move(rows), *groups_);
    report_.counts.filtered += batch.filtered;
    log_reasons(batch, std::move(batch.reasons));
  });
}

void TableLoad::load_groups() {
  while (groups_) {
    auto rows = groups_->next(state_.limits().rows);
    if (!rows) return;
    load_rows(std::move(*rows));
    stop_on_interrupt();
  }
}

void TableLoad::load_rows(ShapedBatch rows) {
  FinishedBatch batch = finisher_.finish(std::move(rows));
  if (Recall* recall = state_.options.recall; recall != nullptr && recall->knows(*table_.plan)) {
    recall->recall(*table_.plan, source_key_columns(table_, batch), *batch.arena, batch.columns);
  }
  foreign_keys_.check(batch);
  report_.counts.filtered += batch.filtered;
  if (batch.abort) {  // The rows before it count as they would have without it.
    for (std::size_t row = batch.abort->row; row < batch.rows; ++row) batch.active.clear(row);
    std::erase_if(batch.reasons, [&](const Reason& reason) { return reason.row >= batch.abort->row; });
  }
  write_batch(batch);
  log_rejects(batch);
  if (batch.abort) throw Aborted{batch.abort->stop};
}

void TableLoad::write_batch(FinishedBatch& batch) {
  judge_.take(batch, report_.counts.inserted > 0);
  std::vector<std::uint32_t> piece;
  std::uint32_t row = 0;
  while (row < batch.rows) {
    piece.clear();
    row = judge_.judge(row, piece);
    if (piece.empty()) continue;
    if (const auto again = write_piece(piece)) row = *again;
    judge_.piece_is_written();
  }
  report_.counts.skipped = judge_.skipped();
}

// Sends the piece in order: as a whole, and where that is refused in halves, so that everything before a row is
// written before the row itself is refused: the outcome is that of row by row.
std::optional<std::uint32_t> TableLoad::write_piece(const std::vector<std::uint32_t>& piece) {
  const std::vector<ColumnPtr> columns = judge_.columns();
  std::size_t done = 0;
  std::size_t step = piece.size();
  while (done < piece.size()) {
    const auto rows = std::span{piece}.subspan(done, std::min(step, piece.size() - done));
    const auto result = writer_->write(columns, rows);
    if (result.refusal && rows.size() > 1) {
      step = rows.size() / 2;
      continue;
    }
    done += rows.size();
    step *= 2;
    const auto again = result.refusal ? settle_refused(rows.front(), *result.refusal) : settle_dropped(rows, result);
    if (again) return again;
  }
  return std::nullopt;
}

void TableLoad::acknowledge(const writers::TableWriter::Result& result, std::size_t sent) {
  report_.counts.inserted += result.written;
  if (result.written + result.dropped.size() == sent) return;
  throw Error{Error::Kind::insertion,
              fmt::format("{}: {} rows were sent and {} acknowledged, and nothing tells which are missing",
                          table_.plan->name, sent, result.written),
              "look for triggers or rules on the table that write other rows than those they are given"};
}

// Rows that were judged by a refused row are judged again without it.
std::optional<std::uint32_t> TableLoad::settle_refused(std::uint32_t row, const writers::Refusal& refusal) {
  if (!judge_.explain_refusal(row)) judge_.take_back(row, refusal_reason(row, refusal));
  if (!judge_.is_depended_on(row)) return std::nullopt;
  judge_.rewind(row + 1);
  return row + 1;
}

std::optional<std::uint32_t> TableLoad::settle_dropped(std::span<const std::uint32_t> rows,
                                                       const writers::TableWriter::Result& result) {
  acknowledge(result, rows.size());
  if (result.dropped.empty()) return std::nullopt;
  bool again = false;
  for (const std::uint32_t row : result.dropped) {
    judge_.take_back(row, drop_reason(row));
    again = again || (!careful_ && judge_.is_depended_on(row));
  }
  if (!careful_) {  // From now on no row is judged by one that may yet be dropped.
    careful_ = true;
    judge_.be_careful();
  }
  if (!again) return std::nullopt;
  judge_.rewind(rows.back() + 1);
  return rows.back() + 1;
}

Reason TableLoad::refusal_reason(std::uint32_t row, const writers::Refusal& refusal) const {
  const std::vector<plan::FieldPlan>& fields = table_.plan->fields;
  const auto field = std::ranges::find(fields, refusal.column, &plan::FieldPlan::name);
  Reason reason{row, static_cast<std::uint32_t>(fields.size()) + 1, "", "database", refusal.message};
  if (field != fields.end()) {
    reason.order = static_cast<std::uint32_t>(field - fields.begin()) + 1;
    reason.field = field->name;
  }
  return reason;
}

Reason TableLoad::drop_reason(std::uint32_t row) const {
  return {row, static_cast<std::uint32_t>(table_.plan->fields.size()) + 1, "", "database",
          "the database left the row out, as a trigger may do"};
}

void TableLoad::log_rejects(FinishedBatch& batch) {
  const Witness::Wish wish = witness_wish();
  if (batch.reasons.empty() && judge_.reasons().empty() && wish != Witness::Wish::all) return;
  std::vector<Reason> reasons;
  const auto take = [&](const Reason& reason) {
    if (judge_.verdict(reason.row) != Verdict::late) reasons.push_back(reason);
  };
  std::ranges::for_each(batch.reasons, take);
  std::ranges::for_each(judge_.reasons(), take);
  put_in_order(reasons);
  if (wish != Witness::Wish::none) tell(batch, reasons, wish == Witness::Wish::all);
  log_reasons(batch, std::move(reasons));
}

void TableLoad::log_reasons(const FinishedBatch& batch, std::vector<Reason> reasons) {
  put_in_order(reasons);
  for (std::size_t from = 0; from < reasons.size();) {
    std::size_t to = from;
    while (to < reasons.size() && reasons[to].row == reasons[from].row) ++to;
    const std::uint32_t row = reasons[from].row;
    log_.add(printer_.position(*batch.source, row), printer_.source(*batch.source, row),
             std::span{reasons}.subspan(from, to - from));
    from = to;
  }
}

Witness::Wish TableLoad::witness_wish() const {
  return state_.options.witness == nullptr ? Witness::Wish::none : state_.options.witness->wants(*table_.plan);
}

// Held rows are told of when they are settled.
void TableLoad::tell(const FinishedBatch& batch, std::span<const Reason> reasons, bool all) const {
  const std::vector<ColumnPtr> columns = judge_.columns();
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    SeenRow seen{.table = table_.plan, .number = batch.source->first_row + row};
    while (!reasons.empty() && reasons.front().row < row) reasons = reasons.subspan(1);
    if (!all && (reasons.empty() || reasons.front().row != row)) continue;
    const Verdict verdict = judge_.verdict(row);
    if (verdict == Verdict::held || verdict == Verdict::late || verdict == Verdict::follows) continue;
    if (!reasons.empty() && reasons.front().row == row) {
      seen.outcome = SeenRow::Outcome::rejected;
      for (const Reason& reason : reasons) {
        if (reason.row == row) seen.add_reason(reason.field, reason.rule, reason.reason, reason.hidden);
      }
    } else if (!batch.active.test(row)) {
      seen.outcome = SeenRow::Outcome::filtered;
    } else if (verdict == Verdict::skipped) {
      seen.outcome = SeenRow::Outcome::skipped;
    }
    seen.position = printer_.position(*batch.source, row);
    seen.source = printer_.source(*batch.source, row);
    if (seen.outcome == SeenRow::Outcome::written) {
      for (std::size_t field = 0; field < columns.size(); ++field) {
        seen.values.push_back(shown_value(field, columns[field]->at(row)));
      }
    }
    state_.options.witness->row(std::move(seen));
  }
}

std::optional<std::string> TableLoad::shown_value(std::size_t field, const Value& value) const {
  if (visibility_.hides_field(field)) return "***";
  if (is_null(value)) return std::nullopt;
  return redact(to_text(value));
}

void TableLoad::tell_held(const HeldRow& row) const {
  SeenRow seen{.table = table_.plan, .number = row.number, .position = row.position, .source = row.source};
  if (row.rejected) {
    seen.outcome = SeenRow::Outcome::rejected;
    for (const Reason& reason : row.reasons) seen.add_reason(reason.field, reason.rule, reason.reason, reason.hidden);
  } else if (row.follows) {
    seen.outcome = SeenRow::Outcome::skipped;
  } else {
    for (std::size_t field = 0; field < row.values.size(); ++field) {
      seen.values.push_back(shown_value(field, row.values[field]));
    }
  }
  state_.options.witness->row(std::move(seen));
}

// ---- at the end

void TableLoad::stop_on_interrupt() const {
  if (state_.interrupted()) throw Interrupted{};
}

void TableLoad::check_balance() {
  report_.counts.added = exploder_.added();
  report_.counts.filtered += exploder_.vanished();  // A row without an item gives no row.
  if (groups_) report_.counts.merged = groups_->merged();
  report::Counts counts = report_.counts;
  if (counts.balanced()) return;
  throw Error{Error::Kind::insertion,
              fmt::format("{}: {} rows were read + {} added, but {} filtered + {} merged + {} inserted + {} skipped + {} "
                          "rejected are {}",
                          table_.plan->name, counts.read, counts.added, counts.filtered, counts.merged,
                          counts.inserted, counts.skipped, counts.rejected,
                          counts.filtered + counts.merged + counts.out()),
              "this is a fault of etl: please report it with the mapping"};
}

void TableLoad::check_thresholds() const {
  if (!state_.options.thresholds || !state_.options.limits) return;
  const report::Counts& counts = report_.counts;
  const spec::Threshold& allowed = table_.plan->max_rejects;
  const double most = allowed.share ? allowed.amount * static_cast<double>(counts.read) : allowed.amount;
  if (static_cast<double>(counts.rejected) > most) {
    const std::string file = folder_.empty() ? "" : "; see " + folder_ + "/" + report_.rejects_file;
    throw Error{Error::Kind::validation, too_many_rejects(report_) + file,
                "mend the source or the mapping, or raise max_rejects"};
  }
  const auto came_out = static_cast<std::int64_t>(counts.out() - counts.rejected);
  const auto& [least, highest] = std::tie(table_.plan->min_rows, table_.plan->max_rows);
  if ((!least || came_out >= *least) && (!highest || came_out <= *highest)) return;
  const std::string wanted = least && highest ? fmt::format("{} to {}", *least, *highest)
                             : least          ? fmt::format("at least {}", *least)
                                              : fmt::format("at most {}", *highest);
  throw Error{Error::Kind::validation,
              fmt::format("{}: {} rows came out, rows: wants {}", table_.plan->name, came_out, wanted),
              "look at what was read, filtered and rejected in the report"};
}

}  // namespace etl::run
