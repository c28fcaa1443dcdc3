#include "engine/spec/text_map.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace etl::spec {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_break(char c) { return c == '\n' || c == '\r'; }

// Bytes of a code point in UTF-8.
std::size_t utf8_size(unsigned long code_point) {
  if (code_point < 0x80) return 1;
  if (code_point < 0x800) return 2;
  return code_point < 0x10000 ? 3 : 4;
}

// An escape of a double-quoted scalar: what it takes in the source and what it gives (YAML 1.2, 5.7).
struct Escape {
  std::size_t source_size = 2;
  std::size_t text_size = 1;
};

Escape escape_at(std::string_view source, std::size_t at) {
  if (at + 1 >= source.size()) return {1, 0};
  const char kind = source[at + 1];
  const std::size_t digits = kind == 'x' ? 2 : kind == 'u' ? 4 : kind == 'U' ? 8 : 0;
  if (digits > 0) {
    const std::string hex{source.substr(at + 2, digits)};
    return {2 + digits, utf8_size(std::strtoul(hex.c_str(), nullptr, 16))};
  }
  if (kind == 'N' || kind == '_') return {2, 2};
  if (kind == 'L' || kind == 'P') return {2, 3};
  return {};
}

}  // namespace

// Goes through a scalar's text and its source side by side.
class ScalarWalk {
 public:
  ScalarWalk(const SourceText& source, std::uint32_t begin, std::string_view text)
      : source_{source.bytes()}, text_{text}, at_{begin}, style_{begin < source_.size() ? source_[begin] : '\0'} {}

  // False when the two do not agree: the text was changed after reading.
  bool run() {
    if (style_ == '|' || style_ == '>') return walk_block();
    if (style_ == '\'' || style_ == '"') ++at_;
    while (done_ < text_.size()) {
      if (!step()) return false;
    }
    mark();
    return true;
  }

  std::size_t source_at() const { return at_; }
  std::vector<TextMap::Piece> pieces() const { return pieces_; }

 private:
  void mark() {
    const auto place = static_cast<std::uint32_t>(at_);
    if (!pieces_.empty() && place - pieces_.back().source == done_ - pieces_.back().text) return;
    pieces_.push_back({done_, place});
  }

  void take(std::size_t text_size, std::size_t source_size) {
    mark();
    done_ += text_size;
    at_ += source_size;
  }

  bool step() {
    if (at_ >= source_.size()) return false;
    if (style_ == '"' && source_[at_] == '\\') return step_escape();
    if (is_blank(source_[at_]) || is_break(source_[at_])) {
      const std::size_t line_end = source_.find_first_not_of(" \t", at_);
      if (line_end != std::string_view::npos && is_break(source_[line_end])) return step_fold(line_end);
    }
    if (source_[at_] != text_[done_]) return false;
    take(1, style_ == '\'' && source_[at_] == '\'' ? 2 : 1);
    return true;
  }

  bool step_escape() {
    if (at_ + 1 < source_.size() && is_break(source_[at_ + 1])) {
      skip_breaks(at_ + 1);
      return true;
    }
    const Escape escape = escape_at(source_, at_);
    if (escape.text_size == 0) return false;
    take(escape.text_size, escape.source_size);
    return true;
  }

  // One line break is read as a blank, n as n - 1 line breaks.
  bool step_fold(std::size_t line_end) {
    mark();
    const std::size_t breaks = skip_breaks(line_end);
    const std::size_t size = breaks == 1 ? 1 : breaks - 1;
    if (text_.substr(done_, size) != std::string(size, breaks == 1 ? ' ' : '\n')) return false;
    done_ += size;
    return true;
  }

  // Moves behind line breaks, blank lines and indentation; counts the breaks.
  std::size_t skip_breaks(std::size_t from) {
    std::size_t breaks = 0;
    for (at_ = from; at_ < source_.size() && (is_blank(source_[at_]) || is_break(source_[at_])); ++at_) {
      if (source_[at_] == '\n') ++breaks;
    }
    return std::max<std::size_t>(breaks, 1);
  }

  bool walk_block() {
    at_ = std::min(source_.find('\n', at_), source_.size());
    const std::size_t first = source_.find_first_not_of(" \t\r\n", at_);
    if (first == std::string_view::npos) return text_.find_first_not_of('\n') == std::string_view::npos;
    const std::size_t line = source_.rfind('\n', first) + 1;
    const std::size_t own = std::min(text_.find_first_not_of('\n'), text_.size());
    const std::size_t text_lead = std::min(text_.find_first_not_of(' ', own), text_.size()) - own;
    indent_ = first - line >= text_lead ? first - line - text_lead : 0;
    pieces_.push_back({0, static_cast<std::uint32_t>(line + indent_)});
    done_ = own;
    at_ = line + indent_;
    while (done_ < text_.size()) {
      if (!step_block()) return false;
    }
    mark();
    return true;
  }

  bool step_block() {
    if (at_ >= source_.size())
      return text_.find_first_not_of('\n', done_) == std::string_view::npos && (done_ = text_.size());
    if (!is_break(source_[at_])) {
      if (source_[at_] != text_[done_]) return false;
      take(1, 1);
      return true;
    }
    mark();
    if (text_[done_] != '\n' && (style_ == '|' || text_[done_] != ' ')) return false;
    done_ = text_[done_] == ' ' ? done_ + 1 : std::min(text_.find_first_not_of('\n', done_), text_.size());
    skip_block_lines();
    return true;
  }

  // Moves to the first character of the next line that is not empty.
  void skip_block_lines() {
    std::size_t content = std::min(source_.find_first_not_of(" \r\n", at_), source_.size());
    const std::size_t line = source_.rfind('\n', content == 0 ? 0 : content - 1) + 1;
    at_ = std::min(line + indent_, content);
  }

  std::string_view source_;
  std::string_view text_;
  std::size_t at_ = 0;    // In the source.
  std::size_t done_ = 0;  // Of the text.
  char style_ = 0;
  std::size_t indent_ = 0;
  std::vector<TextMap::Piece> pieces_;
};

TextMap::TextMap(SourceTextPtr source, std::uint32_t begin, std::size_t size)
    : source_{std::move(source)}, pieces_{{0, begin}, {size, begin + static_cast<std::uint32_t>(size)}} {}

TextMap TextMap::of(const Node& scalar) {
  TextMap map{scalar.at.source};
  ScalarWalk walk{*scalar.at.source, scalar.at.begin, scalar.text};
  if (walk.run()) {
    map.pieces_ = walk.pieces();
  } else {
    map.pieces_ = {{0, scalar.at.begin}, {std::numeric_limits<std::size_t>::max(), scalar.at.end}};
  }
  return map;
}

std::uint32_t TextMap::place(std::size_t offset) const {
  if (pieces_.empty()) return 0;
  const auto behind = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                       [](std::size_t wanted, const Piece& piece) { return wanted < piece.text; });
  const Piece& piece = behind == pieces_.begin() ? pieces_.front() : *(behind - 1);
  const std::uint32_t place = piece.source + static_cast<std::uint32_t>(offset - piece.text);
  // A stretch never reaches into the next one: the blanks of a fold are one character of the text.
  return behind == pieces_.end() ? place : std::min(place, behind->source);
}

Span TextMap::span(std::size_t begin, std::size_t end) const { return {source_, place(begin), place(end)}; }

ScalarEnd scalar_end(const SourceText& source, std::uint32_t begin, std::string_view text) {
  const std::string_view bytes = source.bytes();
  const char style = begin < bytes.size() ? bytes[begin] : '\0';
  const auto size = static_cast<std::uint32_t>(bytes.size());
  if (style == '|' || style == '>') return {begin + 1, true};
  if (style == '\'' || style == '"') {
    for (std::size_t at = begin + 1; at < bytes.size(); ++at) {
      if (style == '"' && bytes[at] == '\\') {
        ++at;
      } else if (bytes[at] == style) {
        if (style == '"' || at + 1 == bytes.size() || bytes[at + 1] != '\'')
          return {static_cast<std::uint32_t>(at + 1), true};
        ++at;
      }
    }
    return {size, false};
  }
  if (bytes.substr(begin, text.size()) == text) return {begin + static_cast<std::uint32_t>(text.size()), true};
  ScalarWalk walk{source, begin, text};
  return {walk.run() ? static_cast<std::uint32_t>(walk.source_at()) : begin + 1, true};
}

}  // namespace etl::spec
