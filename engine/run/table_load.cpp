#include "engine/run/table_load.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include "engine/base/error.h"
#include "engine/base/fault.h"
#include "engine/base/secret.h"
#include "engine/plan/batches.h"
#include "engine/run/columns.h"
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

writers::MergeRequest merge_request(const plan::TablePlan& plan) {
  writers::MergeRequest request{.key = {}, .set = plan.set, .newest = plan.newest};
  const auto key = std::ranges::find(plan.unique, true, &plan::UniquePlan::is_key);
  if (key != plan.unique.end()) request.key = key->fields;
  return request;
}

bool has_triggers(const TableState& table) {
  const schema::Table& target = *table.plan->target;
  const schema::Table* live =
      table.target->catalog().table(target);
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
      merge_{merge_request(*table.plan)},
      exploder_{state, table, references, visibility_},
      groups_{table.plan->shape.grouped ? std::make_unique<Groups>(state, table, visibility_, printer_) : nullptr},
      finisher_{state, table, references, *writer_, visibility_, printer_, report},
      foreign_keys_{state, table, finisher_, visibility_},
      held_{table, state.space.budget},
      judge_{state, table, foreign_keys_, held_, visibility_, printer_},
      log_{table.plan->name, report, folder, state.options.keep_rejects, stop_above(table, state.options)} {
  if (state.options.replay != nullptr) {
    replay_ = std::make_unique<ReplayRows>(state.options.replay->tables.at(table.plan->name), table, printer_, visibility_);
  }
  if (!has_triggers(table)) return;
  careful_ = true;
  judge_.be_careful();
}

bool TableLoad::go_on_behind(ledger::Checkpoint checkpoint, const ledger::TableRow& counts) {
  report_.counts.inserted = counts.inserted;
  report_.counts.updated = counts.updated;
  report_.counts.unchanged = counts.unchanged;
  report_.counts.skipped = skipped_before_ = counts.skipped;
  report_.counts.rejected = counts.rejected;
  resume_ = std::move(checkpoint);
  return log_.take_over(resume_->rejects, resume_->rejects_bytes);
}

void TableLoad::load() {
  ReadAhead reader{
      readers::open_rows(state_.connections.source(table_.source->connection), table_.source->request, state_.limits())};
  Progress* progress = state_.options.progress;
  if (progress != nullptr) progress->table_started(table_.plan->name, reader.estimated_rows());
  stop_on_interrupt();
  while (BatchPtr batch = reader.next()) {
    if (commit_) take_position(*batch);
    load_batch(replay_ ? replay_->mend(std::move(batch)) : std::move(batch));
    if (commit_) pass_checkpoint();
    if (progress != nullptr) progress->rows(report_.counts.read, report_.counts.rejected);
    stop_on_interrupt();
    fault_point("batch");
  }
  if (resume_ && consumed_.rows() < resume_->rows) refuse_other_source();
  if (replay_) replay_->check_found();
  load_groups();
  write_held_rows();
  checkpoint_ = checkpoint();
  log_.close();
  check_balance();
  check_thresholds();
  report_.complete = true;
}

// A checkpoint lies between two batches: one that crosses it is not what was read then.
void TableLoad::take_position(const Batch& batch) {
  const bool before = is_before_checkpoint();
  consumed_.take(batch);
  if (before && consumed_.rows() - batch.rows < resume_->rows && consumed_.rows() > resume_->rows) refuse_other_source();
}

// Rows before the checkpoint are not written again; behind it, every few batches are committed.
void TableLoad::pass_checkpoint() {
  if (is_before_checkpoint()) {
    if (consumed_.rows() == resume_->rows && consumed_.digest() != resume_->digest) refuse_other_source();
    return;
  }
  if (++batches_ % plan::kBatchesPerCommit == 0) commit_(checkpoint());
}

void TableLoad::refuse_other_source() const {
  throw Error{Error::Kind::validation,
              fmt::format("{}: the first {} rows of {} are not those that the run had read when it was stopped",
                          table_.plan->name, resume_->rows, table_.source->name),
              "bring the source back to what it was; or undo the run with etl rollback, and run again"};
}

ledger::Checkpoint TableLoad::checkpoint() {
  const RejectLog::Written rejects = log_.flush();
  return {.position = 0,  // The run knows it.
          .rows = consumed_.rows(),
          .digest = consumed_.digest(),
          .step = state_.step,
          .rejects = rejects.file,
          .rejects_bytes = rejects.bytes};
}

void TableLoad::load_batch(BatchPtr source) {
  const std::uint64_t vanished = exploder_.vanished();
  report_.counts.read += source->rows;
  exploder_.explode(std::move(source), [this](ShapedBatch rows) {
    if (!groups_) return load_rows(std::move(rows));
    FinishedBatch batch = finisher_.collect(std::move(rows), *groups_);
    report_.counts.filtered += batch.filtered;
    log_reasons(batch, std::move(batch.reasons));
  });
  report_.counts.added = exploder_.added();
  report_.counts.filtered += exploder_.vanished() - vanished;  // A row without an item gives no row.
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
  if (replay_) replay_->keep_wanted(batch);
  report_.counts.filtered += batch.filtered;
  if (batch.abort) {  // The rows before it count as they would have without it.
    for (std::size_t row = batch.abort->row; row < batch.rows; ++row) batch.active.clear(row);
    std::erase_if(batch.reasons, [&](const Reason& reason) { return reason.row >= batch.abort->row; });
  }
  if (is_before_checkpoint()) return;
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
  report_.counts.skipped = skipped_before_ + judge_.skipped();
  journal_met(batch);
  if (state_.options.ledger) keep_ids(state_, table_, judge_.mapped());
}

// Rows that were met and left as they were, by the journal's own key.
void TableLoad::journal_met(const FinishedBatch& batch) {
  if (table_.journal == nullptr || table_.journal->key().empty() || merge_.key.empty()) return;
  std::vector<std::uint32_t> met;
  for (std::uint32_t row = 0; row < batch.rows; ++row) {
    const Verdict verdict = judge_.verdict(row);
    if (verdict == Verdict::skipped || verdict == Verdict::unchanged) met.push_back(row);
  }
  if (met.empty()) return;
  std::vector<ColumnPtr> keys;
  std::vector<std::string> names;
  for (const std::size_t field : merge_.key) {
    keys.push_back(pick(*batch.columns[field], met));
    names.push_back(table_.plan->fields[field].name);
  }
  if (names != table_.journal->key()) {
    std::vector<Type> types;
    for (const std::string& name : table_.journal->key()) types.push_back(table_.plan->target->column(name)->type.type);
    keys = table_.target->fetch(*table_.plan->target, names, keys, table_.journal->key(), types, *batch.arena);
  }
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < met.size(); ++row) {
    if (std::ranges::none_of(keys, [row](const ColumnPtr& key) { return key->is_null(row); })) rows.push_back(row);
  }
  if (!rows.empty()) table_.journal->met(keys, rows);
}

// Sends the piece in order: as a whole, and where that is refused in halves, so that everything before a row is
// written before the row itself is refused: the outcome is that of row by row.
std::optional<std::uint32_t> TableLoad::write_piece(const std::vector<std::uint32_t>& piece) {
  const std::vector<ColumnPtr> columns = judge_.columns();
  std::size_t done = 0;
  std::size_t step = piece.size();
  while (done < piece.size()) {
    const auto rows = std::span{piece}.subspan(done, std::min(step, piece.size() - done));
    const Sent sent = send(columns, rows);
    if (sent.inserts.refusal && rows.size() > 1) {
      step = rows.size() / 2;
      continue;
    }
    done += rows.size();
    step *= 2;
    const auto again = sent.inserts.refusal ? settle_refused(columns, rows.front(), *sent.inserts.refusal)
                                            : settle_dropped(rows, sent);
    if (again) return again;
  }
  return std::nullopt;
}

// New rows first: nothing that a piece gives up is taken by another of its rows, so that the order does not matter.
TableLoad::Sent TableLoad::send(const std::vector<ColumnPtr>& columns, std::span<const std::uint32_t> rows) {
  Sent sent;
  std::vector<std::uint32_t> inserts;
  for (const std::uint32_t row : rows) {
    (judge_.verdict(row) == Verdict::merge ? sent.merged : inserts).push_back(row);
  }
  sent.to_insert = inserts.size();
  if (sent.merged.empty()) {
    sent.inserts = writer_->write(columns, inserts);
    return sent;
  }
  const bool both = !inserts.empty();
  if (both) table_.target->change("SAVEPOINT etl_piece");
  if (both) sent.inserts = writer_->write(columns, inserts);
  if (!sent.inserts.refusal) merge(columns, sent);
  if (both && sent.inserts.refusal) table_.target->change("ROLLBACK TO SAVEPOINT etl_piece");
  if (both) table_.target->change("RELEASE SAVEPOINT etl_piece");
  return sent;
}

void TableLoad::merge(const std::vector<ColumnPtr>& columns, Sent& sent) {
  auto merged = writer_->merge(merge_, columns, sent.merged);
  sent.outcomes = std::move(merged.outcomes);
  if (merged.refusal) sent.inserts = {.written = 0, .refusal = std::move(merged.refusal), .dropped = {}};
}

void TableLoad::acknowledge(const writers::TableWriter::Result& result, std::size_t sent) {
  report_.counts.inserted += result.written;
  if (result.written + result.dropped.size() == sent) return;
  throw Error{Error::Kind::insertion,
              fmt::format("{}: {} rows were sent and {} acknowledged, and nothing tells which are missing",
                          table_.plan->name, sent, result.written),
              "look for triggers or rules on the table that write other rows than those they are given"};
}

void TableLoad::count_merged(const Sent& sent) {
  using writers::Met;
  report_.counts.updated += static_cast<std::uint64_t>(std::ranges::count(sent.outcomes, Met::updated));
  report_.counts.unchanged += static_cast<std::uint64_t>(std::ranges::count(sent.outcomes, Met::unchanged));
}

// Rows that were judged by a refused row are judged again without it.
std::optional<std::uint32_t> TableLoad::settle_refused(const std::vector<ColumnPtr>& columns, std::uint32_t row,
                                                       const writers::Refusal& refusal) {
  if (!judge_.explain_refusal(row, refusal)) {
    judge_.take_back(row, refusal_reason(row, refusal));
  } else if (judge_.verdict(row) == Verdict::merge) {  // Somebody else wrote the row that it meets.
    const Sent sent = send(columns, std::span{&row, 1});
    if (sent.inserts.refusal) {
      judge_.take_back(row, refusal_reason(row, *sent.inserts.refusal));
    } else {
      settle_dropped(std::span{&row, 1}, sent);
    }
  }
  if (!judge_.is_depended_on(row)) return std::nullopt;
  judge_.rewind(row + 1);
  return row + 1;
}

std::optional<std::uint32_t> TableLoad::settle_dropped(std::span<const std::uint32_t> rows, const Sent& sent) {
  acknowledge(sent.inserts, sent.to_insert);
  count_merged(sent);
  std::vector<std::uint32_t> dropped = sent.inserts.dropped;
  std::vector<std::uint32_t> missing;
  for (std::size_t i = 0; i < sent.outcomes.size(); ++i) {
    if (sent.outcomes[i] == writers::Met::dropped) {
      dropped.push_back(sent.merged[i]);
    } else if (sent.outcomes[i] == writers::Met::missing) {
      missing.push_back(sent.merged[i]);
    } else {
      judge_.settle(sent.merged[i], sent.outcomes[i]);
    }
  }
  bool again = insert_missing(missing, dropped);
  for (const std::uint32_t row : dropped) {
    judge_.take_back(row, drop_reason(row));
    again = again || (!careful_ && judge_.is_depended_on(row));
  }
  if (!dropped.empty() && !careful_) {  // From now on no row is judged by one that may yet be dropped.
    careful_ = true;
    judge_.be_careful();
  }
  if (!again) return std::nullopt;
  judge_.rewind(rows.back() + 1);
  return rows.back() + 1;
}

// Rows that meet a row no more: somebody else removed it meanwhile. Later rows are judged anew.
bool TableLoad::insert_missing(const std::vector<std::uint32_t>& missing, std::vector<std::uint32_t>& dropped) {
  for (const std::uint32_t row : missing) {
    if (!judge_.settle_missing(row)) continue;
    const auto result = writer_->write(judge_.columns(), std::span{&row, 1});
    if (result.refusal) {
      judge_.take_back(row, refusal_reason(row, *result.refusal));
      continue;
    }
    acknowledge(result, 1);
    dropped.insert(dropped.end(), result.dropped.begin(), result.dropped.end());
  }
  return !missing.empty();
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
    } else if (verdict == Verdict::skipped || verdict == Verdict::absent) {
      seen.outcome = SeenRow::Outcome::skipped;
    } else if (verdict == Verdict::updated) {
      seen.outcome = SeenRow::Outcome::updated;
    } else if (verdict == Verdict::unchanged) {
      seen.outcome = SeenRow::Outcome::unchanged;
    }
    seen.position = printer_.position(*batch.source, row);
    seen.source = printer_.source(*batch.source, row);
    if (seen.is_in_target()) {
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
  } else if (row.follows || row.older) {
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
  if (groups_) report_.counts.merged = groups_->merged();
  report::Counts counts = report_.counts;
  if (counts.balanced()) return;
  throw Error{Error::Kind::insertion,
              fmt::format("{}: {} rows were read + {} added, but {} filtered + {} merged + {} inserted + {} updated + {} "
                          "unchanged + {} skipped + {} rejected are {}",
                          table_.plan->name, counts.read, counts.added, counts.filtered, counts.merged,
                          counts.inserted, counts.updated, counts.unchanged, counts.skipped, counts.rejected,
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
