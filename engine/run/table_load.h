// One table, from its first source row to its last written one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/ledger/ledger.h"
#include "engine/report/report.h"
#include "engine/run/consumed_rows.h"
#include "engine/run/explode.h"
#include "engine/run/finish.h"
#include "engine/run/foreign_keys.h"
#include "engine/run/groups.h"
#include "engine/run/held_rows.h"
#include "engine/run/judge.h"
#include "engine/run/rejects.h"
#include "engine/run/replay.h"
#include "engine/run/state.h"
#include "engine/run/witness.h"

namespace etl::run {

// An `abort` of the mapping was broken.
class Aborted : public Error {
 public:
  explicit Aborted(report::Stop at);
  const report::Stop& at() const { return at_; }

 private:
  report::Stop at_;
};

class TableLoad {
 public:
  // All must outlive it; `report` is filled as it goes.
  TableLoad(RunState& state, TableState& table, RunReferences& references, report::Table& report,
            const std::string& folder);

  using Commit = std::function<void(ledger::Checkpoint checkpoint)>;
  // From now on `commit` is called as load() goes (plan/batches.h), when all rows up to a checkpoint are written.
  void commit_by_batch(Commit commit) { commit_ = std::move(commit); }
  // load() goes on behind the checkpoint of an earlier attempt, which had written what `counts` says: rows before it
  // are made again, but not written. False when the rejects of that attempt are gone.
  bool go_on_behind(ledger::Checkpoint checkpoint, const ledger::TableRow& counts);

  // Reads, converts, judges and writes. Throws Error, or Interrupted between batches.
  void load();
  // Once it is loaded: where its rejects lie.
  ledger::Checkpoint end() const { return checkpoint_; }

 private:
  void load_batch(BatchPtr source);
  void take_position(const Batch& batch);
  void pass_checkpoint();
  bool is_before_checkpoint() const { return resume_ && consumed_.rows() <= resume_->rows; }
  [[noreturn]] void refuse_other_source() const;
  ledger::Checkpoint checkpoint();
  void load_rows(ShapedBatch rows);
  void load_groups();
  void write_batch(FinishedBatch& batch);
  void journal_met(const FinishedBatch& batch);
  // What became of rows that were sent as one piece: all of them, or none and a refusal.
  struct Sent {
    writers::TableWriter::Result inserts;
    std::size_t to_insert = 0;
    std::vector<std::uint32_t> merged;
    std::vector<writers::Met> outcomes;  // As `merged`.
  };
  // Gives the row from which the batch must be judged anew, if it must.
  std::optional<std::uint32_t> write_piece(const std::vector<std::uint32_t>& piece);
  std::optional<std::uint32_t> settle_dropped(std::span<const std::uint32_t> rows, const Sent& sent);
  std::optional<std::uint32_t> settle_refused(const std::vector<ColumnPtr>& columns, std::uint32_t row,
                                              const writers::Refusal& refusal);
  Sent send(const std::vector<ColumnPtr>& columns, std::span<const std::uint32_t> rows);
  void merge(const std::vector<ColumnPtr>& columns, Sent& sent);
  void count_merged(const Sent& sent);
  bool insert_missing(const std::vector<std::uint32_t>& missing, std::vector<std::uint32_t>& dropped);
  void acknowledge(const writers::TableWriter::Result& result, std::size_t sent);
  Reason refusal_reason(std::uint32_t row, const writers::Refusal& refusal) const;
  Reason drop_reason(std::uint32_t row) const;
  void log_rejects(FinishedBatch& batch);
  void log_reasons(const FinishedBatch& batch, std::vector<Reason> reasons);
  void tell(const FinishedBatch& batch, std::span<const Reason> reasons, bool all) const;
  Witness::Wish witness_wish() const;
  void tell_held(const HeldRow& row) const;
  std::optional<std::string> shown_value(std::size_t field, const Value& value) const;

  void write_held_rows();
  std::vector<std::size_t> next_held_piece(const std::vector<std::vector<std::size_t>>& units, std::size_t from,
                                           std::size_t most, std::size_t& taken) const;
  void settle_held(const std::vector<std::size_t>& rows, const Sent& sent);
  Sent send_held(const std::vector<std::size_t>& rows);
  void log_held_rejects();

  void check_balance();
  void check_thresholds() const;
  void stop_on_interrupt() const;

  RunState& state_;
  TableState& table_;
  report::Table& report_;
  const std::string& folder_;
  Visibility visibility_;
  RowPrinter printer_;
  std::unique_ptr<writers::TableWriter> writer_;
  writers::MergeRequest merge_;
  Exploder exploder_;
  std::unique_ptr<Groups> groups_;  // Null without group_by.
  Finisher finisher_;
  ForeignKeys foreign_keys_;
  HeldRows held_;
  Judge judge_;
  RejectLog log_;
  std::unique_ptr<ReplayRows> replay_;  // Null without RunOptions::replay.
  Commit commit_;
  ConsumedRows consumed_;
  std::size_t batches_ = 0;  // Written since the last commit.
  std::optional<ledger::Checkpoint> resume_;
  ledger::Checkpoint checkpoint_;
  std::uint64_t skipped_before_ = 0;  // By the earlier attempt.
  bool careful_ = false;
};

}  // namespace etl::run
