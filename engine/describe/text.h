// Small operations on text that the generated files share.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etl::describe {

// The pieces between the separators; none of an empty text.
std::vector<std::string> split(std::string_view text, std::string_view separator);
std::string join(const std::vector<std::string>& pieces, std::string_view separator);
// Lines of at most `width` bytes, broken at blanks; a longer word stands alone.
std::vector<std::string> wrap(std::string_view text, std::size_t width);
std::string replaced(std::string_view text, std::string_view from, std::string_view to);

}  // namespace etl::describe
