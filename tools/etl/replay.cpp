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

// Rows that a replay took must not be taken twice: what is still rejected stands in its folder.
void refuse_replayed(const Compiled& compiled, const UndoTarget& earlier) {
  const std::string replayed = fmt::format("{{\"replay\":\"{}\"}}", to_text(earlier.run.run));
  for (const ledger::RunRow& run : ledger::runs(compiled.connections->target(earlier.connection), compiled.plan.name)) {
    if (run.options != replayed || run.state != ledger::RunState::done) continue;
    throw Error{Error::Kind::validation,
                fmt::format("run {} was replayed already, by run {}", to_text(earlier.run.run), to_text(run.run)),
                fmt::format("what is still rejected stands in {}: replay that run (--run {})", run.folder,
                            to_text(run.run).substr(0, 8))};
  }
}

}  // namespace

Exit replay_command(const Options& options) {
  catch_signals();
  start_log(options);
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, options, Ends::all, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled) return Exit::bad_mapping;
  const UndoTarget target = targets_of_run(compiled->plan, *compiled->connections, options.run, true).front();
  const ledger::RunRow& earlier = target.run;
  refuse_replayed(*compiled, target);
  if (earlier.folder.empty() || !std::filesystem::exists(earlier.folder)) {
    throw Error{Error::Kind::environment,
                fmt::format("the folder of run {} is not there: {}", to_text(earlier.run), earlier.folder),
                "bring it back: its rejects say which rows are to be run again"};
  }
  run::Replay replay = run::read_replay(compiled->plan, earlier.folder, table_of(options), options.mended);
  replay.run = earlier.run;
  report::Report report;
  {
    RunLog progress{make_progress(options)};
    run::RunOptions run_options = live_run_options(*compiled, options);
    run_options.progress = &progress;
    run_options.started = earlier.started;  // now() is what it was the first time.
    run_options.limits = false;             // What still fails is rejected again.
    run_options.replay = &replay;
    run_options.before_done = [&, write = run_options.before_done](report::Report& done) {
      run::keep_others(compiled->plan, replay, earlier.folder, done.folder);
      write(done);
    };
    report = run::run(compiled->plan, *compiled->connections, run_options);
    progress.ended(report);
  }
  return finish_run(*compiled, report, options);
}

}  // namespace etl::cli
