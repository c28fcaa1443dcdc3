#include "tools/etl/run_result.h"

#include <fmt/format.h>

#include <cstdio>

#include "engine/undo/backup.h"
#include "tools/etl/signals.h"
#include "tools/etl/undo_files.h"

namespace etl::cli {

namespace {

Exit exit_of(const report::Report& report) {
  switch (report.state) {
    case report::State::done: return Exit::done;
    case report::State::done_with_rejects: return Exit::findings;
    case report::State::dry_run: return report.totals().rejected > 0 ? Exit::findings : Exit::done;
    case report::State::interrupted: return Exit::interrupted;
    case report::State::failed: break;
  }
  // SQL or DDL that the database does not understand is a mistake in the mapping.
  const bool mistaken = report.failure && report.failure->kind == Error::Kind::schema;
  return mistaken ? Exit::bad_mapping : Exit::failed;
}

bool takes_backup(const plan::Plan& plan, const Options& options) {
  return !options.dry_run && plan.settings.backup.value_or(undo::may_change_rows(plan));
}

}  // namespace

run::RunOptions live_run_options(const plan::Plan& plan, const Options& options) {
  run::RunOptions live;
  live.dry_run = options.dry_run;
  live.interrupt = &interrupted();
  live.started = now();
  live.reports = plan.settings.reports;
  live.batch = options.batch;
  live.ledger = true;
  live.resume = options.resume;
  live.version = ETL_VERSION;
  if (takes_backup(plan, options)) {
    live.before_writing = [&plan, taken = live.started](const std::string& folder) {
      undo::back_up(plan, folder + "/backup", taken);
    };
  }
  return live;
}

Exit finish_run(const Compiled& compiled, report::Report& report, const Options& options) {
  write_rollback(compiled.plan, *compiled.connections, report);
  report::write(report);
  const std::string text = options.format == "json" ? report::to_json(report) + "\n" : report::to_text(report);
  if (options.verbosity >= 0 || options.format == "json") std::fwrite(text.data(), 1, text.size(), stdout);
  if (report.failure) {
    fmt::print(stderr, "etl: {}\n", report.failure->message);
    if (!report.failure->remedy.empty()) fmt::print(stderr, "  = {}\n", report.failure->remedy);
  }
  return exit_of(report);
}

}  // namespace etl::cli
