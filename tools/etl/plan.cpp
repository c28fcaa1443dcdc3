#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "engine/run/lookups.h"
#include "engine/run/scan.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/progress.h"
#include "tools/etl/signals.h"
#include "tools/etl/undo_files.h"

namespace etl::cli {

namespace {

// What only the databases know. A table that does not exist yet is empty.
plan::Facts ask(const plan::Plan& plan, run::Connections& connections) {
  plan::Facts facts;
  for (const plan::TablePlan& table : plan.tables) {
    auto& rows = facts.rows.emplace_back();
    auto& has_rows = facts.has_rows.emplace_back();
    if (!table.selected || !table.target) continue;
    const plan::SourcePlan& source = plan.sources[table.source];
    rows = connections.source(source.connection).open(source.request, {})->estimated_rows();
    writers::Target& target = connections.target(table.connection);
    has_rows = target.catalog().table(*table.target) != nullptr && !target.is_empty(*table.target);
  }
  return facts;
}

Exit exit_of(const run::Scan& scan) {
  if (scan.report.state == report::State::interrupted) return Exit::interrupted;
  if (scan.report.failure) {
    fmt::print(stderr, "etl: {}\n", scan.report.failure->message);
    if (!scan.report.failure->remedy.empty()) fmt::print(stderr, "  = {}\n", scan.report.failure->remedy);
    return scan.report.failure->kind == Error::Kind::schema ? Exit::bad_mapping : Exit::failed;
  }
  return scan.rejected() > 0 ? Exit::findings : Exit::done;
}

Exit plan_one(const std::string& path, const Options& options) {
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(path, options, options.offline ? Ends::none : Ends::all, diagnostics);
  print(diagnostics, stderr, false);  // Warnings stand among the risks.
  if (!compiled) return Exit::bad_mapping;
  const plan::Plan& plan = compiled->plan;
  if (compiled->connections) {
    Diagnostics faults;
    for (const Diagnostic& fault : run::lookup_faults(plan, *compiled->connections, now())) {
      faults.add(fault.code, fault.at, fault.message, fault.help);
    }
    if (print(faults, stderr, false).errors > 0) return Exit::bad_mapping;
  }
  const plan::Facts facts = compiled->connections ? ask(plan, *compiled->connections) : plan::Facts{};
  if (options.rollback) {
    const std::string sql = planned_rollback(plan);
    std::fwrite(sql.data(), 1, sql.size(), stdout);
    return Exit::done;
  }
  std::string text = options.format == "json"      ? plan::to_json(plan, facts, diagnostics)
                     : options.format == "mermaid" ? plan::to_mermaid(plan)
                                                   : plan::to_text(plan, facts, diagnostics);
  Exit exit = Exit::done;
  if (options.scan) {
    const auto progress = make_progress(options);
    run::RunOptions run_options;
    run_options.interrupt = &interrupted();
    run_options.progress = progress.get();
    run_options.started = now();
    const run::Scan scan = run::scan(plan, *compiled->connections, run_options);
    exit = exit_of(scan);
    if (options.format == "json") {
      text.back() = ',';
      text += "\"scan\":" + run::to_json(scan) + "}";
    } else if (options.format == "text") {
      text += run::to_text(scan);
    }
  }
  if (options.format == "json") text += '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  return exit;
}

}  // namespace

Exit plan_command(const Options& options) {
  if (options.scan && options.offline) {
    fmt::print(stderr, "etl: --scan reads the live source: leave out --offline\n");
    return Exit::bad_mapping;
  }
  if (options.scan) {
    catch_signals();
    start_log(options);
  }
  Exit worst = Exit::done;
  for (const std::string& path : options.mappings) {
    const Exit exit = plan_one(path, options);
    if (exit > worst) worst = exit;
    if (exit > Exit::findings) break;
  }
  return worst;
}

}  // namespace etl::cli
