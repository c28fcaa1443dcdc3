// Cuts the text of an expression into tokens (language.md, section 5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/spec/text_map.h"

namespace etl::spec {

struct Token {
  enum class Kind : std::uint8_t { number, text, name, parameter, symbol, end };
  Kind kind = Kind::end;
  std::string text;  // A text without its quotes, a parameter without $, anything else as written.
  std::size_t begin = 0;
  std::size_t end = 0;

  bool is(std::string_view symbol) const { return kind == Kind::symbol && text == symbol; }
  // Keywords count in any case; `word` is lower case.
  bool is_word(std::string_view word) const;
  bool is_keyword() const;
};

struct Tokens {
  std::vector<Token> all;  // The last one is the end.
  bool failed = false;     // Something was reported; a foreign operator was read as the right one.
};

// Reports E201, E202 and E204. Nothing when it is no use to read on.
std::optional<Tokens> tokenize(std::string_view text, const TextMap& place, Diagnostics& diagnostics);

}  // namespace etl::spec
