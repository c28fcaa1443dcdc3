// Expressions as text, with no more parentheses than the grammar needs.
#include <fmt/format.h>

#include "engine/spec/expression.h"

namespace etl::spec {

namespace {

// How tightly an expression binds; the levels of the grammar, loosest first.
enum class Level : std::uint8_t {
  pipe,
  disjunction,
  conjunction,
  negation,
  comparison,
  concatenation,
  sum,
  product,
  unary,
  postfix
};

Level tighter(Level level) { return static_cast<Level>(static_cast<int>(level) + 1); }

Level level(Operator op) {
  switch (op) {
    case Operator::negate:
      return Level::unary;
    case Operator::logical_not:
      return Level::negation;
    case Operator::add:
    case Operator::subtract:
      return Level::sum;
    case Operator::multiply:
    case Operator::divide:
    case Operator::remainder:
      return Level::product;
    case Operator::concatenate:
      return Level::concatenation;
    case Operator::logical_and:
      return Level::conjunction;
    case Operator::logical_or:
      return Level::disjunction;
    default:
      return Level::comparison;
  }
}

Level level(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::call:
      return expression.piped ? Level::pipe : Level::postfix;
    case Expression::Kind::operation:
      return level(expression.op);
    case Expression::Kind::in_name:
      return Level::comparison;
    default:
      return Level::postfix;
  }
}

std::string print(const Expression& expression);

std::string print(const Expression& expression, Level loosest) {
  return level(expression) < loosest ? "(" + print(expression) + ")" : print(expression);
}

std::string print_list(const Expression& expression, std::size_t first) {
  std::string out;
  for (std::size_t index = first; index < expression.arguments.size(); ++index) {
    out += (index > first ? ", " : "") + print(*expression.arguments[index]);
  }
  return out;
}

std::string print_call(const Expression& call) {
  if (!call.piped) return fmt::format("{}({})", call.text, print_list(call, 0));
  const std::string step =
      call.arguments.size() > 1 ? fmt::format("{}({})", call.text, print_list(call, 1)) : call.text;
  return fmt::format("{} | {}", print(*call.arguments[0]), step);
}

std::string print_operation(const Expression& operation) {
  const Level own = level(operation.op);
  const auto argument = [&operation](std::size_t index, Level loosest) {
    return print(*operation.arguments[index], loosest);
  };
  switch (operation.op) {
    case Operator::negate:
      return "-" + argument(0, Level::postfix);
    case Operator::logical_not:
      return "not " + argument(0, Level::comparison);
    case Operator::is_null:
    case Operator::is_not_null:
      return argument(0, tighter(own)) + " " + std::string{name(operation.op)};
    case Operator::between:
    case Operator::not_between:
      return fmt::format("{} {} {} and {}", argument(0, tighter(own)), name(operation.op), argument(1, tighter(own)),
                         argument(2, tighter(own)));
    case Operator::in_list:
    case Operator::not_in_list:
      return fmt::format("{} {} ({})", argument(0, tighter(own)), name(operation.op), print_list(operation, 1));
    default:
      break;
  }
  const Level left = own == Level::comparison ? tighter(own) : own;
  return fmt::format("{} {} {}", argument(0, left), name(operation.op), argument(1, tighter(own)));
}

std::string print_case(const Expression& expression) {
  std::string out = "case";
  if (expression.operand) out += " " + print(*expression.operand, Level::disjunction);
  for (std::size_t index = 0; index + 1 < expression.arguments.size(); index += 2) {
    out += fmt::format(" when {} then {}", print(*expression.arguments[index], Level::disjunction),
                       print(*expression.arguments[index + 1]));
  }
  if (expression.otherwise) out += " else " + print(*expression.otherwise);
  return out + " end";
}

std::string print_text(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? 2 : 1, c);
  return out + "'";
}

std::string print(const Expression& expression) {
  switch (expression.kind) {
    case Expression::Kind::literal_text:
      return print_text(expression.text);
    case Expression::Kind::literal_null:
      return "null";
    case Expression::Kind::literal_number:
    case Expression::Kind::literal_bool:
    case Expression::Kind::name:
      return expression.text;
    case Expression::Kind::parameter:
      return "$" + expression.text;
    case Expression::Kind::member:
      return print(*expression.arguments[0], Level::postfix) + "." + expression.text;
    case Expression::Kind::index:
      return fmt::format("{}[{}]", print(*expression.arguments[0], Level::postfix), print_list(expression, 1));
    case Expression::Kind::call:
      return print_call(expression);
    case Expression::Kind::operation:
      return print_operation(expression);
    case Expression::Kind::in_name:
      return fmt::format("{} {} {}", print(*expression.arguments[0], Level::concatenation),
                         expression.negated ? "not in" : "in", expression.text);
    case Expression::Kind::case_of:
      return print_case(expression);
  }
  return {};
}

}  // namespace

std::string_view name(Operator op) {
  switch (op) {
    case Operator::negate:
    case Operator::subtract:
      return "-";
    case Operator::logical_not:
      return "not";
    case Operator::add:
      return "+";
    case Operator::multiply:
      return "*";
    case Operator::divide:
      return "/";
    case Operator::remainder:
      return "%";
    case Operator::concatenate:
      return "||";
    case Operator::equal:
      return "=";
    case Operator::not_equal:
      return "!=";
    case Operator::less:
      return "<";
    case Operator::less_equal:
      return "<=";
    case Operator::greater:
      return ">";
    case Operator::greater_equal:
      return ">=";
    case Operator::like:
      return "like";
    case Operator::not_like:
      return "not like";
    case Operator::logical_and:
      return "and";
    case Operator::logical_or:
      return "or";
    case Operator::between:
      return "between";
    case Operator::not_between:
      return "not between";
    case Operator::is_null:
      return "is null";
    case Operator::is_not_null:
      return "is not null";
    case Operator::in_list:
      return "in";
    case Operator::not_in_list:
      return "not in";
  }
  return "";
}

std::string to_string(const Expression& expression) { return print(expression); }

}  // namespace etl::spec
