// Where the characters of a scalar's text stand in the source: quotes, escapes and folding undone.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/base/source_text.h"
#include "engine/spec/node.h"

namespace etl::spec {

class TextMap {
 public:
  // Text that stands in the source as it is, from `begin` on.
  TextMap(SourceTextPtr source, std::uint32_t begin, std::size_t size);

  // The text of a scalar of any style. A scalar whose text was changed after reading maps to its whole place.
  static TextMap of(const Node& scalar);

  // The place of text[begin, end).
  Span span(std::size_t begin, std::size_t end) const;

 private:
  explicit TextMap(SourceTextPtr source) : source_{std::move(source)} {}
  std::uint32_t place(std::size_t offset) const;

  // A stretch of the text that stands unbroken in the source.
  struct Piece {
    std::size_t text = 0;
    std::uint32_t source = 0;
  };
  SourceTextPtr source_;
  std::vector<Piece> pieces_;  // The last one is the end of the text.

  friend class ScalarWalk;
};

// The end of the scalar that starts at `begin`: behind its closing quote, behind the indicator of a block scalar,
// or behind the last character of a plain one. `text` is what the reader made of it. A quote that is never
// closed gives the end of the source; `closed` says so.
struct ScalarEnd {
  std::uint32_t end = 0;
  bool closed = true;
};
ScalarEnd scalar_end(const SourceText& source, std::uint32_t begin, std::string_view text);

}  // namespace etl::spec
