#include "engine/base/source_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace etl {

namespace {

constexpr std::size_t kBlockSize = 4096;

// Characters that start in the bytes: those of UTF-8 that continue a character do not count.
std::uint32_t count_characters(std::string_view bytes) {
  const auto starts = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; };
  return static_cast<std::uint32_t>(std::count_if(bytes.begin(), bytes.end(), starts));
}

}  // namespace

SourceText::SourceText(std::string name, std::string bytes) : name_{std::move(name)}, bytes_{std::move(bytes)} {
  line_starts_.push_back(0);
  for (std::size_t at = bytes_.find('\n'); at != std::string::npos; at = bytes_.find('\n', at + 1)) {
    line_starts_.push_back(static_cast<std::uint32_t>(at + 1));
  }
  block_starts_.push_back(0);
  for (std::size_t at = 0; at + kBlockSize <= bytes_.size(); at += kBlockSize) {
    block_starts_.push_back(block_starts_.back() + count_characters(this->bytes().substr(at, kBlockSize)));
  }
}

std::uint32_t SourceText::characters_before(std::uint32_t offset) const {
  const std::size_t block = offset / kBlockSize;
  return block_starts_[block] + count_characters(bytes().substr(block * kBlockSize, offset - block * kBlockSize));
}

SourceText::Position SourceText::position(std::uint32_t offset) const {
  offset = std::min(offset, static_cast<std::uint32_t>(bytes_.size()));
  const auto next = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const std::uint32_t start = *(next - 1);
  return {static_cast<std::uint32_t>(next - line_starts_.begin()),
          characters_before(offset) - characters_before(start) + 1};
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
