#include "engine/run/run.h"

#include "engine/verify/verify.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/progress.h"
#include "tools/etl/run_log.h"
#include "tools/etl/run_result.h"
#include "tools/etl/signals.h"

namespace etl::cli {

namespace {

Exit run_one(const std::string& path, const Options& options) {
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(path, options, Ends::all, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled) return Exit::bad_mapping;
  report::Report report;
  {
    RunLog progress{make_progress(options)};
    run::RunOptions run_options = live_run_options(*compiled, options);
    run_options.progress = &progress;
    verify::RunVerifier verifier;
    run_options.verifier = &verifier;
    report = run::run(compiled->plan, *compiled->connections, run_options);
    progress.ended(report);
  }
  return finish_run(*compiled, report, options);
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
