#include "engine/run/replay.h"

#include <fmt/format.h>

#include <filesystem>

#include "engine/run/run.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/progress.h"
#include "tools/etl/run_log.h"
#include "tools/etl/run_result.h"
#include "tools/etl/signals.h"
#include "tools/etl/undo_files.h"

namespace etl::cli {

namespace {

// "users" of "somewhere/users.csv".
std::string table_of(const Options& options) {
  return options.table.empty() ? std::filesystem::path{options.mended}.stem().string() : options.table;
}

}  // namespace

Exit replay_command(const Options& options) {
  catch_signals();
  start_log(options);
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, options, Ends::all, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled) return Exit::bad_mapping;
  const ledger::RunRow earlier = targets_of_run(compiled->plan, *compiled->connections, options.run).front().run;
  if (earlier.folder.empty() || !std::filesystem::exists(earlier.folder)) {
    throw Error{Error::Kind::environment,
                fmt::format("the folder of run {} is not there: {}", to_text(earlier.run), earlier.folder),
                "bring it back: its rejects say which rows are to be run again"};
  }
  const run::Replay replay = run::read_replay(compiled->plan, earlier.folder, table_of(options), options.mended);
  report::Report report;
  {
    RunLog progress{make_progress(options)};
    run::RunOptions run_options = live_run_options(*compiled, options);
    run_options.progress = &progress;
    run_options.started = earlier.started;  // now() is what it was the first time.
    run_options.limits = false;             // What still fails is rejected again.
    run_options.replay = &replay;
    report = run::run(compiled->plan, *compiled->connections, run_options);
    progress.ended(report);
  }
  return finish_run(*compiled, report, options);
}

}  // namespace etl::cli
