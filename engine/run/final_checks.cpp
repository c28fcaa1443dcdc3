#include "engine/run/final_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/run/replay.h"
#include "engine/stores/transient.h"

namespace etl::run {

namespace {

constexpr std::size_t kMostRows = 1'000;

std::set<std::size_t> written_connections(const RunState& state) {
  std::set<std::size_t> connections;
  for (const plan::TablePlan& table : state.plan.tables) {
    if (table.selected) connections.insert(table.connection);
  }
  return connections;
}

void check_constraints(RunState& state, report::Report& report) {
  for (const std::size_t connection : written_connections(state)) {
    const std::string broken = state.connections.target(connection).check_constraints();
    report.checks.push_back({fmt::format("constraints of {} hold", state.plan.connections[connection].info.name),
                             broken.empty() ? report::Check::Result::passed : report::Check::Result::failed, broken});
  }
}

// Columns whose values are not printed, by name: a check may select them.
bool is_sensitive(const plan::Plan& plan, const std::string& column) {
  return std::ranges::any_of(plan.tables, [&](const plan::TablePlan& table) {
    return std::ranges::any_of(table.fields,
                               [&](const plan::FieldPlan& field) { return field.sensitive && field.name == column; });
  });
}

// Runs `use`; an Error of it says which check or hook was meant.
template <class Use>
auto named(const plan::SqlPlan& check, Use use) {
  try {
    return use();
  } catch (const stores::TransientError&) {
    throw;
  } catch (const Error& error) {
    const std::string place = to_string(check.at);
    throw Error{error.kind(), fmt::format("{}{}{}: {}", place, place.empty() ? "" : ": ", check.sentence, error.what()),
                error.remedy()};
  }
}

std::string describe(const plan::Plan& plan, const writers::Target::Rows& rows) {
  const std::size_t count = rows.rows.size();
  std::string out = count > kMostRows ? fmt::format("more than {} rows", kMostRows)
                                      : fmt::format("{} row{}", count, count == 1 ? "" : "s");
  if (rows.columns.empty() || rows.rows.front().empty()) return out;
  const bool hidden = is_sensitive(plan, rows.columns.front());
  return out + ", first " + (hidden ? "***" : redact(rows.rows.front().front()));
}

void run_checks(RunState& state, report::Report& report) {
  for (const plan::SqlPlan& check : state.plan.checks) {
    const auto rows = named(check, [&] {
      return state.connections.target(check.connection).query(check.sql, state.parameters, kMostRows);
    });
    report::Check result{.sentence = check.sentence, .detail = {}};
    if (!rows.rows.empty()) {
      result.result =
          check.effect == plan::Effect::warn ? report::Check::Result::warned : report::Check::Result::failed;
      result.detail = describe(state.plan, rows);
    }
    report.checks.push_back(std::move(result));
  }
}

std::optional<std::uint64_t> count_rows(const TableState& table) {
  const auto rows = table.target->query(fmt::format("SELECT count(*) FROM {}", quoted_table(table)), {}, 1);
  if (rows.rows.empty() || rows.rows[0].empty()) return std::nullopt;
  const auto count = parse_integer(rows.rows[0][0]).value;
  if (!count) return std::nullopt;
  return static_cast<std::uint64_t>(*count);
}

// settings.verify: counts. What the table holds now is what it held before and what was acknowledged.
void verify_counts(RunState& state, report::Report& report) {
  struct Expected {
    const TableState* table = nullptr;
    std::uint64_t rows = 0;
  };
  std::map<std::pair<std::size_t, std::string>, Expected> tables;
  for (std::size_t i = 0; i < state.tables.size(); ++i) {
    const TableState& table = state.tables[i];
    const Replay* replay = state.options.replay;
    const bool takes_rows = replay == nullptr || replay->tables.contains(table.plan->name);
    if (!table.plan->selected || !takes_rows || table.loaded_before) continue;
    auto& expected = tables[{table.plan->connection, quoted_table(table)}];
    if (expected.table == nullptr) expected = {&table, table.rows_before};
    expected.rows += report.tables[i].counts.inserted;
  }
  for (const auto& [name, expected] : tables) {
    const auto found = count_rows(*expected.table);
    report::Check check{.sentence = fmt::format("{} holds the rows that were written", expected.table->plan->name),
                        .detail = {}};
    if (found && *found != expected.rows) {
      check.result = report::Check::Result::failed;
      check.detail = fmt::format("{} rows expected, {} found", expected.rows, *found);
    }
    report.checks.push_back(std::move(check));
  }
}

}  // namespace

void advance_sequences(const TableState& table) {
  std::vector<std::size_t> columns;
  for (const plan::FieldPlan& field : table.plan->fields) {
    const schema::Column& column = table.plan->target->columns[field.target_column];
    const bool counted = column.serial || column.identity != schema::Column::Identity::none;
    if (counted && field.value) columns.push_back(field.target_column);
  }
  if (!columns.empty()) table.target->advance_sequences(*table.plan->target, columns);
}

void check_everything(RunState& state, report::Report& report) {
  for (const TableState& table : state.tables) {
    if (table.plan->selected) advance_sequences(table);
  }
  check_constraints(state, report);
  if (state.options.thresholds) {
    if (state.plan.settings.verify.value == "counts") verify_counts(state, report);
    run_checks(state, report);
  }
  for (const report::Check& check : report.checks) {
    if (check.result != report::Check::Result::failed) continue;
    const auto plan = std::ranges::find(state.plan.checks, check.sentence, &plan::SqlPlan::sentence);
    const std::string place = plan == state.plan.checks.end() ? "" : to_string(plan->at);
    throw Error{Error::Kind::validation,
                fmt::format("{}failed: {}: {}{}", place.empty() ? "" : place + ": ", check.sentence, check.detail,
                            report.kept.empty() ? ", run rolled back" : ""),
                "look at the rows that the check finds, and mend the source or the mapping"};
  }
}

void prepare_sql(RunState& state) {
  if (!state.options.thresholds) return;
  for (const plan::SqlPlan& check : state.plan.checks) {
    try {
      named(check, [&] { state.connections.target(check.connection).prepare(check.sql, state.parameters); });
    } catch (const stores::TransientError&) {
      throw;
    } catch (const Error& error) {
      throw Error{error.kind(), fmt::format("{}: {}: {}", to_string(check.at), check.sentence, error.what()),
                  error.remedy().empty() ? "mend the SQL of the check" : error.remedy()};
    }
  }
}

}  // namespace etl::run
