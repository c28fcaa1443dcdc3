#include "engine/schema/mysql_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace etl::schema {

namespace {

struct Known {
  std::string_view name;  // As written.
  std::string_view base;  // MySQL's own name for it.
  Type type;
};

constexpr std::array kTypes = std::to_array<Known>({
    {"tinyint", "tinyint", Type::integer},
    {"bool", "tinyint", Type::boolean},
    {"boolean", "tinyint", Type::boolean},
    {"smallint", "smallint", Type::integer},
    {"mediumint", "mediumint", Type::integer},
    {"int", "int", Type::integer},
    {"integer", "int", Type::integer},
    {"bigint", "bigint", Type::integer},
    {"serial", "bigint", Type::decimal},
    {"bit", "bit", Type::bytes},
    {"decimal", "decimal", Type::decimal},
    {"numeric", "decimal", Type::decimal},
    {"dec", "decimal", Type::decimal},
    {"fixed", "decimal", Type::decimal},
    {"float", "float", Type::float64},
    {"double", "double", Type::float64},
    {"real", "double", Type::float64},
    {"char", "char", Type::text},
    {"character", "char", Type::text},
    {"nchar", "char", Type::text},
    {"varchar", "varchar", Type::text},
    {"nvarchar", "varchar", Type::text},
    {"tinytext", "tinytext", Type::text},
    {"text", "text", Type::text},
    {"mediumtext", "mediumtext", Type::text},
    {"longtext", "longtext", Type::text},
    {"enum", "enum", Type::text},
    {"set", "set", Type::text},
    {"binary", "binary", Type::bytes},
    {"varbinary", "varbinary", Type::bytes},
    {"tinyblob", "tinyblob", Type::bytes},
    {"blob", "blob", Type::bytes},
    {"mediumblob", "mediumblob", Type::bytes},
    {"longblob", "longblob", Type::bytes},
    {"date", "date", Type::date},
    {"time", "time", Type::time},
    {"year", "year", Type::integer},
    {"datetime", "datetime", Type::timestamp},
    {"timestamp", "timestamp", Type::timestamptz},
    {"json", "json", Type::json},
    {"uuid", "uuid", Type::uuid},
    {"inet4", "inet4", Type::text},
    {"inet6", "inet6", Type::text},
    {"geometry", "geometry", Type::bytes},
    {"point", "point", Type::bytes},
    {"linestring", "linestring", Type::bytes},
    {"polygon", "polygon", Type::bytes},
    {"multipoint", "multipoint", Type::bytes},
    {"multilinestring", "multilinestring", Type::bytes},
    {"multipolygon", "multipolygon", Type::bytes},
    {"geometrycollection", "geometrycollection", Type::bytes},
});

// The type of the language, where the numbers or the sign decide.
Type type_of(const Known& known, const std::vector<int>& numbers, bool is_unsigned) {
  if (known.base == "tinyint" && numbers == std::vector{1}) return Type::boolean;
  if (known.base == "bit" && (numbers.empty() || numbers == std::vector{1})) return Type::boolean;
  if (known.base == "bigint" && is_unsigned) return Type::decimal;
  return known.type;
}

std::string declared_text(const SqlType& type, const std::vector<int>& numbers, bool is_unsigned) {
  std::string text = type.name;
  if (!numbers.empty()) text += fmt::format("({})", fmt::join(numbers, ","));
  if (!type.labels.empty()) text += fmt::format("('{}')", fmt::join(type.labels, "','"));
  return is_unsigned ? text + " unsigned" : text;
}

}  // namespace

std::optional<SqlType> mysql_type(std::string_view name, const std::vector<int>& numbers, std::vector<std::string> labels,
                                  bool is_unsigned) {
  const auto known = std::ranges::find(kTypes, name, &Known::name);
  if (known == kTypes.end()) return std::nullopt;
  SqlType type;
  type.name = type.base = std::string{known->base};
  type.labels = std::move(labels);
  type.is_enum = known->base == "enum";
  type.type = type_of(*known, numbers, is_unsigned || known->name == "serial");
  const bool exact = known->base == "decimal";
  if (exact) {
    type.precision = numbers.empty() ? 10 : numbers[0];
    type.scale = numbers.size() > 1 ? numbers[1] : 0;
  } else if (!numbers.empty()) {
    const bool clock = known->base == "time" || known->base == "datetime" || known->base == "timestamp";
    const bool counted = known->type == Type::text || known->type == Type::bytes;
    if (clock) type.precision = numbers[0];
    if (counted) type.length = numbers[0];
  }
  type.declared = declared_text(type, numbers, is_unsigned);
  return type;
}

std::vector<std::string> mysql_type_names() {
  std::vector<std::string> names;
  for (const Known& known : kTypes) names.emplace_back(known.name);
  return names;
}

}  // namespace etl::schema
