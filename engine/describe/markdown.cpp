#include "engine/describe/markdown.h"

#include <fmt/format.h>

#include "engine/describe/text.h"

namespace etl::describe {

std::string page_head(std::string_view title, std::string_view words) {
  return fmt::format("<!-- Written by tools/generate from the engine's own tables. -->\n# {}\n\n{}\n", title, words);
}

std::string code(std::string_view text) {
  if (text.empty()) return "";
  // A row of a table is one line.
  if (const std::size_t end = text.find('\n'); end != std::string_view::npos) {
    const std::string rest = code(text.substr(end + 1));
    return fmt::format("{}<br>{}", code(text.substr(0, end)), rest);
  }
  const std::string_view fence = text.find('`') == std::string_view::npos ? "`" : "``";
  return fmt::format("{}{}{}", fence, text, fence);
}

std::string table_row(const std::vector<std::string>& cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += " " + replaced(cell, "|", "\\|") + (cell.empty() ? "|" : " |");
  return out + "\n";
}

std::string table_head(const std::vector<std::string>& titles) {
  std::string out = table_row(titles) + "|";
  for (std::size_t column = 0; column < titles.size(); ++column) out += "---|";
  return "\n" + out + "\n";
}

std::string contents(const std::vector<std::string>& headings) {
  std::vector<std::string> links;
  for (const std::string& heading : headings) links.push_back(fmt::format("[{}](#{})", heading, heading));
  return "\n" + join(links, ", ") + "\n";
}

}  // namespace etl::describe
