// Names of columns from the headers of CSV files and Markdown tables.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/readers/reader.h"

namespace etl::readers {

// Letters and digits in lower case, all else one underscore: "Weight (lbs)" is weight_lbs, "FirstName" is first_name.
std::string snake_case(std::string_view header);

// The text without blanks, tabs and line breaks around it.
std::string_view trim_blanks(std::string_view text);

// The headers of one file or table.
class Header {
 public:
  Header() = default;
  // An empty header becomes column_4 (counted from 1), a second one of the same name gets _2.
  explicit Header(std::vector<std::string> headers);
  // Columns without headers: the declared names in order.
  static Header of_names(std::vector<std::string> names);

  std::size_t size() const { return names_.size(); }
  const std::vector<std::string>& names() const { return names_; }
  // For each column of the request its cell. Throws Error (schema) when there is none; `place` is the file, with
  // the line where that helps.
  std::vector<std::size_t> places(const ReadRequest& request, const std::string& place) const;

 private:
  std::vector<std::string> headers_;  // As written, trimmed.
  std::vector<std::string> names_;
};

}  // namespace etl::readers
