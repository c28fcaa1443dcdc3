// The ledger of one run in one of its targets (docs/ledger.md): the run's row, what it created, its journals.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/ledger/journal.h"
#include "engine/ledger/record.h"
#include "engine/report/report.h"
#include "engine/run/run.h"
#include "engine/run/state.h"
#include "engine/writers/writer.h"

namespace etl::run {

// What this process knows of its own run, from one attempt to the next.
struct OwnRun {
  std::optional<Uuid> run;  // Set once its row was written.
  int attempt = 0;
};

class TargetLedger {
 public:
  // All must outlive it.
  TargetLedger(RunState& state, std::size_t connection, const report::Report& report);
  ~TargetLedger();
  TargetLedger(const TargetLedger&) = delete;
  TargetLedger& operator=(const TargetLedger&) = delete;

  // Takes the mapping's lock, and reads what an earlier attempt left unfinished. A worker that is still alive is waited
  // for some seconds, then Error (connection); with --resume, or when it was this process's own earlier attempt, its
  // server process is ended instead. Throws Error also when another worker took this process's own run over.
  void look_back(const OwnRun& own);
  const std::optional<ledger::RunRow>& unfinished() const { return unfinished_; }
  // Whether rows of the unfinished run stay in the target: all of them, or some tables.
  bool is_committed() const {
    using enum ledger::RunState;
    return unfinished_ && (unfinished_->state == committed || unfinished_->state == done);
  }
  bool has_kept_rows() const;
  // The row of a table that the unfinished run committed, as a whole or up to its checkpoint; null when there is none.
  const ledger::TableRow* kept(std::size_t position) const;
  // Where that run stood in the table; null for a ledger that does not say.
  const ledger::Checkpoint* checkpoint(std::size_t position) const;
  // This run is gone on with, also where another target's part of it is done; else the one that was found is marked as
  // failed.
  void go_on(const Uuid& run);
  OwnRun own() const { return {run_.run, run_.attempt}; }

  // The run's row, committed in a small transaction of its own. A database that is only being built, and a dry run,
  // get it with enter() instead.
  void announce();
  // A transaction of rows has begun.
  void enter();
  // What stood in the database before `create: true`; afterwards, what was made.
  void creating();
  void created();
  // Tables and sequences as they are before the first row; opens the journals of the tables.
  void start_tables();
  // The last statements before the COMMIT of one table, or of its rows up to a checkpoint (`atomic: table`, `batch`).
  // Throws Error when another worker took over.
  void commit_table(std::size_t position, ledger::Checkpoint checkpoint, bool complete);
  // The last statements before the last COMMIT: counts, sequences, `committed`. Throws Error as above.
  // `ends`: where the rejects of its tables lie.
  void commit(std::span<const ledger::Checkpoint> ends);
  // The rows are kept: report and hooks are through. `target`: the same, perhaps opened anew. Throws Error.
  void done(writers::Target& target) const;
  // The connection is about to be closed by somebody else.
  void let_go() { locked_ = false; }
  // After a dry run: sequences that nobody else used go back; elsewhere a gap stays.
  void give_back_sequences() noexcept;
  // Not all was kept. Throws nothing: a connection that is gone tells nobody.
  void ended(ledger::RunState state) noexcept;

 private:
  bool writes_late() const;
  bool is_postgres() const { return target_.dialect() == schema::Dialect::postgresql; }
  void read_unfinished(const OwnRun& own);
  void write_run();
  void take_lock(bool take_over);
  void refuse_living_process(const OwnRun& own) const;
  void end_backend(const ledger::RunRow& run);
  [[noreturn]] void refuse_second();
  void start_table(std::size_t position);
  void note_sequences(const schema::Table& table);
  void finish_table(std::size_t index, bool complete);
  bool is_mine(std::size_t position) const;
  const schema::Table* live(std::size_t position) const;
  [[noreturn]] void fenced() const;
  const std::string& place() const { return state_.plan.connections[connection_].info.name; }

  RunState& state_;
  std::size_t connection_;
  const report::Report& report_;
  writers::Target& target_;
  ledger::RunRow run_;
  std::optional<ledger::RunRow> unfinished_;
  std::vector<ledger::TableRow> known_;  // Of the unfinished run.
  std::vector<ledger::Checkpoint> checkpoints_;
  bool going_on_ = false;
  bool written_ = false;  // The run's row, at least in the open transaction.
  bool locked_ = false;
  std::vector<ledger::ObjectRow> before_;  // Objects of the database before `create`.
  std::set<std::string> created_;          // Tables that the run created, quoted.
  std::vector<ledger::ObjectRow> sequences_;
  std::map<std::string, std::vector<int>> takers_;  // Sequences, and the positions of tables that take their values.
  std::vector<ledger::TableRow> rows_;        // Of this target's tables.
  std::vector<const schema::Table*> tables_;  // Of rows_, as the target holds them.
  int objects_ = 0;
};

// The run's row as its plan and options say.
ledger::RunRow run_row(const plan::Plan& plan, const RunOptions& options, const report::Report& report);

}  // namespace etl::run
