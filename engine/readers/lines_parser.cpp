// Lines of a text, one row each, as the single column that the mapping declares, or `line`.
#include <fmt/format.h>

#include "engine/base/error.h"
#include "engine/readers/header.h"
#include "engine/readers/row_parser.h"

namespace etl::readers {

namespace {

class LinesParser : public RowParser {
 public:
  LinesParser(std::string_view text, const ReadRequest& request, const std::string& file)
      : text_{text}, trim_{request.format.trim.value_or(false)}, cells_{request.columns.size()} {
    const auto& declared = request.format.declared;
    Header::of_names({declared.empty() ? "line" : declared.front().name}).places(request, file);
  }

  bool next(RawRow& row) override {
    if (at_ >= text_.size()) return false;
    const std::size_t end = std::min(text_.find('\n', at_), text_.size());
    std::string_view line = text_.substr(at_, end - at_);
    at_ = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (trim_) line = trim_blanks(line);
    row.line = ++number_;
    row.broken_rule = {};
    row.cells.assign(cells_, {RawCell::Kind::text, line, line});
    return true;
  }

 private:
  std::string_view text_;
  bool trim_;
  std::size_t cells_;
  std::size_t at_ = 0;
  std::uint64_t number_ = 0;
};

}  // namespace

std::unique_ptr<RowParser> open_lines(std::string_view text, const ReadRequest& request, const std::string& file) {
  return std::make_unique<LinesParser>(text, request, file);
}

}  // namespace etl::readers
