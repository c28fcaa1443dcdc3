#include <fmt/format.h>

#include <memory>

#include "engine/data/json.h"
#include "engine/rules/families.h"
#include "engine/rules/shape.h"

namespace etl::rules {

namespace {

constexpr TypeSet kStructures = {Type::json, Type::list};
constexpr TypeSet kDocuments = {Type::text, Type::json, Type::list};  // A text may hold JSON.

// The value as canonical JSON; a text is read into `parsed`, and "" says that it is no JSON.
std::string_view document(const Column& column, std::size_t row, std::string& parsed) {
  if (column.type() == Type::list) return column.values<List>()[row].view;
  if (column.type() == Type::json) return column.values<Json>()[row].view;
  return canonical_json(column.values<std::string_view>()[row], parsed).value ? std::string_view{parsed} : "";
}

// Calls `fault_of(json)` for each value of a json, list or text column; a text that is not empty is the reason.
template <class FaultOf>
void check_structures(const Column& column, std::string_view rule, Failures& failures, FaultOf fault_of) {
  for (std::size_t row = 0; row < column.size(); ++row) {
    if (column.is_null(row)) continue;
    std::string parsed;
    const std::string_view json = document(column, row, parsed);
    if (json.empty()) {
      failures.push_back({static_cast<std::uint32_t>(row), rule,
                          quote_for_message(column.values<std::string_view>()[row]) + " is not JSON"});
      continue;
    }
    if (std::string fault = fault_of(json); !fault.empty()) {
      failures.push_back({static_cast<std::uint32_t>(row), rule, std::move(fault)});
    }
  }
}

std::string check_shape(const Use& use) {
  std::string fault;
  Shape::parse(use.text, fault);
  return fault;
}

Kernel bind_shape(const Use& use) {
  std::string fault;
  const std::shared_ptr<const Shape> shape = Shape::parse(use.text, fault);
  if (shape == nullptr) return no_check();
  return [shape](const Column& column, const Present&, Failures& failures) {
    check_structures(column, "shape", failures, [&](std::string_view json) { return shape->fault_of(json); });
  };
}

enum class Bound : bool { min, max };

template <Bound bound>
std::string item_fault(std::string_view json, std::int64_t limit) {
  if (kind_of(json) != JsonKind::array) return quote_for_message(json) + " is not a list";
  std::int64_t count = 0;
  for (JsonItems item{json}; item.next();) ++count;
  if (bound == Bound::min ? count >= limit : count <= limit) return "";
  return fmt::format("{} items are {} than {}", count, bound == Bound::min ? "fewer" : "more", limit);
}

template <Bound bound>
Kernel bind_items(const Use& use) {
  const auto* limit = std::get_if<std::int64_t>(&use.value);
  if (limit == nullptr) return no_check();
  return [limit = *limit](const Column& column, const Present&, Failures& failures) {
    check_structures(column, bound == Bound::min ? "min_items" : "max_items", failures,
                     [limit](std::string_view json) { return item_fault<bound>(json, limit); });
  };
}

}  // namespace

std::vector<Rule> structure_rules() {
  return {
      {.name = "shape",
       .doc = "The JSON has this shape: {key: type, key?: type}, [type] or any; further keys are allowed.",
       .argument = Argument::shape,
       .types = kDocuments,
       .examples = {{"{theme: text, sizes: [int]}", "json('{\"theme\": \"dark\", \"sizes\": [1, 2]}')", true},
                    {"{theme: text}", "json('{\"theme\": 1}')", false},
                    {"[any]", "json('{}')", false},
                    {"{}", "null", true}},
       .check = check_shape,
       .bind = bind_shape},
      {.name = "min_items",
       .doc = "The list has so many items or more.",
       .argument = Argument::count,
       .types = kStructures,
       .examples = {{"1", "array('a')", true}, {"1", "array()", false}, {"1", "null", true}},
       .bind = bind_items<Bound::min>},
      {.name = "max_items",
       .doc = "The list has so many items or fewer.",
       .argument = Argument::count,
       .types = kStructures,
       .examples = {{"1", "array('a')", true}, {"1", "array('a', 'b')", false}, {"1", "null", true}},
       .bind = bind_items<Bound::max>},
  };
}

}  // namespace etl::rules
