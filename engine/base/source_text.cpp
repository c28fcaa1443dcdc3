#include "engine/base/source_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace etl {

namespace {

// True for the bytes of a UTF-8 sequence that do not start a character.
bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

}  // namespace

SourceText::SourceText(std::string name, std::string bytes) : name_{std::move(name)}, bytes_{std::move(bytes)} {
  line_starts_.push_back(0);
  for (std::size_t at = bytes_.find('\n'); at != std::string::npos; at = bytes_.find('\n', at + 1)) {
    line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
}

SourceText::Position SourceText::position(std::uint32_t offset) const {
  offset = std::min(offset, static_cast<std::uint32_t>(bytes_.size()));
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::uint32_t start = *(next - 1);
  const auto before = bytes().substr(start, offset - start);
  const auto continuing = std::count_if(before.begin(), before.end(), continues_character);
  return {static_cast<std::uint32_t>(next - line_starts_.begin()),
          static_cast<std::uint32_t>(before.size() - static_cast<std::size_t>(continuing) + 1)};
}

std::string_view SourceText::line(std::uint32_t line) const {
  const std::uint32_t start = line_start(line);
  auto text = bytes().substr(start, line_start(line + 1) - start);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

std::uint32_t SourceText::line_start(std::uint32_t line) const {
  return line <= line_starts_.size() ? line_starts_[line - 1] : static_cast<std::uint32_t>(bytes_.size());
}

std::string_view Span::text() const {
  if (!source) return {};
  const auto bytes = source->bytes();
  const std::size_t first = std::min<std::size_t>(begin, bytes.size());
  return bytes.substr(first, std::max(begin, end) - begin);
}

std::string to_string(const Span& span) {
  if (!span) return {};
  const auto position = span.source->position(span.begin);
  return fmt::format("{}:{}:{}", span.source->name(), position.line, position.column);
}

}  // namespace etl
