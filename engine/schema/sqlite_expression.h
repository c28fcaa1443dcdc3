// Expressions of PostgreSQL (CHECK, DEFAULT, GENERATED) said in SQLite over columns in their stored forms.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/schema/catalog.h"

namespace etl::schema {

struct SqliteExpression {
  std::string sql;  // Empty: it cannot be said in SQLite.
  SqlType type;     // Of the result.
  std::string why;  // Then this says what stands against it: "the operator ~".
};

// `value_of` names the column that VALUE means, in the CHECK of a domain. Comparisons of numbers above 15 digits
// and lower/upper beyond ASCII are SQLite's, and so less exact than PostgreSQL's.
SqliteExpression sqlite_expression(const Table& table, std::string_view sql, const Column* value_of = nullptr);

// The same expression, its result brought into the stored form of `type`, for generated columns.
SqliteExpression sqlite_stored_expression(const Table& table, std::string_view sql, const SqlType& type);

}  // namespace etl::schema
