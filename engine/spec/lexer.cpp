#include "engine/spec/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace etl::spec {

namespace {

constexpr std::array<std::string_view, 15> kKeywords = {
    "and", "or", "not", "between", "like", "in", "is", "null", "true", "false", "case", "when", "then", "else", "end"};

// Longest first.
constexpr std::array<std::string_view, 19> kSymbols = {"||", "!=", "<=", ">=", "(", ")", "[", "]", ",", ".",
                                                       "|",  "=",  "<",  ">",  "+", "-", "*", "/", "%"};

// Operators of other languages, longest first; `instead` is read in their place, when there is one.
struct Foreign {
  std::string_view written;
  std::string_view instead;
  std::string_view help;
};
constexpr std::array<Foreign, 20> kForeign = {{
    {"===", "=", "write ="},
    {"!==", "!=", "write !="},
    {"==", "=", "write ="},
    {"<>", "!=", "write !="},
    {"&&", "and", "write and"},
    {"=~", "", "write matches(a, 'pattern')"},
    {"!~", "", "write not matches(a, 'pattern')"},
    {"??", "", "write coalesce(a, b)"},
    {"::", "", "write a | int, a | text, ..."},
    {":=", "", "write ="},
    {"=>", "", ""},
    {"**", "", "write a * a"},
    {"//", "", "write floor(a / b)"},
    {"!", "not", "write not"},
    {"?", "", "write case when c then a else b end"},
    {":", "", ""},
    {"^", "", ""},
    {"~", "", "write matches(a, 'pattern')"},
    {"&", "", "write and, or || to join texts"},
    {";", "", ""},
}};

// Characters that look like quotes or blanks but are neither, in UTF-8: word processors put them into specs.
constexpr std::array<std::string_view, 6> kLookalikes = {"\xC2\xA0",     "\xE2\x80\x98", "\xE2\x80\x99",
                                                         "\xE2\x80\x9C", "\xE2\x80\x9D", "\xEF\xBB\xBF"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
}
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_word(std::string_view written, std::string_view word) {
  return std::equal(written.begin(), written.end(), word.begin(), word.end(),
                    [](char a, char b) { return lower(a) == b; });
}

class Lexer {
 public:
  Lexer(std::string_view text, const TextMap& place, Diagnostics& diagnostics)
      : text_{text}, place_{place}, diagnostics_{diagnostics} {}

  std::optional<Tokens> run() {
    while (skip_blanks()) {
      if (!next()) return std::nullopt;
    }
    const std::size_t end = text_.find_last_not_of(" \t\r\n") + 1;  // Of an empty text: 0.
    tokens_.all.push_back({Token::Kind::end, "", end, end});
    return std::move(tokens_);
  }

 private:
  bool skip_blanks() {
    at_ = std::min(text_.find_first_not_of(" \t\r\n", at_), text_.size());
    return at_ < text_.size();
  }

  bool next() {
    const char c = text_[at_];
    if (is_digit(c)) return number();
    if (c == '\'') return quoted_text();
    if (c == '"') return foreign_text();
    if (c == '$') return parameter();
    const auto rest = text_.substr(at_);
    if (static_cast<unsigned char>(c) >= 0x80) {
      for (const std::string_view lookalike : kLookalikes) {
        if (rest.starts_with(lookalike)) return refuse_lookalike(lookalike);
      }
    }
    if (is_letter(c)) return word(Token::Kind::name, at_);
    if (const Foreign* row = foreign_here()) return foreign(*row);
    return symbol();
  }

  void push(Token::Kind kind, std::string_view text, std::size_t end) {
    tokens_.all.push_back({kind, std::string{text}, at_, end});
    at_ = end;
  }

  bool fail(Code code, std::size_t size, std::string message, std::string_view help = {}) {
    diagnostics_.add(code, place_.span(at_, at_ + size), std::move(message), std::string{help});
    tokens_.failed = true;
    return false;
  }

  std::size_t word_end(std::size_t at) const {
    while (at < text_.size() && (is_letter(text_[at]) || is_digit(text_[at]))) ++at;
    return at;
  }

  bool word(Token::Kind kind, std::size_t begin) {
    const std::size_t end = word_end(begin);
    push(kind, text_.substr(begin, end - begin), end);
    return true;
  }

  bool number() {
    std::size_t end = at_;
    while (end < text_.size() && is_digit(text_[end])) ++end;
    if (end + 1 < text_.size() && text_[end] == '.' && is_digit(text_[end + 1])) {
      for (++end; end < text_.size() && is_digit(text_[end]);) ++end;
    }
    const std::size_t word = word_end(end);
    const std::string_view digits = text_.substr(at_, word - at_);
    if (word > end)
      return fail(201, digits.size(), fmt::format("{} is not a number", digits),
                  "a name starts with a letter; text is written in single quotes");
    if (digits.size() > 1 && digits[0] == '0' && is_digit(digits[1])) {
      const auto rest = digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
      return fail(201, digits.size(), fmt::format("{} has a leading zero", digits),
                  fmt::format("write {}, or '{}' for the text", rest, digits));
    }
    push(Token::Kind::number, digits, end);
    return true;
  }

  bool quoted_text() {
    std::string value;
    for (std::size_t at = at_ + 1; at < text_.size(); ++at) {
      if (text_[at] != '\'') {
        value += text_[at];
      } else if (at + 1 < text_.size() && text_[at + 1] == '\'') {
        value += text_[at++];
      } else {
        push(Token::Kind::text, value, at + 1);
        return true;
      }
    }
    return fail(201, 1, "the text is never closed", "end it with '; a quote inside a text is written ''");
  }

  bool foreign_text() {
    const std::size_t close = text_.find('"', at_ + 1);
    if (close == std::string_view::npos) return fail(204, 1, "text is written in single quotes", "write 'text'");
    const auto inner = text_.substr(at_ + 1, close - at_ - 1);
    const bool shows = !inner.empty() && inner.size() <= 40;
    fail(204, close + 1 - at_, "text is written in single quotes",
         shows ? fmt::format("write '{}'", inner) : "write 'text'");
    push(Token::Kind::text, inner, close + 1);
    return true;
  }

  bool parameter() {
    if (text_.substr(at_).starts_with("${")) {
      return fail(202, 2, "${...} is not allowed in an expression", "declare a param and write $name");
    }
    if (at_ + 1 >= text_.size() || !is_letter(text_[at_ + 1])) {
      return fail(201, 1, "expected the name of a param behind $");
    }
    return word(Token::Kind::parameter, at_ + 1);
  }

  bool refuse_lookalike(std::string_view found) {
    const bool is_quote = found[0] == '\xE2';
    return fail(201, found.size(), is_quote ? "a typographic quote is no quote" : "a special blank is no blank",
                is_quote ? "write '" : "write an ordinary blank");
  }

  const Foreign* foreign_here() const {
    const auto rest = text_.substr(at_);
    if (rest.starts_with("!=") && !rest.starts_with("!==")) return nullptr;
    const auto* row = std::find_if(kForeign.begin(), kForeign.end(),
                                   [rest](const Foreign& foreign) { return rest.starts_with(foreign.written); });
    return row == kForeign.end() ? nullptr : row;
  }

  bool foreign(const Foreign& row) {
    fail(204, row.written.size(), fmt::format("{} is not an operator", row.written), row.help);
    if (row.instead.empty()) return false;
    push(is_letter(row.instead[0]) ? Token::Kind::name : Token::Kind::symbol, row.instead, at_ + row.written.size());
    return true;
  }

  bool symbol() {
    const auto rest = text_.substr(at_);
    for (const std::string_view symbol : kSymbols) {
      if (!rest.starts_with(symbol)) continue;
      push(Token::Kind::symbol, symbol, at_ + symbol.size());
      return true;
    }
    const bool braces = rest[0] == '{' || rest[0] == '}';
    return fail(201, 1, fmt::format("{} has no meaning here", rest.substr(0, 1)),
                braces ? "an object is written object('key', value)" : "");
  }

  std::string_view text_;
  const TextMap& place_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
  Tokens tokens_;
};

}  // namespace

bool Token::is_word(std::string_view word) const { return kind == Kind::name && same_word(text, word); }

bool Token::is_keyword() const {
  return std::any_of(kKeywords.begin(), kKeywords.end(), [this](std::string_view word) { return is_word(word); });
}

std::optional<Tokens> tokenize(std::string_view text, const TextMap& place, Diagnostics& diagnostics) {
  return Lexer{text, place, diagnostics}.run();
}

}  // namespace etl::spec
