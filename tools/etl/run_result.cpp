#include "tools/etl/run_result.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>

#include "engine/undo/backup.h"
#include "tools/etl/signals.h"
#include "tools/etl/undo_files.h"

namespace etl::cli {

namespace {

bool is_done(const report::Report& report) {
  return report.state == report::State::done || report.state == report::State::done_with_rejects;
}

Exit exit_of(const report::Report& report) {
  if (is_done(report) && report.failure) return Exit::failed;  // The rows are kept, and the message says so.
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

void write_files(const Compiled& compiled, report::Report& report) {
  write_rollback(compiled.plan, *compiled.connections, report);
  report::write(report);
}

void print_failure(std::string_view message, std::string_view remedy) {
  fmt::print(stderr, "etl: {}\n", message);
  if (!remedy.empty()) fmt::print(stderr, "  = {}\n", remedy);
}

bool takes_backup(const plan::Plan& plan, const Options& options) {
  return !options.dry_run && plan.settings.backup.value_or(undo::may_change_rows(plan));
}

}  // namespace

run::RunOptions live_run_options(const Compiled& compiled, const Options& options) {
  const plan::Plan& plan = compiled.plan;
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
  live.before_done = [&compiled](report::Report& report) { write_files(compiled, report); };
  return live;
}

Exit finish_run(const Compiled& compiled, report::Report& report, const Options& options) {
  std::optional<Error> unwritten;
  try {
    if (!is_done(report)) write_files(compiled, report);
  } catch (const Error& error) {  // What went wrong with the run itself must not be lost.
    unwritten = error;
  }
  const std::string text = options.format == "json" ? report::to_json(report) + "\n" : report::to_text(report);
  if (options.verbosity >= 0 || options.format == "json") std::fwrite(text.data(), 1, text.size(), stdout);
  if (report.failure) print_failure(report.failure->message, report.failure->remedy);
  if (unwritten) print_failure(unwritten->what(), unwritten->remedy());
  return unwritten ? std::max(exit_of(report), Exit::failed) : exit_of(report);
}

}  // namespace etl::cli
