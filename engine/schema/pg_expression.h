// What an expression of PostgreSQL DDL says about a column: its default, the values that a CHECK lists.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/schema/catalog.h"
#include "engine/schema/pg_tree.h"

namespace etl::schema::pg {

// A constant, or a constant under casts and a sign.
struct Constant {
  bool is_null = false;
  bool is_string = false;  // Written in quotes.
  std::string text;
};
std::optional<Constant> constant(const Node& expression);

// Fills default_sql, default_literal, default_is_now and serial. DEFAULT NULL is no default.
void set_default(Column& column, std::string sql, const Node& expression);
// The same for an expression read from the server (pg_get_expr).
void set_default(Column& column, const std::string& sql);

// now() and its synonyms of full precision, also in UTC: the moment at which a run starts.
bool is_now(const Node& expression);

// CHECK (column IN (...)) in any of the forms in which it is written or printed back by the server; NULL may be
// listed as allowed too.
struct OneOf {
  std::string column;
  std::vector<std::string> values;
};
std::optional<OneOf> one_of(const Node& check);

// Names of the columns that an expression reads, without their tables.
std::set<std::string> columns_read(const Node& expression);

// The function's name in lower case without its schema pg_catalog; "" for no call.
std::string function_name(const Node& call);
// The expression below all casts.
const Node& without_casts(const Node& expression);

}  // namespace etl::schema::pg
