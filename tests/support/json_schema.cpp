#include "tests/support/json_schema.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <regex>
#include <set>
#include <stdexcept>

namespace etl::testing {

namespace {

// YAML 1.2 core: the type of a scalar as an editor's language server sees it.
std::string type_of(const YAML::Node& node) {
  if (node.IsNull()) return "null";
  if (node.IsMap()) return "object";
  if (node.IsSequence()) return "array";
  if (node.Tag() == "!") return "string";  // It was quoted.
  const std::string text = node.Scalar();
  if (text == "true" || text == "false") return "boolean";
  static const std::regex integer{"[-+]?[0-9]+"};
  static const std::regex number{R"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?)"};
  if (std::regex_match(text, integer)) return "integer";
  return std::regex_match(text, number) ? "number" : "string";
}

class Validator {
 public:
  explicit Validator(YAML::Node root) : root_{std::move(root)} {}

  void check(const YAML::Node& schema, const YAML::Node& value, const std::string& path) {
    for (const auto& member : schema) keyword(member.first.Scalar(), member.second, schema, value, path);
  }

  std::vector<std::string> faults;

 private:
  void fault(const std::string& path, const std::string& words) { faults.push_back(path + ": " + words); }

  void keyword(const std::string& name, const YAML::Node& rule, const YAML::Node& schema, const YAML::Node& value,
               const std::string& path) {
    static const std::set<std::string> kWords = {
        "$schema", "$comment", "$defs", "title", "description", "default", "examples", "patternErrorMessage", "additionalProperties"};
    const std::string type = type_of(value);
    if (name == "type") {
      if (!is_one_of(rule, type)) fault(path, type + " is not of the type");
    } else if (name == "enum") {
      if (!value.IsScalar() || !contains(rule, value.Scalar())) fault(path, "not one of the choices");
    } else if (name == "pattern") {
      const bool fits = type != "string" || std::regex_search(value.Scalar(), std::regex{rule.Scalar()});
      if (!fits) fault(path, value.Scalar() + " does not match");
    } else if (name == "minimum") {
      if ((type == "integer" || type == "number") && value.as<double>() < rule.as<double>()) fault(path, "too small");
    } else if (name == "items") {
      for (std::size_t i = 0; type == "array" && i < value.size(); ++i) {
        check(rule, value[i], path + "." + std::to_string(i));
      }
    } else if (name == "minItems") {
      if (type == "array" && value.size() < rule.as<std::size_t>()) fault(path, "too few items");
    } else if (name == "uniqueItems") {
      if (type == "array" && rule.Scalar() == "true" && has_twice(value)) fault(path, "an item is there twice");
    } else if (name == "anyOf") {
      if (!fits_any(rule, value, path)) fault(path, "matches none of the schemas");
    } else if (name == "required") {
      for (const auto& key : rule) {
        if (type == "object" && !value[key.Scalar()].IsDefined()) fault(path, key.Scalar() + " is missing");
      }
    } else if (name == "properties") {
      if (type == "object") members(schema, value, path);
    } else if (name == "$ref") {
      check(root_["$defs"][rule.Scalar().substr(std::string{"#/$defs/"}.size())], value, path);
    } else if (!kWords.contains(name)) {
      throw std::runtime_error("unknown keyword " + name);
    }
    if (name == "additionalProperties" && type == "object" && !schema["properties"]) members(schema, value, path);
  }

  // `properties` with what holds for all others.
  void members(const YAML::Node& schema, const YAML::Node& value, const std::string& path) {
    const YAML::Node others = schema["additionalProperties"];
    for (const auto& member : value) {
      const std::string key = member.first.Scalar();
      const YAML::Node known = schema["properties"] ? schema["properties"][key] : YAML::Node{YAML::NodeType::Undefined};
      if (known.IsDefined()) {
        check(known, member.second, path + "." + key);
      } else if (others.IsMap()) {
        check(others, member.second, path + "." + key);
      } else {
        fault(path, key + " is not allowed");
      }
    }
  }

  bool fits_any(const YAML::Node& schemas, const YAML::Node& value, const std::string& path) {
    return std::any_of(schemas.begin(), schemas.end(), [&](const YAML::Node& schema) {
      Validator one{root_};
      one.check(schema, value, path);
      return one.faults.empty();
    });
  }

  static bool has_twice(const YAML::Node& list) {
    std::set<std::string> seen;
    return std::any_of(list.begin(), list.end(), [&](const YAML::Node& item) { return !seen.insert(YAML::Dump(item)).second; });
  }
  static bool contains(const YAML::Node& list, const std::string& text) {
    return std::any_of(list.begin(), list.end(), [&](const YAML::Node& item) { return item.Scalar() == text; });
  }
  static bool is_one_of(const YAML::Node& types, const std::string& type) {
    const bool number = type == "integer";
    if (types.IsScalar()) return types.Scalar() == type || (number && types.Scalar() == "number");
    return contains(types, type) || (number && contains(types, "number"));
  }

  YAML::Node root_;
};

}  // namespace

std::vector<std::string> schema_faults(const std::string& schema, const std::string& document) {
  const YAML::Node root = YAML::Load(schema);
  Validator validator{root};
  validator.check(root, YAML::Load(document), "");
  return validator.faults;
}

}  // namespace etl::testing
