#include "engine/writers/sqlite_merge.h"

#include <fmt/format.h>
#include <sqlite3.h>


#include "engine/stores/sql_text.h"
#include "engine/writers/sqlite_refusal.h"

namespace etl::writers {

namespace {

using stores::quote_identifier;

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts, separator));
}

}  // namespace

SqliteMerge::SqliteMerge(stores::SqliteDatabase& database, const schema::Table& table,
                         std::vector<SqliteKeyColumn> columns, const MergeRequest& request, ledger::Journal* journal)
    : database_{database},
      table_{table},
      columns_{std::move(columns)},
      request_{request},
      journal_{journal},
      row_number_{ledger::rowid_name(table)} {
  if (table.is_view) {
    throw Error{Error::Kind::schema, fmt::format("{} is a view: its rows cannot be updated", table.name),
                "write into the table behind it"};
  }
  prepare();
  name_list();
}

// Parameters: what is set, then the key; of the update what is set, then the row's number or the key.
void SqliteMerge::prepare() {
  std::vector<std::string> equal{"1"};
  std::vector<std::string> sets;
  std::vector<std::string> keys;
  int parameter = 1;
  for (const std::size_t i : request_.set) {
    const std::string name = quote_identifier(columns_[i].name);
    equal.push_back(fmt::format("({} IS ?{} COLLATE BINARY)", name, parameter));
    sets.push_back(fmt::format("{} = ?{}", name, parameter++));
  }
  for (const std::size_t i : request_.key) {
    keys.push_back(fmt::format("{} = ?{}", quote_identifier(columns_[i].name), parameter++));
  }
  const std::string table = stores::quote_table(table_);
  const std::string newest = request_.newest ? ", " + quote_identifier(columns_[*request_.newest].name) : "";
  find_ = database_.prepare(fmt::format("SELECT {}, {}{} FROM {} WHERE {}", row_number_.empty() ? "0" : row_number_,
                                        joined(equal, " AND "), newest, table, joined(keys, " AND ")));
  if (sets.empty()) return;
  const std::string row = row_number_.empty() ? joined(keys, " AND ") : fmt::format("{} = ?{}", row_number_, sets.size() + 1);
  update_ = database_.prepare(fmt::format("UPDATE {} SET {} WHERE {}", table, joined(sets, ", "), row));
}

// The list of rows to be saved, each once, by number or by key.
void SqliteMerge::name_list() {
  std::vector<std::string> names;
  std::vector<std::string> places;
  std::vector<std::string> equal;
  if (!row_number_.empty()) {
    names = {"etl_row"};
    equal = {fmt::format("t.{} = s.etl_row", row_number_)};
  } else {
    for (const std::size_t i : request_.key) {
      names.push_back(fmt::format("etl_key_{}", names.size() + 1));
      equal.push_back(fmt::format("t.{} = s.{}", quote_identifier(columns_[i].name), names.back()));
    }
  }
  for (std::size_t i = 0; i <= names.size(); ++i) places.push_back(fmt::format("?{}", i + 1));
  list_ = fmt::format("temp.etl_met_{}", row_number_.empty() ? fmt::format("keys_{}", names.size()) : "rows");
  make_list_ = fmt::format("CREATE TABLE IF NOT EXISTS {0} ({1}, etl_ordinal INTEGER, PRIMARY KEY ({1}))", list_,
                           joined(names, ", "));
  into_list_ = fmt::format("INSERT OR IGNORE INTO {} ({}, etl_ordinal) VALUES ({})", list_, joined(names, ", "),
                           joined(places, ", "));
  matched_ = fmt::format("{} AS t JOIN {} AS s ON {}", stores::quote_table(table_), list_, joined(equal, " AND "));
}

std::vector<SqliteBinder> SqliteMerge::binders(std::span<const std::size_t> numbers, int parameter,
                                               std::span<const ColumnPtr> columns) const {
  std::vector<SqliteBinder> out;
  for (const std::size_t i : numbers) {
    out.emplace_back(parameter++, columns_[i].form);
    out.back().use(*columns[i]);
  }
  return out;
}

// Where a journal wants the rows as they were, the updates are first a trial, which says what changes: it is taken back,
// the rows are saved, and all is done again.
TableWriter::Merged SqliteMerge::merge(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) {
  Piece piece{.columns = columns, .sets = binders(request_.set, 1, columns), .keys = {}, .updates = {}};
  piece.keys = binders(request_.key, static_cast<int>(request_.set.size()) + 1, columns);
  TableWriter::Merged merged;
  database_.execute("SAVEPOINT etl_merge");
  merged.refusal = meet(piece, rows, merged.outcomes);
  if (!merged.refusal && journal_ != nullptr && !piece.updates.empty()) {
    database_.execute("ROLLBACK TO etl_merge");
    save(piece);
    for (const Update& update : piece.updates) {
      if ((merged.refusal = apply(piece, update))) break;
    }
    if (!merged.refusal) journal_->updated();
  }
  if (merged.refusal) {
    merged.outcomes.clear();
    database_.execute("ROLLBACK TO etl_merge");
  }
  database_.execute("RELEASE etl_merge");
  return merged;
}

std::optional<Refusal> SqliteMerge::meet(Piece& piece, std::span<const std::uint32_t> rows, std::vector<Met>& outcomes) {
  std::vector<Update> found;
  for (const std::uint32_t row : rows) {
    found.clear();
    Met outcome = find(piece, row, found);
    for (const Update& update : found) {
      if (auto refusal = apply(piece, update)) return refusal;
      if (sqlite3_changes(database_.handle()) == 0) {
        outcome = Met::dropped;
      } else {
        piece.updates.push_back(update);
      }
    }
    outcomes.push_back(outcome);
  }
  return std::nullopt;
}

// The rows that this one meets and changes. A key without a unique index may meet several.
Met SqliteMerge::find(Piece& piece, std::uint32_t row, std::vector<Update>& changed) {
  sqlite3_stmt* const statement = find_.handle();
  for (SqliteBinder& binder : piece.sets) binder.bind(statement, row);
  for (SqliteBinder& binder : piece.keys) binder.bind(statement, row);
  Met outcome = Met::missing;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
    if (request_.newest && !is_newer(*piece.columns[*request_.newest], row)) {
      if (outcome == Met::missing) outcome = Met::older;
    } else if (sqlite3_column_int(statement, 1) != 0) {
      if (outcome != Met::updated) outcome = Met::unchanged;
    } else {
      outcome = Met::updated;
      if (!row_number_.empty() || changed.empty()) changed.push_back({row, sqlite3_column_int64(statement, 0)});
    }
  }
  if (code != SQLITE_DONE) {
    stores::throw_sqlite_error(database_.handle(), database_.place(), fmt::format("cannot read {}", table_.name),
                               Error::Kind::insertion);
  }
  sqlite3_reset(statement);
  return outcome;
}

// Compared as values: texts of times and decimals do not sort as they should.
bool SqliteMerge::is_newer(const Column& values, std::uint32_t row) {
  if (values.is_null(row)) return false;
  Arena arena;
  Column held{values.type(), 1};
  take_sqlite_value(find_.handle(), 2, held, 0, arena);
  return held.is_null(0) || compare(values.at(row), held.at(0)) == std::partial_ordering::greater;
}

std::optional<Refusal> SqliteMerge::apply(Piece& piece, const Update& update) {
  sqlite3_stmt* const statement = update_.handle();
  int code = SQLITE_OK;
  const auto bind = [&](std::vector<SqliteBinder>& binders) {
    for (SqliteBinder& binder : binders) code = code == SQLITE_OK ? binder.bind(statement, update.row) : code;
  };
  bind(piece.sets);
  if (row_number_.empty()) {
    bind(piece.keys);
  } else if (code == SQLITE_OK) {
    code = sqlite3_bind_int64(statement, static_cast<int>(piece.sets.size()) + 1, update.number);
  }
  if (code == SQLITE_OK) code = sqlite3_step(statement);
  if (code != SQLITE_DONE) return take_refusal(database_, table_, statement);
  sqlite3_reset(statement);
  return std::nullopt;
}

void SqliteMerge::save(Piece& piece) {
  database_.execute(make_list_);
  {
    const auto statement = database_.prepare(into_list_);
    std::vector<SqliteBinder> keys;
    if (row_number_.empty()) keys = binders(request_.key, 1, piece.columns);
    const int ordinal = row_number_.empty() ? static_cast<int>(keys.size()) + 1 : 2;
    for (std::size_t i = 0; i < piece.updates.size(); ++i) {
      for (SqliteBinder& key : keys) key.bind(statement.handle(), piece.updates[i].row);
      if (keys.empty()) sqlite3_bind_int64(statement.handle(), 1, piece.updates[i].number);
      sqlite3_bind_int64(statement.handle(), ordinal, static_cast<std::int64_t>(i));
      if (sqlite3_step(statement.handle()) != SQLITE_DONE) {
        stores::throw_sqlite_error(database_.handle(), database_.place(), fmt::format("cannot update {}", table_.name),
                                   Error::Kind::insertion);
      }
      sqlite3_reset(statement.handle());
    }
  }
  journal_->updating(matched_);
  database_.execute("DELETE FROM " + list_);
}

}  // namespace etl::writers
