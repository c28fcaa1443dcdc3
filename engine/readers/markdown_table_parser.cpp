// Tables of GitHub Flavored Markdown (section 4.10 of its specification).
#include <fmt/format.h>

#include "engine/base/error.h"
#include "engine/readers/header.h"
#include "engine/readers/markdown_lines.h"
#include "engine/readers/row_parser.h"

namespace etl::readers {

namespace {

// The cells between the pipes, outer pipes optional; \| is a pipe within a cell. Cells are trimmed, pipes unescaped.
std::vector<std::string> split_cells(std::string_view line) {
  line = trim_blanks(line);
  if (line.starts_with('|')) line.remove_prefix(1);
  std::vector<std::string> cells;
  std::string cell;
  bool ended = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    ended = line[i] == '|';
    if (line[i] == '\\' && i + 1 < line.size() && line[i + 1] == '|') {
      cell += line[++i];
    } else if (ended) {
      cells.emplace_back(trim_blanks(cell));
      cell.clear();
    } else {
      cell += line[i];
    }
  }
  if (!ended) cells.emplace_back(trim_blanks(cell));
  return cells;
}

// The number of columns that a line such as "| --- | :-: |" divides; 0 when it is none.
std::size_t delimiter_cells(std::string_view line) {
  if (line.find('-') == std::string_view::npos) return 0;
  if (line.find_first_not_of(" \t|:-") != std::string_view::npos) return 0;
  const auto cells = split_cells(line);
  for (const std::string& cell : cells) {
    std::string_view marks = cell;
    if (marks.starts_with(':')) marks.remove_prefix(1);
    if (marks.ends_with(':')) marks.remove_suffix(1);
    if (marks.empty() || marks.find_first_not_of('-') != std::string_view::npos) return 0;
  }
  return cells.size();
}

bool starts_other_block(std::string_view line) {
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return true;
  const std::string_view content = line.substr(begin);
  if (content[0] == '>') return true;
  return content.starts_with("- ") || content.starts_with("* ") || content.starts_with("+ ");
}

class MarkdownTableParser : public RowParser {
 public:
  MarkdownTableParser(std::string_view text, const ReadRequest& request, const std::string& file)
      : request_{request}, file_{file}, under_{trim_blanks(request.format.under)}, lines_{text} {
    while (under_.starts_with('#')) under_.remove_prefix(1);
    under_ = trim_blanks(under_);
  }

  bool next(RawRow& row) override {
    while (lines_.next()) {
      if (lines_.heading_level() > 0 && lines_.heading_text() == under_) found_heading_ = true;
      if (lines_.is_code() || lines_.heading_level() > 0 || starts_other_block(lines_.line())) {
        in_table_ = false;
      } else if (in_table_) {
        read_row(row);
        return true;
      } else if (is_wanted()) {
        open_table();
      }
    }
    if (!under_.empty() && !found_heading_) {
      throw Error{Error::Kind::schema, fmt::format("{}: there is no heading {}", file_, under_), "under: names it without its #"};
    }
    return false;
  }

  std::vector<std::string> names() const override { return header_.names(); }

 private:
  bool is_wanted() const {
    if (under_.empty()) return true;
    if (!lines_.headings()) return false;
    for (const std::string& heading : *lines_.headings()) {
      if (heading == under_) return true;
    }
    return false;
  }

  void open_table() {
    const std::string_view line = lines_.line();
    const std::size_t columns = delimiter_cells(lines_.following());
    if (columns == 0 || (line.find('|') == std::string_view::npos && lines_.following().find('|') == std::string_view::npos)) {
      return;
    }
    auto names = split_cells(line);
    if (names.size() != columns) return;
    header_ = Header{std::move(names)};
    places_ = header_.places(request_, fmt::format("{}, table in line {}", file_, lines_.number()));
    lines_.next();  // The delimiters.
    in_table_ = true;
  }

  // Cells that are missing are NULL, cells too many are dropped.
  void read_row(RawRow& row) {
    cells_ = split_cells(lines_.line());
    row.line = lines_.number();
    row.headings = lines_.headings();
    row.broken_rule = {};
    row.cells.clear();
    for (const std::size_t place : places_) {
      if (place < cells_.size()) {
        row.cells.push_back({RawCell::Kind::text, cells_[place], cells_[place]});
      } else {
        row.cells.emplace_back();
      }
    }
  }

  const ReadRequest& request_;
  std::string file_;
  std::string_view under_;
  MarkdownLines lines_;
  bool found_heading_ = false;
  bool in_table_ = false;
  Header header_;  // Of the latest table.
  std::vector<std::size_t> places_;
  std::vector<std::string> cells_;
};

}  // namespace

std::unique_ptr<RowParser> open_markdown_table(std::string_view text, const ReadRequest& request, const std::string& file) {
  return std::make_unique<MarkdownTableParser>(text, request, file);
}

}  // namespace etl::readers
