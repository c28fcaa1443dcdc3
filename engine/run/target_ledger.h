// The ledger of one run in one of its targets (docs/ledger.md): the run's row, what it created, its journals.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/ledger/journal.h"
#include "engine/ledger/record.h"
#include "engine/report/report.h"
#include "engine/run/run.h"
#include "engine/run/state.h"
#include "engine/writers/writer.h"

namespace etl::run {

class TargetLedger {
 public:
  // All must outlive it.
  TargetLedger(RunState& state, std::size_t connection, const report::Report& report);
  ~TargetLedger();
  TargetLedger(const TargetLedger&) = delete;
  TargetLedger& operator=(const TargetLedger&) = delete;

  // The run's row, committed in a small transaction of its own. A database that is only being built, and a dry run,
  // get it with enter() instead.
  void announce();
  // The transaction of the rows has begun.
  void enter();
  // What stood in the database before `create: true`; afterwards, what was made.
  void creating();
  void created();
  // Tables and sequences as they are before the first row; opens the journals of the tables.
  void start_tables();
  // The last statements before COMMIT: counts, sequences, `committed`. Throws Error when another worker took over.
  void commit();
  // The rows are kept: report and hooks are through. Throws Error.
  void done();
  // Nothing was kept. Throws nothing: a connection that is gone tells nobody.
  void ended(ledger::RunState state) noexcept;

 private:
  bool writes_late() const;
  void add_run();
  void take_lock();
  [[noreturn]] void refuse_second();
  void start_table(std::size_t position);
  void note_sequences(const schema::Table& table);
  bool is_mine(std::size_t position) const;
  const schema::Table* live(std::size_t position) const;
  void fenced() const;

  RunState& state_;
  std::size_t connection_;
  const report::Report& report_;
  writers::Target& target_;
  ledger::RunRow run_;
  bool announced_ = false;
  bool locked_ = false;
  std::vector<ledger::ObjectRow> before_;     // Objects of the database before `create`.
  std::vector<std::string> created_;          // Tables that the run created, quoted.
  std::vector<ledger::ObjectRow> sequences_;
  std::vector<ledger::TableRow> rows_;        // Of this target's tables.
  std::vector<const schema::Table*> tables_;  // Of rows_, as the target holds them.
  int objects_ = 0;
};

// The run's row as its plan and options say.
ledger::RunRow run_row(const plan::Plan& plan, const RunOptions& options, const report::Report& report);

}  // namespace etl::run
