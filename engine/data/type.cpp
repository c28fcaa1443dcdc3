#include "engine/data/type.h"

#include <array>

namespace etl {

namespace {

constexpr std::array<std::string_view, kTypeCount> kNames = {"any",         "bool",  "int",  "decimal", "float",
                                                             "text",        "bytes", "date", "time",    "timestamp",
                                                             "timestamptz", "uuid",  "json", "list"};

}  // namespace

std::string_view name(Type type) { return kNames[static_cast<std::size_t>(type)]; }

std::optional<Type> type_named(std::string_view name) {
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    if (kNames[i] == name) return static_cast<Type>(i);
  }
  return std::nullopt;
}

bool is_number(Type type) { return type == Type::integer || type == Type::decimal || type == Type::float64; }

bool is_temporal(Type type) {
  return type == Type::date || type == Type::time || type == Type::timestamp || type == Type::timestamptz;
}

std::string name(TypeSet types) {
  if (types == TypeSet::all()) return "any";
  std::string joined;
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    if (!types.has(static_cast<Type>(i))) continue;
    if (!joined.empty()) joined += '|';
    joined += kNames[i];
  }
  return joined;
}

}  // namespace etl
