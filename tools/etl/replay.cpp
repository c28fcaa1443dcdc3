#include "engine/run/replay.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "engine/ledger/ledger.h"
#include "engine/run/run.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/progress.h"
#include "tools/etl/run_log.h"
#include "tools/etl/run_result.h"
#include "tools/etl/signals.h"

namespace etl::cli {

namespace {

// The run whose rejects were mended: the one asked for, else the newest of the mapping that kept its rows.
ledger::RunRow find_run(const Compiled& compiled, const std::string& id) {
  const plan::Plan& plan = compiled.plan;
  for (std::size_t i = 0; i < plan.connections.size(); ++i) {
    if (!plan.connections[i].is_target) continue;
    writers::Target& target = compiled.connections->target(i);
    if (!ledger::exists(target)) continue;
    if (!id.empty()) return ledger::find_run(target, plan.name, id);
    for (ledger::RunRow& run : ledger::runs(target, plan.name)) {
      if (run.state == ledger::RunState::done || run.state == ledger::RunState::committed) return std::move(run);
    }
  }
  throw Error{Error::Kind::schema, fmt::format("no run of {} is known in its target", plan.name),
              "run the mapping first: etl run"};
}

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
  const ledger::RunRow earlier = find_run(*compiled, options.run);
  if (earlier.folder.empty() || !std::filesystem::exists(earlier.folder)) {
    throw Error{Error::Kind::environment,
                fmt::format("the folder of run {} is not there: {}", to_text(earlier.run), earlier.folder),
                "bring it back: its rejects say which rows are to be run again"};
  }
  const run::Replay replay = run::read_replay(compiled->plan, earlier.folder, table_of(options), options.mended);
  report::Report report;
  {
    RunLog progress{make_progress(options)};
    run::RunOptions run_options = live_run_options(compiled->plan, options);
    run_options.progress = &progress;
    run_options.started = earlier.started;  // now() is what it was the first time.
    run_options.limits = false;             // What still fails is rejected again.
    run_options.replay = &replay;
    report = run::run(compiled->plan, *compiled->connections, run_options);
    progress.ended(report);
  }
  return finish_run(report, options);
}

}  // namespace etl::cli
