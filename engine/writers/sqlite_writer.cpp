#include "engine/writers/sqlite_writer.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <numeric>

#include "engine/stores/sql_text.h"
#include "engine/writers/sqlite_checks.h"
#include "engine/writers/sqlite_refusal.h"

namespace etl::writers {

SqliteWriter::SqliteWriter(stores::SqliteDatabase& database, const schema::Table& live, const schema::Table* declared,
                           std::vector<std::string> columns, ledger::Journal* journal)
    : database_{database}, table_{live}, names_{std::move(columns)}, journal_{journal} {
  std::string places;
  for (const std::string& name : names_) {
    const schema::Column* column = table_.column(name);
    if (column == nullptr) {
      throw Error{Error::Kind::schema, fmt::format("{}: table {} has no column {}", database.place(), live.name, name)};
    }
    const schema::Column* rendered_from = declared == nullptr ? nullptr : declared->column(name);
    forms_.push_back({stores::sqlite_column(table_, *column, rendered_from), rendered_from});
    binders_.emplace_back(static_cast<int>(forms_.size()), forms_.back().column);
    places += places.empty() ? "?" : ", ?";
  }
  const std::string into = stores::quote_table(table_);
  std::string insert = names_.empty()
                           ? fmt::format("INSERT INTO {} DEFAULT VALUES", into)
                           : fmt::format("INSERT INTO {} ({}) VALUES ({})", into, stores::quote_list(names_), places);
  has_rowids_ = !ledger::rowid_name(table_).empty();
  if (journal_ != nullptr && !has_rowids_ && !journal_->key().empty()) {
    insert += " RETURNING " + stores::quote_list(journal_->key());
    keys_.resize(journal_->key().size());
  }
  insert_ = database_.prepare(insert);
}

SqliteWriter::~SqliteWriter() {
  if (on_close) on_close(this);
}

void SqliteWriter::close() {
  insert_ = {};
  merge_.reset();
}

TableWriter::Merged SqliteWriter::merge(const MergeRequest& request, std::span<const ColumnPtr> columns,
                                        std::span<const std::uint32_t> rows) {
  if (rows.empty()) return {};
  if (!merge_ || merge_->request() != request) {
    std::vector<SqliteKeyColumn> forms;
    for (std::size_t i = 0; i < names_.size(); ++i) forms.push_back({names_[i], forms_[i].column});
    merge_ = std::make_unique<SqliteMerge>(database_, table_, std::move(forms), request, journal_);
  }
  return merge_->merge(columns, rows);
}

TableWriter::Result SqliteWriter::write(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows) {
  Result result;
  if (rows.empty()) return result;
  for (std::size_t i = 0; i < binders_.size(); ++i) binders_[i].use(*columns[i]);
  rowids_.clear();
  noted_ = 0;
  for (std::vector<Value>& values : keys_) values.clear();
  texts_ = std::make_unique<Arena>();
  database_.execute("SAVEPOINT etl_write");
  if (auto refused = insert_rows(rows, result)) {
    database_.execute("ROLLBACK TO etl_write; RELEASE etl_write");
    return {.written = 0, .refusal = std::move(refused), .dropped = {}};
  }
  if (journal_ != nullptr && result.written > 0) tell_journal();
  database_.execute("RELEASE etl_write");
  return result;
}

// A row of this write is in the table.
void SqliteWriter::note_row() {
  ++noted_;
  if (has_rowids_) rowids_.push_back(sqlite3_last_insert_rowid(database_.handle()));
}

// The key of a row in a table without row ids, as RETURNING gives it.
void SqliteWriter::note_key() {
  sqlite3_stmt* const insert = insert_.handle();
  for (int i = 0; i < sqlite3_column_count(insert); ++i) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(insert, i));
    const std::string_view view{bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(insert, i))};
    Value value;
    switch (sqlite3_column_type(insert, i)) {
      case SQLITE_INTEGER:
        value = std::int64_t{sqlite3_column_int64(insert, i)};
        break;
      case SQLITE_FLOAT:
        value = sqlite3_column_double(insert, i);
        break;
      case SQLITE_BLOB:
        value = Bytes{texts_->copy(view)};
        break;
      default:
        value = texts_->copy(view);
    }
    keys_[static_cast<std::size_t>(i)].push_back(value);
  }
}

void SqliteWriter::tell_journal() {
  std::vector<ColumnPtr> keys;
  for (const std::vector<Value>& values : keys_) {
    auto column = std::make_shared<Column>(Type::any, values.size());
    for (std::size_t row = 0; row < values.size(); ++row) column->set(row, values[row]);
    keys.push_back(std::move(column));
  }
  std::vector<std::uint32_t> rows(noted_);
  std::iota(rows.begin(), rows.end(), 0U);
  journal_->inserted(keys, rows, rowids_);
}

std::optional<Refusal> SqliteWriter::insert_rows(std::span<const std::uint32_t> rows, Result& result) {
  sqlite3* const handle = database_.handle();
  sqlite3_stmt* const insert = insert_.handle();
  for (const std::uint32_t row : rows) {
    int code = SQLITE_OK;
    for (std::size_t i = 0; i < binders_.size() && code == SQLITE_OK; ++i) code = binders_[i].bind(insert, row);
    if (code == SQLITE_OK) code = sqlite3_step(insert);
    if (code == SQLITE_ROW) {
      note_key();
      code = sqlite3_step(insert);
    }
    if (code != SQLITE_DONE) return take_refusal(database_, table_, insert);
    // A trigger's RAISE(IGNORE) leaves the row out; INSTEAD OF triggers of a view count nothing.
    if (table_.is_view || sqlite3_changes(handle) != 0) {
      ++result.written;
      if (journal_ != nullptr) note_row();
    } else {
      result.dropped.push_back(row);
    }
    sqlite3_reset(insert);
  }
  return std::nullopt;
}

void SqliteWriter::check(std::size_t column, const Column& values, Failures& failures) {
  check_sqlite(forms_[column].column, forms_[column].declared, values, failures);
}

}  // namespace etl::writers
