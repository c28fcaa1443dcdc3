#include "engine/writers/sqlite_defaults.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <limits>

#include "engine/stores/sql_text.h"
#include "engine/writers/sqlite_keys.h"

namespace etl::writers {

namespace {

bool is_counted(const schema::Column& column) {
  return column.serial || column.identity != schema::Column::Identity::none;
}

// PostgreSQL's random UUIDs, for tables rendered from its DDL.
bool makes_uuid(const std::string& expression) {
  return expression.find("gen_random_uuid") != std::string::npos ||
         expression.find("uuid_generate_v4") != std::string::npos;
}

ColumnPtr random_uuids(std::size_t count) {
  auto made = std::make_shared<etl::Column>(Type::uuid, count);
  for (Uuid& uuid : made->values<Uuid>()) {
    sqlite3_randomness(static_cast<int>(uuid.bytes.size()), uuid.bytes.data());
    uuid.bytes[6] = static_cast<std::uint8_t>((uuid.bytes[6] & 0x0FU) | 0x40U);  // RFC 4122, section 4.4.
    uuid.bytes[8] = static_cast<std::uint8_t>((uuid.bytes[8] & 0x3FU) | 0x80U);
  }
  return made;
}

}  // namespace

ColumnPtr SqliteDefaults::make(const schema::Table& live, const schema::Column& column, std::size_t count,
                               Arena& arena) {
  const schema::Column* held = live.column(column.name);
  const bool counted = is_counted(column) || (held != nullptr && is_counted(*held));
  if (counted) return count_on(live, column, count);
  if (held != nullptr && held->default_sql) return evaluate(*held->default_sql, column, count, arena);
  if (column.type.type == Type::uuid && makes_uuid(column.default_sql.value_or(""))) return random_uuids(count);
  if (column.default_sql) return evaluate(*column.default_sql, column, count, arena);
  throw Error{Error::Kind::schema, fmt::format("{}: {}.{} has no default", database_.place(), live.name, column.name),
              "fill the column in the mapping"};
}

ColumnPtr SqliteDefaults::count_on(const schema::Table& live, const schema::Column& column, std::size_t count) {
  const std::string key = live.name + "\n" + column.name;
  std::int64_t last = database_.number(
      fmt::format("SELECT max({}) FROM {}", stores::quote_identifier(column.name), stores::quote_table(live)));
  if (database_.number("SELECT count(*) FROM sqlite_master WHERE name = 'sqlite_sequence'") != 0) {
    last = std::max(last, database_.number(fmt::format("SELECT max(seq) FROM sqlite_sequence WHERE name = {}",
                                                       stores::quote_literal(live.name))));
  }
  if (const auto given = given_.find(key); given != given_.end()) last = std::max(last, given->second);
  if (last > std::numeric_limits<std::int64_t>::max() - static_cast<std::int64_t>(count)) {
    throw Error{Error::Kind::insertion,
                fmt::format("{}: {}.{} has no numbers left", database_.place(), live.name, column.name)};
  }
  given_[key] = last + static_cast<std::int64_t>(count);
  auto made = std::make_shared<etl::Column>(Type::integer, count);
  for (std::int64_t& number : made->values<std::int64_t>()) number = ++last;
  return made;
}

ColumnPtr SqliteDefaults::evaluate(const std::string& expression, const schema::Column& column, std::size_t count,
                                   Arena& arena) {
  const auto statement = database_.prepare(fmt::format("SELECT ({})", expression));
  auto made = std::make_shared<etl::Column>(column.type.type, count);
  for (std::size_t row = 0; row < count; ++row) {
    if (sqlite3_step(statement.handle()) != SQLITE_ROW) {
      stores::throw_sqlite_error(database_.handle(), database_.place(), "a default cannot be computed",
                                 Error::Kind::schema);
    }
    take_sqlite_value(statement.handle(), 0, *made, row, arena);
    sqlite3_reset(statement.handle());
  }
  return made;
}

}  // namespace etl::writers
