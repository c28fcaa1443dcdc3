#include "engine/undo/rollback.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/base/error.h"
#include "engine/base/fault.h"
#include "engine/stores/sql_text.h"

namespace etl::undo {

namespace {

std::uint64_t number_of(const std::optional<std::string>& cell) {
  std::uint64_t number = 0;
  if (cell) std::from_chars(cell->data(), cell->data() + cell->size(), number);
  return number;
}

std::optional<std::int64_t> value_of(const std::optional<std::string>& cell) {
  if (!cell) return std::nullopt;
  std::int64_t number = 0;
  std::from_chars(cell->data(), cell->data() + cell->size(), number);
  return number;
}

bool is_true(const std::optional<std::string>& cell) {
  return cell && (*cell == "t" || *cell == "1" || *cell == "true");
}

}  // namespace

Known read_known(stores::SqlSession& session, const Uuid& run) {
  Known known;
  known.tables = ledger::tables(session, run);
  for (const stores::SqlRow& row : session.read(
           fmt::format("SELECT kind, name, before_value, after_value FROM {} WHERE run = '{}' ORDER BY ordinal",
                       ledger::table_name(session.dialect(), "objects"), to_text(run)))) {
    known.objects.push_back({.kind = row[0].value_or(""),
                             .name = row[1].value_or(""),
                             .before = value_of(row[2]),
                             .after = value_of(row[3])});
  }
  return known;
}

Script script_of(stores::SqlSession& session, const schema::Catalog& catalog, const Request& request) {
  if (session.dialect() == schema::Dialect::postgresql) return postgres_script(request);
  return sqlite_script(request, read_known(session, ledger::find_run(session, request.mapping, request.run).run),
                       catalog);
}

Rollback::Rollback(stores::SqlSession& session, const schema::Catalog& catalog, Request request)
    : session_{session}, request_{std::move(request)}, script_{script_of(session, catalog, request_)} {}

Rollback::~Rollback() {
  try {
    if (open_) session_.script("ROLLBACK");
  } catch (const std::exception&) {  // The connection is gone, and the transaction with it.
  }
}

bool Rollback::is_stopped(Outcome& outcome) {
  outcome.stops.clear();
  for (const stores::SqlRow& row : session_.read(kStops)) {
    outcome.stops.push_back({.kind = row[0].value_or(""),
                             .force_passes = is_true(row[1]),
                             .target = row[2].value_or(""),
                             .rows = number_of(row[3]),
                             .what = row[4].value_or("")});
  }
  outcome.refused =
      std::ranges::any_of(outcome.stops, [&](const Stop& stop) { return !stop.force_passes || !request_.force; });
  return outcome.refused;
}

bool Rollback::is_free(const Drop& drop) {
  if (drop.is_free.empty()) return true;
  const auto free = session_.read(drop.is_free);
  return !free.empty() && is_true(free[0][0]);
}

void Rollback::drop_what_is_free() {
  for (const Drop& drop : script_.drops) {
    if (is_free(drop)) session_.script(drop.sql);
    fault_point("undo_drop");
  }
}

void Rollback::read_tables(Outcome& outcome) {
  for (const stores::SqlRow& row : session_.read(kTables)) {
    outcome.tables.push_back({.name = row[0].value_or(""),
                              .target = row[1].value_or(""),
                              .removed = number_of(row[2]),
                              .restored = number_of(row[3]),
                              .put_back = number_of(row[4]),
                              .left_be = number_of(row[5]),
                              .gone = number_of(row[6])});
  }
}

Outcome Rollback::run() {
  Outcome outcome;
  session_.script(script_.settings);
  if (request_.force && script_.dialect == schema::Dialect::postgresql) session_.script("SET etl.undo_force = '1'");
  if (!request_.dry && !script_.fence.empty()) session_.script(script_.fence);
  fault_point("undo_fenced");
  open_ = true;
  session_.script(script_.begin);
  session_.script(script_.check);
  if (is_stopped(outcome)) return outcome;
  session_.script(script_.look);
  fault_point("undo_looked");
  if (is_stopped(outcome)) return outcome;
  session_.script(script_.undo);
  fault_point("undo_rows");
  if (is_stopped(outcome)) return outcome;
  drop_what_is_free();
  read_tables(outcome);
  return outcome;
}

void Rollback::commit() {
  fault_point("undo_before_commit");
  session_.script(script_.finish);
  open_ = false;
  fault_point("undo_after_commit");
}

void check_where(stores::SqlSession& session, const std::string& target, const std::string& where) {
  // Within a call, so that it can be nothing but one expression.
  const bool postgres = session.dialect() == schema::Dialect::postgresql;
  session.read(postgres ? fmt::format("SELECT FROM {} WHERE coalesce(({}), false) LIMIT 0", target, where)
                        : fmt::format("SELECT 1 FROM {} WHERE coalesce(({}), 0) LIMIT 0", target, where));
}

}  // namespace etl::undo
