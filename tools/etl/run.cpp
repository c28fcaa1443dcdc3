#include "engine/run/run.h"

#include <fmt/format.h>

#include <cstdio>

#include "engine/report/report.h"
#include "engine/verify/verify.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/progress.h"
#include "tools/etl/run_log.h"
#include "tools/etl/signals.h"
#include "tools/etl/undo_files.h"

namespace etl::cli {

namespace {

Exit exit_of(const report::Report& report) {
  switch (report.state) {
    case report::State::done:
      return Exit::done;
    case report::State::done_with_rejects:
      return Exit::findings;
    case report::State::dry_run:
      return report.totals().rejected > 0 ? Exit::findings : Exit::done;
    case report::State::interrupted:
      return Exit::interrupted;
    case report::State::failed:
      break;
  }
  // SQL or DDL that the database does not understand is a mistake in the mapping.
  const bool mistaken = report.failure && report.failure->kind == Error::Kind::schema;
  return mistaken ? Exit::bad_mapping : Exit::failed;
}

Exit run_one(const std::string& path, const Options& options) {
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(path, options, Ends::all, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled) return Exit::bad_mapping;
  report::Report report;
  {
    RunLog progress{make_progress(options)};
    run::RunOptions run_options;
    run_options.dry_run = options.dry_run;
    run_options.interrupt = &interrupted();
    run_options.progress = &progress;
    run_options.started = now();
    run_options.reports = compiled->plan.settings.reports;
    run_options.batch = options.batch;
    run_options.ledger = true;
    run_options.version = ETL_VERSION;
    verify::RunVerifier verifier;
    run_options.verifier = &verifier;
    report = run::run(compiled->plan, *compiled->connections, run_options);
    progress.ended(report);
  }
  write_rollback(compiled->plan, *compiled->connections, report);
  report::write(report);
  const std::string text = options.format == "json" ? report::to_json(report) + "\n" : report::to_text(report);
  if (options.verbosity >= 0 || options.format == "json") std::fwrite(text.data(), 1, text.size(), stdout);
  if (report.failure) {
    fmt::print(stderr, "etl: {}\n", report.failure->message);
    if (!report.failure->remedy.empty()) fmt::print(stderr, "  = {}\n", report.failure->remedy);
  }
  return exit_of(report);
}

}  // namespace

Exit run_command(const Options& options) {
  catch_signals();
  start_log(options);
  Exit worst = Exit::done;
  for (const std::string& path : options.mappings) {
    const Exit exit = run_one(path, options);
    if (exit > worst) worst = exit;
    if (exit > Exit::findings) break;  // What follows may build on what failed.
  }
  return worst;
}

}  // namespace etl::cli
