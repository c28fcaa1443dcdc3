// The expression language as its author sees it: what is read, and what is said about what is not.
#include "engine/spec/expression.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "engine/spec/text_map.h"

namespace {

using etl::Diagnostics;
using etl::SourceText;
using etl::spec::Expression;
using etl::spec::ExpressionPtr;

ExpressionPtr parse(const std::string& text, Diagnostics& diagnostics) {
  return etl::spec::parse_expression(std::make_shared<const SourceText>("e", text), diagnostics);
}

// The expression as read, written again; or the first finding, "8 E201 message (help)".
std::string read(const std::string& text) {
  Diagnostics diagnostics;
  const ExpressionPtr expression = parse(text, diagnostics);
  if (expression) {
    CHECK_FALSE(diagnostics.has_errors());
    return to_string(*expression);
  }
  REQUIRE(diagnostics.has_errors());
  const auto first = diagnostics.sorted().front();
  const auto column = first.at.source->position(first.at.begin).column;
  const std::string help = first.help.empty() ? "" : " (" + first.help + ")";
  return std::to_string(column) + " E" + std::to_string(first.code) + " " + first.message + help;
}

std::string read_converter(const std::string& text) {
  Diagnostics diagnostics;
  const auto source = std::make_shared<const SourceText>("e", text);
  const etl::spec::TextMap place{source, 0, text.size()};
  const ExpressionPtr expression = etl::spec::parse_converter(text, place, diagnostics);
  return expression ? to_string(*expression) : diagnostics.sorted().front().message;
}

}  // namespace

TEST_CASE("expression: what is written in its plainest form reads back the same") {
  for (const std::string text : {
           "email | trim | lower",
           "a + b * c - d",
           "(a + b) * c",
           "a - (b - c)",
           "-a",
           "-(a + b)",
           "not a or b and c",
           "not (a or b)",
           "(a or b) and c",
           "a || 'it''s' || b",
           "a = 1",
           "a != $since",
           "a between 1 and 2 + 3",
           "a not between b and c",
           "a like '%x%' and b not like 'y'",
           "a in (1, 2, b | trim)",
           "a not in (1)",
           "client_id in clients",
           "client_id not in clients",
           "a is null or b is not null",
           "roles[role]",
           "users[a, b | trim].name",
           "row['Unit Price']",
           "row.end",
           "a.b[0].c[-1]",
           "count()",
           "coalesce(a, b, 1.5)",
           "case when a = 1 then b | trim else c end",
           "case a when 1 then 'x' when 2 then 'y' end",
           "a | f(1, b | g) | h",
           "(a | f) = 'x'",
           "(a | f) || b",
           "true and false",
           "größe | lower",
       }) {
    CHECK(read(text) == text);
  }
}

TEST_CASE("expression: operators bind as the grammar says") {
  CHECK(read("((a)) + ((b * c))") == "a + b * c");
  CHECK(read("a || b + c") == "a || b + c");
  CHECK(read("(a || b) + c") == "(a || b) + c");
  CHECK(read("a + b | abs") == "a + b | abs");
  CHECK(read("a + (b | abs)") == "a + (b | abs)");
  CHECK(read("A AND B Or not C") == "A and B or not C");
  CHECK(read("CASE WHEN a THEN Null ELSE TRUE END") == "case when a then null else true end");
}

TEST_CASE("expression: a pipe is a call whose first argument stands before it") {
  Diagnostics diagnostics;
  const ExpressionPtr expression = parse("a | f(b)", diagnostics);
  REQUIRE(expression);
  CHECK(expression->kind == Expression::Kind::call);
  CHECK(expression->piped);
  CHECK(expression->text == "f");
  REQUIRE(expression->arguments.size() == 2);
  CHECK(expression->arguments[0]->text == "a");
  CHECK(expression->name_at.begin == 4);
  CHECK(expression->at.begin == 0);
  CHECK(expression->at.end == 8);
}

TEST_CASE("expression: every node knows its place") {
  Diagnostics diagnostics;
  const ExpressionPtr expression = parse("users[id] || (a + lower(bc))", diagnostics);
  REQUIRE(expression);
  CHECK(expression->name_at.text() == "||");
  CHECK(expression->arguments[0]->at.text() == "users[id]");
  CHECK(expression->arguments[0]->name_at.text() == "users");
  CHECK(expression->arguments[1]->at.text() == "(a + lower(bc))");
  CHECK(expression->arguments[1]->arguments[1]->at.text() == "lower(bc)");
  CHECK(expression->arguments[1]->arguments[1]->name_at.text() == "lower");
}

TEST_CASE("expression: what is wrong is said where it is") {
  CHECK(read("f(a, 'x'") == "9 E201 expected a comma or ) but found the end");
  CHECK(read("roles[a") == "8 E201 expected a comma or ] but found the end");
  CHECK(read("f(a b)") == "5 E201 expected a comma or ) but found b");
  CHECK(read("") == "1 E201 expected a value but found the end");
  CHECK(read("a +") == "4 E201 expected a value but found the end");
  CHECK(read("a b") == "3 E201 expected an operator but found b (texts are joined with ||)");
  CHECK(read("a.trim()") == "7 E201 expected an operator but found ( (write trim(a) or a | trim)");
  CHECK(read("a)") == "2 E201 expected the end but found )");
  CHECK(read("a < b < c") == "7 E201 expected the end but found < (comparisons do not chain: write a < b and b < c)");
  CHECK(read("a + end") == "5 E201 expected a value but found end (a column of that name is read as row.end)");
  CHECK(read("'abc") == "1 E201 the text is never closed (end it with '; a quote inside a text is written '')");
  CHECK(read("12abc") ==
        "1 E201 12abc is not a number (a name starts with a letter; text is written in single quotes)");
  CHECK(read("a = 010") == "5 E201 010 has a leading zero (write 10, or '010' for the text)");
  CHECK(read("case when a then b") == "19 E201 expected when, else or end but found the end");
  CHECK(read("case when a | f then b end") == "13 E201 expected then but found | (put the pipe in ( ))");
  CHECK(read("a | roles[b]") == "10 E201 [ cannot follow | (write roles[value])");
  CHECK(read("a is 1") == "6 E201 expected null or not null but found 1 (write = to compare values)");
  CHECK(read("{a: b}") == "1 E201 { has no meaning here (an object is written object('key', value))");
  CHECK(read("a || ‘x’") == "6 E201 a typographic quote is no quote (write ')");
}

TEST_CASE("expression: ${...} belongs elsewhere") {
  CHECK(read("a = ${NAME}") == "5 E202 ${...} is not allowed in an expression (declare a param and write $name)");
}

TEST_CASE("expression: an operator behind a pipe is refused where people would guess wrong") {
  CHECK(read("email | lower = 'x'") ==
        "15 E203 = cannot follow | (put the pipe in ( ), or write it as a call: lower(x) = 'a')");
  CHECK(read("a | f is null") ==
        "7 E203 is cannot follow | (put the pipe in ( ), or write it as a call: f(x) is null)");
  CHECK(read("a | f and b") == "7 E203 and cannot follow | (put the pipe in ( ))");
  CHECK(read("g(a | f || b)") == "9 E203 || cannot follow | (put the pipe in ( ))");
}

TEST_CASE("expression: operators of other languages are named") {
  CHECK(read("a && b") == "3 E204 && is not an operator (write and)");
  CHECK(read("a == b") == "3 E204 == is not an operator (write =)");
  CHECK(read("a <> b") == "3 E204 <> is not an operator (write !=)");
  CHECK(read("!a") == "1 E204 ! is not an operator (write not)");
  CHECK(read("a ? b : c") == "3 E204 ? is not an operator (write case when c then a else b end)");
  CHECK(read("a ?? b") == "3 E204 ?? is not an operator (write coalesce(a, b))");
  CHECK(read("a::int") == "2 E204 :: is not an operator (write a | int, a | text, ...)");
  CHECK(read("a = \"x\"") == "5 E204 text is written in single quotes (write 'x')");
}

TEST_CASE("expression: a foreign operator does not hide what else is wrong") {
  Diagnostics diagnostics;
  CHECK_FALSE(parse("a == null && b", diagnostics));
  std::vector<int> codes;
  for (const auto& diagnostic : diagnostics.sorted()) codes.push_back(diagnostic.code);
  CHECK(codes == std::vector<int>{204, 205, 204});
}

TEST_CASE("expression: comparing with null is never what was meant") {
  CHECK(read("a != null") == "3 E205 != null is never true (write is null or is not null)");
  CHECK(read("null = a") == "6 E205 = null is never true (write is null or is not null)");
  CHECK(read("case a when null then 1 end").starts_with("8 E205 when null is never true"));
}

TEST_CASE("expression: a converter is a pipeline without its first value, or speaks of it") {
  CHECK(read_converter("trim | squeeze | nullif('')") == "it | trim | squeeze | nullif('')");
  CHECK(read_converter("extract('^a', 1) | int") == "it | extract('^a', 1) | int");
  CHECK(read_converter("case when it = '' then null else it | trim end") ==
        "case when it = '' then null else it | trim end");
  CHECK(read_converter("'x'") == "a converter is a pipeline, or an expression in which it occurs");
  CHECK(read_converter("a || 'x'") == "a converter is a pipeline, or an expression in which it occurs");
  CHECK(read_converter("trim |") == "expected the name of a function behind | but found the end");
}

TEST_CASE("expression: whatever is thrown at it, it answers soon") {
  for (const std::string piece :
       {"(", "a[", "f(", "not ", "-", "case when ", "a or ", "a || ", "a | f ", "'' ", "a."}) {
    std::string text;
    while (text.size() < (1U << 17U)) text += piece;
    CAPTURE(piece);
    CHECK(read(text).find(" E201 ") != std::string::npos);
  }
}
