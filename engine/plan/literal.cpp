#include "engine/plan/literal.h"

#include <fmt/format.h>

namespace etl::plan {

namespace {

Value copy_into(const Value& value, Arena& arena) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return arena.copy(*text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return Bytes{arena.copy(bytes->view)};
  if (const auto* json = std::get_if<Json>(&value)) return Json{arena.copy(json->view)};
  if (const auto* list = std::get_if<List>(&value)) return List{arena.copy(list->view)};
  return value;
}

std::string help_for(Type type) {
  switch (type) {
    case Type::boolean: return "write true or false";
    case Type::integer: return "write a whole number";
    case Type::decimal:
    case Type::float64: return "write a number";
    case Type::date: return "write YYYY-MM-DD";
    case Type::time: return "write HH:MM:SS";
    case Type::timestamp:
    case Type::timestamptz: return "write YYYY-MM-DDTHH:MM:SS, for an instant with Z or an offset";
    case Type::uuid: return "write 8-4-4-4-12 hexadecimal digits";
    default: return "";
  }
}

bool looks_like_number(std::string_view text) {
  return parse_decimal(text).has_value() && text.find_first_not_of("+-.0123456789eE") == std::string_view::npos;
}

ReadLiteral json_literal(const spec::Literal& literal, Type type, Arena& arena) {
  std::string json;
  append_json(literal, json);
  std::string canonical;
  const auto outcome = canonical_json(json, canonical);
  if (!outcome.value) return {.value = {}, .problem = outcome.reason, .help = {}};
  if (type == Type::list && (canonical.empty() || canonical.front() != '[')) {
    return {.value = {}, .problem = fmt::format("{} does not fit list", literal.text), .help = "write [a, b]"};
  }
  const auto view = arena.copy(canonical);
  return {.value = type == Type::list ? Value{List{view}} : Value{Json{view}}, .problem = {}, .help = {}};
}

}  // namespace

ReadLiteral convert_value(const Value& value, Type type, const converters::RunContext& run, Arena& arena) {
  if (is_null(value)) return {.value = value, .problem = {}, .help = {}};
  const Type from = type_of(value);
  if (from == type || type == Type::any) return {.value = copy_into(value, arena), .problem = {}, .help = {}};
  const converters::Kernel kernel = converters::conversion(from, type, run);
  if (!kernel) {
    return {.value = {}, .problem = fmt::format("{} does not become {}", name(from), name(type)), .help = {}};
  }
  auto column = std::make_shared<Column>(from, 1);
  column->set(0, value);
  Failures failures;
  converters::KernelContext context{
      .arena = arena, .rows = 1, .active = nullptr, .failures = failures, .source = nullptr, .run = run};
  const ColumnPtr arguments[] = {column};
  const ColumnPtr result = kernel(arguments, context);
  if (!failures.empty()) return {.value = {}, .problem = failures.front().reason, .help = help_for(type)};
  return {.value = copy_into(result->at(0), arena), .problem = {}, .help = {}};
}

ReadLiteral read_text(std::string_view text, Type type, const converters::RunContext& run, Arena& arena) {
  if (type == Type::text || type == Type::any) return {.value = arena.copy(text), .problem = {}, .help = {}};
  if (type == Type::boolean && text != "true" && text != "false") {
    return {.value = {}, .problem = fmt::format("{} does not fit bool", text), .help = help_for(type)};
  }
  if (type == Type::bytes) return {.value = Bytes{arena.copy(text)}, .problem = {}, .help = {}};
  ReadLiteral read = convert_value(text, type, run, arena);
  if (!read.value) read.problem = fmt::format("{} does not fit {}", text, name(type));
  if (!read.value && read.help.empty()) read.help = help_for(type);
  return read;
}

ReadLiteral read_literal(const spec::Literal& literal, Type type, const converters::RunContext& run, Arena& arena) {
  using Kind = spec::Literal::Kind;
  if (literal.kind == Kind::null) return {.value = Value{}, .problem = {}, .help = {}};
  if (type == Type::json || type == Type::list) {
    // A quoted scalar may hold JSON itself: '{"a": 1}'.
    if (literal.kind == Kind::scalar && literal.quoted) {
      std::string canonical;
      if (canonical_json(literal.text, canonical).value && (type == Type::json || canonical.front() == '[')) {
        const auto view = arena.copy(canonical);
        return {.value = type == Type::list ? Value{List{view}} : Value{Json{view}}, .problem = {}, .help = {}};
      }
    }
    return json_literal(literal, type, arena);
  }
  if (literal.kind != Kind::scalar) {
    if (type == Type::any) return json_literal(literal, literal.kind == Kind::list ? Type::list : Type::json, arena);
    return {.value = {}, .problem = fmt::format("a list or block does not fit {}", name(type)), .help = {}};
  }
  if (type == Type::any && !literal.quoted) {
    if (literal.text == "true" || literal.text == "false") return {literal.text == "true", {}, {}};
    if (looks_like_number(literal.text)) {
      if (auto whole = parse_integer(literal.text); whole.value) return {*whole.value, {}, {}};
      return {*parse_decimal(literal.text), {}, {}};
    }
  }
  return read_text(literal.text, type, run, arena);
}

void append_json(const spec::Literal& literal, std::string& out) {
  using Kind = spec::Literal::Kind;
  switch (literal.kind) {
    case Kind::null: out += "null"; return;
    case Kind::scalar:
      if (!literal.quoted && (literal.text == "true" || literal.text == "false")) {
        out += literal.text;
      } else if (!literal.quoted && looks_like_number(literal.text)) {
        out += to_string(*parse_decimal(literal.text));
      } else {
        append_json_string(literal.text, out);
      }
      return;
    case Kind::list:
      out += '[';
      for (std::size_t i = 0; i < literal.items.size(); ++i) {
        if (i > 0) out += ',';
        append_json(literal.items[i], out);
      }
      out += ']';
      return;
    case Kind::map:
      out += '{';
      for (std::size_t i = 0; i < literal.members.size(); ++i) {
        if (i > 0) out += ',';
        append_json_string(literal.members[i].name.value, out);
        out += ':';
        append_json(literal.members[i].value, out);
      }
      out += '}';
      return;
  }
}

}  // namespace etl::plan
