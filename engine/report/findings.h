// What lint found, in the formats that people, programs and CI systems read.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"

namespace etl::report {

struct LintedFile {
  std::string path;                  // As it was given; "/" between folders.
  std::vector<Diagnostic> findings;  // Sorted.
};

struct Findings {
  std::vector<LintedFile> files;
  bool strict = false;   // Warnings fail too.
  std::string version;   // Of this program.

  std::size_t errors() const;
  std::size_t warnings() const;
};

struct FindingsFormat {
  std::string_view name;
  std::string_view doc;
  std::string (*render)(const Findings& findings);
};
// Rows of `etl lint --format`.
const std::vector<FindingsFormat>& findings_formats();
// Null for a name that is not in the table.
const FindingsFormat* findings_format(std::string_view name);

}  // namespace etl::report
