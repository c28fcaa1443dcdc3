#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "engine/schema/pg_expression.h"
#include "engine/schema/pg_tree.h"
#include "engine/schema/render.h"
#include "engine/schema/sqlite_expression.h"
#include "engine/schema/sqlite_storage.h"

namespace etl::schema {
namespace {

std::string names(const std::vector<std::string>& columns) {
  std::vector<std::string> quoted;
  for (const std::string& column : columns) quoted.push_back(sqlite_name(column));
  return fmt::format("{}", fmt::join(quoted, ", "));
}

// A random uuid of version 4, for DEFAULT gen_random_uuid().
constexpr std::string_view kRandomUuid =
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-' || "
    "substr('89AB', 1 + (abs(random()) % 4), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))";

class SqliteTable {
 public:
  SqliteTable(const Table& table, std::vector<std::string>& left_out) : table_{table}, left_out_{left_out} {
    const UniqueKey* primary = table.primary_key();
    if (primary == nullptr || primary->columns.size() != 1) return;
    const Column* column = table.column(primary->columns.front());
    if (column != nullptr && storage_type(storage_form(column->type)) == "INTEGER") row_id_ = column;
  }

  std::string create() {
    std::vector<std::string> lines;
    for (const Column& column : table_.columns) lines.push_back(column_line(column));
    for (const UniqueKey& key : table_.unique_keys) add(lines, unique_line(key));
    for (const ForeignKey& key : table_.foreign_keys) lines.push_back(reference_line(key));
    for (const Check& check : table_.checks) add(lines, check_line(check));
    return fmt::format("CREATE TABLE {} (\n  {}\n) STRICT", sqlite_name(table_.name), fmt::join(lines, ",\n  "));
  }

  std::vector<std::string> indexes() {
    std::vector<std::string> statements;
    for (const std::string& index : table_.indexes) add(statements, index_statement(index));
    return statements;
  }

 private:
  static void add(std::vector<std::string>& lines, std::string line) {
    if (!line.empty()) lines.push_back(std::move(line));
  }
  void leave_out(std::string_view what, std::string_view why) {
    left_out_.push_back(fmt::format("{}: {} (SQLite cannot say {})", table_.name, what, why));
  }

  std::string column_line(const Column& column);
  std::string default_clause(const Column& column);
  std::string generated_clause(const Column& column, bool& expressed);
  std::string unique_line(const UniqueKey& key);
  std::string reference_line(const ForeignKey& key);
  std::string check_line(const Check& check);
  std::string index_statement(const std::string& sql);

  const Table& table_;
  std::vector<std::string>& left_out_;
  const Column* row_id_ = nullptr;  // The single INTEGER column of the primary key: SQLite's row id.
};

std::string SqliteTable::column_line(const Column& column) {
  const std::string name = sqlite_name(column.name);
  std::string line = fmt::format("{} {}", name, storage_type(storage_form(column.type)));
  bool expressed = true;
  if (column.generated) line += generated_clause(column, expressed);
  const bool is_row_id = row_id_ == &column;
  if (is_row_id) line += " PRIMARY KEY";
  if (column.not_null && !is_row_id && expressed) line += " NOT NULL";
  if (column.type.base == "citext" && !column.type.array) line += " COLLATE NOCASE";
  if (!column.generated) line += default_clause(column);
  if (!column.client_compares && column.type.base != "citext") {
    leave_out(fmt::format("COLLATE {} of {}", column.collation, column.name), "it");
  }
  if (const std::string check = storage_check(column.type, name); !check.empty())
    line += fmt::format(" CHECK ({})", check);
  for (const std::string& check : column.domain_checks) {
    const SqliteExpression made = sqlite_expression(table_, check, &column);
    if (made.sql.empty()) {
      leave_out(fmt::format("CHECK ({}) of domain {}", check, column.type.name), made.why);
    } else {
      line += fmt::format(" CHECK ({})", made.sql);
    }
  }
  const bool has_sequence = column.serial || column.identity != Column::Identity::none;
  if (has_sequence && !is_row_id)
    leave_out(fmt::format("the sequence of {}", column.name), "a sequence beside the key");
  return line;
}

std::string SqliteTable::default_clause(const Column& column) {
  const std::string& sql = column.default_sql.value_or("");
  if (sql.empty() || column.serial) return "";
  const auto tree = pg::parse_expression(sql);
  const bool is_moment = is_temporal(column.type.type) && column.type.type != Type::time;
  if (is_moment && tree && pg::is_now(*tree)) return fmt::format(" DEFAULT ({})", storage_now(column.type));
  if (column.default_literal) return fmt::format(" DEFAULT {}", storage_literal(column.type, *column.default_literal));
  if (sql.starts_with("gen_random_uuid()") || sql.starts_with("uuid_generate_v4()")) {
    return fmt::format(" DEFAULT ({})", kRandomUuid);
  }
  const SqliteExpression made = sqlite_stored_expression(Table{}, sql, column.type);
  if (!made.sql.empty()) return fmt::format(" DEFAULT ({})", made.sql);
  leave_out(fmt::format("DEFAULT {} of {}", sql, column.name), made.why);
  return "";
}

// A generated column that cannot be said becomes a plain one that nobody writes.
std::string SqliteTable::generated_clause(const Column& column, bool& expressed) {
  const SqliteExpression made = sqlite_stored_expression(table_, column.generated_sql, column.type);
  expressed = !made.sql.empty();
  if (expressed) return fmt::format(" GENERATED ALWAYS AS ({}) STORED", made.sql);
  leave_out(fmt::format("GENERATED ALWAYS AS ({}) of {}", column.generated_sql, column.name), made.why);
  return "";
}

std::string SqliteTable::unique_line(const UniqueKey& key) {
  if (key.primary && row_id_ != nullptr) return "";
  if (key.nulls_not_distinct) leave_out(fmt::format("NULLS NOT DISTINCT of {}", key.name), "it");
  return fmt::format("{} ({})", key.primary ? "PRIMARY KEY" : "UNIQUE", names(key.columns));
}

std::string SqliteTable::reference_line(const ForeignKey& key) {
  std::string line = fmt::format("CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({})", sqlite_name(key.name),
                                 names(key.columns), sqlite_name(key.table), names(key.target_columns));
  if (!key.on_delete.empty()) line += " ON DELETE " + key.on_delete;
  if (!key.on_update.empty()) line += " ON UPDATE " + key.on_update;
  if (key.deferrable)
    line += fmt::format(" DEFERRABLE INITIALLY {}", key.initially_deferred ? "DEFERRED" : "IMMEDIATE");
  return line;
}

std::string SqliteTable::check_line(const Check& check) {
  const SqliteExpression made = sqlite_expression(table_, check.sql);
  if (made.sql.empty()) {
    leave_out(fmt::format("CHECK ({})", check.sql), made.why);
    return "";
  }
  return fmt::format("CONSTRAINT {} CHECK ({})", sqlite_name(check.name), made.sql);
}

std::string SqliteTable::index_statement(const std::string& sql) {
  const pg::Parsed parsed = pg::parse(sql);
  if (parsed.statements.size() != 1 || parsed.statements.front().tree.kind() != "IndexStmt") return "";
  const pg::Node& index = parsed.statements.front().tree.body();
  std::vector<std::string> parts;
  for (const pg::Node& wrapped : index["indexParams"].items()) {
    const pg::Node& element = wrapped.body();
    if (element["expr"] || element["opclass"] || index["whereClause"] || index["accessMethod"].text() != "btree") {
      leave_out(sql, "an index over expressions, some rows or by another method");
      return "";
    }
    const bool descending = element["ordering"].text() == "SORTBY_DESC";
    parts.push_back(sqlite_name(element["name"].text()) + (descending ? " DESC" : ""));
  }
  const std::string& own = index["idxname"].text();
  const std::string name = own.empty() ? fmt::format("{}_idx", fmt::join(parts, "_")) : own;
  return fmt::format("CREATE {}INDEX {} ON {} ({})", index["unique"].truth() ? "UNIQUE " : "",
                     sqlite_name(own.empty() ? table_.name + "_" + name : name), sqlite_name(table_.name),
                     fmt::join(parts, ", "));
}

// Statements after the tables that change what the tables do.
void note_statements(const Catalog& catalog, std::vector<std::string>& left_out) {
  for (const std::string& sql : catalog.after_tables) {
    const pg::Parsed parsed = pg::parse(sql);
    const std::string_view kind = parsed.statements.size() == 1 ? parsed.statements.front().tree.kind() : "";
    const bool excludes = kind == "AlterTableStmt" && sql.find(" EXCLUDE ") != std::string::npos;
    if (kind != "CreateTrigStmt" && kind != "RuleStmt" && !excludes) continue;
    left_out.push_back(fmt::format("{} (PostgreSQL only)", sql.substr(0, sql.find('\n'))));
  }
}

}  // namespace

std::vector<std::string> render_for_sqlite(const Catalog& catalog, std::vector<std::string>& left_out) {
  std::vector<std::string> statements;
  std::vector<std::string> indexes;
  std::set<std::string> created;
  for (const Table& table : catalog.tables) {
    if (table.is_view) {
      left_out.push_back(fmt::format("view {} (PostgreSQL only)", table.name));
      continue;
    }
    if (!created.insert(table.name).second) {
      left_out.push_back(fmt::format("{}.{}: SQLite has no schemas, and the name is taken", table.schema, table.name));
      continue;
    }
    SqliteTable made{table, left_out};
    statements.push_back(made.create());
    for (std::string& index : made.indexes()) indexes.push_back(std::move(index));
  }
  statements.insert(statements.end(), indexes.begin(), indexes.end());
  note_statements(catalog, left_out);
  return statements;
}

}  // namespace etl::schema
