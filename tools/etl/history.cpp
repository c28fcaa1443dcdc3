// etl runs, etl show: what the ledgers of a mapping's targets know.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "engine/ledger/ledger.h"
#include "engine/ledger/record.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"

namespace etl::cli {

namespace {

// "2024-03-01T09:30:00Z".
std::string moment(Instant at) {
  std::string text = to_text(at);
  const std::size_t point = text.find('.');
  return point == std::string::npos ? text : text.substr(0, point) + "Z";
}

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(text, out);
  return out;
}

struct Totals {
  std::uint64_t read = 0, inserted = 0, updated = 0, rejected = 0;
};

Totals totals_of(const std::vector<ledger::TableRow>& tables) {
  Totals totals;
  for (const ledger::TableRow& table : tables) {
    totals.read += table.read;
    totals.inserted += table.inserted;
    totals.updated += table.updated;
    totals.rejected += table.rejected;
  }
  return totals;
}

std::string undone(const ledger::RunRow& run) {
  return run.undone_at ? fmt::format(", undone {} by {}", moment(*run.undone_at), run.undone_by) : "";
}

std::string line_of(const ledger::RunRow& run, const Totals& totals) {
  return fmt::format("{:>4}  {}  {:<11}  {}  {:>12}  {:>12}  {:>10}{}\n", run.number, to_text(run.run).substr(0, 8),
                     ledger::name(run.state), moment(run.started), totals.read, totals.inserted + totals.updated,
                     totals.rejected, undone(run));
}

std::string table_json(const ledger::TableRow& table) {
  return fmt::format("{{\"name\":{},\"target\":{},\"state\":{},\"created\":{},\"read\":{},\"added\":{},\"filtered\":{},"
                     "\"merged\":{},\"inserted\":{},\"updated\":{},\"unchanged\":{},\"skipped\":{},\"rejected\":{},"
                     "\"removed\":{}}}",
                     quoted(table.name), quoted(table.target), quoted(table.state), table.created, table.read,
                     table.added, table.filtered, table.merged, table.inserted, table.updated, table.unchanged,
                     table.skipped, table.rejected, table.removed);
}

std::string run_json(const std::string& target, const ledger::RunRow& run, const std::vector<ledger::TableRow>& tables) {
  const auto instant = [](const std::optional<Instant>& at) { return at ? quoted(to_text(*at)) : "null"; };
  std::string out = fmt::format(
      "{{\"target\":{},\"run\":\"{}\",\"number\":{},\"mapping\":{},\"path\":{},\"hash\":\"{}\",\"params\":{},"
      "\"options\":{},\"started\":{},\"ended\":{},\"state\":\"{}\",\"atomic\":\"{}\",\"attempt\":{},\"folder\":{},"
      "\"etl\":{},\"undone_by\":{},\"undone_at\":{},\"tables\":[",
      quoted(target), to_text(run.run), run.number, quoted(run.mapping), quoted(run.path), run.hash, run.params,
      run.options, quoted(to_text(run.started)), instant(run.ended), ledger::name(run.state), run.atomic, run.attempt,
      quoted(run.folder), quoted(run.etl), run.undone_by.empty() ? "null" : quoted(run.undone_by),
      instant(run.undone_at));
  for (const ledger::TableRow& table : tables) out += (out.back() == '[' ? "" : ",") + table_json(table);
  return out + "]}";
}

std::string table_lines(const std::vector<ledger::TableRow>& tables) {
  std::size_t width = 5;
  for (const ledger::TableRow& table : tables) width = std::max(width, table.name.size());
  std::string out = fmt::format("{:<{}}  {:<7}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}\n", "table", width,
                                "state", "read", "filtered", "inserted", "updated", "unchanged", "skipped", "rejected");
  for (const ledger::TableRow& table : tables) {
    out += fmt::format("{:<{}}  {:<7}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}  {:>10}\n", table.name, width,
                       table.state, table.read, table.filtered, table.inserted, table.updated, table.unchanged,
                       table.skipped, table.rejected);
  }
  return out;
}

std::string run_text(const std::string& target, const ledger::RunRow& run, const std::vector<ledger::TableRow>& tables) {
  std::string out = fmt::format("run {} ({} of {}): {}{}\n", to_text(run.run), run.number, target,
                                ledger::name(run.state), undone(run));
  out += fmt::format("{} ({}), atomic: {}, attempt {}\n", run.mapping, run.path, run.atomic, run.attempt);
  out += fmt::format("{}{}\n", moment(run.started), run.ended ? " to " + moment(*run.ended) : "");
  if (run.params != "{}") out += fmt::format("params {}\n", run.params);
  if (run.options != "{}") out += fmt::format("options {}\n", run.options);
  if (!run.folder.empty()) out += fmt::format("report {}\n", run.folder);
  return out + "\n" + table_lines(tables);
}

// Calls `use` with each target of the mapping that has a ledger. The command line's exit code when there is a fault.
template <class Use>
Exit each_ledger(const Options& options, Use use) {
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, options, Ends::targets, diagnostics);
  print(diagnostics, stderr, false);
  if (!compiled) return Exit::bad_mapping;
  for (std::size_t i = 0; i < compiled->plan.connections.size(); ++i) {
    const plan::ConnectionPlan& connection = compiled->plan.connections[i];
    if (!connection.is_target) continue;
    writers::Target& target = compiled->connections->target(i);
    if (!target.is_building() && ledger::exists(target)) use(connection.info.name, compiled->plan.name, target);
  }
  return Exit::done;
}

}  // namespace

Exit runs_command(const Options& options) {
  std::string text;
  std::string json;
  const Exit exit = each_ledger(options, [&](const std::string& name, const std::string& mapping, writers::Target& target) {
    text += fmt::format("{}\n{:>4}  {:<8}  {:<11}  {:<20}  {:>12}  {:>12}  {:>10}\n", name, "", "run", "state", "started",
                        "read", "written", "rejected");
    for (const ledger::RunRow& run : ledger::runs(target, mapping)) {
      const auto tables = ledger::tables(target, run.run);
      text += line_of(run, totals_of(tables));
      json += (json.empty() ? "" : ",") + run_json(name, run, tables);
    }
  });
  if (exit != Exit::done) return exit;
  if (options.format == "json") {
    fmt::print("[{}]\n", json);
  } else {
    fmt::print("{}", text.empty() ? "no run is known\n" : text);
  }
  return Exit::done;
}

Exit show_command(const Options& options) {
  std::string out;
  const Exit exit = each_ledger(options, [&](const std::string& name, const std::string& mapping, writers::Target& target) {
    const ledger::RunRow run = ledger::find_run(target, mapping, options.run);
    const auto tables = ledger::tables(target, run.run);
    if (options.format == "json") {
      out += (out.empty() ? "" : ",") + run_json(name, run, tables);
    } else {
      out += (out.empty() ? "" : "\n") + run_text(name, run, tables);
    }
  });
  if (exit != Exit::done) return exit;
  if (out.empty()) {
    fmt::print(stderr, "etl: no target of the mapping has a ledger: nothing was run yet\n");
    return Exit::bad_mapping;
  }
  if (options.format == "json") {
    fmt::print("[{}]\n", out);
  } else {
    fmt::print("{}", out);
  }
  return Exit::done;
}

}  // namespace etl::cli
