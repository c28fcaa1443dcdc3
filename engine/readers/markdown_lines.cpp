#include "engine/readers/markdown_lines.h"

#include <algorithm>

#include "engine/readers/header.h"

namespace etl::readers {

namespace {

// The line without up to three blanks of indentation; nothing when it is indented as code.
std::optional<std::string_view> content_of(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(' ');
  if (begin == std::string_view::npos) return line.substr(line.size());
  if (begin > 3 || line[begin] == '\t') return std::nullopt;
  return line.substr(begin);
}

// "===" is 1, "---" is 2, else 0.
int underline_level(std::string_view line) {
  const auto content = content_of(line);
  if (!content) return 0;
  const std::string_view marks = trim_blanks(*content);
  if (marks.empty() || (marks[0] != '=' && marks[0] != '-')) return 0;
  if (marks.find_first_not_of(marks[0]) != std::string_view::npos) return 0;
  return marks[0] == '=' ? 1 : 2;
}

bool may_be_underlined(std::string_view content) {
  constexpr std::string_view kOthers = "|>#-*+=`~";
  return !content.empty() && kOthers.find(content[0]) == std::string_view::npos &&
         content.find('|') == std::string_view::npos;
}

}  // namespace

bool MarkdownLines::next() {
  level_ = 0;
  if (at_ >= text_.size()) return false;
  begin_ = at_;
  line_ = line_at(at_);
  const std::size_t end = text_.find('\n', at_);
  at_ = end == std::string_view::npos ? text_.size() : end + 1;
  ++number_;
  read_fence();
  if (!is_code_) read_heading();
  return true;
}

bool MarkdownLines::is_blank() const { return trim_blanks(line_).empty(); }

std::string_view MarkdownLines::following() const { return line_at(at_); }

std::string_view MarkdownLines::line_at(std::size_t at) const {
  if (at >= text_.size()) return {};
  std::string_view line = text_.substr(at, text_.find('\n', at) - at);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

void MarkdownLines::read_fence() {
  is_code_ = !fence_.empty();
  const auto content = content_of(line_);
  if (!content || content->empty() || ((*content)[0] != '`' && (*content)[0] != '~')) return;
  const char mark = (*content)[0];
  const std::size_t size = std::min(content->find_first_not_of(mark), content->size());
  if (size < 3) return;
  if (fence_.empty()) {
    if (mark == '`' && content->find('`', size) != std::string_view::npos) return;
    fence_ = std::string(size, mark);
    is_code_ = true;
  } else if (mark == fence_[0] && size >= fence_.size() && trim_blanks(content->substr(size)).empty()) {
    fence_.clear();
  }
}

void MarkdownLines::read_heading() {
  const auto content = content_of(line_);
  if (!content || content->empty()) return;
  std::string_view text = *content;
  const std::size_t marks = std::min(text.find_first_not_of('#'), text.size());
  if (marks >= 1 && marks <= 6 && (marks == text.size() || text[marks] == ' ' || text[marks] == '\t')) {
    level_ = static_cast<int>(marks);
    text = trim_blanks(text.substr(marks));
    // Closing marks count only behind a blank.
    const std::size_t last = text.find_last_not_of('#');
    if (last == std::string_view::npos) {
      text = {};
    } else if (last + 1 < text.size() && (text[last] == ' ' || text[last] == '\t')) {
      text = trim_blanks(text.substr(0, last));
    }
  } else if (may_be_underlined(text) && underline_level(following()) != 0) {
    level_ = underline_level(following());
    text = trim_blanks(text);
  } else {
    return;
  }
  heading_ = std::string{text};
  auto headings = headings_ ? std::make_shared<Headings>(*headings_) : std::make_shared<Headings>();
  const auto level = static_cast<std::size_t>(level_);
  (*headings)[level - 1] = heading_;
  for (std::size_t below = level; below < headings->size(); ++below) (*headings)[below].clear();
  headings_ = std::move(headings);
}

std::size_t front_matter_size(std::string_view text) {
  std::size_t at = 0;
  bool first = true;
  while (at < text.size()) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = text.substr(at, end - at);
    while (line.ends_with('\r') || line.ends_with(' ')) line.remove_suffix(1);
    if (first && line != "---") return 0;
    at = std::min(end + 1, text.size());
    if (!first && (line == "---" || line == "...")) return at;
    first = false;
  }
  return 0;
}

}  // namespace etl::readers
