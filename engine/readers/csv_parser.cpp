// CSV (RFC 4180) with the liberties that files take: delimiters of several characters, escapes, lines before the header.
#include <fmt/format.h>

#include "engine/base/error.h"
#include "engine/readers/header.h"
#include "engine/readers/row_parser.h"

namespace etl::readers {

namespace {

struct Dialect {
  std::string delimiter = ",";
  std::string quote;
  std::string escape;
  bool trim = false;
};

Dialect dialect_of(const FormatOptions& options, const std::string& file) {
  Dialect dialect{.delimiter = options.delimiter.value_or(file.ends_with(".tsv") ? "\t" : ","),
                  .quote = options.quote,
                  .escape = options.escape.empty() ? options.quote : options.escape,
                  .trim = options.trim.value_or(false)};
  if (dialect.delimiter.empty()) dialect.delimiter = ",";
  return dialect;
}

// Cells of one record after the other.
class Records {
 public:
  Records(std::string_view text, Dialect dialect) : text_{text}, dialect_{std::move(dialect)} {
    // Files of old Macs end their lines with \r alone.
    const std::size_t first = text.find_first_of("\r\n");
    const bool is_old = first != std::string_view::npos && text[first] == '\r' &&
                        (first + 1 == text.size() || text[first + 1] != '\n');
    line_end_ = is_old ? '\r' : '\n';
  }

  // False behind the last record. `fault` says why the cells cannot be trusted.
  bool next(std::string& fault) {
    cells_.clear();
    unquoted_.clear();
    fault.clear();
    if (at_ == text_.size()) return false;
    start_line_ = line_;
    while (read_cell(fault)) {
    }
    return true;
  }

  void skip_line() {
    const std::size_t end = text_.find(line_end_, at_);
    at_ = end == std::string_view::npos ? text_.size() : end + 1;
    ++line_;
  }

  std::uint64_t line() const { return start_line_; }
  // The only cell is empty and bare: an empty line.
  bool is_blank() const { return cells_.size() == 1 && cells_.front().raw.empty(); }
  const std::vector<RawCell>& cells() const { return cells_; }

 private:
  bool looking_at(std::string_view what) const {
    return !what.empty() && text_.compare(at_, what.size(), what) == 0;
  }
  bool at_line_end() const {
    if (at_ == text_.size() || text_[at_] == line_end_) return true;
    return line_end_ == '\n' && text_[at_] == '\r' && at_ + 1 < text_.size() && text_[at_ + 1] == '\n';
  }

  // Reads one cell and what ends it; false when that was the record's end.
  bool read_cell(std::string& fault) {
    const std::size_t begin = at_;
    if (dialect_.trim) skip_blanks();
    if (looking_at(dialect_.quote)) {
      read_quoted(begin, fault);
    } else {
      at_ = begin;
      read_bare();
    }
    if (looking_at(dialect_.delimiter)) {
      at_ += dialect_.delimiter.size();
      return true;
    }
    end_line();
    return false;
  }

  void end_line() {
    if (at_ == text_.size()) return;
    at_ += text_[at_] == line_end_ ? 1 : 2;
    ++line_;
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t') && !looking_at(dialect_.delimiter)) ++at_;
  }

  void read_bare() {
    const std::size_t begin = at_;
    const bool escapes = dialect_.escape != dialect_.quote;
    bool escaped = false;
    while (!at_line_end() && !looking_at(dialect_.delimiter)) {
      if (escapes && looking_at(dialect_.escape) && at_ + dialect_.escape.size() < text_.size()) {
        at_ += dialect_.escape.size();
        escaped = true;
        if (text_[at_] == line_end_) ++line_;
      }
      ++at_;
    }
    add(text_.substr(begin, at_ - begin), text_.substr(begin, at_ - begin), escaped);
  }

  void read_quoted(std::size_t begin, std::string& fault) {
    const std::uint64_t opened = line_;
    at_ += dialect_.quote.size();
    const std::size_t inside = at_;
    bool escaped = false;
    for (;;) {
      if (at_ >= text_.size()) {
        at_ = text_.size();
        if (fault.empty()) fault = fmt::format("the quote of cell {} in line {} is never closed", cells_.size() + 1, opened);
        cells_.emplace_back();
        return;
      }
      if (skip_escape()) {
        escaped = true;
      } else if (looking_at(dialect_.quote)) {
        break;
      } else {
        if (text_[at_] == line_end_) ++line_;
        ++at_;
      }
    }
    const std::string_view text = text_.substr(inside, at_ - inside);
    at_ += dialect_.quote.size();
    const std::size_t end = at_;
    if (dialect_.trim) skip_blanks();
    if (!at_line_end() && !looking_at(dialect_.delimiter)) {
      if (fault.empty()) fault = fmt::format("text behind the closing quote of cell {}", cells_.size() + 1);
      while (!at_line_end() && !looking_at(dialect_.delimiter)) ++at_;
    }
    add(text_.substr(begin, end - begin), text, escaped);
  }

  // A doubled quote, or an escape and what it escapes.
  bool skip_escape() {
    if (!looking_at(dialect_.escape)) return false;
    const std::size_t size = dialect_.escape.size();
    if (dialect_.escape == dialect_.quote) {
      if (text_.compare(at_ + size, dialect_.quote.size(), dialect_.quote) != 0) return false;
      at_ += 2 * size;
      return true;
    }
    if (at_ + size >= text_.size()) return false;
    if (text_[at_ + size] == line_end_) ++line_;
    at_ += size + 1;
    return true;
  }

  void add(std::string_view raw, std::string_view text, bool escaped) {
    if (escaped) text = *unquoted_.emplace_back(std::make_unique<std::string>(without_escapes(text)));
    if (dialect_.trim) {
      raw = trim_blanks(raw);
      text = trim_blanks(text);
    }
    cells_.push_back({RawCell::Kind::text, raw, text});
  }

  std::string without_escapes(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    const std::size_t size = dialect_.escape.size();
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text.compare(i, size, dialect_.escape) == 0 && i + size < text.size()) i += size;
      out += text[i];
    }
    return out;
  }

  std::string_view text_;
  Dialect dialect_;
  char line_end_ = '\n';
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t start_line_ = 1;
  std::vector<RawCell> cells_;
  std::vector<std::unique_ptr<std::string>> unquoted_;
};

class CsvParser : public RowParser {
 public:
  CsvParser(std::string_view text, const ReadRequest& request, const std::string& file)
      : request_{request}, file_{file}, records_{text, dialect_of(request.format, file)} {
    const FormatOptions& options = request.format;
    for (int line = 1; line < options.header; ++line) records_.skip_line();
    if (options.header > 0) {
      read_header();
    } else if (!options.declared.empty()) {
      std::vector<std::string> names;
      for (const DeclaredColumn& column : options.declared) names.push_back(column.name);
      use(Header::of_names(std::move(names)));
    }
  }

  bool next(RawRow& row) override {
    do {
      if (!records_.next(row.broken)) return false;
      // Without a header and without names, the first row says how many columns there are.
      if (!has_header_) use(Header{std::vector<std::string>(records_.cells().size())});
    } while (row.broken.empty() && records_.is_blank() && header_.size() != 1);
    row.line = records_.line();
    const auto& cells = records_.cells();
    if (row.broken.empty() && cells.size() != header_.size()) {
      row.broken = fmt::format("{} {} where {} are expected", cells.size(), cells.size() == 1 ? "cell" : "cells",
                               header_.size());
    }
    row.broken_rule = row.broken.empty() ? "" : "cells";
    if (!row.broken.empty()) return true;
    row.cells.clear();
    for (const std::size_t place : places_) row.cells.push_back(cells[place]);
    return true;
  }

  std::vector<std::string> names() const override { return header_.names(); }

 private:
  void read_header() {
    std::string fault;
    const bool found = records_.next(fault);
    if (!found || !fault.empty()) {
      throw Error{Error::Kind::schema,
                  fmt::format("{}: line {} should hold the names of the columns{}", file_, request_.format.header,
                              fault.empty() ? ", but the file ends before" : ": " + fault),
                  "header: says which line holds them, 0 that there is none"};
    }
    std::vector<std::string> names;
    for (const RawCell& cell : records_.cells()) names.emplace_back(cell.text);
    use(Header{std::move(names)});
  }

  void use(Header header) {
    has_header_ = true;
    header_ = std::move(header);
    places_ = header_.places(request_, file_);
  }

  const ReadRequest& request_;
  std::string file_;
  Records records_;
  bool has_header_ = false;
  Header header_;
  std::vector<std::size_t> places_;
};

}  // namespace

std::unique_ptr<RowParser> open_csv(std::string_view text, const ReadRequest& request, const std::string& file) {
  return std::make_unique<CsvParser>(text, request, file);
}

}  // namespace etl::readers
