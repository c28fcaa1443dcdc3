#include "engine/writers/sqlite_keys.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "engine/stores/cell.h"
#include "engine/stores/sql_text.h"

namespace etl::writers {

namespace {

bool has_null(std::span<const ColumnPtr> keys, std::size_t row) {
  for (const ColumnPtr& key : keys) {
    if (key->is_null(row)) return true;
  }
  return false;
}

}  // namespace

void take_sqlite_value(sqlite3_stmt* statement, int index, Column& column, std::size_t row, Arena& arena) {
  const int storage_class = sqlite3_column_type(statement, index);
  if (storage_class == SQLITE_NULL) return column.set_null(row);
  const bool is_real = storage_class == SQLITE_FLOAT;
  const std::string real = is_real ? to_text(sqlite3_column_double(statement, index)) : std::string{};
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, index));
  const std::string_view found =
      is_real ? std::string_view{real}
              : std::string_view{bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, index))};
  if (storage_class == SQLITE_BLOB && column.type() == Type::bytes) {
    column.values<Bytes>()[row] = Bytes{arena.copy(found)};
  } else if (auto reason = stores::set_from_text(column, row, found, arena)) {
    throw Error{Error::Kind::type,
                fmt::format("the target holds a value that is no {}: {}", name(column.type()), *reason),
                "look at the type of the column that is read"};
  }
}

std::string SqliteKeys::matches(int first_parameter) const {
  std::string out;
  for (const SqliteKeyColumn& column : columns_) {
    out +=
        fmt::format("{}{} = ?{}", out.empty() ? "" : " AND ", stores::quote_identifier(column.name), first_parameter++);
  }
  return out;
}

std::vector<SqliteBinder> SqliteKeys::binders(std::span<const ColumnPtr> keys, int first_parameter) const {
  std::vector<SqliteBinder> out;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    out.emplace_back(first_parameter + static_cast<int>(i), columns_[i].form);
    out.back().use(*keys[i]);
  }
  return out;
}

bool SqliteKeys::step(sqlite3_stmt* statement, std::vector<SqliteBinder>& binders, std::uint32_t row) {
  for (SqliteBinder& binder : binders) binder.bind(statement, row);
  const int code = sqlite3_step(statement);
  if (code != SQLITE_ROW && code != SQLITE_DONE) {
    stores::throw_sqlite_error(database_.handle(), database_.place(), fmt::format("cannot change {}", table_),
                               Error::Kind::insertion);
  }
  return code == SQLITE_ROW;
}

std::vector<bool> SqliteKeys::find(std::span<const ColumnPtr> keys) {
  std::vector<bool> found(keys.front()->size());
  const auto statement = database_.prepare(fmt::format("SELECT 1 FROM {} WHERE {} LIMIT 1", table_, matches(1)));
  auto bound = binders(keys, 1);
  for (std::uint32_t row = 0; row < found.size(); ++row) {
    if (has_null(keys, row)) continue;
    found[row] = step(statement.handle(), bound, row);
    sqlite3_reset(statement.handle());
  }
  return found;
}

std::vector<ColumnPtr> SqliteKeys::fetch(std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                                         std::span<const Type> types, Arena& arena) {
  const std::size_t size = keys.front()->size();
  std::vector<std::shared_ptr<Column>> out;
  for (const Type type : types) out.push_back(std::make_shared<Column>(type, size));
  const auto statement = database_.prepare(
      fmt::format("SELECT {} FROM {} WHERE {} LIMIT 1", stores::quote_list(wanted), table_, matches(1)));
  auto bound = binders(keys, 1);
  for (std::uint32_t row = 0; row < size; ++row) {
    const bool found = !has_null(keys, row) && step(statement.handle(), bound, row);
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (found) {
        take_sqlite_value(statement.handle(), static_cast<int>(i), *out[i], row, arena);
      } else {
        out[i]->set_null(row);
      }
    }
    sqlite3_reset(statement.handle());
  }
  return {out.begin(), out.end()};
}

void SqliteKeys::update(std::span<const ColumnPtr> keys, const SqliteKeyColumn& column, const Column& values) {
  const auto statement = database_.prepare(
      fmt::format("UPDATE {} SET {} = ?1 WHERE {}", table_, stores::quote_identifier(column.name), matches(2)));
  auto bound = binders(keys, 2);
  bound.emplace_back(1, column.form);
  bound.back().use(values);
  for (std::uint32_t row = 0; row < values.size(); ++row) {
    if (has_null(keys, row)) continue;
    step(statement.handle(), bound, row);
    sqlite3_reset(statement.handle());
  }
}

std::uint64_t SqliteKeys::remove(std::span<const ColumnPtr> keys) {
  std::uint64_t removed = 0;
  const auto statement = database_.prepare(fmt::format("DELETE FROM {} WHERE {}", table_, matches(1)));
  auto bound = binders(keys, 1);
  for (std::uint32_t row = 0; row < keys.front()->size(); ++row) {
    if (has_null(keys, row)) continue;
    step(statement.handle(), bound, row);
    removed += static_cast<std::uint64_t>(sqlite3_changes(database_.handle()));
    sqlite3_reset(statement.handle());
  }
  return removed;
}

}  // namespace etl::writers
