#include "engine/rules/shape.h"

#include <fmt/format.h>

#include "engine/data/json.h"
#include "engine/data/json_path.h"

namespace etl::rules {

namespace {

std::string text_of(std::string_view json_string) {
  std::string text;
  append_json_text(json_string, text);
  return text;
}

// What a JSON value is called: int and decimal are told apart by the point.
std::string_view name_of(std::string_view json) {
  switch (kind_of(json)) {
    case JsonKind::null:
      return "null";
    case JsonKind::boolean:
      return "bool";
    case JsonKind::number:
      return json.find('.') == std::string_view::npos ? "int" : "decimal";
    case JsonKind::text:
      return "text";
    case JsonKind::array:
      return "a list";
    case JsonKind::object:
      break;
  }
  return "an object";
}

template <class T>
bool reads_as(std::string_view json, Outcome<T> (*parse)(std::string_view)) {
  return kind_of(json) == JsonKind::text && parse(text_of(json)).value.has_value();
}

bool is_of_type(std::string_view json, Type type) {
  const JsonKind kind = kind_of(json);
  switch (type) {
    case Type::any:
    case Type::json:
      return true;
    case Type::boolean:
      return kind == JsonKind::boolean;
    case Type::integer: {
      const auto number = kind == JsonKind::number ? parse_decimal(json) : std::nullopt;
      return number && to_integer(*number);
    }
    case Type::decimal:
    case Type::float64:
      return kind == JsonKind::number;
    case Type::text:
    case Type::bytes:
      return kind == JsonKind::text;
    case Type::date:
      return reads_as(json, parse_date);
    case Type::time:
      return reads_as(json, parse_time);
    case Type::timestamp:
      return reads_as(json, parse_timestamp);
    case Type::timestamptz:
      return reads_as(json, parse_timestamp_with_offset);
    case Type::uuid:
      return reads_as(json, parse_uuid);
    case Type::list:
      return kind == JsonKind::array;
  }
  return false;
}

std::string at(const std::string& path) { return path.empty() ? "the value" : path; }

}  // namespace

std::unique_ptr<const Shape> Shape::parse(std::string_view json, std::string& fault) {
  auto shape = std::make_unique<Shape>();
  switch (kind_of(json)) {
    case JsonKind::text: {
      const std::string name = text_of(json);
      const auto type = type_named(name);
      if (!type) {
        fault = fmt::format("{} is not a type", name);
        return nullptr;
      }
      shape->kind_ = *type == Type::any || *type == Type::json ? Kind::any
                     : *type == Type::list                     ? Kind::list
                                                               : Kind::scalar;
      shape->type_ = *type;
      return shape;
    }
    case JsonKind::array: {
      shape->kind_ = Kind::list;
      JsonItems items{json};
      if (!items.next()) return shape;
      shape->items_ = parse(items.value(), fault);
      if (shape->items_ && items.next()) fault = "a list shape has one item: [type]";
      break;
    }
    case JsonKind::object:
      shape->kind_ = Kind::object;
      for (JsonItems items{json}; fault.empty() && items.next();) {
        Member member{.name = text_of(items.key()), .shape = parse(items.value(), fault)};
        member.optional = member.name.ends_with('?');
        if (member.optional) member.name.pop_back();
        shape->members_.push_back(std::move(member));
      }
      break;
    default:
      fault = "a shape is a type, [type] or {key: type}";
      break;
  }
  return fault.empty() ? std::move(shape) : nullptr;
}

std::string Shape::fault_of(std::string_view json) const { return check(json, ""); }

std::string Shape::check(std::string_view json, const std::string& path) const {
  switch (kind_) {
    case Kind::any:
      return "";
    case Kind::object:
      return check_object(json, path);
    case Kind::scalar:
      return is_of_type(json, type_) ? "" : fmt::format("{} is {}, not {}", at(path), name_of(json), name(type_));
    case Kind::list:
      break;
  }
  if (kind_of(json) != JsonKind::array) return fmt::format("{} is {}, not a list", at(path), name_of(json));
  if (items_ == nullptr || items_->kind_ == Kind::any) return "";
  std::size_t index = 0;
  for (JsonItems item{json}; item.next(); ++index) {
    if (std::string fault = items_->check(item.value(), fmt::format("{}[{}]", path, index)); !fault.empty())
      return fault;
  }
  return "";
}

std::string Shape::check_object(std::string_view json, const std::string& path) const {
  if (kind_of(json) != JsonKind::object) return fmt::format("{} is {}, not an object", at(path), name_of(json));
  for (const Member& member : members_) {
    const std::string member_path = path.empty() ? member.name : path + "." + member.name;
    const auto value = json_member(json, member.name);
    if (!value) {
      if (!member.optional) return member_path + " is missing";
      continue;
    }
    // An optional member may also be null.
    if (member.optional && *value == "null") continue;
    if (std::string fault = member.shape->check(*value, member_path); !fault.empty()) return fault;
  }
  return "";
}

}  // namespace etl::rules
