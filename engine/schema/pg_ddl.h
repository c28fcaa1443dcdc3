// The parts of the reader of PostgreSQL DDL: what it knows while it goes through a file, types, tables.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/source_text.h"
#include "engine/schema/catalog.h"
#include "engine/schema/pg_expression.h"
#include "engine/schema/pg_tree.h"

namespace etl::schema::pg {

// A type that the file makes: an enum, a domain, a composite.
struct UserType {
  std::string schema;
  std::string name;
  SqlType type;
  // Of a domain: what its columns inherit.
  Column inherited;
};

struct Ddl {
  SourceTextPtr source;
  std::string text;  // As in the source, with blanks in place of rows and psql's own commands.
  std::vector<Token> tokens;
  Diagnostics* diagnostics = nullptr;
  Catalog catalog;
  std::vector<UserType> types;
  std::set<std::string> relation_names;             // Of tables and indexes, which share one name space.
  std::string search_schema;                        // From SET search_path; empty: public.
  std::vector<std::pair<std::string, Node>> heirs;  // A table's name, and its parent as INHERITS names it.
  std::set<std::string> nondeterministic;           // Collations made with deterministic = false.
  bool has_extensions = false;

  Span span(std::uint32_t begin, std::uint32_t end) const { return {source, begin, end}; }
  // The token at a place of the tree, as a span; with the name behind a dot, for qualified names.
  Span name_at(int location) const;
  Table* table(const Node& range_var);
  const UserType* user_type(std::string_view schema, std::string_view name) const;
  // The text in the first parentheses at or behind a place.
  std::string parenthesized(int location) const;
  // The text of a default whose tree is given; it ends where the next of `stops` begins.
  std::string default_text(const Node& expression, const std::set<std::uint32_t>& stops) const;
};

// The type that a TypeName node names. Reports names that cannot be a type.
struct ColumnType {
  SqlType type;
  bool serial = false;
  const UserType* user = nullptr;
};
ColumnType column_type(const Ddl& ddl, const Node& type_name);
void create_enum(Ddl& ddl, const Node& statement);
void add_enum_label(Ddl& ddl, const Node& statement);
void create_domain(Ddl& ddl, const Node& statement);
// A composite or range: for us, text in the notation of the database.
void create_opaque_type(Ddl& ddl, const Node& names);
void create_opaque_type(Ddl& ddl, UserType named);

void create_table(Ddl& ddl, const Node& statement);
void alter_table(Ddl& ddl, const Node& statement);
void create_index(Ddl& ddl, const Node& statement, std::string_view text);

// pg_constraints.cpp: adds what a Constraint node says to the table; `column` for those written at a column.
void add_constraint(Ddl& ddl, Table& table, const Node& constraint, std::string_view column);
// A column with everything written at it.
void add_column(Ddl& ddl, Table& table, const Node& definition);
// Notes the values of a CHECK (x IN (...)) at its column.
void note_one_of(Table& table, const Node& check);
// Fills target columns that REFERENCES leaves out, once all tables are known.
void resolve_references(Ddl& ddl);

}  // namespace etl::schema::pg
