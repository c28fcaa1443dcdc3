// A catalogue from PostgreSQL's system tables: a few queries over all tables, put together here.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/schema/live.h"
#include "engine/schema/pg_ddl.h"
#include "engine/schema/pg_expression.h"
#include "engine/schema/types.h"

namespace etl::schema {
namespace {

using Oid = std::string;
using Row = std::vector<std::optional<std::string>>;

std::string text(const Row& row, std::size_t at) { return row[at].value_or(""); }
bool truth(const Row& row, std::size_t at) { return row[at] == "t" || row[at] == "true"; }
int number(const Row& row, std::size_t at) { return std::atoi(text(row, at).c_str()); }

// Names that a query has joined by chr(31), the unit separator, which no sensible name holds.
std::vector<std::string> split_names(const std::string& joined) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin < joined.size();) {
    const std::size_t end = std::min(joined.find('\x1f', begin), joined.size());
    names.push_back(joined.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

std::string literal(const std::string& value) {
  std::string quoted = "'";
  for (const char c : value) quoted += c == '\'' ? std::string{"''"} : std::string{c};
  return quoted + "'";
}

constexpr std::string_view kTypes = R"(
SELECT t.oid, t.typname, n.nspname, t.typtype, t.typbasetype, t.typtypmod,
       CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END, t.typnotnull,
       pg_get_expr(t.typdefaultbin, 0), t.typcollation
FROM pg_catalog.pg_type t
JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typrelid = 0 OR EXISTS (SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid AND c.relkind = 'c')
ORDER BY t.oid)";

constexpr std::string_view kEnumLabels =
    "SELECT enumtypid, enumlabel FROM pg_catalog.pg_enum ORDER BY enumtypid, enumsortorder";

constexpr std::string_view kDomainChecks =
    "SELECT contypid, pg_get_expr(conbin, 0) FROM pg_catalog.pg_constraint "
    "WHERE contypid <> 0 AND contype = 'c' ORDER BY conname";

// {} takes the condition on the schema, here and below. Tables of extensions are not the user's.
constexpr std::string_view kTables = R"(
SELECT c.oid, n.nspname, c.relname, c.relkind IN ('v', 'm'), c.relrowsecurity,
       EXISTS (SELECT 1 FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid AND r.rulename <> '_RETURN')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {}
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY c.oid)";

constexpr std::string_view kColumns = R"(
SELECT a.attrelid, a.attname, a.atttypid, a.atttypmod, a.attnotnull, pg_get_expr(d.adbin, d.adrelid), a.attidentity,
       a.attgenerated, a.attcollation, l.collname, l.collisdeterministic
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f', 'v', 'm') AND {}
ORDER BY a.attrelid, a.attnum)";

// indnullsnotdistinct is there from PostgreSQL 15 on.
constexpr std::string_view kConstraints = R"(
SELECT k.conrelid, k.contype, k.conname, k.condeferrable, k.condeferred,
       (SELECT string_agg(a.attname, chr(31) ORDER BY u.place) FROM unnest(k.conkey) WITH ORDINALITY u(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.number),
       fn.nspname, f.relname,
       (SELECT string_agg(a.attname, chr(31) ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number),
       k.confdeltype, k.confupdtype, pg_get_expr(k.conbin, k.conrelid), pg_get_constraintdef(k.oid),
       to_jsonb(i) ->> 'indnullsnotdistinct'
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class f ON f.oid = k.confrelid
LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u')
WHERE k.contype IN ('p', 'u', 'f', 'c', 'x') AND {}
ORDER BY k.contype <> 'p', k.oid)";

// Indexes that no constraint owns.
constexpr std::string_view kIndexes = R"(
SELECT i.indrelid, x.relname,
       i.indisunique AND i.indisvalid AND i.indimmediate AND i.indpred IS NULL AND i.indexprs IS NULL,
       (SELECT string_agg(a.attname, chr(31) ORDER BY u.place)
        FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(number, place)
        JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.number
        WHERE u.place <= i.indnkeyatts),
       pg_get_indexdef(i.indexrelid), to_jsonb(i) ->> 'indnullsnotdistinct',
       EXISTS (SELECT 1 FROM unnest(i.indcollation::oid[]) o(id)
               JOIN pg_catalog.pg_collation l ON l.oid = o.id WHERE NOT l.collisdeterministic)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid
JOIN pg_catalog.pg_class c ON c.oid = i.indrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE {} AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_constraint k
                         WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x'))
ORDER BY i.indexrelid)";

constexpr std::string_view kTriggers = R"(
SELECT t.tgrelid, t.tgname, t.tgtype
FROM pg_catalog.pg_trigger t
JOIN pg_catalog.pg_class c ON c.oid = t.tgrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND {}
ORDER BY t.tgname)";

std::string schema_condition(const std::vector<std::string>& schemas) {
  if (schemas.empty()) {
    return "n.nspname NOT IN ('pg_catalog', 'information_schema', 'etl') AND n.nspname NOT LIKE 'pg\\_toast%' "
           "AND n.nspname NOT LIKE 'pg\\_temp\\_%'";
  }
  std::string list;
  for (const std::string& schema : schemas) list += (list.empty() ? "" : ", ") + literal(schema);
  return fmt::format("n.nspname IN ({})", list);
}

// "BEFORE INSERT OR UPDATE name", from pg_trigger.tgtype (src/include/catalog/pg_trigger.h).
std::string describe_trigger(const std::string& name, int bits) {
  constexpr int kBefore = 2, kInsert = 4, kDelete = 8, kUpdate = 16, kTruncate = 32, kInstead = 64;
  std::string events;
  const auto add = [&](int bit, std::string_view event) {
    if ((bits & bit) != 0) events += fmt::format("{}{}", events.empty() ? "" : " OR ", event);
  };
  add(kInsert, "INSERT");
  add(kUpdate, "UPDATE");
  add(kDelete, "DELETE");
  add(kTruncate, "TRUNCATE");
  const std::string_view timing = (bits & kBefore) != 0 ? "BEFORE" : (bits & kInstead) != 0 ? "INSTEAD OF" : "AFTER";
  return fmt::format("{} {} {}", timing, events, name);
}

std::string action(const std::string& code) {
  static const std::map<std::string, std::string> kActions = {
      {"c", "CASCADE"}, {"n", "SET NULL"}, {"d", "SET DEFAULT"}, {"r", "RESTRICT"}};
  const auto found = kActions.find(code);
  return found == kActions.end() ? "" : found->second;
}

class LiveCatalog {
 public:
  LiveCatalog(const Query& query, const std::vector<std::string>& schemas)
      : query_{query}, condition_{schema_condition(schemas)} {}

  Catalog read() {
    read_types();
    read_tables();
    for (const Row& row : rows(kColumns)) add_column(row);
    for (const Row& row : rows(kConstraints)) add_constraint(row);
    for (const Row& row : rows(kIndexes)) add_index(row);
    for (const Row& row : rows(kTriggers)) {
      if (Table* table = find(row)) table->triggers.push_back(describe_trigger(text(row, 1), number(row, 2)));
    }
    add_type_statements();
    return std::move(catalog_);
  }

 private:
  struct LiveType {
    std::string name, schema, kind;
    Oid base, element, collation;
    int modifier = kNoModifier;
    bool not_null = false;
    std::optional<std::string> default_sql;
    std::vector<std::string> labels, checks;
  };

  std::vector<Row> rows(std::string_view sql) const { return query_(fmt::format(fmt::runtime(sql), condition_)); }

  Table* find(const Row& row) {
    const auto found = table_of_.find(text(row, 0));
    return found == table_of_.end() ? nullptr : &catalog_.tables[found->second];
  }

  void read_types();
  void read_tables();
  void add_column(const Row& row);
  void add_constraint(const Row& row);
  void add_foreign_key(Table& table, const Row& row);
  void add_index(const Row& row);
  void add_type_statements();
  SqlType type_of(const Oid& oid, int modifier) const;
  void inherit(Column& column, const Oid& oid) const;
  const LiveType& innermost(const Oid& oid) const;

  const Query& query_;
  std::string condition_;
  Catalog catalog_;
  std::map<Oid, LiveType> types_;
  std::vector<Oid> type_order_;
  std::set<Oid> used_types_;
  std::map<Oid, std::size_t> table_of_;
};

void LiveCatalog::read_types() {
  for (const Row& row : query_(std::string{kTypes})) {
    LiveType type{.name = text(row, 1),
                  .schema = text(row, 2),
                  .kind = text(row, 3),
                  .base = text(row, 4),
                  .element = text(row, 6),
                  .collation = text(row, 9),
                  .modifier = number(row, 5),
                  .not_null = truth(row, 7),
                  .default_sql = row[8],
                  .labels = {},
                  .checks = {}};
    type_order_.push_back(text(row, 0));
    types_.emplace(text(row, 0), std::move(type));
  }
  for (const Row& row : query_(std::string{kEnumLabels})) types_[text(row, 0)].labels.push_back(text(row, 1));
  for (const Row& row : query_(std::string{kDomainChecks})) types_[text(row, 0)].checks.push_back(text(row, 1));
}

void LiveCatalog::read_tables() {
  catalog_.dialect = Dialect::postgresql;
  for (const Row& row : rows(kTables)) {
    table_of_[text(row, 0)] = catalog_.tables.size();
    Table& table = catalog_.tables.emplace_back();
    table.schema = text(row, 1);
    table.name = text(row, 2);
    table.is_view = truth(row, 3);
    table.row_security = truth(row, 4);
    table.has_rules = truth(row, 5);
  }
}

SqlType LiveCatalog::type_of(const Oid& oid, int modifier) const {
  const auto found = types_.find(oid);
  if (found == types_.end()) return postgres_type("record", false);
  const LiveType& type = found->second;
  if (type.element != "0") return array_of(type_of(type.element, modifier));
  if (type.kind == "e") return enum_type(type.schema, type.name, type.labels);
  if (type.kind == "d") return domain_type(type.schema, type.name, type_of(type.base, type.modifier));
  SqlType made = postgres_type(type.name, false, modifier);
  if (!is_postgres_type(type.name)) made.declared = enum_type(type.schema, type.name, {}).declared;
  return made;
}

const LiveCatalog::LiveType& LiveCatalog::innermost(const Oid& oid) const {
  const LiveType& type = types_.at(oid);
  return type.kind == "d" ? innermost(type.base) : type;
}

// What a column takes from its domain, the outermost last.
void LiveCatalog::inherit(Column& column, const Oid& oid) const {
  const auto found = types_.find(oid);
  if (found == types_.end() || found->second.kind != "d") return;
  const LiveType& type = found->second;
  inherit(column, type.base);
  column.not_null |= type.not_null;
  if (type.default_sql) pg::set_default(column, *type.default_sql);
  for (const std::string& check : type.checks) {
    column.domain_checks.push_back(check);
    const auto tree = pg::parse_expression(check);
    const auto values = tree ? pg::one_of(*tree) : std::nullopt;
    if (values) column.one_of = values->values;
  }
}

void LiveCatalog::add_column(const Row& row) {
  Table* table = find(row);
  if (table == nullptr) return;
  const Oid type = text(row, 2);
  Column column;
  column.name = text(row, 1);
  column.type = type_of(type, number(row, 3));
  inherit(column, type);
  used_types_.insert(type);
  column.not_null |= truth(row, 4);
  column.generated = !text(row, 7).empty();
  if (column.generated) {
    column.generated_sql = text(row, 5);
  } else if (row[5]) {
    pg::set_default(column, *row[5]);
  }
  const std::string identity = text(row, 6);
  if (identity == "a") column.identity = Column::Identity::always;
  if (identity == "d") column.identity = Column::Identity::by_default;
  const bool own_collation = types_.contains(type) && text(row, 8) != "0" && text(row, 8) != innermost(type).collation;
  if (own_collation) column.collation = text(row, 9);
  column.client_compares = column.type.base != "citext" && (!row[10] || truth(row, 10));
  table->columns.push_back(std::move(column));
}

void LiveCatalog::add_foreign_key(Table& table, const Row& row) {
  ForeignKey key;
  key.name = text(row, 2);
  key.columns = split_names(text(row, 5));
  key.table = text(row, 7);
  if (text(row, 6) != table.schema) key.schema = text(row, 6);
  key.target_columns = split_names(text(row, 8));
  key.deferrable = truth(row, 3);
  key.initially_deferred = truth(row, 4);
  key.on_delete = action(text(row, 9));
  key.on_update = action(text(row, 10));
  table.foreign_keys.push_back(std::move(key));
}

void LiveCatalog::add_constraint(const Row& row) {
  Table* table = find(row);
  if (table == nullptr) return;
  const std::string kind = text(row, 1);
  if (kind == "f") return add_foreign_key(*table, row);
  if (kind == "c") {
    table->checks.push_back({.name = text(row, 2), .sql = text(row, 11)});
    if (const auto tree = pg::parse_expression(text(row, 11))) pg::note_one_of(*table, *tree);
    return;
  }
  if (kind == "x") {
    catalog_.after_tables.push_back(fmt::format("ALTER TABLE \"{}\".\"{}\" ADD CONSTRAINT \"{}\" {}", table->schema,
                                                table->name, text(row, 2), text(row, 12)));
    return;
  }
  UniqueKey key{.name = text(row, 2), .columns = split_names(text(row, 5)), .primary = kind == "p"};
  key.deferrable = truth(row, 3);
  key.nulls_not_distinct = truth(row, 13);
  table->unique_keys.push_back(std::move(key));
}

void LiveCatalog::add_index(const Row& row) {
  Table* table = find(row);
  if (table == nullptr) return;
  if (!truth(row, 2)) {
    table->indexes.push_back(text(row, 4));
    return;
  }
  UniqueKey key{.name = text(row, 1), .columns = split_names(text(row, 3))};
  key.nulls_not_distinct = truth(row, 5);
  for (Column& column : table->columns) {
    const bool member = std::ranges::find(key.columns, column.name) != key.columns.end();
    if (member && truth(row, 6)) column.client_compares = false;
  }
  table->unique_keys.push_back(std::move(key));
}

// CREATE TYPE and CREATE DOMAIN for what the tables use, so that the catalogue can be created elsewhere.
void LiveCatalog::add_type_statements() {
  std::set<Oid> needed;
  const auto need = [&](const auto& self, const Oid& oid) -> void {
    const auto found = types_.find(oid);
    if (found == types_.end() || !needed.insert(oid).second) return;
    self(self, found->second.base);
    self(self, found->second.element);
  };
  for (const Oid& oid : used_types_) need(need, oid);
  for (const Oid& oid : type_order_) {
    const LiveType& type = types_.at(oid);
    if (!needed.contains(oid) || (type.kind != "e" && type.kind != "d")) continue;
    const std::string name = fmt::format("\"{}\".\"{}\"", type.schema, type.name);
    if (type.kind == "e") {
      std::string labels;
      for (const std::string& label : type.labels) labels += (labels.empty() ? "" : ", ") + literal(label);
      catalog_.before_tables.push_back(fmt::format("CREATE TYPE {} AS ENUM ({})", name, labels));
      continue;
    }
    std::string sql = fmt::format("CREATE DOMAIN {} AS {}", name, type_of(type.base, type.modifier).declared);
    if (type.default_sql) sql += " DEFAULT " + *type.default_sql;
    if (type.not_null) sql += " NOT NULL";
    for (const std::string& check : type.checks) sql += fmt::format(" CHECK ({})", check);
    catalog_.before_tables.push_back(std::move(sql));
  }
}

}  // namespace

Catalog read_live_postgres(const Query& query, const std::vector<std::string>& schemas) {
  return LiveCatalog{query, schemas}.read();
}

}  // namespace etl::schema
