// Stage 3: the execution of a plan. One transaction per target: everything is kept, or nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/plan/plan.h"
#include "engine/report/report.h"
#include "engine/run/connections.h"
#include "engine/run/recall.h"
#include "engine/run/verifier.h"
#include "engine/run/witness.h"

namespace etl::run {

struct Replay;

// What a run tells while it goes. Called from the thread of `run`, after every batch at most.
class Progress {
 public:
  virtual ~Progress() = default;
  // `estimate`: rows that the source is likely to give.
  virtual void table_started(std::string_view /*table*/, std::optional<std::uint64_t> /*estimate*/) {}
  virtual void rows(std::uint64_t /*read*/, std::uint64_t /*rejected*/) {}
  virtual void table_ended(const report::Table& /*table*/) {}
  // What happens between the tables: "opening", "checking", "committing".
  virtual void phase(std::string_view /*what*/) {}
  // The report's folder was made: first of all, before any phase.
  virtual void folder(const std::string& /*path*/) {}
};

struct RunOptions {
  bool dry_run = false;  // Everything but the commit; no HTTP hooks.
  // Set by signal handlers to a value other than 0; looked at between batches. May be null.
  const std::atomic<int>* interrupt = nullptr;
  Progress* progress = nullptr;
  Instant started;                   // now() of the mapping.
  // What the rules past and future compare with, instead of `started`: a test has a fixed now(), but its rows lie in
  // the past of whoever wrote them.
  std::optional<Instant> judged_at;
  std::optional<Uuid> run_id;        // Empty: a random one.
  std::uint64_t random_seed = 0;     // Of uuid4(); 0: the system's.
  std::string reports;               // Folder for report folders; "" keeps none.
  std::optional<std::size_t> batch;  // Rows per batch, instead of settings.batch.
  std::size_t keep_rejects = 20;     // Rejects per table that the report itself holds.
  // False for `etl test`: no rows:, no max_rejects, and no SQL of the mapping runs.
  bool thresholds = true;
  // False for a scan: max_rejects and rows: do not end it.
  bool limits = true;
  // The run is kept in its targets' ledgers (docs/ledger.md). Off where nothing is to be kept: tests, scans.
  bool ledger = false;
  // A run of this mapping that is still alive elsewhere is taken over: its server process is ended.
  bool resume = false;
  std::string version;         // Of the program, for the ledger.
  Witness* witness = nullptr;  // Told of rows one by one; may be null.
  // Rows of an earlier run, in again: no others are taken. May be null.
  const Replay* replay = nullptr;
  // Called once, when the report's folder is there and before anything is written: for a backup. May be empty.
  std::function<void(const std::string& folder)> before_writing;
  // Called once the rows are kept and before the ledger says `done`: for the run's files. What it throws (Error) leaves
  // the run `committed`: the next one makes its report. May be empty.
  std::function<void(report::Report& report)> before_done;
  Recall* recall = nullptr;    // Knows values that cannot be made twice; may be null.
  Verifier* verifier = nullptr;  // For settings.verify: sample and full, which fail without one.
};

// Never throws Error or Interrupted: what went wrong stands in the report, whose state is then `failed` or
// `interrupted` and whose targets are as they were. The caller writes it (report::write).
report::Report run(const plan::Plan& plan, Connections& connections, const RunOptions& options);

}  // namespace etl::run
