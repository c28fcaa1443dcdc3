#include "engine/base/suggest.h"

#include <algorithm>
#include <cctype>

namespace etl {

namespace {

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& letter : lower) letter = static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  return lower;
}

// Insertions, removals, replacements and swaps of neighbours that turn `a` into `b`; case ignored.
std::size_t edit_distance(const std::string& a, const std::string& b) {
  const std::size_t width = b.size() + 1;
  std::vector<std::size_t> two_above(width), above(width), row(width);
  for (std::size_t j = 0; j < width; ++j) above[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j < width; ++j) {
      const std::size_t replaced = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({above[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], two_above[j - 2] + 1);
      }
    }
    two_above.swap(above);
    above.swap(row);
  }
  return above.back();
}

}  // namespace

std::string nearest(std::string_view name, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLongestName = 100;  // Nobody mistypes such names; they are somebody's nonsense.
  if (name.empty() || name.size() > kLongestName) return {};
  const std::size_t allowed = std::max<std::size_t>(1, name.size() / 3);
  const std::string wanted = lower_case(name);
  std::size_t best_distance = allowed + 1;
  std::string best;
  for (const std::string& candidate : candidates) {
    const std::size_t shorter = std::min(candidate.size(), name.size());
    if (std::max(candidate.size(), name.size()) - shorter > allowed || candidate == name) continue;
    const std::size_t distance = edit_distance(wanted, lower_case(candidate));
    // A name of one letter is near to every other.
    if (distance < best_distance && distance < std::max(candidate.size(), name.size())) {
      best_distance = distance;
      best = candidate;
    }
  }
  return best;
}

std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates) {
  const std::string near = nearest(name, candidates);
  return near.empty() ? std::string{} : "did you mean " + near + "?";
}

}  // namespace etl
