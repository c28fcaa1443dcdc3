// The reject files of a run's report.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace etl::testing {

struct RejectLine {
  std::string table;
  std::string position;
  std::string field;
  std::string rule;
  std::string reason;
  std::string row;
};

// All rejects of the only run that left a report below `reports`, table by table (by name), as the files hold them.
std::vector<RejectLine> read_rejects(const std::filesystem::path& reports);

// Rows of a CSV text (RFC 4180), the header included.
std::vector<std::vector<std::string>> read_csv(const std::string& text);

}  // namespace etl::testing
