// Markdown as one row per heading: its text, what stands below it, and the front matter of the file.
#include <fmt/format.h>

#include <algorithm>

#include "engine/readers/header.h"
#include "engine/readers/markdown_lines.h"
#include "engine/readers/row_parser.h"

namespace etl::readers {

namespace {

std::string_view without_outer_lines(std::string_view text) {
  while (true) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !trim_blanks(text.substr(0, end)).empty()) break;
    text.remove_prefix(end + 1);
  }
  const std::size_t last = text.find_last_not_of(" \t\r\n");
  return last == std::string_view::npos ? text.substr(0, 0) : text.substr(0, last + 1);
}

std::string_view unquoted(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() && (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string json_list(const std::vector<std::string_view>& items) {
  std::string json = "[";
  for (const std::string_view item : items) {
    if (json.size() > 1) json += ',';
    append_json_string(unquoted(trim_blanks(item)), json);
  }
  return json + "]";
}

// Front matter: "key: value", "key: [a, b]", and lists of "- item" lines. Values are text or lists of text.
class FrontMatter {
 public:
  explicit FrontMatter(std::string_view yaml) {
    std::vector<std::string_view> items;
    while (!yaml.empty()) {
      const std::string_view line = yaml.substr(0, yaml.find('\n'));
      yaml.remove_prefix(std::min(line.size() + 1, yaml.size()));
      const std::string_view content = trim_blanks(line);
      if (!entries_.empty() && content.starts_with("- ")) {
        items.push_back(content.substr(2));
        entries_.back().cell = {RawCell::Kind::json, {}, {}};
        entries_.back().json = json_list(items);
      } else if (!line.empty() && line[0] != ' ' && line[0] != '#' && line[0] != '-') {
        items.clear();
        add(line);
      }
    }
    for (Entry& entry : entries_) {
      if (entry.cell.kind == RawCell::Kind::json) entry.cell.text = entry.cell.raw = entry.json;
    }
  }

  RawCell find(std::string_view wanted) const {
    for (const bool exact : {true, false}) {
      for (const Entry& entry : entries_) {
        if (exact ? entry.key == wanted : snake_case(entry.key) == wanted) return entry.cell;
      }
    }
    return {};
  }

 private:
  struct Entry {
    std::string_view key;
    RawCell cell;
    std::string json;
  };

  void add(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) return;
    const std::string_view value = trim_blanks(line.substr(colon + 1));
    Entry entry{unquoted(trim_blanks(line.substr(0, colon))), {}, {}};
    if (value.starts_with('[') && value.ends_with(']')) {
      std::vector<std::string_view> items;
      std::string_view rest = trim_blanks(value.substr(1, value.size() - 2));
      while (!rest.empty()) {
        const std::string_view item = rest.substr(0, rest.find(','));
        items.push_back(item);
        rest.remove_prefix(std::min(item.size() + 1, rest.size()));
      }
      entry.json = json_list(items);
      entry.cell.kind = RawCell::Kind::json;
    } else if (!value.empty() && value != "null" && value != "~") {
      entry.cell = {RawCell::Kind::text, value, unquoted(value)};
    }
    entries_.push_back(std::move(entry));
  }

  std::vector<Entry> entries_;
};

class MarkdownSectionsParser : public RowParser {
 public:
  MarkdownSectionsParser(std::string_view text, const ReadRequest& request)
      : request_{request}, text_{text}, front_size_{front_matter_size(text)}, front_{text.substr(0, front_size_)},
        lines_{text}, level_{request.format.level} {
    while (lines_.end() < front_size_ && lines_.next()) {
    }
    if (level_ > 0) find_heading();
  }

  bool next(RawRow& row) override {
    row.broken_rule = {};
    if (level_ == 0) return whole_file(row);
    if (!open_) return false;
    row.line = line_;
    row.headings = headings_;
    const std::string heading = heading_;
    const std::size_t begin = body_;
    find_heading();
    heading_of_row_ = heading;
    fill(row, heading_of_row_, text_.substr(begin, end_ - begin));
    return true;
  }

 private:
  // Goes to the next heading of the level; `end_` is where the section before it ends.
  void find_heading() {
    open_ = false;
    bool ended = false;
    while (lines_.next()) {
      const int level = lines_.heading_level();
      if (level == 0 || level > level_) continue;
      if (!ended) end_ = lines_.begin();
      ended = true;
      if (level < level_) continue;
      open_ = true;
      heading_ = lines_.heading_text();
      line_ = lines_.number();
      headings_ = lines_.headings();
      const bool underlined = !trim_blanks(lines_.line()).starts_with('#');
      if (underlined) lines_.next();
      body_ = lines_.end();
      return;
    }
    if (!ended) end_ = text_.size();
  }

  bool whole_file(RawRow& row) {
    if (done_) return false;
    done_ = true;
    row.line = 1;
    std::optional<std::string> first;
    while (lines_.next()) {
      if (lines_.heading_level() == 0) continue;
      first = lines_.heading_text();
      break;
    }
    row.headings = nullptr;
    heading_of_row_ = first.value_or("");
    fill(row, heading_of_row_, text_.substr(front_size_));
    return true;
  }

  void fill(RawRow& row, std::string_view heading, std::string_view body) const {
    body = without_outer_lines(body);
    row.cells.clear();
    for (const ReadColumn& column : request_.columns) {
      const auto declared = std::ranges::find(request_.format.declared, column.name, &DeclaredColumn::name);
      const bool renamed = declared != request_.format.declared.end() && !declared->from.empty();
      const std::string& wanted = renamed ? declared->from : column.name;
      if (wanted == "heading") {
        row.cells.push_back({RawCell::Kind::text, heading, heading});
      } else if (wanted == "body") {
        row.cells.push_back({RawCell::Kind::text, body, body});
      } else {
        row.cells.push_back(front_.find(wanted));
      }
    }
  }

  const ReadRequest& request_;
  std::string_view text_;
  std::size_t front_size_;
  FrontMatter front_;
  MarkdownLines lines_;
  int level_;
  bool open_ = false;
  bool done_ = false;
  std::string heading_;
  std::string heading_of_row_;
  HeadingsPtr headings_;
  std::uint64_t line_ = 0;
  std::size_t body_ = 0;
  std::size_t end_ = 0;
};

}  // namespace

std::unique_ptr<RowParser> open_markdown_sections(std::string_view text, const ReadRequest& request,
                                                  const std::string& /*file*/) {
  return std::make_unique<MarkdownSectionsParser>(text, request);
}

}  // namespace etl::readers
