#include "engine/describe/mapping_schema.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "engine/describe/json.h"
#include "engine/describe/text.h"
#include "engine/spec/keys.h"
#include "engine/spec/values.h"

namespace etl::describe {

namespace {

using spec::Block;
using spec::Key;
using spec::Shape;
using spec::ValueKind;
using Types = std::vector<std::string>;

const Types kScalar = {"string", "number", "boolean"};

// The parts of one value's schema, before they are written out.
struct Value {
  Types types = {};                       // Empty: anything.
  std::vector<std::string> choices = {};  // Of a scalar.
  std::string pattern = {};               // Of a text.
  std::string wanted = {};                // What an editor says when the pattern does not match.
  std::string block = {};                 // Of an object: a name below $defs.
  bool natural = false;                   // A number is 0 or more.
};

Types with(Types types, const Types& more) {
  for (const std::string& type : more) {
    if (std::ranges::find(types, type) == types.end()) types.push_back(type);
  }
  return types;
}

// ${...} may stand for any scalar where it is replaced.
constexpr std::string_view kReplaced = R"(\$\{.+\})";

Value written(Types types, std::string_view pattern, std::string wanted, bool environment) {
  Value value{.types = std::move(types), .pattern = std::string{pattern}, .wanted = std::move(wanted), .natural = true};
  if (!environment) return value;
  value.types = with(value.types, {"string"});
  value.pattern = pattern.empty() ? std::string{kReplaced} : fmt::format("{}|{}", pattern, kReplaced);
  return value;
}

std::string pattern_of(ValueKind kind) {
  switch (kind) {
    case ValueKind::threshold:
      return R"(^(0|[1-9][0-9]*)(\.[0-9]+)?%$)";
    case ValueKind::duration:
      return "^(0|[1-9][0-9]*)(ms|s|m|h|d)$";
    case ValueKind::rate:
      return "^(0|[1-9][0-9]*)/(s|min|h)$";
    case ValueKind::size:
      return "^[1-9][0-9]*(KB|MB|GB)$";
    case ValueKind::workers:
      return "^auto$";
    default:
      return "";
  }
}

Value value_of(const Key& key, bool environment);

// A block, or the scalar that stands for its first key.
Value block_value(const Block& block, bool partial, bool environment) {
  Value value;
  if (block.short_form) value = value_of(block.keys.front(), environment || block.environment);
  value.types = with(value.types, {"object"});
  value.block = (partial ? "partial_" : "") + std::string{block.name};
  return value;
}

Value choice_value(const Key& key, bool environment) {
  Value value{.types = {"string"}, .choices = spec::split_choices(key.of)};
  if (key.of == "1") value.types = {"integer"};
  if (environment) value.pattern = kReplaced;
  return value;
}

Value value_of(const Key& key, bool environment) {
  const std::string wanted = spec::fault_of(key.value, "");
  switch (key.value) {
    case ValueKind::integer:
      return written({"integer"}, "", wanted, environment);
    case ValueKind::boolean:
      return written({"boolean"}, "", wanted, environment);
    case ValueKind::threshold:
    case ValueKind::workers:
      return written({"integer", "string"}, pattern_of(key.value), wanted, environment);
    case ValueKind::duration:
    case ValueKind::rate:
    case ValueKind::size:
      return written({"string"}, pattern_of(key.value), wanted, environment);
    case ValueKind::choice:
      return choice_value(key, environment);
    case ValueKind::choice_or_block: {
      Value value = choice_value(key, environment);
      value.types = {"string", "object"};
      value.block = key.block;
      return value;
    }
    case ValueKind::row_count:
      return {.types = {"integer", "object"}, .block = std::string{key.block}, .natural = true};
    case ValueKind::literal:
      return {};
    case ValueKind::expression_or_null:
      return {.types = with(kScalar, {"null"})};
    case ValueKind::sql:
      return block_value(spec::block_named("sql"), false, environment);
    case ValueKind::block:
      return block_value(spec::block_named(key.block), false, environment);
    case ValueKind::partial_block:
      return block_value(spec::block_named(key.block), true, environment);
    case ValueKind::columns:
      return {.types = {"string", "array", "object"}};
    case ValueKind::given:
      return {.types = {"string", "array", "object"}};
    case ValueKind::rows:
      return {.types = {"array", "object"}};
    default:
      return {.types = kScalar};
  }
}

Json types_of(const Types& types) { return types.size() == 1 ? Json::text(types[0]) : Json::texts(types); }

Json choices_of(const Value& value) {
  if (value.types[0] != "integer") return Json::texts(value.choices);
  Json list = Json::array();
  for (const std::string& choice : value.choices) list.add(Json::number(std::stoll(choice)));
  return list;
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text)
    out +=
        std::string_view{".+*?()[]{}|^$\\"}.find(c) == std::string_view::npos ? std::string{c} : std::string{'\\', c};
  return out;
}

// `enum` would hold for blocks and for ${...} too. A pattern holds for texts alone; editors complete from the examples.
void add_choices(Json& schema, const Value& value) {
  if (value.block.empty() && value.pattern.empty()) {
    schema.add("enum", choices_of(value));
    return;
  }
  std::vector<std::string> patterns;
  for (const std::string& choice : value.choices) patterns.push_back(fmt::format("^{}$", escaped(choice)));
  if (!value.pattern.empty()) patterns.push_back(value.pattern);
  const std::string block = value.block.empty() ? "" : ", or a block";
  schema.add("pattern", Json::text(join(patterns, "|")));
  schema.add("patternErrorMessage", Json::text(fmt::format("write one of {}{}", join(value.choices, ", "), block)));
  schema.add("examples", choices_of(value));
}

Json schema_of(const Value& value) {
  Json schema = Json::object();
  if (!value.types.empty()) schema.add("type", types_of(value.types));
  if (!value.choices.empty()) {
    add_choices(schema, value);
  } else if (!value.pattern.empty()) {
    schema.add("pattern", Json::text(value.pattern));
    if (!value.wanted.empty()) schema.add("patternErrorMessage", Json::text("write " + value.wanted));
  }
  if (value.natural && std::ranges::find(value.types, "integer") != value.types.end()) {
    schema.add("minimum", Json::number(0));
  }
  if (!value.block.empty()) schema.add("$ref", Json::text("#/$defs/" + value.block));
  return schema;
}

// A bare item stands for a list of one.
Json list_schema(const Value& item) {
  Json schema = Json::object();
  if (!item.types.empty()) schema.add("type", types_of(with({"array"}, item.types)));
  schema.add("items", schema_of(item));
  if (!item.block.empty()) schema.add("$ref", Json::text("#/$defs/" + item.block));
  return schema;
}

Json map_schema(const Key& key, Value item) {
  const bool same_name = key.block == "field";  // `email:` alone copies the column.
  if (same_name) item.types = with(item.types, {"null"});
  Json schema = Json::object();
  schema.add("type", Json::texts({"object", "null"}));
  return schema.add("additionalProperties", schema_of(item));
}

// The default, when it is a value and not words about one.
void add_default(Json& schema, const Key& key) {
  const auto choices = spec::split_choices(key.of);
  if (std::ranges::find(choices, key.fallback) != choices.end()) schema.add("default", Json::text(key.fallback));
  if (key.value == ValueKind::boolean && spec::parse_boolean(key.fallback)) {
    schema.add("default", Json::boolean(key.fallback == "true"));
  }
  if (key.value != ValueKind::integer) return;
  if (const auto number = spec::parse_integer(key.fallback)) schema.add("default", Json::number(*number));
}

Json key_schema(const Key& key, bool environment) {
  const Value value = value_of(key, environment || key.environment);
  Json schema = key.shape == Shape::list  ? list_schema(value)
                : key.shape == Shape::map ? map_schema(key, value)
                                          : schema_of(value);
  std::string doc{key.doc};
  if (!key.fallback.empty()) doc += fmt::format(" Default: {}.", key.fallback);
  schema.add("description", Json::text(doc));
  if (key.shape == Shape::one) add_default(schema, key);
  return schema;
}

// Blocks below which ${...} is replaced: those that say so, and all that stand in them.
void mark_environment(const Block& block, bool environment, std::set<std::string_view>& marked) {
  environment = environment || block.environment;
  if (environment && !marked.insert(block.name).second) return;
  const auto mark = [&](const Key& key) {
    if (!key.block.empty()) mark_environment(spec::block_named(key.block), environment || key.environment, marked);
  };
  std::ranges::for_each(block.keys, mark);
  if (!block.also.empty()) std::ranges::for_each(spec::block_named(block.also).keys, mark);
}

void add_block(Json& schema, const Block& block, bool environment, bool partial) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const std::string& name : spec::key_names(block)) {
    const Key& key = *spec::find_key(block, name);
    properties.add(name, key_schema(key, environment));
    if (key.required && !partial) required.add(Json::text(name));
  }
  schema.add("properties", std::move(properties)).add("additionalProperties", Json::boolean(false));
  if (required.print() != "[]") schema.add("required", std::move(required));
}

}  // namespace

std::string mapping_schema() {
  const Block& root = spec::block_named("spec");
  std::set<std::string_view> environment;
  mark_environment(root, false, environment);
  Json schema = Json::object();
  schema.add("$schema", Json::text("https://json-schema.org/draft/2020-12/schema"));
  schema.add("title", Json::text("mapping"));
  schema.add("type", Json::text("object"));
  add_block(schema, root, false, false);
  Json definitions = Json::object();
  for (const Block& block : spec::blocks()) {
    if (block.name == root.name || block.name == "stream") continue;  // `stream` stands in others alone.
    Json definition = Json::object();
    add_block(definition, block, environment.contains(block.name), false);
    definitions.add(block.name, std::move(definition));
  }
  Json partial = Json::object();
  add_block(partial, spec::block_named("connection"), true, true);
  definitions.add("partial_connection", std::move(partial));
  schema.add("$defs", std::move(definitions));
  return schema.print() + "\n";
}

}  // namespace etl::describe
