// Expressions as written (language.md, section 5): the syntax tree, with a place on every node.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/source_text.h"

namespace etl::spec {

struct Expression;
using ExpressionPtr = std::shared_ptr<const Expression>;

enum class Operator : std::uint8_t {
  negate,
  logical_not,  // one argument
  add,
  subtract,
  multiply,
  divide,
  remainder,
  concatenate,  // ||
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  like,
  not_like,
  logical_and,
  logical_or,  // two
  between,
  not_between,  // three
  is_null,
  is_not_null,  // one
  in_list,
  not_in_list,  // value, then the items
};
// As written: "+", "and", "not like", ...
std::string_view name(Operator op);

struct Expression {
  enum class Kind : std::uint8_t {
    literal_number,  // text: digits as written
    literal_text,    // text: the text, quotes removed
    literal_bool,    // text: "true" or "false"
    literal_null,
    parameter,  // text: name without $
    name,       // text: a column, an exploded name, `row`, `it`
    member,     // arguments[0] . text
    index,      // arguments[0] [ arguments[1..] ]: a lookup, a table, or a list/JSON index
    call,       // text: function; arguments in order. x | f(a) is call f(x, a) with `piped` set
    operation,  // op; arguments
    in_name,    // arguments[0] [not] in text (a lookup or table)
    case_of,    // [operand] when/then pairs [else], see below
  };

  Kind kind = Kind::literal_null;
  Operator op = Operator::negate;
  bool piped = false;    // A call written behind |.
  bool negated = false;  // not in name.
  std::string text;
  std::vector<ExpressionPtr> arguments;
  // case_of: arguments are when1, then1, when2, then2, ...
  ExpressionPtr operand;    // case x when ...
  ExpressionPtr otherwise;  // else ...
  Span at;                  // The whole expression, its own parentheses included.
  Span name_at;             // The name, operator or function alone, where the caret of most diagnostics belongs.
};

// Parses one pipeline. `text` is the scalar's text as YAML gives it and `place` maps offsets of it to the
// source (quotes and folding removed). Errors go to `diagnostics` (E201 to E205) and give nullptr.
// A tree is never deeper than 500 nodes, so walking it by recursion is safe.
class TextMap;
ExpressionPtr parse_expression(std::string_view text, const TextMap& place, Diagnostics& diagnostics);

// Parses an own converter: a pipeline whose first argument is left out (`trim | nullif('')` reads as
// `it | trim | nullif('')`), or an expression in which `it` occurs.
ExpressionPtr parse_converter(std::string_view text, const TextMap& place, Diagnostics& diagnostics);

// A text that stands by itself in `source` (tests, defaults): offsets are the source's.
ExpressionPtr parse_expression(const SourceTextPtr& source, Diagnostics& diagnostics);

// The expression as the language would write it, for plan, reports and messages.
std::string to_string(const Expression& expression);

}  // namespace etl::spec
