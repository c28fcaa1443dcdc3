// SQL that a mapping holds, read without a database as far as a parser is at hand: PostgreSQL's grammar, or SQLite
// itself, which knows the names too.
#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "engine/plan/compiler.h"
#include "engine/schema/text_comparison.h"
#include "engine/spec/text_map.h"

namespace etl::plan {

namespace {

// The word of an SQL text that begins at `offset`, as a place in the file.
Span word_at(const spec::At<std::string>& sql, std::uint32_t offset) {
  const std::string& text = sql.value;
  const std::size_t begin = std::min<std::size_t>(offset, text.empty() ? 0 : text.size() - 1);
  std::size_t end = text.substr(begin, 1) == "$" ? begin + 1 : begin;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) != 0 || text[end] == '_')) ++end;
  spec::Node scalar;
  scalar.kind = spec::Node::Kind::scalar;
  scalar.text = text;
  scalar.at = sql.at;
  return spec::TextMap::of(scalar).span(begin, std::max(end, begin + 1));
}

bool has_word(std::string_view text, std::string_view lower) {
  const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
  return std::search(text.begin(), text.end(), lower.begin(), lower.end(), same) != text.end();
}

}  // namespace

bool Compiler::speaks_sqlite(std::size_t connection) const {
  const ConnectionPlan& plan = plan_.connections[connection];
  const auto kind = stores::kind_of_url(plan.info.url);  // Nothing while ${...} stands in it.
  return kind ? *kind == stores::Kind::sqlite : plan.ddl && plan.ddl->dialect == schema::Dialect::sqlite;
}

// Nothing when no parser or no schema is at hand.
std::optional<schema::SqlReading> Compiler::read_sql(const spec::Sql& sql, std::size_t connection) {
  const auto known = shared_catalog(connection);
  if (!known || sql.text.value.empty() || known->dialect == schema::Dialect::mysql) return std::nullopt;
  const bool sqlite = speaks_sqlite(connection);
  const auto dialect = sqlite ? schema::Dialect::sqlite : schema::Dialect::postgresql;
  for (const schema::SqlParameter& used : schema::sql_parameters(sql.text.value, dialect)) {
    if (parameter(used.name)) continue;
    diagnostics_.add(302, word_at(sql.text, used.begin), fmt::format("no param {}", used.name),
                     "declare it under params:");
  }
  if (sqlite && known->dialect == schema::Dialect::postgresql) warn_of_text(sql, *known);
  return sqlite ? trials_->of(known).read(sql.text.value) : schema::read_postgres_sql(sql.text.value, *known);
}

void Compiler::warn_of_text(const spec::Sql& sql, const schema::Catalog& known) {
  for (const schema::TextComparison& found : schema::text_comparisons(sql.text.value, known)) {
    diagnostics_.add(510, word_at(sql.text, found.begin),
                     fmt::format("SQL: {} is {}, which SQLite keeps and compares as text", found.column, found.type),
                     fmt::format("write CAST({} AS REAL)", found.column));
  }
}

void Compiler::add_sql_fault(const spec::Sql& sql, const schema::SqlReading& reading) {
  if (reading.fault.empty()) return;
  diagnostics_.add(125, word_at(sql.text, reading.fault_offset), fmt::format("SQL: {}", reading.fault));
}

// A check gives the rows that are wrong.
void Compiler::check_sql(const spec::Sql& sql, std::size_t connection) {
  if (const auto reading = read_sql(sql, connection)) add_sql_fault(sql, *reading);
}

// Hooks may hold several statements, and may use what an earlier hook created.
void Compiler::check_hook_sql(const spec::Sql& sql, std::size_t connection) {
  const auto reading = read_sql(sql, connection);
  if (!reading || reading->fault.starts_with("several statements")) return;
  const bool creates = std::ranges::any_of(mapping_.before, [](const spec::HookSpec& hook) {
    return hook.sql && has_word(hook.sql->text.value, "create");
  });
  if (creates && reading->fault.starts_with("no such")) return;
  add_sql_fault(sql, *reading);
}

// The columns that a query gives. What the schema does not tell stays open.
void Compiler::add_query_columns(SourceHead& head) {
  const spec::Sql& query = *head.spec->query;
  const auto reading = head.connection ? read_sql(query, *head.connection) : std::nullopt;
  if (!reading) return;
  if (!reading->fault.empty()) {
    if (options_.lint) add_sql_fault(query, *reading);  // Else the database itself will say it.
    head.missing = options_.lint;
    return;
  }
  if (!reading->is_query) {
    diagnostics_.add(125, query.text.at, "SQL: a query gives rows and changes none");
    head.missing = true;
  } else if (reading->columns_known) {
    for (const schema::Column& column : reading->columns) head.columns.push_back({column.name, column.type.type});
    head.complete = true;
  }
}

}  // namespace etl::plan
