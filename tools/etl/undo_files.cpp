#include "tools/etl/undo_files.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/ledger/journal.h"
#include "engine/stores/sql_text.h"

namespace etl::cli {

namespace {

// The target's ledger, where it has one.
std::vector<ledger::RunRow> runs_of(writers::Target& target, const std::string& mapping) {
  return ledger::exists(target) ? ledger::runs(target, mapping) : std::vector<ledger::RunRow>{};
}

std::vector<std::size_t> target_connections(const plan::Plan& plan) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < plan.connections.size(); ++i) {
    if (plan.connections[i].is_target) out.push_back(i);
  }
  return out;
}

[[noreturn]] void no_run(const plan::Plan& plan, const std::string& id, std::size_t known, std::size_t undone) {
  if (known == 0) {
    throw Error{Error::Kind::schema, fmt::format("no run of {} wrote to its target", plan.name),
                "check the target's url: the ledger is kept in the target itself"};
  }
  if (id.empty()) {
    throw Error{Error::Kind::schema, fmt::format("all runs of {} are undone already ({})", plan.name, undone),
                fmt::format("etl runs {} lists them", plan.path)};
  }
  throw Error{Error::Kind::schema, fmt::format("{} has no run {}", plan.name, id),
              fmt::format("etl runs {} lists its runs", plan.path)};
}

}  // namespace

std::vector<UndoTarget> targets_of_run(const plan::Plan& plan, run::Connections& connections, const std::string& id,
                                       bool ended) {
  std::vector<UndoTarget> found;
  std::size_t known = 0;
  std::size_t undone = 0;
  for (const std::size_t connection : target_connections(plan)) {
    for (const ledger::RunRow& run : runs_of(connections.target(connection), plan.name)) {
      ++known;
      if (run.state == ledger::RunState::undone) ++undone;
      const bool counts = ended ? run.state == ledger::RunState::done : run.state != ledger::RunState::undone;
      const bool wanted = id.empty() ? counts : to_text(run.run).starts_with(id);
      if (wanted) found.push_back({.connection = connection, .run = run});
    }
  }
  if (found.empty() && ended && id.empty() && known > undone) {
    throw Error{Error::Kind::schema, fmt::format("no run of {} is done", plan.name),
                fmt::format("finish it first: etl run {}", plan.path)};
  }
  if (found.empty()) no_run(plan, id, known, undone);
  const auto newest = std::ranges::max_element(found, {}, [](const UndoTarget& target) {
    return std::pair{target.run.started.micros, target.run.number};
  });
  const Uuid chosen = newest->run.run;
  const bool clear =
      id.empty() || std::ranges::all_of(found, [&](const UndoTarget& target) { return target.run.run == chosen; });
  if (!clear) {
    throw Error{Error::Kind::schema, fmt::format("several runs of {} begin with {}", plan.name, id),
                "write more of the id"};
  }
  std::erase_if(found, [&](const UndoTarget& target) { return target.run.run != chosen; });
  return found;
}

std::string rollback_file(writers::Target& target, const ledger::RunRow& run, const undo::Request& request) {
  return undo::to_file(undo::script_of(target, target.catalog(), request), undo::words_of(target, run, request));
}

namespace {

ledger::TableRow planned_row(const plan::TablePlan& table, std::size_t position, bool is_new) {
  ledger::TableRow row;
  row.position = static_cast<int>(position);
  row.name = table.name;
  row.target = stores::quote_table(*table.target);
  for (const schema::Column& column : table.target->columns) row.columns.push_back(column.name);
  for (const plan::FieldPlan& field : table.fields) row.written.push_back(field.name);
  row.key = ledger::key_columns(*table.target, row.written);
  row.created = is_new;
  const bool updates = table.on_conflict == spec::OnConflict::update || table.on_conflict == spec::OnConflict::newest;
  if (updates) row.images = fmt::format("etl_images_NUMBER_{}", position);
  return row;
}

std::vector<std::string> planned_words(const plan::Plan& plan, bool postgres) {
  std::vector<std::string> words = {fmt::format("Undoes a run of {} that has not happened yet.", plan.name)};
  words.emplace_back(
      postgres
          ? "It takes the newest run that is not undone; a run's own rollback.sql names it."
          : "Put the run's id in place of RUN, and its number in place of NUMBER; a run's own rollback.sql has them.");
  return words;
}

}  // namespace

std::string planned_rollback(const plan::Plan& plan) {
  std::string out;
  for (const std::size_t connection : target_connections(plan)) {
    const plan::ConnectionPlan& target = plan.connections[connection];
    const bool postgres = target.info.kind == stores::Kind::postgresql;
    undo::Known known;
    schema::Catalog catalog{
        .dialect = schema::Dialect::sqlite, .tables = {}, .before_tables = {}, .after_tables = {}, .statements = {}};
    for (std::size_t i = 0; i < plan.tables.size(); ++i) {
      if (plan.tables[i].connection != connection || !plan.tables[i].selected || plan.tables[i].target == nullptr)
        continue;
      known.tables.push_back(planned_row(plan.tables[i], i, false));
      catalog.tables.push_back(*plan.tables[i].target);
    }
    const undo::Request request{.run = postgres ? "" : "RUN", .mapping = plan.name, .only = {}, .where = {}};
    out += fmt::format("-- Target {}.\n", target.info.name);
    out += undo::to_file(postgres ? undo::postgres_script(request) : undo::sqlite_script(request, known, catalog),
                         planned_words(plan, postgres));
  }
  return out;
}

void write_rollback(const plan::Plan& plan, run::Connections& connections, report::Report& report) {
  const bool kept_nothing = report.state == report::State::failed || report.state == report::State::interrupted;
  if (report.folder.empty() || report.dry_run || !plan.settings.rollback) return;
  if (kept_nothing && plan.settings.atomic == "run") return;
  try {
    const std::vector<UndoTarget> targets = targets_of_run(plan, connections, to_text(report.run_id));
    for (const UndoTarget& found : targets) {
      writers::Target& target = connections.target(found.connection);
      const std::string stem =
          targets.size() == 1 ? "rollback" : "rollback-" + plan.connections[found.connection].info.name;
      undo::Request request{.run = to_text(report.run_id), .mapping = plan.name, .only = {}, .where = {}};
      report::write_private(report.folder + "/" + stem + ".sql", rollback_file(target, found.run, request));
      report.rollback.push_back(stem + ".sql");
      if (target.dialect() != schema::Dialect::sqlite) continue;
      request.force = true;
      report::write_private(report.folder + "/" + stem + "-force.sql", rollback_file(target, found.run, request));
    }
  } catch (const Error& error) {
    report.warnings.push_back(
        fmt::format("rollback.sql was not written: {} (etl rollback {} --sql prints it)", error.what(), plan.path));
  }
}

}  // namespace etl::cli
