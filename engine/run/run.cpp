#include "engine/run/run.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/fault.h"
#include "engine/base/secret.h"
#include "engine/plan/batches.h"
#include "engine/run/final_checks.h"
#include "engine/run/hooks.h"
#include "engine/run/id_maps.h"
#include "engine/run/references.h"
#include "engine/run/replace.h"
#include "engine/run/replay.h"
#include "engine/run/table_load.h"
#include "engine/run/target_ledger.h"
#include "engine/stores/transient.h"

namespace etl::run {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

// RFC 4122, version 4.
Uuid random_uuid() {
  std::random_device device;
  Uuid id;
  for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(device());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x40);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

std::uint64_t peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
}

std::string target_name(const plan::Plan& plan, const plan::TablePlan& table) {
  const std::string name = table.target == nullptr ? table.name : table.target->name;
  return plan.connections[table.connection].info.name + "." + name;
}

std::string allowed_text(const spec::Threshold& allowed) {
  return allowed.share ? fmt::format("{:g}%", allowed.amount * 100) : fmt::format("{:g}", allowed.amount);
}

void refuse_undoing(const ledger::RunRow& run) {
  if (run.state != ledger::RunState::undoing) return;
  throw Error{Error::Kind::schema, fmt::format("run {} of {} is being undone", to_text(run.run), run.mapping),
              "finish it first: etl rollback " + run.path};
}

void refuse_other(const ledger::RunRow& run) {
  throw Error{Error::Kind::schema,
              fmt::format("run {} of {} kept rows and was not finished, and the mapping, its params, --only or --batch have "
                          "changed since",
                          to_text(run.run), run.mapping),
              "finish it with the mapping as it was (etl run --resume), or undo it with etl rollback"};
}

// A failure that may go away is met so often before it ends the run; the pause doubles each time.
constexpr std::size_t kAttempts = 6;
constexpr auto kFirstPause = std::chrono::milliseconds{500};

// Gives up early when the run is to end.
void pause(std::size_t failures, const RunOptions& options) {
  const auto until = Clock::now() + kFirstPause * (1U << (failures - 1));
  while (Clock::now() < until && (options.interrupt == nullptr || options.interrupt->load() == 0)) {
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
}

// One attempt at a run, from its first transaction to its last.
class Run {
 public:
  Run(const plan::Plan& plan, Connections& connections, RunOptions& options, report::Report& report,
      std::map<std::size_t, OwnRun>& own)
      : options_{options},
        report_{report},
        own_{own},
        space_{static_cast<std::size_t>(plan.settings.memory)},
        state_{plan, connections, options, space_} {
    for (const plan::ParameterValue& parameter : plan.parameters) {
      state_.parameters.emplace_back(parameter.name, parameter.value);
    }
  }

  // What an earlier attempt left: the run then goes on under its id and time, or is refused.
  void look_back();
  // Only the report and the hooks are missing.
  bool all_committed() const {
    return !ledgers_.empty() &&
           std::ranges::all_of(ledgers_, [](const auto& entry) { return entry.second->is_committed(); });
  }

  // Whether an earlier attempt left rows in some target.
  bool has_kept_rows() const {
    return std::ranges::any_of(ledgers_, [](const auto& entry) { return entry.second->has_kept_rows(); });
  }

  // What is thrown here leaves the targets as they were; with `atomic: table` and `batch` what was committed stays.
  void execute() {
    for (const plan::TablePlan& table : state_.plan.tables) {
      if (table.target != nullptr) continue;
      throw Error{Error::Kind::schema, fmt::format("{}: nothing is known of its target table", table.name),
                  "give the connection a schema:, or create the table"};
    }
    try {
      if (all_committed()) return finish_committed();
      open();
      load_tables();
      finish();
    } catch (...) {
      roll_back();
      throw;
    }
  }

  // What became of it, once the report says all.
  void close_ledgers() {
    if (!write_files()) return;
    for (auto& [connection, ledger] : ledgers_) {
      if (report_.state == report::State::failed) ledger->ended(ledger::RunState::failed);
      if (report_.state == report::State::interrupted) ledger->ended(ledger::RunState::interrupted);
      if (report_.state != report::State::done && report_.state != report::State::done_with_rejects) continue;
      fault_point("committed");
      say_done(connection, *ledger);
    }
  }

 private:
  // A run without its report is not over: whoever is told to run again must not write the rows twice.
  bool write_files() {
    const bool done = report_.state == report::State::done || report_.state == report::State::done_with_rejects;
    if (!done || !options_.before_done) return true;
    try {
      options_.before_done(report_);
    } catch (const Error& error) {
      report_.failure = report::Failure{
          error.kind(), redact(fmt::format("{}; the rows are kept, the report of the run is missing", error.what())),
          "free the disk or mend its permissions, then give the command again: it makes the report and writes no row "
          "twice"};
    }
    return !report_.failure;
  }

  // The rows are kept whatever happens here; where the ledger cannot be told, the next run finishes this one.
  void say_done(std::size_t connection, const TargetLedger& ledger) {
    for (std::size_t attempt = 1;; ++attempt) {
      try {
        return ledger.done(state_.connections.target(connection));
      } catch (const stores::TransientError& error) {
        if (attempt == kAttempts) return warn_of_ledger(error);
      } catch (const Error& error) {
        return warn_of_ledger(error);
      }
      pause(attempt, options_);
      for (auto& [other, held] : ledgers_) held->let_go();
      state_.connections.reset();
    }
  }

  void warn_of_ledger(const Error& error) {
    report_.warnings.push_back(redact(fmt::format("the rows are kept, but the ledger does not say so: {}", error.what())));
  }

  bool commits_tables() const { return state_.plan.settings.atomic != "run" && !state_.options.dry_run; }

  void open() {
    phase("opening");
    begin_targets();
    prepare_tables(state_);
    check_targets();
    for (auto& [connection, ledger] : ledgers_) {
      if (!ledger->is_committed()) ledger->start_tables();
    }
    if (commits_tables()) commit_and_go_on();
    take_loaded_tables();
    run_before_hooks(state_);
    prepare_sql(state_);
    prepare_after_hooks(state_);
    for (const plan::TablePlan& table : state_.plan.tables) {
      if (table.selected) open_source(table);
    }
    references_ = std::make_unique<RunReferences>(state_);
  }

  // What an earlier attempt committed counts as if this one had loaded it.
  void take_loaded_tables() {
    for (std::size_t i = 0; i < state_.tables.size(); ++i) {
      TableState& table = state_.tables[i];
      const TargetLedger* ledger = ledger_of(i);
      const ledger::TableRow* row = ledger == nullptr ? nullptr : ledger->kept(i);
      if (row == nullptr || row->state != "done" || !table.plan->selected) continue;
      table.loaded_before = true;
      take_counts(*row, report_.tables[i]);
      take_rejects(i, *ledger);
    }
  }

  static void take_counts(const ledger::TableRow& row, report::Table& table) {
    table.counts = {.read = row.read,
                    .added = row.added,
                    .filtered = row.filtered,
                    .merged = row.merged,
                    .inserted = row.inserted,
                    .updated = row.updated,
                    .unchanged = row.unchanged,
                    .skipped = row.skipped,
                    .rejected = row.rejected};
    table.removed = row.removed;
    table.complete = true;
  }

  void take_rejects(std::size_t position, const TargetLedger& ledger) {
    report::Table& table = report_.tables[position];
    const ledger::Checkpoint* end = ledger.checkpoint(position);
    if (end == nullptr || table.counts.rejected == 0) return;
    RejectLog log{state_.plan.tables[position].name, table, report_.folder, state_.options.keep_rejects, std::nullopt};
    if (!log.take_over(end->rejects, end->rejects_bytes)) warn_of_rejects(table, end->rejects);
    log.close();
  }

  void warn_of_rejects(const report::Table& table, const std::string& file) {
    report_.warnings.push_back(fmt::format("{}: the {} rows that an earlier attempt rejected stood in {}, which is gone",
                                           table.name, table.counts.rejected, file));
  }

  void load_tables() {
    if (state_.options.replay == nullptr) empty_replaced(state_, report_);
    for (std::size_t i = 0; i < state_.tables.size(); ++i) {
      TableState& table = state_.tables[i];
      if (table.loaded_before) {
        table.ask_database = true;
        read_ids(state_, table);
        report_.kept.push_back(table.plan->name);
      } else if (takes_rows(*table.plan)) {
        ledger::Checkpoint end = load_table(i);
        if (commits_tables()) {
          commit_table(i, std::move(end), true);
        } else {
          ends_.push_back(std::move(end));
        }
      } else {
        table.ask_database = true;
      }
      table.complete = true;
      std::erase_if(table.indexes, [](const auto& index) { return !index->used_by_others; });
    }
  }

  // A replay takes rows of some tables alone; the others are there to be referred to.
  bool takes_rows(const plan::TablePlan& table) const {
    return table.selected && (state_.options.replay == nullptr || state_.options.replay->tables.contains(table.name));
  }

  // A table, or its rows up to a checkpoint.
  void commit_table(std::size_t position, ledger::Checkpoint end, bool complete) {
    const plan::TablePlan& table = *state_.tables[position].plan;
    const std::uint64_t rows = end.rows;
    advance_sequences(state_.tables[position]);
    if (TargetLedger* ledger = ledger_of(position)) ledger->commit_table(position, std::move(end), complete);
    fault_point(complete ? "before_table" : "before_checkpoint");
    commit_target(table.connection);
    std::erase_if(report_.kept, [&](const std::string& kept) { return kept.starts_with(table.name + " ("); });
    report_.kept.push_back(complete ? table.name : fmt::format("{} (the first {} source rows)", table.name, rows));
    fault_point(complete ? "after_table" : "after_checkpoint");
    begin_again(table.connection);
  }

  TargetLedger* ledger_of(std::size_t position) const {
    const auto found = ledgers_.find(state_.tables[position].plan->connection);
    return found == ledgers_.end() ? nullptr : found->second.get();
  }

  void commit_and_go_on() {
    for (const std::size_t connection : std::set{begun_}) {
      commit_target(connection);
      begin_again(connection);
    }
  }

  void begin_again(std::size_t connection) {
    state_.connections.target(connection).begin();
    begun_.insert(connection);
    if (const auto ledger = ledgers_.find(connection); ledger != ledgers_.end()) ledger->second->enter();
  }

  void commit_target(std::size_t connection) {
    state_.connections.target(connection).commit();
    begun_.erase(connection);
  }

  void finish() {
    phase("checking");
    check_everything(state_, report_);
    verify();
    if (state_.options.dry_run) {
      run_after_hooks(state_, report_);
      roll_back();
      return;
    }
    phase("committing");
    std::string kept;
    for (const std::size_t connection : std::set{begun_}) {
      try {
        const auto ledger = ledgers_.find(connection);
        if (ledger != ledgers_.end() && !ledger->second->is_committed()) ledger->second->commit(ends_);
        commit_target(connection);
        fault_point("after_commit");
      } catch (const stores::TransientError&) {
        throw;  // The next attempt finds out what was kept, and goes on behind it.
      } catch (const Error& error) {
        if (kept.empty()) throw;
        throw Error{error.kind(), fmt::format("{}; but {} was committed already", error.what(), kept), error.remedy()};
      }
      kept += (kept.empty() ? "" : ", ") + state_.plan.connections[connection].info.name;
    }
    run_after_hooks(state_, report_);
  }

  // settings.verify: sample, full. Rows are made once more, so memory of this pass is given back first.
  void verify() {
    const std::string& depth = state_.plan.settings.verify.value;
    const bool wanted = depth == "sample" || depth == "full";
    if (!wanted || !state_.options.thresholds || !state_.options.limits) return;
    if (state_.options.replay != nullptr) return;  // The rows that were rejected are not all that the mapping makes.
    if (state_.options.verifier == nullptr) {
      throw Error{Error::Kind::schema, fmt::format("verify: {} is not at hand here", depth), "write verify: counts"};
    }
    phase("verifying");
    for (TableState& table : state_.tables) {
      table.indexes.clear();
      table.ids.reset();
    }
    state_.options.verifier->verify(state_.plan, state_.connections, state_.options, report_);
    const std::uint64_t differing = report_.verification ? report_.verification->differing() : 0;
    if (differing == 0) return;
    const std::string& file = report_.verification->file;
    throw Error{Error::Kind::validation,
                fmt::format("{} row{} of the target differ{} from what the mapping makes{}", differing,
                            differing == 1 ? "" : "s", differing == 1 ? "s" : "",
                            file.empty() ? "" : "; see " + report_.folder + "/" + file),
                "look for triggers, rules and generated values in the target that change what is written"};
  }

  void finish_committed() {
    for (auto& [connection, ledger] : ledgers_) {
      ledger->announce();
      own_[connection] = ledger->own();
      for (std::size_t i = 0; i < state_.plan.tables.size(); ++i) {
        const ledger::TableRow* row = ledger->kept(i);
        if (row == nullptr) continue;
        take_counts(*row, report_.tables[i]);
        take_rejects(i, *ledger);
      }
    }
    report_.warnings.emplace_back("the rows were committed by an earlier attempt; this one made the report and ran the hooks");
    run_after_hooks(state_, report_);
  }

  // One transaction per target, with its tables if it is empty and `create` says so.
  void begin_targets() {
    for (const plan::TablePlan& table : state_.plan.tables) begin_target(table.connection);
    if (!state_.options.thresholds) return;
    for (const plan::SqlPlan& check : state_.plan.checks) begin_target(check.connection);
    for (std::size_t i = 0; i < state_.plan.connections.size(); ++i) {
      if (state_.plan.connections[i].is_target) begin_target(i);
    }
  }

  void begin_target(std::size_t connection) {
    const plan::ConnectionPlan& plan = state_.plan.connections[connection];
    if (begun_.contains(connection)) return;
    const auto found = ledgers_.find(connection);
    TargetLedger* const ledger = found == ledgers_.end() ? nullptr : found->second.get();
    // Its part is done; the transaction only reads.
    const bool is_committed = ledger != nullptr && ledger->is_committed();
    if (ledger != nullptr) {
      ledger->announce();
      own_[connection] = ledger->own();
    }
    writers::Target& target = state_.connections.target(connection);
    target.begin();
    begun_.insert(connection);
    if (ledger == nullptr) {
      create_tables(plan, target);
      return;
    }
    if (is_committed) return;
    ledger->enter();
    own_[connection] = ledger->own();
    ledger->creating();
    if (create_tables(plan, target)) ledger->created();
  }

  static bool create_tables(const plan::ConnectionPlan& plan, writers::Target& target) {
    if (!plan.create || !plan.ddl || !target.catalog().tables.empty()) return false;
    target.create(*plan.ddl);
    return true;
  }

  // Of the targets that the run writes rows to.
  void open_ledgers() {
    for (const plan::TablePlan& table : state_.plan.tables) {
      if (!state_.options.ledger || !table.selected || ledgers_.contains(table.connection)) continue;
      ledgers_[table.connection] = std::make_unique<TargetLedger>(state_, table.connection, report_);
    }
  }

  void check_targets() {
    for (const TableState& table : state_.tables) {
      if (table.target->catalog().table(*table.plan->target) != nullptr) continue;
      throw Error{
          Error::Kind::schema,
          fmt::format("{}: {} does not exist", to_string(table.plan->at), target_name(state_.plan, *table.plan)),
          "create the table first, or give the connection schema: and create: true (an empty database)"};
    }
  }

  // A wrong table or column fails here, before any row is read.
  void open_source(const plan::TablePlan& table) {
    const plan::SourcePlan& source = state_.plan.sources[table.source];
    (void)state_.connections.source(source.connection).open(source.request, state_.limits());
  }

  ledger::Checkpoint load_table(std::size_t position) {
    TableState& table = state_.tables[position];
    report::Table& report = report_.tables[position];
    const auto start = Clock::now();
    table.ask_database = !table.target->is_empty(*table.plan->target);
    if (table.ask_database && state_.options.thresholds) table.rows_before = rows_of(table);
    ledger::Checkpoint end;
    try {
      TableLoad load{state_, table, *references_, report, report_.folder};
      if (commits_batches(position)) commit_by_batch(load, position);
      report.rows_before = table.rows_before;
      load.load();
      end = load.end();
      end.position = static_cast<int>(position);
    } catch (...) {
      report.seconds = seconds_since(start);
      throw;
    }
    report.seconds = seconds_since(start);
    // Rows that another table of the mapping wrote into the same target are not in this one's indexes.
    table.ask_database = table.ask_database || shares_target(table);
    if (state_.options.progress != nullptr) state_.options.progress->table_ended(report);
    return end;
  }

  bool commits_batches(std::size_t position) const {
    return commits_tables() && state_.plan.settings.atomic == "batch" && ledger_of(position) != nullptr &&
           state_.options.replay == nullptr && plan::why_whole(state_.plan, *state_.tables[position].plan).empty();
  }

  // Behind what an earlier attempt committed of the table, if it did.
  void commit_by_batch(TableLoad& load, std::size_t position) {
    load.commit_by_batch(
        [this, position](ledger::Checkpoint at) { commit_table(position, std::move(at), false); });
    const TargetLedger& ledger = *ledger_of(position);
    const ledger::TableRow* row = ledger.kept(position);
    const ledger::Checkpoint* at = ledger.checkpoint(position);
    if (row == nullptr || at == nullptr) return;
    TableState& table = state_.tables[position];
    table.rows_before -= row->inserted;
    read_ids(state_, table);
    report_.kept.push_back(fmt::format("{} (the first {} source rows)", table.plan->name, at->rows));
    if (!load.go_on_behind(*at, *row)) warn_of_rejects(report_.tables[position], at->rejects);
  }

  std::uint64_t rows_of(const TableState& table) const {
    const auto rows = table.target->query(fmt::format("SELECT count(*) FROM {}", quoted_table(table)), {}, 1);
    return rows.rows.empty() ? 0 : static_cast<std::uint64_t>(parse_integer(rows.rows[0][0]).value.value_or(0));
  }

  bool shares_target(const TableState& table) const {
    return std::ranges::count_if(state_.plan.tables, [&](const plan::TablePlan& other) {
             return other.connection == table.plan->connection && other.target->name == table.plan->target->name &&
                    other.target->schema == table.plan->target->schema;
           }) > 1;
  }

  void roll_back() {
    for (const std::size_t connection : begun_) {
      try {
        state_.connections.target(connection).roll_back();
      } catch (const Error& error) {
        // A connection that is gone has rolled back by itself.
        report_.warnings.push_back(redact(fmt::format("rolling back: {}", error.what())));
      }
    }
    begun_.clear();
    if (!state_.options.dry_run) return;
    for (auto& [connection, ledger] : ledgers_) ledger->give_back_sequences();
  }

  void phase(std::string_view what) const {
    if (state_.options.progress != nullptr) state_.options.progress->phase(what);
    if (state_.interrupted()) throw Interrupted{};
  }

  RunOptions& options_;
  report::Report& report_;
  std::map<std::size_t, OwnRun>& own_;  // By connection, from attempt to attempt.
  KeySpace space_;
  RunState state_;
  std::set<std::size_t> begun_;
  std::vector<ledger::Checkpoint> ends_;  // Of tables that are written and not yet committed.
  std::map<std::size_t, std::unique_ptr<TargetLedger>> ledgers_;  // By connection.
  std::unique_ptr<RunReferences> references_;
};

// A run of the same mapping and params is gone on with; what it left of another one stops this one.
void Run::look_back() {
  open_ledgers();
  for (auto& [connection, ledger] : ledgers_) ledger->look_back(own_[connection]);
  const ledger::RunRow* earlier = nullptr;
  bool kept = false;
  for (const auto& [connection, ledger] : ledgers_) {
    const auto& found = ledger->unfinished();
    if (!found || (kept && !ledger->has_kept_rows())) continue;
    earlier = &*found;
    kept = kept || ledger->has_kept_rows();
  }
  if (earlier == nullptr) return;
  refuse_undoing(*earlier);
  const ledger::RunRow now = run_row(state_.plan, options_, report_);
  const bool same = earlier->hash == now.hash && earlier->params == now.params && earlier->options == now.options &&
                    earlier->atomic == now.atomic;
  if (!same && kept) refuse_other(*earlier);
  if (!same) return;
  options_.run_id = report_.run_id = earlier->run;
  options_.started = report_.started = earlier->started;
  for (auto& [connection, ledger] : ledgers_) {
    ledger->go_on(earlier->run);
  }
}

report::Report start_report(const plan::Plan& plan, const RunOptions& options) {
  report::Report report;
  report.run_id = options.run_id.value_or(random_uuid());
  report.mapping = plan.name;
  report.path = plan.path;
  report.dry_run = options.dry_run;
  report.started = options.started;
  for (const plan::TablePlan& table : plan.tables) {
    report::Table entry;
    entry.name = table.name;
    entry.source = plan.sources[table.source].name;
    entry.target = target_name(plan, table);
    entry.allowed = allowed_text(table.max_rejects);
    report.tables.push_back(std::move(entry));
  }
  return report;
}

void fail(report::Report& report, Error::Kind kind, const std::string& message, const std::string& remedy) {
  report.state = report::State::failed;
  report.failure = report::Failure{kind, redact(message), redact(remedy)};
}

void forget_tables_not_selected(const plan::Plan& plan, report::Report& report) {
  for (std::size_t i = plan.tables.size(); i > 0; --i) {
    if (!plan.tables[i - 1].selected) report.tables.erase(report.tables.begin() + static_cast<std::ptrdiff_t>(i - 1));
  }
}

report::State state_of(const report::Report& report) {
  if (report.dry_run) return report::State::dry_run;
  return report.totals().rejected > 0 ? report::State::done_with_rejects : report::State::done;
}

struct Outcome {
  report::Report report;
  bool is_transient = false;
};

// One attempt. With `last` a failure is final, and the ledgers are told.
Outcome attempt_run(const plan::Plan& plan, Connections& connections, const RunOptions& options,
                    std::map<std::size_t, OwnRun>& own, bool last) {
  const auto start = Clock::now();
  Outcome outcome{.report = start_report(plan, options)};
  report::Report& report = outcome.report;
  RunOptions fixed = options;
  fixed.run_id = report.run_id;
  std::optional<Run> work;
  try {
    work.emplace(plan, connections, fixed, report, own).look_back();
    if (!options.reports.empty()) {
      report.folder = report::make_folder(options.reports, plan.name, fixed.started, report.run_id);
      if (options.progress != nullptr) options.progress->folder(report.folder);
    }
    // A backup of what an earlier attempt has half done would be none.
    if (options.before_writing && !work->has_kept_rows()) options.before_writing(report.folder);
    work->execute();
    report.state = state_of(report);
  } catch (const Interrupted&) {
    report.state = report::State::interrupted;
  } catch (const stores::TransientError& error) {
    fail(report, error.kind(), error.what(), error.remedy());
    outcome.is_transient = !last;
  } catch (const Aborted& aborted) {
    fail(report, aborted.kind(), aborted.what(), aborted.remedy());
    report.stop = aborted.at();
  } catch (const Error& error) {
    fail(report, error.kind(), error.what(), error.remedy());
  } catch (const std::bad_alloc&) {
    fail(report, Error::Kind::environment, "out of memory", "lower settings.memory or settings.batch");
  }
  if (outcome.is_transient) return outcome;
  forget_tables_not_selected(plan, report);
  report.seconds = seconds_since(start);
  report.ended = Instant{options.started.micros + static_cast<std::int64_t>(report.seconds * kMicrosPerSecond)};
  report.peak_memory = peak_memory();
  if (work) work->close_ledgers();
  return outcome;
}

}  // namespace

report::Report run(const plan::Plan& plan, Connections& connections, const RunOptions& options) {
  std::map<std::size_t, OwnRun> own;
  RunOptions same = options;
  if (!same.run_id) same.run_id = random_uuid();
  std::vector<std::string> troubles;
  for (;;) {
    // Without a ledger nothing tells what was kept: one attempt is all there is.
    const bool last = !options.ledger || options.dry_run || troubles.size() + 1 >= kAttempts;
    Outcome outcome = attempt_run(plan, connections, same, own, last);
    if (!outcome.is_transient) {
      outcome.report.warnings.insert(outcome.report.warnings.begin(), troubles.begin(), troubles.end());
      return std::move(outcome.report);
    }
    troubles.push_back(fmt::format("attempt {} of {}: {}", troubles.size() + 1, kAttempts, outcome.report.failure->message));
    pause(troubles.size(), options);
    connections.reset();
  }
}

}  // namespace etl::run
