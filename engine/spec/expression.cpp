#include "engine/spec/expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/spec/lexer.h"
#include "engine/spec/text_map.h"
#include "engine/spec/token_stream.h"

namespace etl::spec {

namespace {

constexpr int kDeepest = 500;         // Nodes above each other.
constexpr int kDeepestNesting = 200;  // Parentheses, calls and cases inside each other.

// A node being made. Its depth bounds the recursion of everyone who walks the tree.
struct Draft : Expression {
  int depth = 1;
};
using DraftPtr = std::shared_ptr<Draft>;

int depth_of(const ExpressionPtr& node) { return node ? static_cast<const Draft&>(*node).depth : 0; }

struct BinaryOperator {
  std::string_view written;
  Operator op;
};
constexpr std::array<BinaryOperator, 6> kComparisons = {{{"=", Operator::equal},
                                                         {"!=", Operator::not_equal},
                                                         {"<=", Operator::less_equal},
                                                         {">=", Operator::greater_equal},
                                                         {"<", Operator::less},
                                                         {">", Operator::greater}}};
constexpr std::array<BinaryOperator, 1> kConcatenation = {{{"||", Operator::concatenate}}};
constexpr std::array<BinaryOperator, 2> kSums = {{{"+", Operator::add}, {"-", Operator::subtract}}};
constexpr std::array<BinaryOperator, 3> kProducts = {
    {{"*", Operator::multiply}, {"/", Operator::divide}, {"%", Operator::remainder}}};
constexpr std::array<std::string_view, 7> kOperatorWords = {"and", "or", "not", "in", "like", "between", "is"};

template <class Table>
const BinaryOperator* operator_of(const Table& table, const Token& token) {
  const auto* row = std::find_if(table.begin(), table.end(), [&token](const auto& op) { return token.is(op.written); });
  return row == table.end() ? nullptr : row;
}

bool is_operator_word(const Token& token) {
  return std::any_of(kOperatorWords.begin(), kOperatorWords.end(),
                     [&token](std::string_view word) { return token.is_word(word); });
}

bool is_operator(const Token& token) {
  return operator_of(kComparisons, token) || operator_of(kConcatenation, token) || operator_of(kSums, token) ||
         operator_of(kProducts, token) || is_operator_word(token);
}

// Recursive descent, one function for each level of the grammar, loosest first. Each gives nullptr once
// something was reported that makes reading on useless.
class Parser : private TokenStream {
 public:
  using TokenStream::TokenStream;

  ExpressionPtr whole_expression() { return finish(pipeline()); }

  ExpressionPtr whole_converter() {
    if (reads_it()) return whole_expression();
    const bool starts_with_step = token().kind == Token::Kind::name && !token().is_keyword();
    DraftPtr chain = starts_with_step ? pipe_step(implicit_value()) : not_a_converter();
    if (chain && is_operator(token())) chain = not_a_converter();
    return finish(pipe_steps(chain));
  }

 private:
  DraftPtr not_a_converter() {
    return fail(201, whole_place(), "a converter is a pipeline, or an expression in which it occurs",
                "write trim | lower, or it || '...'");
  }

  ExpressionPtr finish(const DraftPtr& root) {
    if (root && token().kind != Token::Kind::end) leftover();
    return failed() ? nullptr : root;
  }

  void leftover() {
    const bool is_value = token().kind != Token::Kind::symbol && !token().is_keyword();
    if (token().is("(") || is_value || token().is_word("case")) {
      const bool method = token().is("(") && before(2) != nullptr && before(2)->is(".");
      expected("an operator",
               method ? fmt::format("write {0}(a) or a | {0}", before(1)->text) : "texts are joined with ||");
    } else if (operator_of(kComparisons, token())) {
      expected("the end", "comparisons do not chain: write a < b and b < c");
    } else {
      expected("the end");
    }
  }

  // ---- nodes

  DraftPtr make(Expression::Kind kind, const Token& token) {
    auto node = std::make_shared<Draft>();
    node->kind = kind;
    node->text = token.text;
    node->at = node->name_at = place(token);
    return node;
  }

  // Gives the node its arguments and its full place.
  DraftPtr complete(DraftPtr node, const Span& first, std::vector<ExpressionPtr> arguments) {
    for (const ExpressionPtr& argument : arguments) node->depth = std::max(node->depth, depth_of(argument) + 1);
    node->depth = std::max({node->depth, depth_of(node->operand) + 1, depth_of(node->otherwise) + 1});
    node->arguments = std::move(arguments);
    node->at = from(first);
    if (node->depth > kDeepest)
      return fail(201, node->name_at, "the expression is too long", "split it over converters");
    return node;
  }

  DraftPtr operation(Operator op, const Token& written, const Span& first, std::vector<ExpressionPtr> arguments) {
    DraftPtr node = make(Expression::Kind::operation, written);
    node->text.clear();
    node->op = op;
    return complete(std::move(node), first, std::move(arguments));
  }

  // ---- pipeline = expr { "|" step }

  DraftPtr pipeline() { return pipe_steps(disjunction()); }

  DraftPtr pipe_steps(DraftPtr chain) {
    while (chain && token().is("|")) {
      take();
      chain = pipe_step(chain);
      if (chain && is_operator(token())) return operator_behind_pipe(*chain);
    }
    return chain;
  }

  DraftPtr pipe_step(const DraftPtr& input) {
    if (token().kind != Token::Kind::name || token().is_keyword()) return expected("the name of a function behind |");
    DraftPtr call = make(Expression::Kind::call, take());
    call->piped = true;
    std::vector<ExpressionPtr> arguments{input};
    if (token().is("[")) {
      return fail(201, place(token()), "[ cannot follow |", fmt::format("write {}[value]", call->text));
    }
    if (accept("(") && !list(arguments, ")")) return nullptr;
    return complete(std::move(call), input->at, std::move(arguments));
  }

  DraftPtr operator_behind_pipe(const Draft& chain) {
    const std::string op = found();
    const bool compares = operator_of(kComparisons, token()) != nullptr;
    const std::string as_call = fmt::format("{}(x) {} {}", chain.text, op, token().is_word("is") ? "null" : "'a'");
    return fail(203, place(token()), fmt::format("{} cannot follow |", op),
                compares || token().is_word("is") ? "put the pipe in ( ), or write it as a call: " + as_call
                                                  : "put the pipe in ( )");
  }

  // The items up to `close`, which is taken. False when something was reported.
  bool list(std::vector<ExpressionPtr>& items, std::string_view close, bool may_be_empty = true) {
    if (may_be_empty && accept(close)) return true;
    do {
      DraftPtr item = pipeline();
      if (!item) return false;
      items.push_back(std::move(item));
    } while (accept(","));
    if (accept(close)) return true;
    expected(fmt::format("a comma or {}", close));
    return false;
  }

  // ---- expr = and { "or" and }, and = not { "and" not }, not = [ "not" ] cmp

  DraftPtr disjunction() {
    if (++nesting_ > kDeepestNesting) return fail(201, place(token()), "the expression is nested too deeply");
    DraftPtr left = conjunction();
    while (left && token().is_word("or")) left = combine(Operator::logical_or, left, &Parser::conjunction);
    --nesting_;
    return left;
  }

  DraftPtr conjunction() {
    DraftPtr left = negation();
    while (left && token().is_word("and")) left = combine(Operator::logical_and, left, &Parser::negation);
    return left;
  }

  DraftPtr negation() {
    if (!token().is_word("not")) return comparison();
    const Token& written = take();
    const DraftPtr operand = comparison();
    return operand ? operation(Operator::logical_not, written, place(written), {operand}) : nullptr;
  }

  DraftPtr combine(Operator op, const DraftPtr& left, DraftPtr (Parser::*operand)()) {
    const Token& written = take();
    const DraftPtr right = (this->*operand)();
    return right ? operation(op, written, left->at, {left, right}) : nullptr;
  }

  // ---- cmp

  DraftPtr comparison() {
    DraftPtr left = concatenation();
    if (!left) return nullptr;
    if (const auto* op = operator_of(kComparisons, token())) return compare(op->op, left);
    if (token().is_word("is")) return null_test(left);
    const bool negated = token().is_word("not");
    const Token& word = negated ? next() : token();
    if (word.is_word("between")) return between(left, negated);
    if (word.is_word("like")) return like(left, negated);
    if (word.is_word("in")) return in(left, negated);
    if (negated) {
      take();
      return expected("in, like or between");
    }
    return left;
  }

  DraftPtr compare(Operator op, const DraftPtr& left) {
    const Token& written = take();
    const DraftPtr right = concatenation();
    if (!right) return nullptr;
    if (left->kind == Expression::Kind::literal_null || right->kind == Expression::Kind::literal_null) {
      fail(205, place(written), fmt::format("{} null is never true", written.text), "write is null or is not null");
    }
    return operation(op, written, left->at, {left, right});
  }

  DraftPtr null_test(const DraftPtr& left) {
    const Token& written = take();
    const bool negated = accept_word("not");
    if (!accept_word("null")) return expected(negated ? "null" : "null or not null", "write = to compare values");
    return operation(negated ? Operator::is_not_null : Operator::is_null, written, left->at, {left});
  }

  DraftPtr between(const DraftPtr& left, bool negated) {
    if (negated) take();
    const Token& written = take();
    const DraftPtr low = concatenation();
    if (!low) return nullptr;
    if (!accept_word("and")) return expected("and");
    const DraftPtr high = concatenation();
    if (!high) return nullptr;
    return operation(negated ? Operator::not_between : Operator::between, written, left->at, {left, low, high});
  }

  DraftPtr like(const DraftPtr& left, bool negated) {
    if (negated) take();
    return combine(negated ? Operator::not_like : Operator::like, left, &Parser::concatenation);
  }

  DraftPtr in(const DraftPtr& left, bool negated) {
    if (negated) take();
    const Token& written = take();
    if (accept("(")) {
      std::vector<ExpressionPtr> items{left};
      if (!list(items, ")", false)) return nullptr;
      return operation(negated ? Operator::not_in_list : Operator::in_list, written, left->at, std::move(items));
    }
    if (token().kind != Token::Kind::name || token().is_keyword()) {
      return expected("( or the name of a lookup or table");
    }
    DraftPtr node = make(Expression::Kind::in_name, take());
    node->negated = negated;
    return complete(std::move(node), left->at, {left});
  }

  // ---- cat, sum, product, unary

  DraftPtr concatenation() { return chain(kConcatenation, &Parser::sum); }
  DraftPtr sum() { return chain(kSums, &Parser::product); }
  DraftPtr product() { return chain(kProducts, &Parser::unary); }

  template <class Table>
  DraftPtr chain(const Table& table, DraftPtr (Parser::*operand)()) {
    DraftPtr left = (this->*operand)();
    while (left) {
      const auto* op = operator_of(table, token());
      if (op == nullptr) break;
      left = combine(op->op, left, operand);
    }
    return left;
  }

  DraftPtr unary() {
    if (!token().is("-")) return postfix();
    const Token& written = take();
    const DraftPtr operand = postfix();
    return operand ? operation(Operator::negate, written, place(written), {operand}) : nullptr;
  }

  // ---- postfix = primary { "." name | "[" ... "]" }

  DraftPtr postfix() {
    DraftPtr base = primary();
    while (base) {
      if (accept(".")) {
        base = member(base);
      } else if (accept("[")) {
        base = index(base);
      } else {
        break;
      }
    }
    return base;
  }

  DraftPtr member(const DraftPtr& base) {
    if (token().kind != Token::Kind::name) return expected("a name behind .");
    return complete(make(Expression::Kind::member, take()), base->at, {base});
  }

  DraftPtr index(const DraftPtr& base) {
    auto node = std::make_shared<Draft>();
    node->kind = Expression::Kind::index;
    node->name_at = base->name_at;
    std::vector<ExpressionPtr> arguments{base};
    if (!list(arguments, "]", false)) return nullptr;
    return complete(std::move(node), base->at, std::move(arguments));
  }

  // ---- primary

  DraftPtr primary() {
    switch (token().kind) {
      case Token::Kind::number:
        return make(Expression::Kind::literal_number, take());
      case Token::Kind::text:
        return make(Expression::Kind::literal_text, take());
      case Token::Kind::parameter:
        return make(Expression::Kind::parameter, take());
      case Token::Kind::name:
        return word();
      case Token::Kind::symbol:
        if (token().is("(")) return parenthesised();
        break;
      case Token::Kind::end:
        break;
    }
    return expected("a value");
  }

  DraftPtr word() {
    if (token().is_word("case")) return case_of();
    if (token().is_word("true") || token().is_word("false")) return literal_word(Expression::Kind::literal_bool);
    if (token().is_word("null")) return literal_word(Expression::Kind::literal_null);
    if (token().is_keyword()) {
      return expected("a value", fmt::format("a column of that name is read as row.{}", token().text));
    }
    const Token& name = take();
    if (!accept("(")) return make(Expression::Kind::name, name);
    std::vector<ExpressionPtr> arguments;
    if (!list(arguments, ")")) return nullptr;
    return complete(make(Expression::Kind::call, name), place(name), std::move(arguments));
  }

  DraftPtr literal_word(Expression::Kind kind) {
    DraftPtr node = make(kind, take());
    for (char& letter : node->text) letter = static_cast<char>(letter | 0x20);
    return node;
  }

  DraftPtr parenthesised() {
    const Token& open = take();
    DraftPtr inner = pipeline();
    if (!inner) return nullptr;
    if (!accept(")")) return expected(")");
    inner->at = from(place(open));
    return inner;
  }

  DraftPtr case_of() {
    const Token& written = take();
    DraftPtr node = make(Expression::Kind::case_of, written);
    node->text.clear();
    if (!token().is_word("when")) {
      node->operand = disjunction();
      if (!node->operand) return nullptr;
    }
    std::vector<ExpressionPtr> branches;
    while (token().is_word("when")) {
      if (!branch(branches, node->operand != nullptr)) return nullptr;
    }
    if (branches.empty()) return expected("when");
    if (accept_word("else") && !(node->otherwise = pipeline())) return nullptr;
    if (!accept_word("end")) return expected(node->otherwise ? "end" : "when, else or end");
    return complete(std::move(node), place(written), std::move(branches));
  }

  bool branch(std::vector<ExpressionPtr>& branches, bool compares) {
    const Token& written = take();
    const DraftPtr condition = disjunction();
    if (!condition) return false;
    if (compares && condition->kind == Expression::Kind::literal_null) {
      fail(205, place(written), "when null is never true", "write case when x is null then ...");
    }
    if (!accept_word("then")) {
      expected("then");
      return false;
    }
    const DraftPtr value = pipeline();
    if (!value) return false;
    branches.insert(branches.end(), {condition, value});
    return true;
  }

  // ---- converters

  bool reads_it() const {
    for (std::size_t at = 0; at < all().size(); ++at) {
      const bool is_it = all()[at].kind == Token::Kind::name && all()[at].text == "it";
      if (is_it && (at == 0 || !all()[at - 1].is("."))) return true;
    }
    return false;
  }

  DraftPtr implicit_value() { return make(Expression::Kind::name, Token{Token::Kind::name, "it", 0, 0}); }

  int nesting_ = 0;
};

}  // namespace

ExpressionPtr parse_expression(std::string_view text, const TextMap& place, Diagnostics& diagnostics) {
  auto tokens = tokenize(text, place, diagnostics);
  return tokens ? Parser{text, std::move(*tokens), place, diagnostics}.whole_expression() : nullptr;
}

ExpressionPtr parse_converter(std::string_view text, const TextMap& place, Diagnostics& diagnostics) {
  auto tokens = tokenize(text, place, diagnostics);
  return tokens ? Parser{text, std::move(*tokens), place, diagnostics}.whole_converter() : nullptr;
}

ExpressionPtr parse_expression(const SourceTextPtr& source, Diagnostics& diagnostics) {
  return parse_expression(source->bytes(), TextMap{source, 0, source->bytes().size()}, diagnostics);
}

}  // namespace etl::spec
