#include "engine/writers/sqlite_writer.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "engine/stores/sql_text.h"
#include "engine/writers/sqlite_checks.h"

namespace etl::writers {

namespace {

// Extended result codes that speak of a row (rescode.html).
struct Code {
  int code;
  std::string_view name;
  std::string_view clause;
};
constexpr std::array kCodes = {
    Code{SQLITE_CONSTRAINT_CHECK, "SQLITE_CONSTRAINT_CHECK", "violates check constraint"},
    Code{SQLITE_CONSTRAINT_FOREIGNKEY, "SQLITE_CONSTRAINT_FOREIGNKEY", "violates a foreign key"},
    Code{SQLITE_CONSTRAINT_NOTNULL, "SQLITE_CONSTRAINT_NOTNULL", "violates not-null of column"},
    Code{SQLITE_CONSTRAINT_PRIMARYKEY, "SQLITE_CONSTRAINT_PRIMARYKEY", "violates unique constraint"},
    Code{SQLITE_CONSTRAINT_UNIQUE, "SQLITE_CONSTRAINT_UNIQUE", "violates unique constraint"},
    Code{SQLITE_CONSTRAINT_ROWID, "SQLITE_CONSTRAINT_ROWID", "violates unique constraint"},
    Code{SQLITE_CONSTRAINT_TRIGGER, "SQLITE_CONSTRAINT_TRIGGER", "refused by a trigger"},
    Code{SQLITE_CONSTRAINT_DATATYPE, "SQLITE_CONSTRAINT_DATATYPE", "does not fit the type of column"},
    Code{SQLITE_MISMATCH, "SQLITE_MISMATCH", "does not fit the type of the key"},
    Code{SQLITE_TOOBIG, "SQLITE_TOOBIG", "value too long"},
};

bool is_row_refusal(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG;
}

// "UNIQUE constraint failed: users.email, users.tenant" gives the column names.
std::vector<std::string> columns_in(std::string_view message) {
  std::vector<std::string> columns;
  std::string_view rest = message.substr(std::min(message.size(), message.rfind(": ") + 2));
  while (!rest.empty()) {
    const std::string_view part = rest.substr(0, rest.find(", "));
    const std::size_t dot = part.find('.');
    if (dot != std::string_view::npos) columns.emplace_back(part.substr(dot + 1));
    rest.remove_prefix(std::min(rest.size(), part.size() + 2));
  }
  return columns;
}

// Constraints without a name of their own get the one that PostgreSQL would give them.
std::string key_name(const schema::Table& table, const std::vector<std::string>& columns) {
  for (const schema::UniqueKey& key : table.unique_keys) {
    if (!std::ranges::is_permutation(key.columns, columns)) continue;
    if (key.primary) return table.name + "_pkey";
    if (!key.name.empty() && !key.name.starts_with("sqlite_autoindex_")) return key.name;
  }
  std::string name = table.name;
  for (const std::string& column : columns) name += "_" + column;
  return name + "_key";
}

}  // namespace

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
    if (code != SQLITE_DONE) {
      // Resetting repeats the code, so what is wrong is read before.
      if (!is_row_refusal(sqlite3_extended_errcode(handle)) || sqlite3_get_autocommit(handle) != 0) {
        const std::string what = sqlite3_get_autocommit(handle) != 0
                                     ? fmt::format("the whole transaction was ended while writing {}", table_.name)
                                     : fmt::format("cannot write {}", table_.name);
        stores::throw_sqlite_error(handle, database_.place(), what, Error::Kind::insertion);
      }
      Refusal refused = refusal();
      sqlite3_reset(insert);
      return refused;
    }
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

Refusal SqliteWriter::refusal() const {
  const int code = sqlite3_extended_errcode(database_.handle());
  const std::string_view words = sqlite3_errmsg(database_.handle());
  const auto* known = std::ranges::find(kCodes, code, &Code::code);
  Refusal refusal{.code = known == kCodes.end() ? "SQLITE_CONSTRAINT" : std::string{known->name},
                  .constraint = {},
                  .column = {},
                  .message = known == kCodes.end() ? "violates a constraint" : std::string{known->clause},
                  .foreign_key = code == SQLITE_CONSTRAINT_FOREIGNKEY};
  const std::vector<std::string> columns = columns_in(words);
  if (code == SQLITE_CONSTRAINT_CHECK) {
    refusal.constraint = words.substr(words.find(": ") + 2);
    refusal.message += " " + refusal.constraint;
  } else if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY) {
    refusal.constraint = key_name(table_, columns);
    if (columns.size() == 1) refusal.column = columns.front();
    refusal.message += " " + refusal.constraint;
  } else if (code == SQLITE_CONSTRAINT_NOTNULL && !columns.empty()) {
    refusal.column = columns.front();
    refusal.message += " " + refusal.column;
  } else if (code == SQLITE_CONSTRAINT_DATATYPE) {
    refusal.column = words.substr(words.rfind('.') + 1);
    refusal.message += " " + refusal.column;
  }
  return refusal;
}

void SqliteWriter::check(std::size_t column, const Column& values, Failures& failures) {
  check_sqlite(forms_[column].column, forms_[column].declared, values, failures);
}

}  // namespace etl::writers
