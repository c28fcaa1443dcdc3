#include "engine/run/target_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/base/error.h"
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

// {"only": ["users"]}: what a resume must repeat.
std::string options_json(const plan::Plan& plan) {
  if (std::ranges::all_of(plan.tables, &plan::TablePlan::selected)) return "{}";
  std::string only;
  for (const plan::TablePlan& table : plan.tables) {
    if (!table.selected) continue;
    only += only.empty() ? '[' : ',';
    append_json_string(table.name, only);
  }
  return fmt::format("{{\"only\":{}]}}", only);
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
  run.options = options_json(plan);
  run.folder = report.folder;
  run.etl = options.version;
  return run;
}

TargetLedger::TargetLedger(RunState& state, std::size_t connection, const report::Report& report)
    : state_{state},
      connection_{connection},
      report_{report},
      target_{state.connections.target(connection)},
      run_{run_row(state.plan, state.options, report)} {}

TargetLedger::~TargetLedger() {
  if (!locked_) return;
  const std::vector<std::pair<std::string, Value>> parameters = {{"mapping", std::string_view{run_.mapping}}};
  try {
    target_.read(fmt::format("SELECT pg_advisory_unlock({})", kLockKey), parameters);
  } catch (const std::exception&) {  // A connection that is gone holds no lock.
  }
}

bool TargetLedger::writes_late() const { return state_.options.dry_run || target_.is_building(); }

void TargetLedger::announce() {
  if (writes_late()) return;
  target_.begin();
  try {
    take_lock();
    add_run();
    target_.commit();
  } catch (...) {
    target_.roll_back();
    throw;
  }
  announced_ = true;
}

void TargetLedger::add_run() {
  ledger::open(target_);
  ledger::describe_session(target_, run_);
  ledger::add_run(target_, run_);
}

// Held by the session, over all transactions of the run.
void TargetLedger::take_lock() {
  if (target_.dialect() != schema::Dialect::postgresql || locked_) return;
  const std::vector<std::pair<std::string, Value>> parameters = {{"mapping", std::string_view{run_.mapping}}};
  const auto until = std::chrono::steady_clock::now() + kLockPatience;
  while (target_.read(fmt::format("SELECT pg_try_advisory_lock({})", kLockKey), parameters)[0][0] != "t") {
    if (state_.interrupted()) throw Interrupted{};
    if (std::chrono::steady_clock::now() > until) refuse_second();
    std::this_thread::sleep_for(kLockPause);
  }
  locked_ = true;
}

void TargetLedger::refuse_second() {
  const std::vector<std::pair<std::string, Value>> parameters = {{"mapping", std::string_view{run_.mapping}}};
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
  throw Error{Error::Kind::connection,
              fmt::format("{}: another run of {} is at work{}", state_.plan.connections[connection_].info.name,
                          run_.mapping, who),
              "wait for it to end; if its program is gone, take over with --resume"};
}

void TargetLedger::enter() {
  const bool late = !announced_;
  take_lock();
  if (late) add_run();
  ledger::note_transaction(target_, run_.run);
}

void TargetLedger::creating() { before_ = ledger::database_objects(target_); }

void TargetLedger::created() {
  for (ledger::ObjectRow& object : ledger::database_objects(target_)) {
    const bool known = std::ranges::any_of(before_, [&](const ledger::ObjectRow& other) {
      return other.kind == object.kind && other.name == object.name;
    });
    if (known) continue;
    if (object.kind == "table") created_.push_back(object.name);
    ledger::add_object(target_, run_.run, objects_++, object);
  }
}

bool TargetLedger::is_mine(std::size_t position) const {
  const plan::TablePlan& table = state_.plan.tables[position];
  return table.selected && table.connection == connection_;
}

const schema::Table* TargetLedger::live(std::size_t position) const {
  const schema::Table& table = *state_.plan.tables[position].target;
  return target_.catalog().table(table.schema.empty() ? table.name : table.schema + "." + table.name);
}

void TargetLedger::start_tables() {
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
  row.created = std::ranges::find(created_, row.target) != created_.end();
  ledger::add_table(target_, row);
  rows_.push_back(std::move(row));
  tables_.push_back(&table);
  note_sequences(table);
  if (state_.plan.settings.rollback) state_.tables[position].journal = ledger::Journal::open(target_, request, state_.step);
}

void TargetLedger::note_sequences(const schema::Table& table) {
  for (ledger::ObjectRow& sequence : ledger::sequence_states(target_, table)) {
    const bool known = std::ranges::find(sequences_, sequence.name, &ledger::ObjectRow::name) != sequences_.end();
    if (!known) sequences_.push_back(std::move(sequence));
  }
}

void TargetLedger::commit() {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    ledger::TableRow& row = rows_[i];
    row.state = "done";
    take_counts(report_.tables[static_cast<std::size_t>(row.position)].counts, row);
    row.removed = report_.tables[static_cast<std::size_t>(row.position)].removed;
    ledger::update_table(target_, row);
    for (ledger::ObjectRow& now : ledger::sequence_states(target_, *tables_[i])) {
      const auto sequence = std::ranges::find(sequences_, now.name, &ledger::ObjectRow::name);
      if (sequence == sequences_.end()) continue;
      sequence->after_value = now.before_value;
      sequence->after_called = now.before_called;
    }
  }
  for (const ledger::ObjectRow& sequence : sequences_) ledger::add_object(target_, run_.run, objects_++, sequence);
  if (!ledger::set_state(target_, run_.run, run_.attempt, ledger::RunState::running, ledger::RunState::committed)) fenced();
}

void TargetLedger::fenced() const {
  throw Error{Error::Kind::connection,
              fmt::format("{}: another worker took this run over, this one keeps nothing",
                          state_.plan.connections[connection_].info.name),
              "`etl runs` shows what became of the run"};
}

void TargetLedger::done() {
  target_.begin();
  if (!ledger::end_run(target_, run_.run, run_.attempt, ledger::RunState::committed, ledger::RunState::done,
                       report_.ended, report::to_json(report_))) {
    target_.roll_back();
    return;  // Somebody else finished it, or undid it.
  }
  target_.commit();
}

void TargetLedger::ended(ledger::RunState state) noexcept {
  if (!announced_) return;
  try {
    target_.begin();
    ledger::end_run(target_, run_.run, run_.attempt, ledger::RunState::running, state, report_.ended, report::to_json(report_));
    target_.commit();
  } catch (const std::exception&) {
    try {
      target_.roll_back();
    } catch (const std::exception&) {  // The row then says `running`, as after a kill.
    }
  }
}

}  // namespace etl::run
