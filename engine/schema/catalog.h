// Tables, columns and keys of a database, however they became known: DDL text or a live connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/source_text.h"
#include "engine/data/type.h"
#include "engine/data/value.h"

namespace etl::schema {

enum class Dialect : std::uint8_t { postgresql, sqlite, mysql };
std::string_view name(Dialect dialect);

// A column's type as the database declares it.
struct SqlType {
  // PostgreSQL: the internal name (int4, varchar, bpchar, timestamptz, numeric, ...; pg_type.typname), for an
  // array the element's; for enums and domains the type's own name. SQLite: the declared text in lower case.
  std::string name;
  bool array = false;
  bool is_enum = false;
  bool is_domain = false;
  // For a domain: the internal name of the type below it (else equal to `name`).
  std::string base;
  std::optional<int> length;     // varchar(n), char(n), bit(n).
  std::optional<int> precision;  // numeric(p, s); also fractional seconds of time types.
  std::optional<int> scale;
  // As the mapping language sees a value of this column (language.md, 14.11).
  Type type = Type::any;
  // As the database would print it: "numeric(12,2)", "character varying(40)", "text[]".
  std::string declared;
  std::vector<std::string> labels;  // Of an enum, in order.

  bool operator==(const SqlType&) const = default;
};

struct Column {
  std::string name;
  SqlType type;
  bool not_null = false;
  // The DEFAULT expression as SQL text; serial columns have their nextval here when read live.
  std::optional<std::string> default_sql;
  // The default's value when it is a literal of the column's type, as canonical text (`to_text`);
  // `default_is_now` for now() and its synonyms. Neither: the database must evaluate it.
  std::optional<std::string> default_literal;
  bool default_is_now = false;
  bool serial = false;  // Filled from a sequence by default (serial, or SQLite's INTEGER PRIMARY KEY).
  enum class Identity : std::uint8_t { none, by_default, always };
  Identity identity = Identity::none;
  bool generated = false;  // GENERATED ALWAYS AS (...): never written.
  std::string generated_sql;
  // PostgreSQL collation name or SQLite's; empty: the default. `client_compares` is false where equality is not
  // the bytes' (citext, NOCASE, nondeterministic collations): the database must judge keys then.
  std::string collation;
  bool client_compares = true;
  // Values of CHECK (x IN (...)) on this column alone, as text; empty: none. Enum labels stand in `type`.
  std::vector<std::string> one_of;
  // CHECKs of the column's domain, as SQL over VALUE.
  std::vector<std::string> domain_checks;
  Span at;  // In the DDL text; empty when read live.
};

// PRIMARY KEY, UNIQUE, or a unique index over plain columns and all rows.
struct UniqueKey {
  std::string name;
  std::vector<std::string> columns;
  bool primary = false;
  bool deferrable = false;
  bool nulls_not_distinct = false;
};

struct ForeignKey {
  std::string name;
  std::vector<std::string> columns;
  std::string table;  // Of the same schema unless `schema` says otherwise.
  std::string schema;
  std::vector<std::string> target_columns;  // Never empty: the primary key when DDL leaves it out.
  bool deferrable = false;
  bool initially_deferred = false;
  std::string on_delete;  // "", "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT".
  std::string on_update;
};

struct Check {
  std::string name;
  std::string sql;  // Without CHECK ( ).
};

struct Table {
  std::string schema;  // PostgreSQL; empty means found through search_path.
  std::string name;
  std::vector<Column> columns;
  std::vector<UniqueKey> unique_keys;  // The primary key first, when there is one.
  std::vector<ForeignKey> foreign_keys;
  std::vector<Check> checks;
  std::vector<std::string> indexes;  // CREATE INDEX statements other than those of `unique_keys`.
  bool is_view = false;
  bool without_rowid = false;  // SQLite.
  bool strict = false;         // SQLite.
  // PostgreSQL, read live only: what makes writing special (hard-parts.md 16).
  bool row_security = false;
  bool has_rules = false;
  std::vector<std::string> triggers;  // Enabled user triggers; "BEFORE INSERT name" and the like.
  Span at;

  const Column* column(std::string_view name) const;
  const UniqueKey* primary_key() const;
};

struct Catalog {
  Dialect dialect = Dialect::postgresql;
  std::vector<Table> tables;
  // Statements that must run before the tables when the catalogue is created: CREATE TYPE, DOMAIN, SEQUENCE,
  // EXTENSION, SCHEMA, FUNCTION, in source order; and after them (ALTER, COMMENT, TRIGGER). PostgreSQL text.
  std::vector<std::string> before_tables;
  std::vector<std::string> after_tables;
  // Every statement that makes a part of the schema, as written and in order; empty when read live from PostgreSQL.
  // Statements about rows, roles and sessions (INSERT, COPY, OWNER TO, SET) are no part of it.
  std::vector<std::string> statements;

  // "name" or "schema.name"; a name alone matches any schema, public first.
  const Table* table(std::string_view name) const;
  // The table that another catalogue (the DDL's) knows by the same name and schema.
  const Table* table(const Table& other) const;
  std::vector<std::string> table_names() const;
};

}  // namespace etl::schema
