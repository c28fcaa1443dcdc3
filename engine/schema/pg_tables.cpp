// CREATE TABLE, ALTER TABLE and CREATE INDEX in PostgreSQL DDL.
#include <fmt/format.h>

#include <algorithm>

#include "engine/schema/ddl.h"
#include "engine/schema/pg_ddl.h"
#include "engine/schema/pg_names.h"

namespace etl::schema::pg {
namespace {

// The columns of a table named in LIKE, INHERITS or PARTITION OF.
void copy_columns(Ddl& ddl, Table& table, const Node& range_var, bool defaults) {
  const Table* parent = ddl.table(range_var);
  if (parent == nullptr) return;
  for (Column column : parent->columns) {
    if (table.column(column.name) != nullptr) continue;
    if (!defaults) {
      column.default_sql.reset();
      column.default_literal.reset();
      column.default_is_now = column.serial = column.generated = false;
      column.identity = Column::Identity::none;
    }
    table.columns.push_back(std::move(column));
  }
}

void copy_like(Ddl& ddl, Table& table, const Node& like) {
  constexpr int kDefaults = 1 << 3;  // CREATE_TABLE_LIKE_DEFAULTS of parsenodes.h.
  copy_columns(ddl, table, like["relation"], (like["options"].number() & kDefaults) != 0);
}

void add_elements(Ddl& ddl, Table& table, const std::vector<Node>& elements) {
  for (const Node& element : elements) {
    if (element.kind() == "ColumnDef") add_column(ddl, table, element.body());
    if (element.kind() == "TableLikeClause") copy_like(ddl, table, element.body());
  }
  for (const Node& element : elements) {
    if (element.kind() == "Constraint") add_constraint(ddl, table, element.body(), "");
  }
}

Column* column_of(Ddl& ddl, Table& table, const Node& name, int location) {
  const auto found = std::ranges::find(table.columns, name.text(), &Column::name);
  if (found != table.columns.end()) return &*found;
  ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(location),
                       fmt::format("table {} has no column {}", table.name, name.text()));
  return nullptr;
}

void alter_column(Ddl& ddl, Column& column, const std::string& kind, const Node& definition) {
  if (kind == "AT_SetNotNull") column.not_null = true;
  if (kind == "AT_DropNotNull") column.not_null = false;
  if (kind == "AT_AlterColumnType") column.type = column_type(ddl, definition.body()["typeName"]).type;
  if (kind == "AT_AddIdentity") {
    const bool always = definition.body()["generated_when"].text() == "a";
    column.identity = always ? Column::Identity::always : Column::Identity::by_default;
    column.not_null = true;
  }
  if (kind == "AT_ColumnDefault" && definition) {
    set_default(column, ddl.default_text(definition, {}), definition);
  } else if (kind == "AT_ColumnDefault") {
    column.default_sql.reset();
    column.default_literal.reset();
    column.default_is_now = column.serial = false;
  }
}

void drop_column(Table& table, const std::string& name) {
  const auto reads = [&](const auto& key) { return std::ranges::find(key.columns, name) != key.columns.end(); };
  std::erase_if(table.columns, [&](const Column& column) { return column.name == name; });
  std::erase_if(table.unique_keys, reads);
  std::erase_if(table.foreign_keys, reads);
}

void drop_constraint(Table& table, const std::string& name) {
  const auto named = [&](const auto& constraint) { return constraint.name == name; };
  std::erase_if(table.unique_keys, named);
  std::erase_if(table.foreign_keys, named);
  std::erase_if(table.checks, named);
}

// ADD CONSTRAINT ... USING INDEX: the unique index becomes the constraint.
bool adopt_index(Table& table, const Node& constraint) {
  const std::string& index = constraint["indexname"].text();
  const auto key = std::ranges::find(table.unique_keys, index, &UniqueKey::name);
  if (index.empty() || key == table.unique_keys.end()) return false;
  if (constraint["conname"]) key->name = constraint["conname"].text();
  key->primary = constraint["contype"].text() == "CONSTR_PRIMARY";
  if (!key->primary) return true;
  for (Column& column : table.columns) {
    if (std::ranges::find(key->columns, column.name) != key->columns.end()) column.not_null = true;
  }
  std::rotate(table.unique_keys.begin(), key, key + 1);
  return true;
}

void alter(Ddl& ddl, Table& table, const Node& command, int location) {
  const std::string& kind = command["subtype"].text();
  const Node& definition = command["def"];
  if (kind == "AT_AddColumn") {
    if (!command["missing_ok"].truth() || table.column(definition.body()["colname"].text()) == nullptr) {
      add_column(ddl, table, definition.body());
    }
  } else if (kind == "AT_AddConstraint") {
    if (!adopt_index(table, definition.body())) add_constraint(ddl, table, definition.body(), "");
  } else if (kind == "AT_DropColumn") {
    drop_column(table, command["name"].text());
  } else if (kind == "AT_DropConstraint") {
    drop_constraint(table, command["name"].text());
  } else if (kind == "AT_EnableRowSecurity") {
    table.row_security = true;
  } else if (kind.starts_with("AT_SetNot") || kind.starts_with("AT_DropNot") || kind == "AT_ColumnDefault" ||
             kind == "AT_AlterColumnType" || kind == "AT_AddIdentity") {
    if (Column* column = column_of(ddl, table, command["name"], location)) alter_column(ddl, *column, kind, definition);
  }
}

// The columns of an index over plain columns and all rows; empty for any other.
std::vector<std::string> plain_columns(const Node& index) {
  std::vector<std::string> columns;
  if (index["whereClause"]) return columns;
  for (const Node& wrapped : index["indexParams"].items()) {
    const Node& element = wrapped.body();
    if (element["expr"]) return {};
    columns.push_back(element["name"].text());
  }
  return columns;
}

// The name that PostgreSQL gives to an unnamed index: each expression is called "expr" there.
std::string index_name(Ddl& ddl, const Node& index, const Table& table) {
  const std::string& name = index["idxname"].text();
  if (!name.empty()) {
    ddl.relation_names.insert(name);
    return name;
  }
  std::vector<std::string> columns;
  for (const Node& wrapped : index["indexParams"].items()) {
    const Node& element = wrapped.body();
    const std::string function = function_name(element["expr"]);
    columns.push_back(element["name"] ? element["name"].text() : function.empty() ? "expr" : function);
  }
  return constraint_name(table.name, columns, "idx", ddl.relation_names);
}

// A unique index that compares by another collation than its column's is not the client's to judge.
void note_collations(const Ddl& ddl, Table& table, const Node& index) {
  for (const Node& wrapped : index["indexParams"].items()) {
    const std::string collation = wrapped.body()["collation"].last_name();
    for (Column& column : table.columns) {
      if (column.name == wrapped.body()["name"].text() && ddl.nondeterministic.contains(collation)) {
        column.client_compares = false;
      }
    }
  }
}

}  // namespace

void create_table(Ddl& ddl, const Node& statement) {
  const Node& relation = statement["relation"];
  if (ddl.table(relation) != nullptr) {
    if (statement["if_not_exists"].truth()) return;
    ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(relation["location"].number()),
                         fmt::format("table {} is created twice", relation["relname"].text()));
    return;
  }
  Table table;
  table.name = relation["relname"].text();
  table.schema = relation["schemaname"] ? relation["schemaname"].text() : ddl.search_schema;
  table.at = ddl.name_at(relation["location"].number());
  ddl.relation_names.insert(table.name);
  for (const Node& parent : statement["inhRelations"].items()) {
    copy_columns(ddl, table, parent.body(), true);
    ddl.heirs.emplace_back(table.name, parent.body());
  }
  add_elements(ddl, table, statement["tableElts"].items());
  ddl.catalog.tables.push_back(std::move(table));
}

void alter_table(Ddl& ddl, const Node& statement) {
  Table* table = ddl.table(statement["relation"]);
  const int location = statement["relation"]["location"].number();
  if (table == nullptr) {
    if (statement["missing_ok"].truth() || statement["objtype"].text() != "OBJECT_TABLE") return;
    ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(location),
                         fmt::format("there is no table {}", statement["relation"]["relname"].text()));
    return;
  }
  for (const Node& command : statement["cmds"].items()) alter(ddl, *table, command.body(), location);
  for (const auto& [heir, parent] : ddl.heirs) {
    const auto found = std::ranges::find(ddl.catalog.tables, heir, &Table::name);
    if (ddl.table(parent) == table && found != ddl.catalog.tables.end()) copy_columns(ddl, *found, parent, true);
  }
}

void create_index(Ddl& ddl, const Node& statement, std::string_view text) {
  Table* table = ddl.table(statement["relation"]);
  if (table == nullptr) {
    ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(statement["relation"]["location"].number()),
                         fmt::format("there is no table {}", statement["relation"]["relname"].text()));
    return;
  }
  const std::string name = index_name(ddl, statement, *table);
  const auto columns = plain_columns(statement);
  for (const std::string& column : columns) {
    if (table->column(column) != nullptr) continue;
    ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(statement["relation"]["location"].number()),
                         fmt::format("table {} has no column {}", table->name, column));
    return;
  }
  if (!statement["unique"].truth() || columns.empty()) {
    table->indexes.emplace_back(text);
    return;
  }
  UniqueKey key{.name = name, .columns = columns};
  key.nulls_not_distinct = statement["nulls_not_distinct"].truth();
  note_collations(ddl, *table, statement);
  table->unique_keys.push_back(std::move(key));
}

}  // namespace etl::schema::pg
