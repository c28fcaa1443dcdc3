// Columns and constraints in PostgreSQL DDL.
#include <fmt/format.h>

#include <algorithm>

#include "engine/schema/ddl.h"
#include "engine/schema/pg_ddl.h"
#include "engine/schema/pg_names.h"

namespace etl::schema::pg {
namespace {

std::vector<std::string> names(const Node& list) {
  std::vector<std::string> names;
  for (const Node& name : list.items()) names.push_back(name.string());
  return names;
}

// FKCONSTR_ACTION_* of parsenodes.h.
std::string action(const Node& code) {
  switch (code.text().empty() ? 'a' : code.text().front()) {
    case 'c':
      return "CASCADE";
    case 'n':
      return "SET NULL";
    case 'd':
      return "SET DEFAULT";
    case 'r':
      return "RESTRICT";
    default:
      return "";
  }
}

Column* find_column(Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  return found == table.columns.end() ? nullptr : &*found;
}

void report_missing_column(Ddl& ddl, const Table& table, const Node& constraint, const std::string& column) {
  ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(constraint["location"].number()),
                       fmt::format("table {} has no column {}", table.name, column));
}

void add_unique(Ddl& ddl, Table& table, const Node& constraint, std::string_view column, bool primary) {
  if (primary && table.primary_key() != nullptr) {
    ddl.diagnostics->add(kUnreadableDdl, ddl.name_at(constraint["location"].number()),
                         fmt::format("table {} has two primary keys", table.name));
    return;
  }
  UniqueKey key{.name = constraint["conname"].text(), .columns = names(constraint["keys"]), .primary = primary};
  if (!column.empty()) key.columns = {std::string{column}};
  key.deferrable = constraint["deferrable"].truth();
  key.nulls_not_distinct = constraint["nulls_not_distinct"].truth();
  for (const std::string& name : key.columns) {
    Column* found = find_column(table, name);
    if (found == nullptr) return report_missing_column(ddl, table, constraint, name);
    if (primary) found->not_null = true;
  }
  if (const std::string& index = constraint["indexname"].text(); !index.empty()) key.name = index;
  if (key.name.empty()) {
    // PostgreSQL makes one index where two unnamed constraints would need the same.
    const bool made = std::ranges::any_of(table.unique_keys, [&](const UniqueKey& other) {
      return other.columns == key.columns && other.deferrable == key.deferrable;
    });
    if (made && !primary) return;
    const auto columns = primary ? std::vector<std::string>{} : key.columns;
    key.name = constraint_name(table.name, columns, primary ? "pkey" : "key", ddl.relation_names);
  } else {
    ddl.relation_names.insert(key.name);
  }
  table.unique_keys.insert(primary ? table.unique_keys.begin() : table.unique_keys.end(), std::move(key));
}

// Names of a table's own constraints, which need only differ among themselves.
std::set<std::string> taken_names(const Table& table) {
  std::set<std::string> taken;
  for (const auto& key : table.foreign_keys) taken.insert(key.name);
  for (const auto& check : table.checks) taken.insert(check.name);
  for (const auto& key : table.unique_keys) taken.insert(key.name);
  return taken;
}

bool same_schema(const std::string& left, const std::string& right) {
  const auto effective = [](const std::string& name) { return name.empty() ? std::string{"public"} : name; };
  return effective(left) == effective(right);
}

void add_foreign_key(Ddl& ddl, Table& table, const Node& constraint, std::string_view column) {
  const Node& parent = constraint["pktable"];
  ForeignKey key;
  key.name = constraint["conname"].text();
  key.columns = column.empty() ? names(constraint["fk_attrs"]) : std::vector{std::string{column}};
  key.table = parent["relname"].text();
  key.target_columns = names(constraint["pk_attrs"]);
  for (const std::string& name : key.columns) {
    if (find_column(table, name) == nullptr) return report_missing_column(ddl, table, constraint, name);
  }
  const std::string schema = parent["schemaname"] ? parent["schemaname"].text() : ddl.search_schema;
  if (!same_schema(schema, table.schema)) key.schema = schema.empty() ? "public" : schema;
  key.on_delete = action(constraint["fk_del_action"]);
  key.on_update = action(constraint["fk_upd_action"]);
  key.initially_deferred = constraint["initdeferred"].truth();
  key.deferrable = constraint["deferrable"].truth() || key.initially_deferred;
  if (key.name.empty()) {
    auto taken = taken_names(table);
    key.name = constraint_name(table.name, key.columns, "fkey", taken);
  }
  table.foreign_keys.push_back(std::move(key));
}

void add_check(Ddl& ddl, Table& table, const Node& constraint) {
  Check check{.name = constraint["conname"].text(), .sql = ddl.parenthesized(constraint["location"].number())};
  const auto columns = columns_read(constraint["raw_expr"]);
  if (check.name.empty()) {
    auto taken = taken_names(table);
    std::vector<std::string> named;
    if (columns.size() == 1) named.push_back(*columns.begin());
    check.name = constraint_name(table.name, named, "check", taken);
  }
  note_one_of(table, constraint["raw_expr"]);
  table.checks.push_back(std::move(check));
}

void set_generated(Ddl& ddl, Column& column, const Node& constraint) {
  column.generated = true;
  column.generated_sql = ddl.parenthesized(constraint["location"].number());
}

// What a column's own constraints say about the column itself; keys, references and checks come later, when the
// column is in its table.
void apply(Ddl& ddl, Column& column, const Node& constraint, const std::set<std::uint32_t>& stops) {
  const std::string& kind = constraint["contype"].text();
  if (kind == "CONSTR_NOTNULL") column.not_null = true;
  if (kind == "CONSTR_DEFAULT") {
    set_default(column, ddl.default_text(constraint["raw_expr"], stops), constraint["raw_expr"]);
  }
  if (kind == "CONSTR_GENERATED") set_generated(ddl, column, constraint);
  if (kind == "CONSTR_IDENTITY") {
    const bool always = constraint["generated_when"].text() == "a";
    column.identity = always ? Column::Identity::always : Column::Identity::by_default;
    column.not_null = true;
  }
}

std::set<std::uint32_t> places(const Node& definition) {
  std::set<std::uint32_t> places;
  for (const Node& constraint : definition["constraints"].items()) {
    places.insert(static_cast<std::uint32_t>(constraint.body()["location"].number()));
  }
  if (definition["collClause"])
    places.insert(static_cast<std::uint32_t>(definition["collClause"]["location"].number()));
  return places;
}

void make_serial(Ddl& ddl, const Table& table, Column& column) {
  column.serial = column.not_null = true;
  const std::string sequence = constraint_name(table.name, {column.name}, "seq", ddl.relation_names);
  column.default_sql = fmt::format("nextval('{}'::regclass)", sequence);
}

// [NOT] DEFERRABLE and INITIALLY DEFERRED stand behind the constraint of the column that they speak of.
void apply_attribute(Table& table, const std::string& kind, const std::string& before) {
  const bool deferred = kind == "CONSTR_ATTR_DEFERRED";
  if (!deferred && kind != "CONSTR_ATTR_DEFERRABLE") return;
  if (before == "CONSTR_FOREIGN" && !table.foreign_keys.empty()) {
    table.foreign_keys.back().deferrable = true;
    if (deferred) table.foreign_keys.back().initially_deferred = true;
  } else if (before == "CONSTR_PRIMARY" && !table.unique_keys.empty()) {
    table.unique_keys.front().deferrable = true;
  } else if (before == "CONSTR_UNIQUE" && !table.unique_keys.empty()) {
    table.unique_keys.back().deferrable = true;
  }
}

}  // namespace

void note_one_of(Table& table, const Node& check) {
  const auto values = one_of(check);
  if (!values) return;
  Column* column = find_column(table, values->column);
  if (column != nullptr && column->one_of.empty()) column->one_of = values->values;
}

void add_constraint(Ddl& ddl, Table& table, const Node& constraint, std::string_view column) {
  const std::string& kind = constraint["contype"].text();
  if (kind == "CONSTR_PRIMARY" || kind == "CONSTR_UNIQUE") {
    add_unique(ddl, table, constraint, column, kind == "CONSTR_PRIMARY");
  } else if (kind == "CONSTR_FOREIGN") {
    add_foreign_key(ddl, table, constraint, column);
  } else if (kind == "CONSTR_CHECK") {
    add_check(ddl, table, constraint);
  }
}

void add_column(Ddl& ddl, Table& table, const Node& definition) {
  const std::string& name = definition["colname"].text();
  const Span at = ddl.name_at(definition["location"].number());
  if (table.column(name) != nullptr) {
    ddl.diagnostics->add(kUnreadableDdl, at, fmt::format("column {} is specified twice", name));
    return;
  }
  const ColumnType type = column_type(ddl, definition["typeName"]);
  Column column;
  const bool is_domain = type.user != nullptr && type.type.is_domain && !type.type.array;
  if (is_domain) column = type.user->inherited;
  column.name = name;
  column.at = at;
  column.type = type.type;
  if (type.serial) make_serial(ddl, table, column);
  if (definition["collClause"]) column.collation = definition["collClause"]["collname"].last_name();
  const auto stops = places(definition);
  for (const Node& constraint : definition["constraints"].items()) apply(ddl, column, constraint.body(), stops);
  column.client_compares =
      column.type.base != "citext" && column.client_compares && !ddl.nondeterministic.contains(column.collation);
  table.columns.push_back(std::move(column));
  std::string before;
  for (const Node& constraint : definition["constraints"].items()) {
    const std::string& kind = constraint.body()["contype"].text();
    add_constraint(ddl, table, constraint.body(), name);
    apply_attribute(table, kind, before);
    if (!kind.starts_with("CONSTR_ATTR")) before = kind;
  }
}

void resolve_references(Ddl& ddl) {
  for (Table& table : ddl.catalog.tables) {
    for (ForeignKey& key : table.foreign_keys) {
      if (!key.target_columns.empty()) continue;
      const std::string schema = key.schema.empty() ? table.schema : key.schema;
      const Table* parent = ddl.catalog.table((schema.empty() ? "public" : schema) + "." + key.table);
      const UniqueKey* primary = parent == nullptr ? nullptr : parent->primary_key();
      if (primary != nullptr) {
        key.target_columns = primary->columns;
        continue;
      }
      const std::string why = parent == nullptr ? "there is no table {}" : "table {} has no primary key";
      ddl.diagnostics->add(
          kUnreadableDdl, table.column(key.columns.front())->at,
          fmt::format(fmt::runtime("{} refers to {}, but " + why), key.columns.front(), key.table, key.table),
          "write the column: REFERENCES table (column)");
    }
  }
  for (Table& table : ddl.catalog.tables) {
    std::erase_if(table.foreign_keys, [](const ForeignKey& key) { return key.target_columns.empty(); });
  }
}

}  // namespace etl::schema::pg
