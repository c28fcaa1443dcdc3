#include "engine/writers/sqlite_refusal.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

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

Refusal refusal_of(stores::SqliteDatabase& database, const schema::Table& table) {
  const int code = sqlite3_extended_errcode(database.handle());
  const std::string_view words = sqlite3_errmsg(database.handle());
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
    refusal.constraint = key_name(table, columns);
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

}  // namespace

Refusal take_refusal(stores::SqliteDatabase& database, const schema::Table& table, sqlite3_stmt* statement) {
  sqlite3* const handle = database.handle();
  // Resetting repeats the code, so what is wrong is read before.
  if (!is_row_refusal(sqlite3_extended_errcode(handle)) || sqlite3_get_autocommit(handle) != 0) {
    const std::string what = sqlite3_get_autocommit(handle) != 0
                                 ? fmt::format("the whole transaction was ended while writing {}", table.name)
                                 : fmt::format("cannot write {}", table.name);
    stores::throw_sqlite_error(handle, database.place(), what, Error::Kind::insertion);
  }
  Refusal refusal = refusal_of(database, table);
  sqlite3_reset(statement);
  return refusal;
}

}  // namespace etl::writers
