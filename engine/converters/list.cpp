// Lists and JSON.
#include <fmt/format.h>

#include <algorithm>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"
#include "engine/converters/growth.h"
#include "engine/data/json.h"
#include "engine/data/json_path.h"

namespace etl::converters {

namespace {

using Text = std::string_view;

// Joins items to a list.
template <class Items>
List list_of(Arena& arena, const Items& items) {
  std::string json = "[";
  for (const Text item : items) {
    if (json.size() > 1) json += ',';
    json += item;
  }
  json += ']';
  return {arena.copy(json)};
}

std::vector<Text> items_of(const List& list) {
  std::vector<Text> items;
  for (JsonItems item{list.view}; item.next();) items.push_back(item.value());
  return items;
}

List split(Arena& arena, Text text, Text separator) {
  std::string json = "[";
  while (!text.empty()) {
    const std::size_t end = separator.empty() ? Text::npos : text.find(separator);
    if (json.size() > 1) json += ',';
    append_json_string(text.substr(0, end), json);
    if (end == Text::npos) break;
    text.remove_prefix(end + separator.size());
    if (text.empty()) json += ",\"\"";
  }
  json += ']';
  return {arena.copy(json)};
}

std::string check_separator(const Use& use, std::size_t& index) {
  index = 1;
  const auto separator = constant_text(use, 1);
  return separator && separator->empty() ? "the separator is empty" : "";
}

Outcome<Text> join(Arena& arena, const List& list, Text separator) {
  std::string out;
  bool first = true;
  for (JsonItems item{list.view}; item.next();) {
    const JsonKind kind = kind_of(item.value());
    if (kind == JsonKind::null) continue;
    if (!first) out += separator;
    first = false;
    if (kind == JsonKind::text) {
      append_json_text(item.value(), out);
    } else {
      out += item.value();
    }
    if (out.size() > list.view.size() + kMostGrowth) return fail_of_growth();
  }
  return arena.copy(out);
}

List distinct(Arena& arena, const List& list) {
  std::vector<Text> kept;
  for (JsonItems item{list.view}; item.next();) {
    const bool known = std::ranges::any_of(kept, [&](Text other) { return compare_json(other, item.value()) == 0; });
    if (!known) kept.push_back(item.value());
  }
  return list_of(arena, kept);
}

List sort(Arena& arena, const List& list) {
  auto items = items_of(list);
  std::ranges::stable_sort(items, [](Text left, Text right) { return compare_json(left, right) < 0; });
  return list_of(arena, items);
}

// Whether a JSON value stands for this value.
bool stands_for(Text json, Text value_as_json) { return compare_json(json, value_as_json) == 0; }

Kernel contains_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::boolean, context.rows);
    const auto lists = arguments[0]->values<List>();
    const auto values = out->values<bool>();
    std::string wanted;
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row) || arguments[0]->is_null(row) || arguments[1]->is_null(row)) {
        out->set_null(row);
        continue;
      }
      wanted.clear();
      append_json(arguments[1]->at(row), wanted);
      bool found = false;
      for (JsonItems item{lists[row].view}; !found && item.next();) found = stands_for(item.value(), wanted);
      values[row] = found;
    }
    return out;
  };
}

Kernel array_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::list, context.rows);
    const auto values = out->values<List>();
    std::string json;
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row)) {
        out->set_null(row);
        continue;
      }
      json = "[";
      for (const auto& argument : arguments) {
        if (json.size() > 1) json += ',';
        append_json(argument->at(row), json);
      }
      json += ']';
      values[row] = {context.arena.copy(json)};
    }
    return out;
  };
}

std::string check_pairs(const Use& use, std::size_t& index) {
  if (use.types.size() % 2 == 0) return "";
  index = use.types.size() - 1;
  return "the last key has no value";
}

Kernel object_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::json, context.rows);
    std::string json;
    std::string canonical;
    for (std::size_t row = 0; row < context.rows; ++row) {
      out->set_null(row);
      if (!context.is_active(row)) continue;
      json = "{";
      bool has_keys = true;
      for (std::size_t i = 0; i + 1 < arguments.size(); i += 2) {
        has_keys &= !arguments[i]->is_null(row);
        if (i != 0) json += ',';
        append_json_string(to_text(arguments[i]->at(row)), json);
        json += ':';
        append_json(arguments[i + 1]->at(row), json);
      }
      json += '}';
      canonical.clear();
      if (!has_keys) {
        detail::fail(context, row, "a key is NULL");
      } else if (auto checked = canonical_json(json, canonical); !checked.value) {
        detail::fail(context, row, std::move(checked.reason));
      } else {
        out->set(row, Json{context.arena.copy(canonical)});
      }
    }
    return out;
  };
}

Outcome<List> entries(Arena& arena, const Json& json) {
  if (kind_of(json.view) != JsonKind::object) {
    return Outcome<List>::fail(quote_for_message(json.view) + " is not an object");
  }
  std::vector<std::string> items;
  for (JsonItems member{json.view}; member.next();) {
    items.push_back(fmt::format("{{\"key\":{},\"value\":{}}}", member.key(), member.value()));
  }
  return list_of(arena, items);
}

// The first object whose member has the value.
std::optional<Text> find_object(const List& list, Text key, Text wanted) {
  for (JsonItems item{list.view}; item.next();) {
    if (kind_of(item.value()) != JsonKind::object) continue;
    const auto member = json_member(item.value(), key);
    if (member && stands_for(*member, wanted)) return item.value();
  }
  return std::nullopt;
}

Kernel find_kernel() {
  return [](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(Type::any, context.rows);
    const auto values = out->values<Value>();
    std::string wanted;
    for (std::size_t row = 0; row < context.rows; ++row) {
      const bool given =
          std::ranges::none_of(arguments, [row](const ColumnPtr& column) { return column->is_null(row); });
      std::optional<Text> found;
      if (given && context.is_active(row)) {
        wanted.clear();
        append_json(arguments[2]->at(row), wanted);
        found = find_object(arguments[0]->values<List>()[row], arguments[1]->values<Text>()[row], wanted);
      }
      if (found) {
        values[row] = Json{*found};
      } else {
        out->set_null(row);
      }
    }
    return out;
  };
}

}  // namespace

std::vector<Function> list_functions() {
  const Parameter list{.name = "list", .types = Type::list};
  const Parameter separator{.name = "separator", .types = Type::text};
  const Parameter values{.name = "value", .types = TypeSet::all(), .optional = true, .repeated = true};
  const Parameter value{.name = "value", .types = TypeSet::all()};
  return {
      {.name = "split",
       .family = "list",
       .doc = "The parts between the separators; empty text gives an empty list.",
       .parameters = {{.name = "text", .types = Type::text}, separator},
       .result = {.type = Type::list},
       .inverse = Inverse::exact,
       .examples = {{"split('a,b,,c', ',')", "array('a', 'b', '', 'c')"},
                    {"split('', ',')", "array()"},
                    {"split(null, ',')", "null"}},
       .check_constants = check_separator,
       .bind = [](const Use&) { return lift<Text, Text>(split); }},
      {.name = "join",
       .family = "list",
       .doc = "The texts of the items with the separator between them; NULL is skipped. The inverse is split.",
       .parameters = {list, separator},
       .inverse = Inverse::canonical,
       .fails = kGrowthFails,
       .examples = {{"join(array('a', null, 1), ', ')", "'a, 1'"},
                    {"join(array(), ',')", "''"},
                    {"join(null, ',')", "null"}},
       .bind = [](const Use&) { return lift<List, Text>(join); }},
      {.name = "array",
       .family = "list",
       .doc = "A list of the values; NULL is kept.",
       .parameters = {values},
       .result = {.type = Type::list},
       .on_null = OnNull::is_called,
       .examples = {{"text(array('a', null, 1.50))", "'[\"a\",null,1.50]'"}, {"text(array())", "'[]'"}},
       .bind = [](const Use&) { return array_kernel(); }},
      {.name = "object",
       .family = "json",
       .doc = "A JSON object of keys and values; NULL values are kept.",
       .parameters = {values},
       .result = {.type = Type::json},
       .fails = "odd number of arguments; a key that is NULL",
       .on_null = OnNull::is_called,
       .examples = {{"text(object('b', 1, 'a', null))", "'{\"a\":null,\"b\":1}'"},
                    {"object(null, 1)", "fails: a key is NULL"}},
       .check_constants = check_pairs,
       .bind = [](const Use&) { return object_kernel(); }},
      {.name = "contains",
       .family = "list",
       .doc = "Whether an item equals the value.",
       .parameters = {list, value},
       .result = {.type = Type::boolean},
       .examples = {{"contains(array(1, 2.0), 2)", "true"},
                    {"contains(array('1'), 1)", "false"},
                    {"contains(null, 1)", "null"}},
       .bind = [](const Use&) { return contains_kernel(); }},
      {.name = "distinct",
       .family = "list",
       .doc = "Each item once, in the order of first appearance.",
       .parameters = {list},
       .result = {.type = Type::list},
       .inverse = Inverse::canonical,
       .examples = {{"distinct(array('b', 'a', 'b'))", "array('b', 'a')"}, {"distinct(null)", "null"}},
       .bind = [](const Use&) { return lift<List>(distinct); }},
      {.name = "sort",
       .family = "list",
       .doc = "In order: NULL, texts by their bytes, numbers by their size, then false and true, lists and objects.",
       .parameters = {list},
       .result = {.type = Type::list},
       .inverse = Inverse::canonical,
       .examples = {{"sort(array(10, 9, 'a'))", "array('a', 9, 10)"}, {"sort(null)", "null"}},
       .bind = [](const Use&) { return lift<List>(sort); }},
      {.name = "each",
       .family = "list",
       .doc = "The converter, function, lookup or table applied to every item; NULL results are left out.",
       .parameters = {list, {.name = "name", .types = Type::text, .constant = true}},
       .result = {.type = Type::list},
       .inverse = Inverse::canonical,
       .fails = "an item fails",
       .examples = {{"each(split('a, b,c', ','), trim)", "array('a', 'b', 'c')"},
                    {"each(array('1', null, '2'), int)", "array(1, 2)"},
                    {"each(array('S', 'L'), sizes)", "array('small', 'large')"},
                    {"each(array('1', 'x'), int)", "fails: item 1: 'x'"},
                    {"each(null, trim)", "null"}}},
      {.name = "find",
       .family = "list",
       .doc = "The first object whose member has that value; none gives NULL.",
       .parameters = {list, {.name = "key", .types = Type::text}, value},
       .result = {.type = Type::any},
       .examples = {{"find(array(object('k', 1, 'v', 'a'), object('k', 2, 'v', 'b')), 'k', 2).v", "'b'"},
                    {"find(array(), 'k', 2)", "null"}},
       .bind = [](const Use&) { return find_kernel(); }},
      {.name = "entries",
       .family = "json",
       .doc = "The members of an object as a list of {key, value}.",
       .parameters = {{.name = "object", .types = Type::json}},
       .result = {.type = Type::list},
       .fails = "not an object",
       .examples = {{"text(entries(object('a', 1)))", "'[{\"key\":\"a\",\"value\":1}]'"},
                    {"entries(json('[1]'))", "fails: is not an object"}},
       .bind = [](const Use&) { return lift<Json>(entries); }},
  };
}

}  // namespace etl::converters
