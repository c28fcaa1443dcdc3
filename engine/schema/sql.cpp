#include "engine/schema/sql.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>

#include "engine/schema/ddl.h"
#include "engine/schema/pg_parameters.h"
#include "engine/schema/pg_select.h"
#include "engine/schema/pg_tree.h"
#include "engine/schema/sqlite_memory.h"
#include "engine/schema/sqlite_tokens.h"
#include "engine/schema/types.h"

namespace etl::schema {
namespace {

std::vector<SqlParameter> sqlite_parameters(std::string_view sql) {
  std::vector<SqlParameter> parameters;
  for (const SqliteToken& token : sqlite_tokens(sql)) {
    if (token.kind != SqliteToken::Kind::parameter || token.text.front() != '$' || token.text.size() < 2) continue;
    parameters.push_back({std::string{token.text.substr(1)}, token.begin, token.end()});
  }
  return parameters;
}

bool changes_rows(const pg::Node& node) {
  const std::string_view kind = node.kind();
  if (kind == "InsertStmt" || kind == "UpdateStmt" || kind == "DeleteStmt" || kind == "MergeStmt") return true;
  bool found = false;
  node.for_each([&](const pg::Node& child) { found = found || changes_rows(child); });
  return found;
}

constexpr std::string_view kSeveral = "several statements where one is expected";
constexpr std::string_view kNone = "no statement";

SqlReading fault(std::string_view what, std::uint32_t offset) {
  SqlReading reading;
  reading.fault = what;
  reading.fault_offset = offset;
  return reading;
}

Column result_column(sqlite3_stmt* statement, int index) {
  Column column;
  column.name = sqlite3_column_name(statement, index);
  if (const char* declared = sqlite3_column_decltype(statement, index)) column.type = sqlite_type(declared);
  return column;
}

}  // namespace

std::vector<SqlParameter> sql_parameters(std::string_view sql, Dialect dialect) {
  return dialect == Dialect::postgresql ? pg::parameters(sql) : sqlite_parameters(sql);
}

SqlReading read_postgres_sql(std::string_view sql, const Catalog& catalog) {
  const pg::Parsed parsed = pg::parse(pg::with_numbered_parameters(sql));
  if (parsed.fault) return fault(parsed.fault->message, parsed.fault->offset);
  if (parsed.statements.empty()) return fault(kNone, 0);
  if (parsed.statements.size() > 1) return fault(kSeveral, parsed.statements[1].begin);
  SqlReading reading;
  const pg::Node& tree = parsed.statements.front().tree;
  reading.is_query = tree.kind() == "SelectStmt" && !tree.body()["intoClause"] && !changes_rows(tree);
  pg::QueryColumns columns = pg::query_columns(tree, catalog);
  reading.columns_known = columns.known;
  reading.columns = std::move(columns.columns);
  reading.tables = pg::tables_read(tree);
  return reading;
}

std::string parse_sql_error(std::string_view sql) { return read_postgres_sql(sql, {}).fault; }

SqliteTrial::SqliteTrial(const Catalog& catalog) : memory_{std::make_unique<SqliteMemory>()} {
  for (const std::string& sql : render(catalog, Dialect::sqlite)) {
    std::uint32_t end = 0;
    memory_->apply(sql.c_str(), end);
  }
}

SqliteTrial::~SqliteTrial() = default;
SqliteTrial::SqliteTrial(SqliteTrial&& other) noexcept = default;
SqliteTrial& SqliteTrial::operator=(SqliteTrial&& other) noexcept = default;

const SqliteTrial& SqliteTrials::of(const std::shared_ptr<const Catalog>& catalog) {
  constexpr std::size_t kKept = 16;  // Each takes memory as a database does.
  const auto found = trials_.find(catalog);
  if (found != trials_.end()) return found->second;
  if (trials_.size() == kKept) trials_.clear();
  return trials_.emplace(catalog, SqliteTrial{*catalog}).first->second;
}

SqlReading SqliteTrial::read(std::string_view sql) const {
  const auto nul = sql.find('\0');
  if (nul != std::string_view::npos) return fault("a NUL byte", static_cast<std::uint32_t>(nul));
  sqlite3* database = memory_->handle();
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  if (sqlite3_prepare_v2(database, sql.data(), static_cast<int>(sql.size()), &statement, &tail) != SQLITE_OK) {
    return fault(sqlite3_errmsg(database), static_cast<std::uint32_t>(std::max(0, sqlite3_error_offset(database))));
  }
  if (statement == nullptr) return fault(kNone, 0);
  const auto end = static_cast<std::uint32_t>(tail - sql.data());
  const auto rest = sqlite_tokens(sql.substr(end));
  SqlReading reading;
  if (std::ranges::any_of(rest, [](const SqliteToken& token) { return token.text != ";"; })) {
    reading = fault(kSeveral, end + rest.front().begin);
  } else {
    reading.is_query = sqlite3_stmt_readonly(statement) != 0 && sqlite3_column_count(statement) > 0;
    reading.columns_known = true;
    for (int at = 0; at < sqlite3_column_count(statement); ++at) {
      reading.columns.push_back(result_column(statement, at));
    }
  }
  sqlite3_finalize(statement);
  return reading;
}

}  // namespace etl::schema
