#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "engine/data/json.h"
#include "engine/ledger/record.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/undo_files.h"

namespace etl::cli {

namespace {

// One target of the run, and what came of it.
struct Undone {
  UndoTarget target;
  std::unique_ptr<undo::Rollback> rollback;
  undo::Outcome outcome;
};

// SQLite's ledger names the process; PostgreSQL's script asks the server itself.
std::int64_t dead_attempt(const ledger::RunRow& run) {
  return run.pid != 0 && ledger::process_start(run.pid) != run.backend_start ? run.attempt : 0;
}

undo::Request request_of(const Options& options, const plan::Plan& plan, const ledger::RunRow& run) {
  return {.run = to_text(run.run),
          .mapping = plan.name,
          .only = options.only.empty() ? "" : options.only.front(),
          .where = options.where,
          .force = options.force,
          .dry = options.dry_run,
          .dead_attempt = dead_attempt(run),
          .undone_by = "etl rollback"};
}

bool is_partial(const Options& options) { return !options.only.empty(); }

// --only names a table of the run: in one target, or there is none.
void keep_targets_with(const std::string& table, run::Connections& connections, std::vector<UndoTarget>& targets) {
  std::string names;
  const auto lacks = [&](const UndoTarget& target) {
    bool found = false;
    for (const ledger::TableRow& row : ledger::tables(connections.target(target.connection), target.run.run)) {
      found = found || row.name == table;
      names += (names.empty() ? "" : ", ") + row.name;
    }
    return !found;
  };
  const std::string run = to_text(targets.front().run.run);
  std::erase_if(targets, lacks);
  if (targets.empty())
    throw Error{Error::Kind::schema, fmt::format("run {} has no table {}", run, table), "its tables: " + names};
}

void check_condition(const Options& options, run::Connections& connections, const std::vector<UndoTarget>& targets) {
  if (options.where.empty()) return;
  for (const UndoTarget& target : targets) {
    for (const ledger::TableRow& row : ledger::tables(connections.target(target.connection), target.run.run)) {
      if (row.name != options.only.front()) continue;
      try {
        undo::check_where(connections.target(target.connection), row.target, options.where);
      } catch (const Error& error) {
        throw Error{Error::Kind::schema, fmt::format("--where: {}", error.what()),
                    fmt::format("write one SQL condition over the columns of {}", row.target)};
      }
    }
  }
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

// "users   3 removed, 1 restored".
std::string text_of(const undo::TableOutcome& table, std::size_t width) {
  std::string what;
  const auto add = [&](std::uint64_t count, std::string_view words) {
    if (count > 0) what += fmt::format("{}{} {}", what.empty() ? "" : ", ", grouped(count), words);
  };
  add(table.removed, "removed");
  add(table.restored, "restored");
  add(table.put_back, "put back");
  add(table.left_be, "left as they are");
  add(table.gone, "gone before");
  return fmt::format("  {:<{}}  {}\n", table.name, width, what.empty() ? "nothing" : what);
}

std::string state_of(const Options& options, bool refused) {
  if (refused) return "refused";
  if (options.dry_run) return "dry run";
  return is_partial(options) ? "partly undone" : "undone";
}

std::string text_of(const Options& options, const std::vector<Undone>& all, bool refused) {
  const ledger::RunRow& run = all.front().target.run;
  std::string out = fmt::format("{}, run {}, started {}\n", run.mapping, to_text(run.run), to_text(run.started));
  std::size_t width = 0;
  for (const Undone& each : all) {
    for (const undo::TableOutcome& table : each.outcome.tables) width = std::max(width, table.name.size());
  }
  for (const Undone& each : all) {
    for (const undo::TableOutcome& table : each.outcome.tables) out += text_of(table, width);
    for (const undo::Stop& stop : each.outcome.stops) {
      if (!refused) out += fmt::format("  left as it is: {}\n", stop.what);
    }
  }
  if (!refused && width == 0) out += "  the run had kept nothing\n";
  return out + (options.dry_run ? "dry run: nothing was changed\n" : state_of(options, refused) + "\n");
}

std::string json_text(const std::string& text) {
  std::string out;
  append_json(Value{std::string_view{text}}, out);
  return out;
}

std::string json_of(const undo::Outcome& outcome) {
  std::string out = "\"tables\":[";
  for (const undo::TableOutcome& table : outcome.tables) {
    out += fmt::format(
        "{}{{\"name\":{},\"target\":{},\"removed\":{},\"restored\":{},\"put_back\":{},\"left_be\":{},\"gone\":{}}}",
        out.back() == '[' ? "" : ",", json_text(table.name), json_text(table.target), table.removed, table.restored,
        table.put_back, table.left_be, table.gone);
  }
  out += "],\"stops\":[";
  for (const undo::Stop& stop : outcome.stops) {
    out += fmt::format("{}{{\"kind\":{},\"target\":{},\"rows\":{},\"what\":{},\"force_passes\":{}}}",
                       out.back() == '[' ? "" : ",", json_text(stop.kind), json_text(stop.target), stop.rows,
                       json_text(stop.what), stop.force_passes);
  }
  return out + "]";
}

std::string json_of(const Options& options, const plan::Plan& plan, const std::vector<Undone>& all, bool refused) {
  std::string out = fmt::format("{{\"mapping\":{},\"run\":\"{}\",\"state\":\"{}\",\"targets\":[", json_text(plan.name),
                                to_text(all.front().target.run.run), state_of(options, refused));
  for (const Undone& each : all) {
    out += fmt::format("{}{{\"connection\":{},{}}}", out.back() == '[' ? "" : ",",
                       json_text(plan.connections[each.target.connection].info.name), json_of(each.outcome));
  }
  return out + "]}\n";
}

// What stands in the way, on stderr.
void print_stops(const Options& options, const std::vector<Undone>& all) {
  const ledger::RunRow& run = all.front().target.run;
  fmt::print(stderr, "etl: run {} of {} is not undone, nothing was changed\n", to_text(run.run), run.mapping);
  bool force_passes = !options.force;
  for (const Undone& each : all) {
    for (const undo::Stop& stop : each.outcome.stops) {
      fmt::print(stderr, "  {}\n", stop.what);
      force_passes = force_passes && stop.force_passes;
    }
  }
  if (force_passes)
    fmt::print(stderr, "  = --force undoes the rest, and leaves these rows and what they need as they are\n");
}

Exit undo_all(const Options& options, const plan::Plan& plan, run::Connections& connections,
              const std::vector<UndoTarget>& targets) {
  std::vector<Undone> all;
  bool refused = false;
  // Everything but the commits first: what stops one target stops all.
  for (const UndoTarget& target : targets) {
    writers::Target& open = connections.target(target.connection);
    auto rollback = std::make_unique<undo::Rollback>(open, open.catalog(), request_of(options, plan, target.run));
    undo::Outcome outcome = rollback->run();
    refused = refused || outcome.refused;
    all.push_back({.target = target, .rollback = std::move(rollback), .outcome = std::move(outcome)});
  }
  if (!refused && !options.dry_run) {
    for (Undone& each : all) each.rollback->commit();
  }
  const std::string text =
      options.format == "json" ? json_of(options, plan, all, refused) : text_of(options, all, refused);
  if (options.format == "json" || (!refused && options.verbosity >= 0))
    std::fwrite(text.data(), 1, text.size(), stdout);
  if (refused) print_stops(options, all);
  return refused ? Exit::failed : Exit::done;
}

void print_sql(const Options& options, const plan::Plan& plan, run::Connections& connections,
               const std::vector<UndoTarget>& targets) {
  for (const UndoTarget& target : targets) {
    undo::Request request = request_of(options, plan, target.run);
    request.undone_by = "rollback.sql";
    request.dead_attempt = 0;  // Nobody knows what happens before it is used.
    const std::string text = rollback_file(connections.target(target.connection), target.run, request);
    if (targets.size() > 1) fmt::print("-- Target {}.\n", plan.connections[target.connection].info.name);
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
}

}  // namespace

Exit rollback_command(const Options& options) {
  if (!options.where.empty() && options.only.size() != 1) {
    fmt::print(stderr, "etl: --where needs one table\n  = name it with --only\n");
    return Exit::bad_mapping;
  }
  if (options.only.size() > 1) {
    fmt::print(stderr,
               "etl: --only takes one table of a run that is undone\n  = undo them one after the other, those that "
               "refer to others first\n");
    return Exit::bad_mapping;
  }
  Options compiling = options;
  compiling.only.clear();  // Of the run, not of the mapping as it is today.
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, compiling, Ends::none, diagnostics);
  print(diagnostics, stderr, false);
  if (!compiled) return Exit::bad_mapping;
  const plan::Plan& plan = compiled->plan;
  run::LiveConnections connections{plan};
  std::vector<UndoTarget> targets = targets_of_run(plan, connections, options.run);
  if (is_partial(options)) keep_targets_with(options.only.front(), connections, targets);
  check_condition(options, connections, targets);
  if (options.sql) {
    print_sql(options, plan, connections, targets);
    return Exit::done;
  }
  // A run that was undone in one target of two goes on with the other.
  const bool some_left = std::ranges::any_of(
      targets, [](const UndoTarget& target) { return target.run.state != ledger::RunState::undone; });
  if (some_left)
    std::erase_if(targets, [](const UndoTarget& target) { return target.run.state == ledger::RunState::undone; });
  return undo_all(options, plan, connections, targets);
}

}  // namespace etl::cli
