#include "engine/run/run.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <random>
#include <set>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/run/final_checks.h"
#include "engine/run/hooks.h"
#include "engine/run/references.h"
#include "engine/run/replace.h"
#include "engine/run/replay.h"
#include "engine/run/table_load.h"
#include "engine/run/target_ledger.h"

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

// A run from its first transaction to its last.
class Run {
 public:
  Run(const plan::Plan& plan, Connections& connections, const RunOptions& options, report::Report& report)
      : report_{report},
        space_{static_cast<std::size_t>(plan.settings.memory)},
        state_{plan, connections, options, space_} {
    for (const plan::ParameterValue& parameter : plan.parameters) {
      state_.parameters.emplace_back(parameter.name, parameter.value);
    }
  }

  // All or nothing: what is thrown here leaves the targets as they were.
  void execute() {
    if (state_.plan.settings.atomic != "run") {
      throw Error{Error::Kind::schema, fmt::format("atomic: {} is not available yet", state_.plan.settings.atomic),
                  "write atomic: run"};
    }
    for (const plan::TablePlan& table : state_.plan.tables) {
      if (table.target != nullptr) continue;
      throw Error{Error::Kind::schema, fmt::format("{}: nothing is known of its target table", table.name),
                  "give the connection a schema:, or create the table"};
    }
    try {
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
    for (auto& [connection, ledger] : ledgers_) {
      if (report_.state == report::State::failed) ledger->ended(ledger::RunState::failed);
      if (report_.state == report::State::interrupted) ledger->ended(ledger::RunState::interrupted);
      if (report_.state != report::State::done && report_.state != report::State::done_with_rejects) continue;
      try {
        ledger->done();
      } catch (const Error& error) {
        report_.warnings.push_back(redact(fmt::format("the rows are kept, but the ledger does not say so: {}", error.what())));
      }
    }
  }

 private:
  void open() {
    phase("opening");
    begin_targets();
    prepare_tables(state_);
    check_targets();
    for (auto& [connection, ledger] : ledgers_) ledger->start_tables();
    run_before_hooks(state_);
    prepare_sql(state_);
    prepare_after_hooks(state_);
    for (const plan::TablePlan& table : state_.plan.tables) {
      if (table.selected) open_source(table);
    }
    references_ = std::make_unique<RunReferences>(state_);
  }

  void load_tables() {
    if (state_.options.replay == nullptr) empty_replaced(state_, report_);
    for (std::size_t i = 0; i < state_.tables.size(); ++i) {
      TableState& table = state_.tables[i];
      if (takes_rows(*table.plan)) {
        load_table(table, report_.tables[i]);
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
        if (const auto ledger = ledgers_.find(connection); ledger != ledgers_.end()) ledger->second->commit();
        state_.connections.target(connection).commit();
      } catch (const Error& error) {
        if (kept.empty()) throw;
        throw Error{error.kind(), fmt::format("{}; but {} was committed already", error.what(), kept), error.remedy()};
      }
      kept += (kept.empty() ? "" : ", ") + state_.plan.connections[connection].info.name;
      begun_.erase(connection);
    }
    run_after_hooks(state_, report_);
  }

  // settings.verify: sample, full. Rows are made once more, so memory of this pass is given back first.
  void verify() {
    const std::string& depth = state_.plan.settings.verify.value;
    const bool wanted = depth == "sample" || depth == "full";
    if (!wanted || !state_.options.thresholds || !state_.options.limits) return;
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

  // One transaction per target, with its tables if it is empty and `create` says so.
  void begin_targets() {
    const auto begin = [this](std::size_t connection) {
      const plan::ConnectionPlan& plan = state_.plan.connections[connection];
      if (begun_.contains(connection)) return;
      writers::Target& target = state_.connections.target(connection);
      TargetLedger* const ledger = open_ledger(connection);
      if (ledger != nullptr) ledger->announce();
      target.begin();
      begun_.insert(connection);
      if (ledger != nullptr) ledger->enter();
      if (!plan.create || !plan.ddl || !target.catalog().tables.empty()) return;
      if (ledger != nullptr) ledger->creating();
      target.create(*plan.ddl);
      if (ledger != nullptr) ledger->created();
    };
    for (const plan::TablePlan& table : state_.plan.tables) begin(table.connection);
    if (!state_.options.thresholds) return;
    for (const plan::SqlPlan& check : state_.plan.checks) begin(check.connection);
    for (std::size_t i = 0; i < state_.plan.connections.size(); ++i) {
      if (state_.plan.connections[i].is_target) begin(i);
    }
  }

  // Of a target that the run writes rows to.
  TargetLedger* open_ledger(std::size_t connection) {
    const bool written = std::ranges::any_of(state_.plan.tables, [&](const plan::TablePlan& table) {
      return table.selected && table.connection == connection;
    });
    if (!state_.options.ledger || !written) return nullptr;
    return (ledgers_[connection] = std::make_unique<TargetLedger>(state_, connection, report_)).get();
  }

  void check_targets() {
    for (const TableState& table : state_.tables) {
      const schema::Table& target = *table.plan->target;
      const std::string name = target.schema.empty() ? target.name : target.schema + "." + target.name;
      if (table.target->catalog().table(name) != nullptr) continue;
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

  void load_table(TableState& table, report::Table& report) {
    const auto start = Clock::now();
    table.ask_database = !table.target->is_empty(*table.plan->target);
    if (table.ask_database && state_.options.thresholds) table.rows_before = rows_of(table);
    report.rows_before = table.rows_before;
    try {
      TableLoad{state_, table, *references_, report, report_.folder}.load();
    } catch (...) {
      report.seconds = seconds_since(start);
      throw;
    }
    report.seconds = seconds_since(start);
    // Rows that another table of the mapping wrote into the same target are not in this one's indexes.
    table.ask_database = table.ask_database || shares_target(table);
    if (state_.options.progress != nullptr) state_.options.progress->table_ended(report);
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
  }

  void phase(std::string_view what) const {
    if (state_.options.progress != nullptr) state_.options.progress->phase(what);
    if (state_.interrupted()) throw Interrupted{};
  }

  report::Report& report_;
  KeySpace space_;
  RunState state_;
  std::set<std::size_t> begun_;
  std::map<std::size_t, std::unique_ptr<TargetLedger>> ledgers_;  // By connection.
  std::unique_ptr<RunReferences> references_;
};

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

}  // namespace

report::Report run(const plan::Plan& plan, Connections& connections, const RunOptions& options) {
  const auto start = Clock::now();
  report::Report report = start_report(plan, options);
  RunOptions fixed = options;
  fixed.run_id = report.run_id;
  std::optional<Run> work;
  try {
    if (!options.reports.empty()) {
      report.folder = report::make_folder(options.reports, plan.name, options.started, report.run_id);
      if (options.progress != nullptr) options.progress->folder(report.folder);
    }
    if (options.before_writing) options.before_writing(report.folder);
    work.emplace(plan, connections, fixed, report).execute();
    report.state = state_of(report);
  } catch (const Interrupted&) {
    report.state = report::State::interrupted;
  } catch (const Aborted& aborted) {
    fail(report, aborted.kind(), aborted.what(), aborted.remedy());
    report.stop = aborted.at();
  } catch (const Error& error) {
    fail(report, error.kind(), error.what(), error.remedy());
  } catch (const std::bad_alloc&) {
    fail(report, Error::Kind::environment, "out of memory", "lower settings.memory or settings.batch");
  }
  forget_tables_not_selected(plan, report);
  report.seconds = seconds_since(start);
  report.ended = Instant{report.started.micros + static_cast<std::int64_t>(report.seconds * kMicrosPerSecond)};
  report.peak_memory = peak_memory();
  if (work) work->close_ledgers();
  return report;
}

}  // namespace etl::run
