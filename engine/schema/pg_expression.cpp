#include "engine/schema/pg_expression.h"

#include "engine/schema/literal.h"

namespace etl::schema::pg {
namespace {

std::optional<Constant> plain_constant(const Node& node) {
  if (node["isnull"].truth()) return Constant{.is_null = true, .is_string = false, .text = ""};
  if (node["sval"]) return Constant{.is_null = false, .is_string = true, .text = node["sval"]["sval"].text()};
  if (node["ival"]) return Constant{.text = std::to_string(node["ival"]["ival"].number())};
  if (node["fval"]) return Constant{.text = node["fval"]["fval"].text()};
  if (node["boolval"]) return Constant{.text = node["boolval"]["boolval"].truth() ? "true" : "false"};
  return std::nullopt;
}

bool is_operator(const Node& node, std::string_view kind, std::string_view name) {
  return node.kind() == "A_Expr" && node.body()["kind"].text() == kind && node.body()["name"].last_name() == name;
}

bool is_column(const Node& node) { return node.kind() == "ColumnRef" && !node.body()["fields"].last_name().empty(); }

// Whether a column takes a moment as it is; with fewer than six digits of seconds the database rounds it.
bool holds_moments(const SqlType& type) {
  const bool temporal = type.type == Type::timestamptz || type.type == Type::timestamp || type.type == Type::date;
  return temporal && type.precision.value_or(6) == 6;
}

// ARRAY[...] of constants as an array literal.
std::optional<std::string> array_text(const Node& expression) {
  const Node& node = without_casts(expression);
  if (node.kind() != "A_ArrayExpr") return std::nullopt;
  std::string text = "{";
  for (const Node& element : node.body()["elements"].items()) {
    const auto item = constant(element);
    if (!item) return std::nullopt;
    if (text.size() > 1) text += ',';
    if (item->is_null) {
      text += "NULL";
      continue;
    }
    text += '"';
    for (const char c : item->text) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "}";
}

const std::vector<Node>& listed(const Node& right) {
  const Node& node = without_casts(right);
  if (node.kind() == "List") return node.body()["items"].items();
  static const std::vector<Node> kNone;
  return node.kind() == "A_ArrayExpr" ? node.body()["elements"].items() : kNone;
}

// Joins alternatives about the same column; nothing when they speak of several.
std::optional<OneOf> join(std::optional<OneOf> left, const OneOf& right) {
  if (!left || left->column != right.column) return std::nullopt;
  left->values.insert(left->values.end(), right.values.begin(), right.values.end());
  return left;
}

std::optional<OneOf> any_of(const std::vector<Node>& alternatives) {
  std::optional<OneOf> all;
  std::set<std::string> nullable;
  for (const Node& alternative : alternatives) {
    if (alternative.kind() == "NullTest" && alternative.body()["nulltesttype"].text() == "IS_NULL" &&
        is_column(without_casts(alternative.body()["arg"]))) {
      nullable.insert(without_casts(alternative.body()["arg"]).body()["fields"].last_name());
      continue;
    }
    const auto one = one_of(alternative);
    if (!one) return std::nullopt;
    all = all ? join(std::move(all), *one) : one;
    if (!all) return std::nullopt;
  }
  if (!all || (!nullable.empty() && nullable != std::set{all->column})) return std::nullopt;
  return all;
}

}  // namespace

const Node& without_casts(const Node& expression) {
  const Node* node = &expression;
  while (node->kind() == "TypeCast") node = &node->body()["arg"];
  return *node;
}

std::string function_name(const Node& call) {
  if (call.kind() != "FuncCall") return "";
  const Node& name = call.body()["funcname"];
  const std::string schema = name.schema_name();
  return schema.empty() || schema == "pg_catalog" ? name.last_name() : schema + "." + name.last_name();
}

bool is_now(const Node& expression) {
  const Node& node = without_casts(expression);
  if (node.kind() == "SQLValueFunction") {
    const std::string& op = node.body()["op"].text();
    return op == "SVFOP_CURRENT_TIMESTAMP" || op == "SVFOP_LOCALTIMESTAMP" || op == "SVFOP_CURRENT_DATE";
  }
  const std::string name = function_name(node);
  if (name == "now" || name == "transaction_timestamp" || name == "statement_timestamp" || name == "clock_timestamp") {
    return true;
  }
  if (name != "timezone") return false;
  const auto& args = node.body()["args"].items();
  const auto zone = args.size() == 2 ? constant(args[0]) : std::nullopt;
  return zone && (zone->text == "utc" || zone->text == "UTC") && is_now(args[1]);
}

std::optional<Constant> constant(const Node& expression) {
  const Node& node = without_casts(expression);
  if (node.kind() == "A_Const") return plain_constant(node.body());
  if (is_operator(node, "AEXPR_OP", "-") && !node.body()["lexpr"]) {
    auto value = constant(node.body()["rexpr"]);
    if (!value || value->is_null || value->text.empty()) return std::nullopt;
    value->text = value->text.front() == '-' ? value->text.substr(1) : "-" + value->text;
    return value;
  }
  return std::nullopt;
}

void set_default(Column& column, std::string sql, const Node& expression) {
  column.default_sql.reset();
  column.default_literal.reset();
  column.default_is_now = column.serial = false;
  const auto value = constant(expression);
  if (value && value->is_null) return;
  column.default_sql = std::move(sql);
  if (value) {
    column.default_literal = canonical_literal(column.type, value->text);
  } else if (const auto array = array_text(expression); array && column.type.array) {
    column.default_literal = canonical_literal(column.type, *array);
  }
  column.default_is_now = holds_moments(column.type) && is_now(expression);
  column.serial = function_name(without_casts(expression)) == "nextval";
}

void set_default(Column& column, const std::string& sql) {
  const auto expression = parse_expression(sql);
  if (expression) {
    set_default(column, sql, *expression);
  } else {
    column.default_sql = sql;
  }
}

std::optional<OneOf> one_of(const Node& check) {
  if (check.kind() == "BoolExpr" && check.body()["boolop"].text() == "OR_EXPR") {
    return any_of(check.body()["args"].items());
  }
  const bool equal = is_operator(check, "AEXPR_OP", "=");
  if (!equal && !is_operator(check, "AEXPR_IN", "=") && !is_operator(check, "AEXPR_OP_ANY", "=")) return std::nullopt;
  const Node& left = without_casts(check.body()["lexpr"]);
  if (!is_column(left)) return std::nullopt;
  OneOf found{.column = left.body()["fields"].last_name(), .values = {}};
  if (equal) {
    const auto value = constant(check.body()["rexpr"]);
    if (!value || value->is_null) return std::nullopt;
    found.values.push_back(value->text);
    return found;
  }
  for (const Node& item : listed(check.body()["rexpr"])) {
    const auto value = constant(item);
    if (!value) return std::nullopt;
    if (!value->is_null) found.values.push_back(value->text);
  }
  if (found.values.empty()) return std::nullopt;
  return found;
}

std::set<std::string> columns_read(const Node& expression) {
  std::set<std::string> columns;
  const auto visit = [&](const auto& self, const Node& node) -> void {
    if (is_column(node)) columns.insert(node.body()["fields"].last_name());
    node.for_each([&](const Node& child) { self(self, child); });
  };
  visit(visit, expression);
  return columns;
}

}  // namespace etl::schema::pg
