#include "tools/etl/patterns.h"

#include <fmt/format.h>
#include <fnmatch.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

#include "engine/base/error.h"

namespace etl::cli {

namespace fs = std::filesystem;

namespace {

bool is_pattern(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

std::vector<std::string> parts_of(std::string_view path) {
  std::vector<std::string> parts;
  for (std::size_t start = 0; start <= path.size();) {
    const std::size_t end = std::min(path.find('/', start), path.size());
    if (end > start) parts.emplace_back(path.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

// Folders and files whose names begin with a dot are meant only by patterns that say so.
bool matches(const std::string& pattern, const std::string& name) {
  return fnmatch(pattern.c_str(), name.c_str(), FNM_PERIOD) == 0;
}

// Adds the files below `folder` that parts[at...] stand for.
void find(const fs::path& folder, const std::vector<std::string>& parts, std::size_t at, std::set<std::string>& found) {
  const std::string& part = parts[at];
  const bool last = at + 1 == parts.size();
  const bool any_depth = part == "**";
  if (!is_pattern(part)) {
    const fs::path path = folder / part;
    if (last && fs::is_regular_file(path)) found.insert(path.generic_string());
    if (!last && fs::is_directory(path)) find(path, parts, at + 1, found);
    return;
  }
  if (any_depth && !last) find(folder, parts, at + 1, found);
  std::error_code unreadable;
  const fs::path listed = folder.empty() ? fs::path{"."} : folder;
  for (const auto& entry : fs::directory_iterator{listed, fs::directory_options::skip_permission_denied, unreadable}) {
    const std::string name = entry.path().filename().string();
    if (!matches(any_depth ? "*" : part, name)) continue;
    const fs::path path = folder / name;
    if (last && entry.is_regular_file()) found.insert(path.generic_string());
    if (!entry.is_directory()) continue;
    if (any_depth && !entry.is_symlink()) find(path, parts, at, found);
    if (!any_depth && !last) find(path, parts, at + 1, found);
  }
}

}  // namespace

std::vector<std::string> expand_patterns(const std::vector<std::string>& given) {
  std::vector<std::string> files;
  std::set<std::string> seen;
  for (const std::string& name : given) {
    std::set<std::string> found;
    if (fs::is_regular_file(name)) {
      found.insert(name);
    } else if (fs::is_directory(name)) {
      throw Error{Error::Kind::environment, fmt::format("{} is a folder", name), fmt::format("write '{}/**/*.yaml'", name)};
    } else if (fs::exists(name)) {
      found.insert(name);  // A pipe.
    } else if (is_pattern(name)) {
      find(name.starts_with('/') ? fs::path{"/"} : fs::path{}, parts_of(name), 0, found);
    }
    if (found.empty()) {
      throw Error{Error::Kind::environment, fmt::format("{} {}", is_pattern(name) ? "no file matches" : "no file", name), ""};
    }
    for (const std::string& path : found) {
      if (seen.insert(path).second) files.push_back(path);
    }
  }
  return files;
}

}  // namespace etl::cli
