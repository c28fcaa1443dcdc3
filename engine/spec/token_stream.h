// The tokens of one expression, read one after the other, and what is said when one does not fit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/spec/lexer.h"
#include "engine/spec/text_map.h"

namespace etl::spec {

class TokenStream {
 public:
  // All but the tokens must outlive the stream.
  TokenStream(std::string_view text, Tokens tokens, const TextMap& place, Diagnostics& diagnostics)
      : text_{text}, tokens_{std::move(tokens.all)}, failed_{tokens.failed}, place_{place}, diagnostics_{diagnostics} {}

  const Token& token() const { return tokens_[at_]; }
  const Token& next() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  // The token `back` places before the current one, or nullptr.
  const Token* before(std::size_t back) const { return at_ >= back ? &tokens_[at_ - back] : nullptr; }
  const std::vector<Token>& all() const { return tokens_; }

  const Token& take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  bool accept(std::string_view symbol) { return token().is(symbol) && (take(), true); }
  bool accept_word(std::string_view word) { return token().is_word(word) && (take(), true); }

  Span place(const Token& token) const { return place_.span(token.begin, token.end); }
  Span whole_place() const { return place_.span(0, text_.size()); }
  // From the first character of `first` to the last one of the token that was taken last.
  Span from(const Span& first) const;

  bool failed() const { return failed_; }
  // Each reports and gives nullptr, for `return fail(...)`.
  std::nullptr_t fail(Code code, const Span& at, std::string message, std::string help = {});
  // "expected a value but found the end", at the current token.
  std::nullptr_t expected(std::string_view what, std::string help = {});
  // The current token as it was written.
  std::string found() const;

 private:
  std::string_view text_;
  std::vector<Token> tokens_;
  bool failed_ = false;
  const TextMap& place_;
  Diagnostics& diagnostics_;
  std::size_t at_ = 0;
};

}  // namespace etl::spec
