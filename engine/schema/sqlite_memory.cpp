#include "engine/schema/sqlite_memory.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "engine/base/error.h"
#include "engine/schema/sqlite_tokens.h"

namespace etl::schema {
namespace {

int authorize(void* /*context*/, int action, const char* /*first*/, const char* /*second*/, const char* /*schema*/,
              const char* /*trigger*/) {
  return action == SQLITE_ATTACH || action == SQLITE_DETACH ? SQLITE_DENY : SQLITE_OK;
}

// CREATE TABLE ... AS can hold an endless recursive query.
constexpr int kMaxSteps = 20'000'000;

int stop(void* /*context*/) { return 1; }

}  // namespace

void SqliteRows::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void SqliteMemory::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

SqliteRows::SqliteRows(sqlite3* database, const std::string& sql, const std::string& parameter) : database_{database} {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(database, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
    throw Error{Error::Kind::schema, fmt::format("the SQLite catalogue cannot be read: {}", sqlite3_errmsg(database))};
  }
  statement_.reset(statement);
  if (sqlite3_bind_parameter_count(statement) > 0) {
    sqlite3_bind_text(statement, 1, parameter.data(), static_cast<int>(parameter.size()), SQLITE_TRANSIENT);
  }
}

bool SqliteRows::next() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  throw Error{Error::Kind::schema, fmt::format("the SQLite catalogue cannot be read: {}", sqlite3_errmsg(database_))};
}

std::optional<std::string> SqliteRows::optional_text(int column) const {
  const auto* bytes = sqlite3_column_text(statement_.get(), column);
  if (bytes == nullptr) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(bytes),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::string SqliteRows::text(int column) const { return optional_text(column).value_or(""); }

int SqliteRows::integer(int column) const { return sqlite3_column_int(statement_.get(), column); }

SqliteMemory::SqliteMemory() {
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(":memory:", &database, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nullptr);
  database_.reset(database);
  if (code != SQLITE_OK) throw Error{Error::Kind::environment, "SQLite cannot open a database in memory"};
  sqlite3_set_authorizer(database, authorize, nullptr);
  sqlite3_progress_handler(database, kMaxSteps, stop, nullptr);
}

std::optional<SqliteMemory::Fault> SqliteMemory::apply(const char* sql, std::uint32_t& end) const {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v2(handle(), sql, -1, &statement, &tail);
  if (code != SQLITE_OK) {
    const int offset = sqlite3_error_offset(handle());
    const auto tokens = sqlite_tokens(sql);
    const std::uint32_t begin = tokens.empty() ? 0 : tokens.front().begin;
    return Fault{sqlite3_errmsg(handle()), offset < 0 ? begin : static_cast<std::uint32_t>(offset)};
  }
  end = static_cast<std::uint32_t>(tail - sql);
  if (statement == nullptr) return std::nullopt;
  std::optional<Fault> fault;
  if (is_sqlite_schema_statement({sql, end})) {
    int step = SQLITE_ROW;
    while (step == SQLITE_ROW) step = sqlite3_step(statement);
    if (step != SQLITE_DONE) fault = Fault{sqlite3_errmsg(handle()), 0};
  }
  sqlite3_finalize(statement);
  return fault;
}

bool is_sqlite_schema_statement(std::string_view sql) {
  const auto tokens = sqlite_tokens(sql);
  return !tokens.empty() && (tokens[0].is("CREATE") || tokens[0].is("ALTER") || tokens[0].is("DROP"));
}

}  // namespace etl::schema
