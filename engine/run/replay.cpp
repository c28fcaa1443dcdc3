#include "engine/run/replay.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/base/error.h"
#include "engine/data/json.h"
#include "engine/report/report.h"
#include "engine/run/columns.h"
#include "engine/run/reject_file.h"
#include "engine/stores/cell.h"

namespace etl::run {

namespace {

// How a hidden cell stands in a reject.
constexpr std::string_view kHiddenJson = "\"***\"";

bool is_missing_parent(std::string_view rule) { return rule == "parent" || rule == "exists"; }

// "id=17 item 2" into "id=17" and " item 2".
std::pair<std::string, std::string> split(const plan::TablePlan& table, const std::string& position) {
  const std::size_t at = table.shape.explode.empty() ? std::string::npos : position.rfind(" item ");
  if (at == std::string::npos) return {position, ""};
  return {position.substr(0, at), position.substr(at)};
}

// The members of a JSON object, by name.
Replay::Cells cells_of(const std::string& json, const std::string& file, const std::string& position) {
  std::string canonical;
  const Outcome<bool> read = canonical_json(json, canonical);
  if (!read.value || kind_of(canonical) != JsonKind::object) {
    throw Error{Error::Kind::validation, fmt::format("{}: {}: the column source holds no JSON object", file, position),
                "keep the form that the reject had: {\"column\":value,...}"};
  }
  Replay::Cells cells;
  for (JsonItems members{canonical}; members.next();) {
    std::string name;
    append_json_text(members.key(), name);
    if (members.value() != kHiddenJson) cells.emplace_back(std::move(name), members.value());
  }
  return cells;
}

const plan::TablePlan& table_named(const plan::Plan& plan, const std::string& name) {
  const auto table = std::ranges::find(plan.tables, name, &plan::TablePlan::name);
  if (table == plan.tables.end()) {
    throw Error{Error::Kind::schema, fmt::format("the mapping has no table {}", name),
                "say with --table which table the rows belong to"};
  }
  return *table;
}

// Rows whose values depend on the rows around them cannot take their place afterwards (hard-parts.md 27).
void refuse_neighbours(const plan::TablePlan& table) {
  const bool numbered = !table.shape.numbers.empty() || !table.shape.numbers_before_where.empty();
  if (!table.shape.grouped && !numbered) return;
  throw Error{Error::Kind::schema,
              fmt::format("{}: {}, so a mended row changes rows that are written already", table.name,
                          table.shape.grouped ? "group_by puts rows together" : "row_number counts the rows before"),
              "mend the source, undo the run with etl rollback, and run again"};
}

// A replay's folder has the rejects of its own, and below earlier/ those that were there before and that it left out.
std::vector<std::string> rejects_files(const std::string& folder, const std::string& table) {
  std::vector<std::string> files;
  for (const char* part : {"rejects", "earlier"}) {
    std::string file = fmt::format("{}/{}/{}", folder, part, rejects_file_name(table));
    if (std::filesystem::exists(file)) files.push_back(std::move(file));
  }
  return files;
}

void each_reject(const std::string& folder, const std::string& table,
                 const std::function<void(const report::Reject& reject)>& take) {
  for (const std::string& file : rejects_files(folder, table)) read_rejects(file, RejectColumns::all, take);
}

// Positions that were rejected in a table, with the rules that each broke.
std::map<std::string, std::set<std::string>> rejected(const std::string& folder, const std::string& table) {
  std::map<std::string, std::set<std::string>> rows;
  each_reject(folder, table, [&](const report::Reject& reject) { rows[reject.position].insert(reject.rule); });
  return rows;
}

void add_mended_row(const plan::TablePlan& table, const report::Reject& line, const std::string& file,
                    Replay::Table& wanted) {
  const auto [base, item] = split(table, line.position);
  Replay::Row& row = wanted.rows[base];
  Replay::Cells cells = cells_of(line.source, file, line.position);
  if (!row.items.empty() && row.cells != cells) {
    if (row.items.contains(item)) return;  // A row with several reasons stands there several times; the first counts.
    throw Error{Error::Kind::validation, fmt::format("{}: {} is mended in two ways", file, base),
                "items of one source row must be mended alike"};
  }
  row.items.insert(item);
  row.cells = std::move(cells);
}

void add_mended(const plan::TablePlan& table, const std::string& folder, const std::string& file, Replay& replay) {
  const auto known = rejected(folder, table.name);
  Replay::Table& wanted = replay.tables[table.name];
  read_rejects(file, RejectColumns::mended, [&](const report::Reject& line) {
    if (!known.contains(line.position)) {
      throw Error{Error::Kind::validation,
                  fmt::format("{}: {} was not rejected by the run: {}/rejects/{} does not list it", file,
                              line.position, folder, rejects_file_name(table.name)),
                  "leave out rows that were written, and keep the column position as it was"};
    }
    add_mended_row(table, line, file, wanted);
  });
}

void add_orphans(const plan::TablePlan& table, const std::string& folder, Replay& replay) {
  for (const auto& [position, rules] : rejected(folder, table.name)) {
    if (!std::ranges::all_of(rules, is_missing_parent)) continue;
    const auto [base, item] = split(table, position);
    replay.tables[table.name].rows[base].items.insert(item);
  }
}

// What a mended row of one table says of a source row holds for every table that reads that source.
void share_cells(const plan::Plan& plan, const plan::TablePlan& mended, Replay& replay) {
  const auto from = replay.tables[mended.name].rows;
  for (const plan::TablePlan& table : plan.tables) {
    if (&table == &mended || table.source != mended.source) continue;
    const auto wanted = replay.tables.find(table.name);
    if (wanted == replay.tables.end()) continue;
    for (auto& [position, row] : wanted->second.rows) {
      if (const auto found = from.find(position); found != from.end()) row.cells = found->second.cells;
    }
  }
}

bool is_taken(const Replay& replay, const plan::TablePlan& table, const std::string& position) {
  const auto taken = replay.tables.find(table.name);
  if (taken == replay.tables.end()) return false;
  const auto [base, item] = split(table, position);
  const auto row = taken->second.rows.find(base);
  return row != taken->second.rows.end() && row->second.items.contains(item);
}

}  // namespace

Replay read_replay(const plan::Plan& plan, const std::string& folder, const std::string& table,
                   const std::string& mended_file) {
  const plan::TablePlan& mended = table_named(plan, table);
  refuse_neighbours(mended);
  Replay replay;
  add_mended(mended, folder, mended_file, replay);
  for (const plan::TablePlan& other : plan.tables) {
    if (!other.shape.grouped && other.shape.numbers.empty() && other.shape.numbers_before_where.empty()) {
      add_orphans(other, folder, replay);
    }
  }
  share_cells(plan, mended, replay);
  return replay;
}

void keep_others(const plan::Plan& plan, const Replay& replay, const std::string& from, const std::string& to) {
  for (const plan::TablePlan& table : plan.tables) {
    std::string text;
    each_reject(from, table.name, [&](const report::Reject& reject) {
      if (!is_taken(replay, table, reject.position)) text += csv_line(reject);
    });
    if (text.empty()) continue;
    const std::string folder = to + "/earlier";
    std::error_code failed;
    std::filesystem::create_directory(folder, failed);
    if (failed) {
      throw Error{Error::Kind::environment, fmt::format("cannot write {}: {}", folder, failed.message()),
                  "free the disk or mend its permissions"};
    }
    report::write_private(fmt::format("{}/{}", folder, rejects_file_name(table.name)), kRejectsHead + text);
  }
}

// ---- ReplayRows

ReplayRows::ReplayRows(const Replay::Table& wanted, const TableState& table, const RowPrinter& printer,
                       const Visibility& visibility)
    : wanted_{wanted}, table_{table}, printer_{printer}, visibility_{visibility} {}

BatchPtr ReplayRows::mend(BatchPtr source) {
  Mended mended;
  for (std::size_t row = 0; row < source->rows; ++row) {
    const std::string position = printer_.position(*source, row);
    const auto wanted = wanted_.rows.find(position);
    if (wanted == wanted_.rows.end()) continue;
    if (!found_.insert(position).second) {
      throw Error{Error::Kind::validation, fmt::format("{}: two source rows are {}", table_.plan->name, position),
                  "give the source a key that is unique, and run the mapping again instead"};
    }
    numbers_[source->number(row)] = &wanted->second;
    if (wanted->second.cells.empty()) continue;
    if (!mended.batch) mended = {std::make_shared<Batch>(*source), {}};
    mend_row(mended, row, wanted->second.cells);
  }
  return mended.batch ? mended.batch : source;
}

Column& ReplayRows::Mended::column(std::size_t place) {
  columns.resize(batch->columns.size());
  if (!columns[place]) {
    columns[place] = copy(*batch->columns[place]);
    batch->columns[place] = columns[place];
  }
  return *columns[place];
}

void ReplayRows::mend_row(Mended& mended, std::size_t row, const Replay::Cells& cells) const {
  Batch& to = *mended.batch;
  const auto number = static_cast<std::uint32_t>(row);
  for (const auto& [name, json] : cells) {
    const auto& columns = table_.source->request.columns;
    const auto found = std::ranges::find(columns, name, &readers::ReadColumn::name);
    if (found == columns.end()) continue;
    const auto place = static_cast<std::size_t>(found - columns.begin());
    if (visibility_.hides_column(place)) continue;
    Column& column = mended.column(place);
    std::erase_if(to.faults, [&](const Batch::Fault& fault) { return fault.row == row && fault.column == place; });
    if (kind_of(json) == JsonKind::null) {
      column.set_null(row);
      continue;
    }
    if (column.is_null(row)) {  // As a cell is that could not be read.
      Bitmap nulls = *column.nulls();
      nulls.clear(row);
      column.set_nulls(std::move(nulls));
    }
    std::string text{json};
    if (kind_of(json) == JsonKind::text) {
      text.clear();
      append_json_text(json, text);
    }
    if (auto reason = stores::set_from_text(column, row, text, *to.arena)) {
      to.faults.push_back({number, static_cast<std::uint32_t>(place), "type", std::move(*reason), text});
    }
  }
  std::ranges::stable_sort(to.faults, {}, &Batch::Fault::row);
  std::erase_if(to.broken_rows, [&](const Failure& failure) { return failure.row == row; });
}

void ReplayRows::keep_wanted(FinishedBatch& batch) const {
  for (std::size_t row = 0; row < batch.rows; ++row) {
    if (!batch.active.test(row)) continue;
    const auto wanted = numbers_.find(batch.source->number(row));
    if (wanted != numbers_.end() && wanted->second->items.contains(RowPrinter::item(*batch.source, row))) continue;
    batch.active.clear(row);
    batch.rejected.clear(row);
    ++batch.filtered;
  }
  std::erase_if(batch.reasons, [&](const Reason& reason) { return !batch.active.test(reason.row); });
}

void ReplayRows::check_found() const {
  for (const auto& [position, row] : wanted_.rows) {
    if (found_.contains(position)) continue;
    throw Error{Error::Kind::validation, fmt::format("{}: the source has no row {} any more", table_.plan->name, position),
                "leave the row out, or bring the source back to what it was"};
  }
}

}  // namespace etl::run
