// The text of one file that a user wrote (a mapping, an included file, a DDL file), and places in it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace etl {

// A file's name and bytes. Immutable; shared by everything that points into it.
class SourceText {
 public:
  SourceText(std::string name, std::string bytes);

  const std::string& name() const { return name_; }
  std::string_view bytes() const { return bytes_; }  // A NUL follows them.

  struct Position {
    std::uint32_t line = 0;    // From 1.
    std::uint32_t column = 0;  // From 1, in characters (Unicode code points), as editors count.
  };
  // The place of a byte; offsets behind the end give the end.
  Position position(std::uint32_t offset) const;

  // A line's text without its line break. REQUIRES: 1 <= line.
  std::string_view line(std::uint32_t line) const;

  // Byte offset at which a line starts. REQUIRES: 1 <= line; lines behind the last give the end.
  std::uint32_t line_start(std::uint32_t line) const;

 private:
  std::uint32_t characters_before(std::uint32_t offset) const;

  std::string name_;
  std::string bytes_;
  std::vector<std::uint32_t> line_starts_;
  std::vector<std::uint32_t> block_starts_;  // Characters before each block of bytes; for files of one long line.
};

using SourceTextPtr = std::shared_ptr<const SourceText>;

// A stretch of a source text, in bytes: [begin, end). An empty `source` means "no place".
struct Span {
  SourceTextPtr source = {};
  std::uint32_t begin = 0;
  std::uint32_t end = 0;

  explicit operator bool() const { return source != nullptr; }
  std::string_view text() const;
};

// "file:line:column", or "" for no place.
std::string to_string(const Span& span);

}  // namespace etl
