// SQL as text: quoting names, and finding the $name parameters of a statement that a user wrote.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/data/value.h"
#include "engine/schema/catalog.h"

namespace etl::stores {

// `name` between double quotes, as PostgreSQL and SQLite both read it.
std::string quote_identifier(std::string_view name);
// `text` between single quotes, for standard_conforming_strings (PostgreSQL) and SQLite.
std::string quote_literal(std::string_view text);
// "schema"."name", or "name" for a table without a schema.
std::string quote_table(const schema::Table& table);
// The names quoted, separated by ", ".
std::string quote_list(std::span<const std::string> names);

// Where `$name` stands in SQL: [begin, end), the dollar included.
struct ParameterPlace {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view name;
};
// Skips strings, quoted names, comments (PostgreSQL's nest) and dollar-quoted bodies (PostgreSQL manual, section 4.1).
std::vector<ParameterPlace> find_parameters(std::string_view sql);

// Parameters by name, as the plan gives them.
using Parameters = std::span<const std::pair<std::string, Value>>;

// A statement whose parameters are numbered, and their values as text in that order.
struct NumberedSql {
  std::string sql;
  std::vector<std::optional<std::string>> values;
};
// "$since" becomes "$1::timestamptz": the cast says the type of the value; texts get none, the server infers it.
// Throws Error (schema) for a name that is not among `parameters`.
NumberedSql number_parameters(std::string_view sql, Parameters parameters);

// Without blanks and semicolons at its end.
std::string_view without_semicolon(std::string_view sql);

}  // namespace etl::stores
