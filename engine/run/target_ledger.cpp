#include "engine/run/target_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/fault.h"
#include "engine/run/replay.h"
#include "engine/stores/sql_text.h"

namespace etl::run {

namespace {

using namespace std::chrono_literals;

// A run that is still alive elsewhere is waited for so long before this one gives up.
constexpr auto kLockPatience = 5s;
constexpr auto kLockPause = 100ms;

constexpr std::string_view kLockKey = "hashtextextended('etl:' || $mapping, 0)";

// {"since": "2024-01-01", "token": "***"}.
std::string params_json(const plan::Plan& plan) {
  std::string out;
  for (const plan::ParameterValue& parameter : plan.parameters) {
    out += out.empty() ? '{' : ',';
    append_json_string(parameter.name, out);
    out += ':';
    append_json(parameter.secret ? Value{std::string_view{"***"}} : parameter.value, out);
  }
  return out.empty() ? "{}" : out + "}";
}

// ["users"], or "" when all tables are selected.
std::string only_json(const plan::Plan& plan) {
  if (std::ranges::all_of(plan.tables, &plan::TablePlan::selected)) return "";
  std::string only;
  for (const plan::TablePlan& table : plan.tables) {
    if (!table.selected) continue;
    only += only.empty() ? '[' : ',';
    append_json_string(table.name, only);
  }
  return only + "]";
}

// {"only":["users"],"batch":100}: what a resume must repeat; checkpoints lie between batches. A replay is another run
// than that of all rows.
std::string options_json(const plan::Plan& plan, const RunOptions& options) {
  if (options.replay != nullptr) return fmt::format("{{\"replay\":\"{}\"}}", to_text(options.replay->run));
  std::vector<std::string> members;
  if (const std::string only = only_json(plan); !only.empty()) members.push_back("\"only\":" + only);
  if (options.batch && plan.settings.atomic == "batch") members.push_back(fmt::format("\"batch\":{}", *options.batch));
  return fmt::format("{{{}}}", fmt::join(members, ","));
}

void take_counts(const report::Counts& counts, ledger::TableRow& row) {
  row.read = counts.read;
  row.added = counts.added;
  row.filtered = counts.filtered;
  row.merged = counts.merged;
  row.inserted = counts.inserted;
  row.updated = counts.updated;
  row.unchanged = counts.unchanged;
  row.skipped = counts.skipped;
  row.rejected = counts.rejected;
}

bool may_be_unfinished(ledger::RunState state) {
  using enum ledger::RunState;
  return state == running || state == committed || state == failed || state == interrupted || state == undoing;
}

bool is_kept(const ledger::TableRow& row) { return row.state == "done" || row.state == "partial"; }

}  // namespace

ledger::RunRow run_row(const plan::Plan& plan, const RunOptions& options, const report::Report& report) {
  ledger::RunRow run;
  run.run = report.run_id;
  run.mapping = plan.name;
  run.path = plan.path;
  run.hash = plan.hash;
  run.params = params_json(plan);
  run.started = options.started;
  run.atomic = plan.settings.atomic;
  run.options = options_json(plan, options);
  run.folder = report.folder;
  run.etl = options.version;
  return run;
}

TargetLedger::TargetLedger(RunState& state, std::size_t connection, const report::Report& report)
    : state_{state}, connection_{connection}, report_{report}, target_{state.connections.target(connection)} {}

TargetLedger::~TargetLedger() {
  if (!locked_) return;
  const std::vector<std::pair<std::string, Value>> parameters = {{"mapping", std::string_view{state_.plan.name}}};
  try {
    target_.read(fmt::format("SELECT pg_advisory_unlock({})", kLockKey), parameters);
  } catch (const std::exception&) {  // A connection that is gone holds no lock.
  }
}

bool TargetLedger::writes_late() const { return state_.options.dry_run || target_.is_building(); }

// ---- what was before

void TargetLedger::look_back(const OwnRun& own) {
  if (writes_late()) return;
  read_unfinished(own);
  const bool mine = own.run && unfinished_ && unfinished_->run == *own.run;
  const bool take_over = unfinished_ && (mine || state_.options.resume);
  take_lock(take_over);
  refuse_living_process(own);
  read_unfinished(own);  // Under the lock: nobody changes it any more.
}

void TargetLedger::read_unfinished(const OwnRun& own) {
  unfinished_.reset();
  known_.clear();
  checkpoints_.clear();
  for (const ledger::RunRow& run : ledger::runs(target_, state_.plan.name)) {
    if (own.run == run.run && run.attempt != own.attempt) fenced();
    if (run.state == ledger::RunState::done) return;
    if (!may_be_unfinished(run.state)) continue;
    known_ = ledger::tables(target_, run.run);
    checkpoints_ = ledger::checkpoints(target_, run.run);
    unfinished_ = run;
    // A run that failed and left nothing behind is over.
    if (run.state != ledger::RunState::failed || has_kept_rows()) return;
    unfinished_.reset();
    known_.clear();
    checkpoints_.clear();
  }
}

void TargetLedger::go_on(const Uuid& run) {
  if (!unfinished_ && !writes_late()) {
    for (ledger::RunRow& row : ledger::runs(target_, state_.plan.name)) {
      if (row.run != run || row.state != ledger::RunState::done) continue;
      known_ = ledger::tables(target_, run);
      checkpoints_ = ledger::checkpoints(target_, run);
      unfinished_ = std::move(row);
      break;
    }
  }
  going_on_ = unfinished_ && unfinished_->run == run;
}

bool TargetLedger::has_kept_rows() const {
  return is_committed() || std::ranges::any_of(known_, is_kept);
}

const ledger::TableRow* TargetLedger::kept(std::size_t position) const {
  const auto row = std::ranges::find(known_, static_cast<int>(position), &ledger::TableRow::position);
  return row == known_.end() || !is_kept(*row) ? nullptr : &*row;
}

const ledger::Checkpoint* TargetLedger::checkpoint(std::size_t position) const {
  const auto found = std::ranges::find(checkpoints_, static_cast<int>(position), &ledger::Checkpoint::position);
  return found == checkpoints_.end() ? nullptr : &*found;
}

// Held by the session, over all transactions of the run.
void TargetLedger::take_lock(bool take_over) {
  if (!is_postgres() || locked_) return;
  const std::vector<std::pair<std::string, Value>> parameters = {{"mapping", std::string_view{state_.plan.name}}};
  const auto until = std::chrono::steady_clock::now() + kLockPatience;
  bool ended = false;
  while (target_.read(fmt::format("SELECT pg_try_advisory_lock({})", kLockKey), parameters)[0][0] != "t") {
    if (state_.interrupted()) throw Interrupted{};
    if (take_over && !ended) end_backend(*unfinished_);
    ended = true;
    if (std::chrono::steady_clock::now() > until) refuse_second();
    std::this_thread::sleep_for(kLockPause);
  }
  locked_ = true;
}

// A number of a server process may be given again: its start tells whether it is the one that was noted.
void TargetLedger::end_backend(const ledger::RunRow& run) {
  const std::vector<std::pair<std::string, Value>> parameters = {{"pid", std::int64_t{run.pid}},
                                                                 {"start", std::string_view{run.backend_start}}};
  target_.read("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = $pid AND backend_start = "
               "$start::timestamptz",
               parameters);
}

void TargetLedger::refuse_second() {
  const std::vector<std::pair<std::string, Value>> parameters = {{"mapping", std::string_view{state_.plan.name}}};
  const auto holders = target_.read(
      fmt::format("SELECT a.pid, date_trunc('second', a.backend_start) FROM pg_locks l JOIN pg_stat_activity a ON a.pid = "
                  "l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND ((l.classid::bigint << 32) | "
                  "l.objid::bigint) = {} AND l.database = (SELECT oid FROM pg_database WHERE datname = "
                  "current_database())",
                  kLockKey),
      parameters);
  const std::string who =
      holders.empty() ? ""
                      : fmt::format(" (server process {}, since {})", holders[0][0].value_or(""), holders[0][1].value_or(""));
  throw Error{Error::Kind::connection, fmt::format("{}: another run of {} is at work{}", place(), state_.plan.name, who),
              "wait for it to end; if its program is gone, take over with --resume"};
}

// SQLite has no locks that outlive a transaction: the process that the ledger names is looked for.
void TargetLedger::refuse_living_process(const OwnRun& own) const {
  if (is_postgres() || !unfinished_ || state_.options.resume || own.run) return;
  if (unfinished_->state != ledger::RunState::running || unfinished_->pid == 0) return;
  if (ledger::process_start(unfinished_->pid) != unfinished_->backend_start) return;
  throw Error{Error::Kind::connection,
              fmt::format("{}: another run of {} is at work (process {})", place(), state_.plan.name, unfinished_->pid),
              "wait for it to end; if it hangs, end it, or take over with --resume"};
}

// ---- the run's row

void TargetLedger::announce() {
  run_ = run_row(state_.plan, state_.options, report_);
  if (writes_late()) return;
  target_.begin();
  try {
    write_run();
    fault_point("running");
    target_.commit();
  } catch (...) {
    target_.roll_back();
    throw;
  }
  fault_point("announced");
}

void TargetLedger::write_run() {
  written_ = true;
  ledger::open(target_);
  ledger::describe_session(target_, run_);
  if (unfinished_ && going_on_ && unfinished_->run == run_.run) {
    run_.attempt = unfinished_->attempt;
    if (unfinished_->state == ledger::RunState::done) return;
    if (!ledger::take_run(target_, run_)) fenced();
    return;
  }
  // Of an unfinished run that left nothing behind.
  if (unfinished_) {
    ledger::set_state(target_, unfinished_->run, unfinished_->attempt, unfinished_->state, ledger::RunState::failed);
  }
  unfinished_.reset();
  known_.clear();
  checkpoints_.clear();
  ledger::add_run(target_, run_);
}

void TargetLedger::enter() {
  if (!written_) return write_run();
  // Read only: an update would lock the row until COMMIT, and another worker could not take over.
  const std::vector<std::pair<std::string, Value>> parameters = {{"run", run_.run}};
  const auto newest = target_.read(
      fmt::format("SELECT attempt FROM {} WHERE run = $run", ledger::table_name(target_.dialect(), "runs")), parameters);
  if (newest.empty() || parse_integer(newest[0][0].value_or("")).value != run_.attempt) fenced();
}

void TargetLedger::creating() { before_ = ledger::database_objects(target_); }

void TargetLedger::created() {
  for (ledger::ObjectRow& object : ledger::database_objects(target_)) {
    const bool known = std::ranges::any_of(before_, [&](const ledger::ObjectRow& other) {
      return other.kind == object.kind && other.name == object.name;
    });
    if (!known) ledger::add_object(target_, run_.run, objects_++, object);
  }
}

// ---- tables

bool TargetLedger::is_mine(std::size_t position) const {
  const plan::TablePlan& table = state_.plan.tables[position];
  return table.selected && table.connection == connection_;
}

const schema::Table* TargetLedger::live(std::size_t position) const {
  return target_.catalog().table(*state_.plan.tables[position].target);
}

void TargetLedger::start_tables() {
  objects_ = 0;
  for (ledger::ObjectRow& object : ledger::objects(target_, run_.run)) {
    ++objects_;
    if (object.kind == "table") created_.insert(object.name);
    if (object.kind == "sequence_state") sequences_.push_back(std::move(object));
  }
  const auto steps = target_.read(fmt::format("SELECT coalesce(max(step), 0) FROM {} WHERE run = '{}'",
                                              ledger::table_name(target_.dialect(), "journal"), to_text(run_.run)));
  state_.step = std::max(state_.step, static_cast<std::uint64_t>(parse_integer(*steps[0][0]).value.value_or(0)));
  for (const ledger::Checkpoint& checkpoint : checkpoints_) state_.step = std::max(state_.step, checkpoint.step);
  for (std::size_t i = 0; i < state_.plan.tables.size(); ++i) {
    if (is_mine(i) && live(i) != nullptr) start_table(i);
  }
}

void TargetLedger::start_table(std::size_t position) {
  const plan::TablePlan& plan = state_.plan.tables[position];
  const schema::Table& table = *live(position);
  ledger::JournalRequest request{.run = run_.run, .position = static_cast<int>(position), .table = &table, .written = {}};
  for (const plan::FieldPlan& field : plan.fields) request.written.push_back(field.name);
  ledger::TableRow row;
  row.run = run_.run;
  row.position = request.position;
  row.name = plan.name;
  row.target = stores::quote_table(table);
  for (const schema::Column& column : table.columns) {
    row.columns.push_back(column.name);
    row.types.push_back(column.type.declared);
  }
  row.written = request.written;
  row.key = ledger::key_columns(table, request.written);
  row.key_kinds = ledger::key_kinds(table, row.key);
  row.created = created_.contains(row.target);
  const auto known = std::ranges::find(known_, row.position, &ledger::TableRow::position);
  if (known == known_.end()) {
    ledger::add_table(target_, row);
  } else {
    row = *known;
  }
  rows_.push_back(std::move(row));
  tables_.push_back(&table);
  note_sequences(table);
  if (state_.plan.settings.rollback) state_.tables[position].journal = ledger::Journal::open(target_, request, state_.step);
}

void TargetLedger::note_sequences(const schema::Table& table) {
  const ledger::TableRow& row = rows_.back();
  // Nothing is known of the values that a column takes which the run writes itself.
  const bool takes = std::ranges::none_of(table.columns, [&](const schema::Column& column) {
    const bool counted = column.serial || column.identity != schema::Column::Identity::none;
    return counted && std::ranges::find(row.written, column.name) != row.written.end();
  });
  for (ledger::ObjectRow& sequence : ledger::sequence_states(target_, table)) {
    if (takes) takers_[sequence.name].push_back(row.position);
    if (std::ranges::find(sequences_, sequence.name, &ledger::ObjectRow::name) != sequences_.end()) continue;
    ledger::add_object(target_, run_.run, objects_++, sequence);
    sequences_.push_back(std::move(sequence));
  }
}

void TargetLedger::finish_table(std::size_t index, bool complete) {
  ledger::TableRow& row = rows_[index];
  row.state = complete ? "done" : "partial";
  take_counts(report_.tables[static_cast<std::size_t>(row.position)].counts, row);
  row.removed = report_.tables[static_cast<std::size_t>(row.position)].removed;
  ledger::update_table(target_, row);
  for (ledger::ObjectRow& now : ledger::sequence_states(target_, *tables_[index])) {
    now.after_value = now.before_value;
    now.after_called = now.before_called;
    ledger::update_sequence(target_, run_.run, now);
  }
}

// ---- the end

void TargetLedger::commit_table(std::size_t position, ledger::Checkpoint checkpoint, bool complete) {
  checkpoint.position = static_cast<int>(position);
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (rows_[i].position == checkpoint.position) finish_table(i, complete);
  }
  ledger::set_checkpoint(target_, run_.run, checkpoint);
  ledger::note_transaction(target_, run_.run);
  using enum ledger::RunState;
  if (!ledger::set_state(target_, run_.run, run_.attempt, running, running)) fenced();
}

void TargetLedger::commit(std::span<const ledger::Checkpoint> ends) {
  for (const ledger::Checkpoint& end : ends) {
    const bool mine = std::ranges::find(rows_, end.position, &ledger::TableRow::position) != rows_.end();
    if (mine && !end.rejects.empty()) ledger::set_checkpoint(target_, run_.run, end);
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) finish_table(i, true);
  ledger::note_transaction(target_, run_.run);
  using enum ledger::RunState;
  if (!ledger::set_state(target_, run_.run, run_.attempt, running, committed)) fenced();
  fault_point("before_commit");
}

void TargetLedger::fenced() const {
  throw Error{Error::Kind::connection, fmt::format("{}: another worker took this run over, this one keeps nothing", place()),
              "`etl runs` shows what became of the run"};
}

void TargetLedger::done(writers::Target& target) const {
  target.begin();
  if (!ledger::end_run(target, run_.run, run_.attempt, ledger::RunState::committed, ledger::RunState::done,
                       report_.ended, report::to_json(report_))) {
    target.roll_back();
    return;  // Somebody else finished it, or undid it.
  }
  target.commit();
}

// After the rollback of a dry run.
void TargetLedger::give_back_sequences() noexcept {
  try {
    for (const ledger::ObjectRow& sequence : sequences_) {
      std::uint64_t taken = 0;
      for (const int position : takers_[sequence.name]) {
        taken += report_.tables[static_cast<std::size_t>(position)].counts.inserted;
      }
      if (!is_postgres() || taken == 0) continue;
      target_.begin();
      ledger::give_back(target_, sequence, taken);
      target_.commit();
    }
  } catch (const std::exception&) {  // Somebody uses it: a gap harms nobody.
    try {
      target_.roll_back();
    } catch (const std::exception&) {  // The connection is gone.
    }
  }
}

void TargetLedger::ended(ledger::RunState state) noexcept {
  if (!written_ || writes_late()) return;
  try {
    target_.begin();
    ledger::end_run(target_, run_.run, run_.attempt, ledger::RunState::running, state, report_.ended,
                    report::to_json(report_));
    target_.commit();
  } catch (const std::exception&) {
    try {
      target_.roll_back();
    } catch (const std::exception&) {  // The row then says `running`, as after a kill.
    }
  }
}

}  // namespace etl::run
