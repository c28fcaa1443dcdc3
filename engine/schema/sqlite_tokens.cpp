#include "engine/schema/sqlite_tokens.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

namespace etl::schema {
namespace {

using Kind = SqliteToken::Kind;

bool is_name_character(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

// The end of a quoted stretch that starts at `at`; a doubled quote does not end it.
std::size_t quoted_end(std::string_view sql, std::size_t at) {
  const char close = sql[at] == '[' ? ']' : sql[at];
  for (std::size_t next = at + 1; next < sql.size(); ++next) {
    if (sql[next] != close) continue;
    if (close != ']' && next + 1 < sql.size() && sql[next + 1] == close) {
      ++next;
    } else {
      return next + 1;
    }
  }
  return sql.size();
}

std::size_t word_end(std::string_view sql, std::size_t at) {
  while (at < sql.size() && is_name_character(sql[at])) ++at;
  return at;
}

std::size_t number_end(std::string_view sql, std::size_t at) {
  while (at < sql.size() && (is_name_character(sql[at]) || sql[at] == '.' ||
                             ((sql[at] == '+' || sql[at] == '-') && (sql[at - 1] == 'e' || sql[at - 1] == 'E')))) {
    ++at;
  }
  return at;
}

// The end of blanks and comments.
std::size_t gap_end(std::string_view sql, std::size_t at) {
  while (at < sql.size()) {
    if (std::isspace(static_cast<unsigned char>(sql[at])) != 0) {
      ++at;
    } else if (sql.substr(at, 2) == "--") {
      at = std::min(sql.find('\n', at), sql.size());
    } else if (sql.substr(at, 2) == "/*") {
      const auto close = sql.find("*/", at + 2);
      at = close == std::string_view::npos ? sql.size() : close + 2;
    } else {
      break;
    }
  }
  return at;
}

SqliteToken next_token(std::string_view sql, std::size_t at) {
  constexpr std::array<std::string_view, 8> kPairs = {"||", "<=", ">=", "<>", "!=", "==", "<<", ">>"};
  const char first = sql[at];
  const bool digit_follows = at + 1 < sql.size() && std::isdigit(static_cast<unsigned char>(sql[at + 1])) != 0;
  Kind kind = Kind::symbol;
  std::size_t end = at + 1;
  if (first == '\'') {
    kind = Kind::string;
    end = quoted_end(sql, at);
  } else if (first == '"' || first == '`' || first == '[') {
    kind = Kind::quoted;
    end = quoted_end(sql, at);
  } else if ((first == 'x' || first == 'X') && sql.substr(at + 1, 1) == "'") {
    kind = Kind::blob;
    end = quoted_end(sql, at + 1);
  } else if (std::isdigit(static_cast<unsigned char>(first)) != 0 || (first == '.' && digit_follows)) {
    kind = Kind::number;
    end = number_end(sql, at + 1);
  } else if (first == '$' || first == '@' || first == ':' || first == '?') {
    kind = Kind::parameter;
    end = word_end(sql, at + 1);
  } else if (is_name_character(first)) {
    kind = Kind::word;
    end = word_end(sql, at);
  } else if (std::ranges::find(kPairs, sql.substr(at, 2)) != kPairs.end()) {
    end = at + 2;
  }
  return {kind, sql.substr(at, end - at), static_cast<std::uint32_t>(at)};
}

using Tokens = std::vector<SqliteToken>;

bool is_name(const SqliteToken& token) {
  return token.kind == Kind::word || token.kind == Kind::quoted || token.kind == Kind::string;
}

// Reads the elements between the parentheses of CREATE TABLE.
class CreateTableReader {
 public:
  explicit CreateTableReader(std::string_view sql) : sql_{sql}, tokens_{sqlite_tokens(sql)} {}

  std::optional<CreateTableText> read() {
    if (!skip("CREATE")) return std::nullopt;
    if (!skip("TEMP")) skip("TEMPORARY");
    if (!skip("TABLE")) return std::nullopt;
    if (skip("IF")) at_ += 2;
    if (at_ + 1 < tokens_.size() && tokens_[at_ + 1].text == ".") at_ += 2;
    if (at_ + 1 >= tokens_.size() || !is_name(tokens_[at_])) return std::nullopt;
    found_.table = unquoted(tokens_[at_]);
    found_.at = {tokens_[at_].begin, tokens_[at_].end()};
    if (tokens_[++at_].text != "(") return std::nullopt;
    ++at_;
    while (at_ < tokens_.size() && tokens_[at_].text != ")") element();
    return found_;
  }

 private:
  bool skip(std::string_view word) {
    const bool is_there = at_ < tokens_.size() && tokens_[at_].is(word);
    if (is_there) ++at_;
    return is_there;
  }

  // The text in the parentheses at the current place; moves behind them.
  std::string parenthesized() {
    const std::uint32_t begin = tokens_[at_].end();
    int depth = 0;
    for (; at_ < tokens_.size(); ++at_) {
      if (tokens_[at_].text == "(") ++depth;
      if (tokens_[at_].text == ")" && --depth == 0) {
        const Place inside{begin, tokens_[at_++].begin};
        return trimmed(inside);
      }
    }
    return trimmed({begin, static_cast<std::uint32_t>(sql_.size())});
  }

  using Place = CreateTableText::Place;

  std::string trimmed(Place place) const {
    std::string_view text = sql_.substr(place.begin, place.end - place.begin);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())) != 0) text.remove_prefix(1);
    while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) text.remove_suffix(1);
    return std::string{text};
  }

  // A column definition or a table constraint, with the comma behind it.
  void element() {
    const SqliteToken& first = tokens_[at_];
    const bool constraint =
        first.is("CONSTRAINT") || first.is("PRIMARY") || first.is("UNIQUE") || first.is("CHECK") || first.is("FOREIGN");
    std::string column;
    if (!constraint) {
      column = unquoted(first);
      found_.columns.emplace_back(column, Place{first.begin, first.end()});
      ++at_;
    }
    std::string name;
    while (at_ < tokens_.size() && tokens_[at_].text != ")" && tokens_[at_].text != ",") clause(column, name);
    if (at_ < tokens_.size() && tokens_[at_].text == ",") ++at_;
  }

  void clause(const std::string& column, std::string& name) {
    const bool negated = at_ > 0 && tokens_[at_ - 1].is("NOT");
    if (skip("CONSTRAINT")) {
      if (at_ < tokens_.size()) name = unquoted(tokens_[at_++]);
    } else if (skip("CHECK")) {
      if (opens()) found_.checks.push_back({std::exchange(name, {}), parenthesized()});
    } else if (skip("REFERENCES")) {
      found_.references.push_back({.name = std::exchange(name, {})});
    } else if (skip("DEFERRABLE")) {
      if (!found_.references.empty()) found_.references.back().deferrable = !negated;
    } else if (skip("DEFERRED")) {
      if (!found_.references.empty()) found_.references.back().initially_deferred = true;
    } else if (skip("AS")) {
      if (opens()) found_.generated[column] = parenthesized();
    } else if (opens()) {
      parenthesized();
    } else {
      ++at_;
    }
  }

  bool opens() const { return at_ < tokens_.size() && tokens_[at_].text == "("; }

  std::string_view sql_;
  Tokens tokens_;
  std::size_t at_ = 0;
  CreateTableText found_;
};

}  // namespace

bool SqliteToken::is(std::string_view word) const {
  return kind == Kind::word && std::ranges::equal(text, word, [](char a, char b) {
           return std::toupper(static_cast<unsigned char>(a)) == b;
         });
}

std::vector<SqliteToken> sqlite_tokens(std::string_view sql) {
  std::vector<SqliteToken> tokens;
  for (std::size_t at = gap_end(sql, 0); at < sql.size(); at = gap_end(sql, tokens.back().end())) {
    tokens.push_back(next_token(sql, at));
  }
  return tokens;
}

std::string unquoted(const SqliteToken& token) {
  if (token.kind != Kind::quoted && token.kind != Kind::string) return std::string{token.text};
  const char close = token.text.front() == '[' ? ']' : token.text.front();
  std::string name;
  for (std::size_t at = 1; at + 1 < token.text.size(); ++at) {
    name += token.text[at];
    if (token.text[at] == close && token.text[at + 1] == close) ++at;
  }
  return name;
}

std::optional<std::string> sqlite_constant(std::string_view expression) {
  Tokens tokens = sqlite_tokens(expression);
  while (tokens.size() > 2 && tokens.front().text == "(" && tokens.back().text == ")") {
    tokens = {tokens.begin() + 1, tokens.end() - 1};
  }
  std::string sign;
  if (tokens.size() == 2 && (tokens[0].text == "-" || tokens[0].text == "+")) {
    if (tokens[0].text == "-") sign = "-";
    tokens.erase(tokens.begin());
  }
  if (tokens.size() != 1) return std::nullopt;
  const SqliteToken& token = tokens.front();
  if (token.kind == Kind::number) return sign + std::string{token.text};
  if (!sign.empty()) return std::nullopt;
  if (token.kind == Kind::string) return unquoted(token);
  if (token.kind == Kind::blob) return "\\x" + std::string{token.text.substr(2, token.text.size() - 3)};
  if (token.is("TRUE")) return "1";
  if (token.is("FALSE")) return "0";
  return std::nullopt;
}

std::optional<CreateTableText> read_create_table(std::string_view sql) { return CreateTableReader{sql}.read(); }

std::optional<std::pair<std::string, std::vector<std::string>>> sqlite_one_of(std::string_view check) {
  const Tokens tokens = sqlite_tokens(check);
  if (tokens.size() < 5 || !is_name(tokens[0]) || !tokens[1].is("IN") || tokens[2].text != "(") return std::nullopt;
  std::vector<std::string> values;
  for (std::size_t at = 3; at < tokens.size(); ++at) {
    const std::size_t begin = at;
    while (at < tokens.size() && tokens[at].text != "," && tokens[at].text != ")") ++at;
    if (at == tokens.size() || at == begin) return std::nullopt;
    const auto value = sqlite_constant(check.substr(tokens[begin].begin, tokens[at].begin - tokens[begin].begin));
    if (!value) return std::nullopt;
    values.push_back(*value);
    if (tokens[at].text == ")" && at + 1 != tokens.size()) return std::nullopt;
  }
  return std::pair{unquoted(tokens[0]), values};
}

}  // namespace etl::schema
