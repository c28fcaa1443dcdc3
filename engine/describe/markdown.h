// The few forms of Markdown that the reference pages use.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etl::describe {

// "# keys", the words that it begins with, and the note that the page is generated.
std::string page_head(std::string_view title, std::string_view words);
// `text` as code; the bars of a table's cell are kept apart by the caller.
std::string code(std::string_view text);
// One row of a table: bars in cells are escaped.
std::string table_row(const std::vector<std::string>& cells);
// The head of a table and the line below it.
std::string table_head(const std::vector<std::string>& titles);
// A line to the page's own headings: "[a](#a), [b](#b)".
std::string contents(const std::vector<std::string>& headings);

}  // namespace etl::describe
