// Aggregates, only with group_by: not available yet, but known, typed and documented.
#include "engine/converters/bind.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

Function aggregate(std::string_view name, std::string_view doc, TypeSet types, Result result,
                   std::string_view fails = "never") {
  return {.name = name,
          .family = "aggregate",
          .doc = doc,
          .parameters = {{.name = "value", .types = types}},
          .result = result,
          .fails = fails,
          .on_null = OnNull::is_called,
          .aggregate = true};
}

}  // namespace

std::vector<Function> aggregate_functions() {
  constexpr TypeSet kAny = TypeSet::all();
  constexpr Result kSame{.kind = Result::Kind::same};
  constexpr Result kInteger{.type = Type::integer};
  constexpr Result kBool{.type = Type::boolean};
  Function count = aggregate("count", "How many rows, or values that are not NULL.", kAny, kInteger);
  count.parameters[0].optional = true;
  Function string_agg = aggregate("string_agg", "All texts that are not NULL, with the separator between them.",
                                  Type::text, {.type = Type::text});
  string_agg.parameters.push_back({.name = "separator", .types = Type::text});
  return {
      count,
      aggregate("count_distinct", "How many different values, NULL apart.", kAny, kInteger),
      aggregate("sum", "The sum of all values that are not NULL; NULL for none.", kNumbers, kSame, "overflow"),
      aggregate("avg", "The mean of all values that are not NULL; NULL for none.", kNumbers, {.type = Type::decimal}),
      aggregate("min", "The smallest value.", kAny, kSame),
      aggregate("max", "The greatest value.", kAny, kSame),
      aggregate("first", "The first value in source order that is not NULL.", kAny, kSame),
      aggregate("last", "The last value in source order that is not NULL.", kAny, kSame),
      aggregate("collect", "A list of all values that are not NULL.", kAny, {.type = Type::list}),
      string_agg,
      aggregate("any", "Whether any value is true.", Type::boolean, kBool),
      aggregate("all", "Whether every value is true.", Type::boolean, kBool),
  };
}

}  // namespace etl::converters
