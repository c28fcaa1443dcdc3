// Types of columns: how PostgreSQL and SQLite declare them, and what the mapping language sees.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/schema/catalog.h"

namespace etl::schema {

inline constexpr int kNoModifier = -1;

// A built-in PostgreSQL type by its internal name (pg_type.typname) and type modifier (pg_attribute.atttypmod).
// A name that is not built in (an extension's type, a composite) gives text: the database reads its own notation.
SqlType postgres_type(std::string_view internal_name, bool array, int modifier = kNoModifier);
bool is_postgres_type(std::string_view internal_name);
// Types of the extensions that come with PostgreSQL or are in common use (citext, hstore, geometry, ...).
bool is_extension_type(std::string_view internal_name);
std::vector<std::string> postgres_type_names();

// The modifier as PostgreSQL stores it, from the numbers in parentheses of a declaration; kNoModifier without any.
int postgres_modifier(std::string_view internal_name, const std::vector<int>& numbers);

// A column of a user-defined type. `schema` is shown in `declared` unless it is empty or public.
SqlType enum_type(std::string_view schema, std::string_view name, std::vector<std::string> labels);
SqlType domain_type(std::string_view schema, std::string_view name, const SqlType& base);
// The array of `element`.
SqlType array_of(SqlType element);

// A SQLite column by its declared text. What SQLite stores follows from its affinity rules
// (sqlite.org/datatype3.html, section 3.1); BOOLEAN, DECIMAL and NUMERIC name a type of ours as well, and any
// other name of NUMERIC affinity (DATE, DATETIME, UUID, JSON) says nothing certain about the values.
SqlType sqlite_type(std::string_view declared);

enum class Affinity : std::uint8_t { integer, text, blob, real, numeric };
Affinity sqlite_affinity(std::string_view declared);

}  // namespace etl::schema
