// Markdown line by line: what is a heading, and which headings stand above (CommonMark 0.30, sections 4.2 to 4.5).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/data/batch.h"

namespace etl::readers {

class MarkdownLines {
 public:
  explicit MarkdownLines(std::string_view text) : text_{text} {}

  // Goes to the next line; false behind the last.
  bool next();

  std::string_view line() const { return line_; }  // Without its line break.
  std::uint64_t number() const { return number_; }
  std::size_t begin() const { return begin_; }     // Of the line in the text.
  std::size_t end() const { return at_; }          // Behind its line break.
  // Within ``` or ~~~, the fences included: nothing there is a heading or a table.
  bool is_code() const { return is_code_; }
  bool is_blank() const;
  // The line that follows, without its line break.
  std::string_view following() const;

  // The level of the heading that this line is, 1 to 6, else 0. A line with === or --- below it is a heading as well.
  int heading_level() const { return level_; }
  // The heading's text.
  const std::string& heading_text() const { return heading_; }
  // The headings above, and the line's own.
  const HeadingsPtr& headings() const { return headings_; }

 private:
  std::string_view line_at(std::size_t at) const;
  void read_fence();
  void read_heading();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t begin_ = 0;
  std::string_view line_;
  std::uint64_t number_ = 0;
  std::string fence_;  // That opened the code; empty: none is open.
  bool is_code_ = false;
  int level_ = 0;
  std::string heading_;
  HeadingsPtr headings_;
};

// YAML between --- lines at the start of the text: its size with both lines, 0 without.
std::size_t front_matter_size(std::string_view text);

}  // namespace etl::readers
