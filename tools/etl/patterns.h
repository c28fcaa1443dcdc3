// File patterns, for shells that do not expand them: *, ?, [a-z], and ** for any number of folders.
#pragma once

#include <string>
#include <vector>

namespace etl::cli {

// The files that were given, each once: names as they are, patterns expanded in order of the paths. Throws Error
// (environment) for a name or pattern that stands for no file.
std::vector<std::string> expand_patterns(const std::vector<std::string>& given);

}  // namespace etl::cli
