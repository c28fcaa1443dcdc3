// "did you mean": the nearest name by edit distance.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etl {

// The candidate nearest to `name` (Damerau-Levenshtein, case ignored), or "" when none is near enough:
// at most a third of the letters, at least one, may differ.
std::string nearest(std::string_view name, const std::vector<std::string>& candidates);

// "did you mean X?" or "" when nothing is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

}  // namespace etl
