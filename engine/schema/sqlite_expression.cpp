#include "engine/schema/sqlite_expression.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <vector>

#include "engine/schema/literal.h"
#include "engine/schema/pg_expression.h"
#include "engine/schema/pg_tree.h"
#include "engine/schema/sqlite_storage.h"
#include "engine/schema/sqlite_tokens.h"
#include "engine/schema/types.h"

namespace etl::schema {
namespace {

using pg::Node;

// Why an expression cannot be said; thrown and caught within this file.
struct Unsayable {
  std::string why;
};

struct Piece {
  std::string sql;
  SqlType type;
  std::optional<std::string> untyped;  // A string literal whose type comes from what it meets.
};

SqlType boolean_type() { return postgres_type("bool", false); }
SqlType integer_type() { return postgres_type("int8", false); }
SqlType decimal_type() { return postgres_type("numeric", false); }
SqlType text_type() { return postgres_type("text", false); }

// A literal as it is compared with values of this type: numbers bare, all else in the stored form.
std::string comparable_literal(const SqlType& type, const std::string& text) {
  const auto canonical = canonical_literal(type, text);
  if (!canonical) throw Unsayable{fmt::format("the literal {}", sql_string(text))};
  return type.type == Type::decimal ? *canonical : storage_literal(type, *canonical);
}

Piece typed(Piece piece, const SqlType& type) {
  if (!piece.untyped) return piece;
  return {comparable_literal(type, *piece.untyped), type, std::nullopt};
}

// The pattern of LIKE as one of GLOB, which minds case as PostgreSQL's LIKE does.
std::string glob_pattern(const std::string& like) {
  std::string glob;
  for (std::size_t at = 0; at < like.size(); ++at) {
    char c = like[at];
    const bool escaped = c == '\\' && at + 1 < like.size();
    if (escaped) c = like[++at];
    if (!escaped && c == '%') {
      glob += '*';
    } else if (!escaped && c == '_') {
      glob += '?';
    } else if (c == '*' || c == '?' || c == '[') {
      glob += fmt::format("[{}]", c);
    } else {
      glob += c;
    }
  }
  return glob;
}

struct Function {
  std::string_view sqlite;
  std::size_t min_args = 1;
  std::size_t max_args = 1;
  Type result = Type::text;  // `any`: that of the first argument.
};

// Functions that mean the same in both, by PostgreSQL's name (manual, section 9.4).
const std::map<std::string_view, Function>& functions() {
  static const std::map<std::string_view, Function> kFunctions = {
      {"length", {"length", 1, 1, Type::integer}},
      {"char_length", {"length", 1, 1, Type::integer}},
      {"character_length", {"length", 1, 1, Type::integer}},
      {"strpos", {"instr", 2, 2, Type::integer}},
      {"position", {"instr", 2, 2, Type::integer}},
      {"lower", {"lower"}},
      {"upper", {"upper"}},
      {"btrim", {"trim", 1, 2}},
      {"ltrim", {"ltrim", 1, 2}},
      {"rtrim", {"rtrim", 1, 2}},
      {"substr", {"substr", 2, 3}},
      {"substring", {"substr", 2, 3}},
      {"replace", {"replace", 3, 3}},
      {"abs", {"abs", 1, 1, Type::any}},
      {"cardinality", {"json_array_length", 1, 1, Type::integer}},
  };
  return kFunctions;
}

class Translator {
 public:
  Translator(const Table& table, const Column* value_of) : table_{table}, value_of_{value_of} {}

  Piece expression(const Node& node) {
    const std::string_view kind = node.kind();
    if (kind == "A_Const") return literal(node);
    if (kind == "ColumnRef") return column(node.body());
    if (kind == "TypeCast") return cast(node.body());
    if (kind == "BoolExpr") return logic(node.body());
    if (kind == "NullTest") return null_test(node.body());
    if (kind == "BooleanTest") return boolean_test(node.body());
    if (kind == "A_Expr") return operation(node.body());
    if (kind == "CaseExpr") return case_expression(node.body());
    if (kind == "CoalesceExpr") return coalesce(node.body());
    if (kind == "FuncCall") return call(node);
    throw Unsayable{kind == "SubLink"            ? "a subquery"
                    : kind == "SQLValueFunction" ? "the present time or user"
                                                 : std::string{kind}};
  }

 private:
  Piece literal(const Node& node);
  Piece column(const Node& reference);
  Piece cast(const Node& node);
  Piece logic(const Node& node);
  Piece null_test(const Node& node);
  Piece boolean_test(const Node& node);
  Piece operation(const Node& node);
  Piece compare(const std::string& op, Piece left, Piece right);
  Piece arithmetic(const std::string& op, Piece left, Piece right);
  Piece one_of(const Node& node, bool negated);
  Piece between(const Node& node, bool negated);
  Piece like(const Node& node, bool negated, bool ignore_case);
  Piece case_expression(const Node& node);
  Piece coalesce(const Node& node);
  Piece call(const Node& node);
  Piece same_type(std::vector<Piece> pieces, std::string_view format);

  const Table& table_;
  const Column* value_of_;
};

bool comparable(const SqlType& left, const SqlType& right) {
  return left.type == right.type || (is_number(left.type) && is_number(right.type));
}

// Brings untyped literals to the type of the other operand.
void agree(Piece& left, Piece& right) {
  if (left.untyped && right.untyped) {
    left = typed(left, text_type());
    right = typed(right, text_type());
  }
  left = typed(left, right.type);
  right = typed(right, left.type);
  if (!comparable(left.type, right.type)) {
    throw Unsayable{fmt::format("{} beside {}", left.type.declared, right.type.declared)};
  }
}

Piece Translator::literal(const Node& node) {
  const auto value = pg::constant(node);
  if (!value) throw Unsayable{"a bit string"};
  if (value->is_null) return {"NULL", text_type(), std::nullopt};
  if (value->is_string) return {sql_string(value->text), text_type(), value->text};
  if (value->text == "true" || value->text == "false") {
    return {value->text == "true" ? "1" : "0", boolean_type(), std::nullopt};
  }
  const bool whole = value->text.find_first_not_of("-0123456789") == std::string::npos;
  return {value->text, whole ? integer_type() : decimal_type(), std::nullopt};
}

Piece Translator::column(const Node& reference) {
  const std::string name = reference["fields"].last_name();
  const Column* found = value_of_ != nullptr && name == "value" ? value_of_ : table_.column(name);
  if (found == nullptr) throw Unsayable{fmt::format("the column {}", name)};
  const std::string quoted = sqlite_name(found->name);
  const bool text_number = storage_form(found->type) == StorageForm::decimal_text;
  return {text_number ? fmt::format("CAST({} AS REAL)", quoted) : quoted, found->type, std::nullopt};
}

Piece Translator::cast(const Node& node) {
  Piece piece = expression(node["arg"]);
  const std::string name = node["typeName"]["names"].last_name();
  const bool array = !node["typeName"]["arrayBounds"].items().empty();
  if (array || !is_postgres_type(name)) {
    // The name of an enum, a domain or an extension's type: its values are text to us.
    if (piece.type.type == Type::text && !array) return piece;
    throw Unsayable{fmt::format("a cast to {}", name)};
  }
  const SqlType target = postgres_type(name, false);
  if (piece.untyped) {
    // Text literals keep waiting for what they meet: 'client'::text is compared with an enum as well.
    return target.type == Type::text ? piece : typed(piece, target);
  }
  if (piece.type.type == target.type) return {piece.sql, piece.type.type == Type::text ? text_type() : piece.type, {}};
  const bool to_number = target.type == Type::decimal || target.type == Type::float64;
  if (to_number && is_number(piece.type.type)) return {fmt::format("CAST({} AS REAL)", piece.sql), target, {}};
  if (target.type == Type::text && piece.type.type == Type::integer) {
    return {fmt::format("CAST({} AS TEXT)", piece.sql), target, {}};
  }
  if (target.type == Type::text && piece.type.type == Type::uuid) return {piece.sql, target, {}};
  if (target.type == Type::integer && piece.type.type == Type::boolean) return {piece.sql, target, {}};
  throw Unsayable{fmt::format("a cast of {} to {}", piece.type.declared, target.declared)};
}

Piece Translator::logic(const Node& node) {
  const std::string& op = node["boolop"].text();
  std::vector<std::string> parts;
  for (const Node& argument : node["args"].items()) {
    const Piece piece = typed(expression(argument), boolean_type());
    if (piece.type.type != Type::boolean) throw Unsayable{"a condition that is not boolean"};
    parts.push_back(piece.sql);
  }
  if (op == "NOT_EXPR") return {fmt::format("(NOT {})", parts.front()), boolean_type(), {}};
  return {fmt::format("({})", fmt::join(parts, op == "AND_EXPR" ? " AND " : " OR ")), boolean_type(), {}};
}

Piece Translator::null_test(const Node& node) {
  const bool is_null = node["nulltesttype"].text() == "IS_NULL";
  return {fmt::format("({} IS {}NULL)", expression(node["arg"]).sql, is_null ? "" : "NOT "), boolean_type(), {}};
}

Piece Translator::boolean_test(const Node& node) {
  static const std::map<std::string_view, std::string_view> kTests = {
      {"IS_TRUE", "IS TRUE"},           {"IS_NOT_TRUE", "IS NOT TRUE"}, {"IS_FALSE", "IS FALSE"},
      {"IS_NOT_FALSE", "IS NOT FALSE"}, {"IS_UNKNOWN", "IS NULL"},      {"IS_NOT_UNKNOWN", "IS NOT NULL"}};
  const Piece piece = expression(node["arg"]);
  return {fmt::format("({} {})", piece.sql, kTests.at(node["booltesttype"].text())), boolean_type(), {}};
}

Piece Translator::compare(const std::string& op, Piece left, Piece right) {
  agree(left, right);
  const Type type = left.type.type;
  const bool equality = op == "=" || op == "<>" || op == "IS" || op == "IS NOT";
  if (type == Type::json || type == Type::list) throw Unsayable{"a comparison of JSON or arrays"};
  if (type == Type::text && !equality) throw Unsayable{"the order of text, which depends on the collation"};
  return {fmt::format("({} {} {})", left.sql, op, right.sql), boolean_type(), {}};
}

Piece Translator::arithmetic(const std::string& op, Piece left, Piece right) {
  agree(left, right);
  if (!is_number(left.type.type)) throw Unsayable{fmt::format("{} on {}", op, left.type.declared)};
  const bool whole = left.type.type == Type::integer && right.type.type == Type::integer;
  if (op == "%" && !whole) throw Unsayable{"the remainder of decimals"};
  const bool floats = left.type.type == Type::float64 || right.type.type == Type::float64;
  const SqlType type = whole ? integer_type() : floats ? postgres_type("float8", false) : decimal_type();
  if (op == "/" && !whole) left.sql = fmt::format("CAST({} AS REAL)", left.sql);
  return {fmt::format("({} {} {})", left.sql, op, right.sql), type, {}};
}

Piece Translator::one_of(const Node& node, bool negated) {
  const Node& right = pg::without_casts(node["rexpr"]);
  const Node& list = right.kind() == "List" ? right.body()["items"] : right.body()["elements"];
  if (right.kind() != "List" && right.kind() != "A_ArrayExpr") throw Unsayable{"ANY over an array that is no list"};
  const Piece left = typed(expression(node["lexpr"]), text_type());
  std::vector<std::string> items;
  for (const Node& item : list.items()) {
    Piece value = expression(item);
    Piece subject = left;
    agree(subject, value);
    items.push_back(value.sql);
  }
  return {fmt::format("({} {}IN ({}))", left.sql, negated ? "NOT " : "", fmt::join(items, ", ")), boolean_type(), {}};
}

Piece Translator::between(const Node& node, bool negated) {
  const auto& bounds = node["rexpr"].body()["items"].items();
  const Piece low = compare(">=", expression(node["lexpr"]), expression(bounds.at(0)));
  const Piece high = compare("<=", expression(node["lexpr"]), expression(bounds.at(1)));
  return {fmt::format("({}({} AND {}))", negated ? "NOT " : "", low.sql, high.sql), boolean_type(), {}};
}

Piece Translator::like(const Node& node, bool negated, bool ignore_case) {
  const Piece left = expression(node["lexpr"]);
  const auto pattern = pg::constant(node["rexpr"]);
  if (left.type.type != Type::text || left.untyped || left.type.base == "citext" || !pattern || !pattern->is_string) {
    throw Unsayable{"LIKE with a pattern that is not a literal"};
  }
  const std::string_view no = negated ? "NOT " : "";
  if (ignore_case) {
    return {fmt::format("({} {}LIKE {} ESCAPE '\\')", left.sql, no, sql_string(pattern->text)), boolean_type(), {}};
  }
  return {fmt::format("({} {}GLOB {})", left.sql, no, sql_string(glob_pattern(pattern->text))), boolean_type(), {}};
}

Piece Translator::operation(const Node& node) {
  const std::string& kind = node["kind"].text();
  std::string op = node["name"].last_name();
  if (op == "!=") op = "<>";
  if (kind == "AEXPR_IN" || (kind == "AEXPR_OP_ANY" && op == "=")) return one_of(node, op == "<>");
  if (kind == "AEXPR_OP_ALL" && op == "<>") return one_of(node, true);
  if (kind == "AEXPR_BETWEEN" || kind == "AEXPR_NOT_BETWEEN") return between(node, kind == "AEXPR_NOT_BETWEEN");
  if (op == "~~" || op == "!~~") return like(node, op == "!~~", false);
  if (op == "~~*" || op == "!~~*") return like(node, op == "!~~*", true);
  if (kind == "AEXPR_DISTINCT" || kind == "AEXPR_NOT_DISTINCT") {
    return compare(kind == "AEXPR_DISTINCT" ? "IS NOT" : "IS", expression(node["lexpr"]), expression(node["rexpr"]));
  }
  if (kind == "AEXPR_NULLIF") return same_type({expression(node["lexpr"]), expression(node["rexpr"])}, "nullif({})");
  if (kind != "AEXPR_OP") throw Unsayable{fmt::format("the operator {}", op)};
  if (!node["lexpr"]) {
    const Piece right = expression(node["rexpr"]);
    if (op == "+" || op == "-") return {fmt::format("({}{})", op, right.sql), right.type, {}};
    throw Unsayable{fmt::format("the operator {}", op)};
  }
  Piece left = expression(node["lexpr"]);
  Piece right = expression(node["rexpr"]);
  static const std::vector<std::string> kComparisons = {"=", "<>", "<", ">", "<=", ">="};
  if (std::ranges::find(kComparisons, op) != kComparisons.end()) return compare(op, std::move(left), std::move(right));
  if (op == "||" && left.type.type == Type::text && right.type.type == Type::text) {
    return {fmt::format("({} || {})", left.sql, right.sql), text_type(), {}};
  }
  if (op == "+" || op == "-" || op == "*" || op == "/" || op == "%") {
    return arithmetic(op, std::move(left), std::move(right));
  }
  throw Unsayable{fmt::format("the operator {}", op)};
}

// A function whose arguments and result share one type.
Piece Translator::same_type(std::vector<Piece> pieces, std::string_view format) {
  for (std::size_t at = 1; at < pieces.size(); ++at) agree(pieces[0], pieces[at]);
  std::vector<std::string> parts;
  for (const Piece& piece : pieces) parts.push_back(piece.sql);
  return {fmt::format(fmt::runtime(format), fmt::join(parts, ", ")), pieces.front().type, {}};
}

Piece Translator::coalesce(const Node& node) {
  std::vector<Piece> pieces;
  for (const Node& argument : node["args"].items()) pieces.push_back(expression(argument));
  return same_type(std::move(pieces), "coalesce({})");
}

Piece Translator::case_expression(const Node& node) {
  std::vector<Piece> results;
  std::vector<std::string> conditions;
  for (const Node& wrapped : node["args"].items()) {
    Piece condition = expression(wrapped.body()["expr"]);
    if (node["arg"]) condition = compare("=", expression(node["arg"]), std::move(condition));
    conditions.push_back(condition.sql);
    results.push_back(expression(wrapped.body()["result"]));
  }
  if (node["defresult"]) results.push_back(expression(node["defresult"]));
  for (std::size_t at = 1; at < results.size(); ++at) agree(results[0], results[at]);
  std::string sql = "CASE";
  for (std::size_t at = 0; at < conditions.size(); ++at) {
    sql += fmt::format(" WHEN {} THEN {}", conditions[at], results[at].sql);
  }
  if (results.size() > conditions.size()) sql += " ELSE " + results.back().sql;
  return {fmt::format("({} END)", sql), results.front().type, {}};
}

Piece Translator::call(const Node& node) {
  const std::string name = pg::function_name(node);
  const auto found = functions().find(name);
  const auto& arguments = node.body()["args"].items();
  if (found == functions().end() || arguments.size() < found->second.min_args ||
      arguments.size() > found->second.max_args) {
    throw Unsayable{fmt::format("the function {}", name)};
  }
  const Function& function = found->second;
  std::vector<std::string> parts;
  SqlType first;
  for (const Node& argument : arguments) {
    Piece piece = typed(expression(argument), text_type());
    if (parts.empty()) first = piece.type;
    parts.push_back(piece.sql);
  }
  const Type wanted = name == "cardinality" ? Type::list : Type::text;
  if (name == "abs" ? !is_number(first.type) : first.type != wanted) {
    throw Unsayable{fmt::format("{} of {}", name, first.declared)};
  }
  const SqlType result = function.result == Type::integer ? integer_type()
                         : function.result == Type::any   ? first
                                                          : text_type();
  return {fmt::format("{}({})", function.sqlite, fmt::join(parts, ", ")), result, {}};
}

// Without parentheses around the whole.
std::string bare(std::string sql) {
  const auto tokens = sqlite_tokens(sql);
  if (tokens.size() < 2 || tokens.front().text != "(" || tokens.back().text != ")") return sql;
  int depth = 0;
  for (const SqliteToken& token : tokens) {
    if (token.text == "(") ++depth;
    if (token.text == ")" && --depth == 0 && token.begin != tokens.back().begin) return sql;
  }
  return sql.substr(1, sql.size() - 2);
}

SqliteExpression unsayable(std::string why) { return {.sql = "", .type = {}, .why = std::move(why)}; }

}  // namespace

SqliteExpression sqlite_expression(const Table& table, std::string_view sql, const Column* value_of) {
  const auto tree = pg::parse_expression(sql);
  if (!tree) return unsayable("its syntax");
  try {
    Piece piece = Translator{table, value_of}.expression(*tree);
    return {.sql = bare(std::move(piece.sql)), .type = std::move(piece.type), .why = ""};
  } catch (const Unsayable& reason) {
    return unsayable(reason.why);
  }
}

SqliteExpression sqlite_stored_expression(const Table& table, std::string_view sql, const SqlType& type) {
  SqliteExpression made = sqlite_expression(table, sql);
  if (made.sql.empty()) return made;
  const Type from = made.type.type;
  const StorageForm form = storage_form(type);
  if (form == StorageForm::decimal_text && type.precision && is_number(from)) {
    made.sql = fmt::format("printf('%.{}f', {})", std::max(0, type.scale.value_or(0)), made.sql);
  } else if (form == StorageForm::decimal_text && from == Type::integer) {
    made.sql = fmt::format("CAST({} AS TEXT)", made.sql);
  } else if (form == StorageForm::whole && is_number(from)) {
    made.sql = fmt::format("CAST(round({}) AS INTEGER)", made.sql);
  } else if (form == StorageForm::real && is_number(from)) {
    made.sql = fmt::format("CAST({} AS REAL)", made.sql);
  } else if (form == StorageForm::decimal_text || from != type.type) {
    return unsayable(fmt::format("its result as {}", type.declared));
  }
  // NULL in gives NULL out, which printf would turn into zero.
  if (made.sql.starts_with("printf")) {
    const SqliteExpression plain = sqlite_expression(table, sql);
    made.sql = fmt::format("CASE WHEN {} IS NOT NULL THEN {} END", plain.sql, made.sql);
  }
  return made;
}

}  // namespace etl::schema
