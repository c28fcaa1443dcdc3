#include "tests/support/rejects.h"

#include <algorithm>
#include <stdexcept>

#include "tests/support/command.h"

namespace etl::testing {

namespace fs = std::filesystem;

std::vector<std::vector<std::string>> read_csv(const std::string& text) {
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> row(1);
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        row.back() += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        row.back() += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      row.emplace_back();
    } else if (c == '\n') {
      rows.push_back(std::move(row));
      row.assign(1, "");
    } else if (c != '\r') {
      row.back() += c;
    }
  }
  if (row.size() > 1 || !row[0].empty()) rows.push_back(std::move(row));
  return rows;
}

std::vector<RejectLine> read_rejects(const fs::path& reports) {
  std::vector<fs::path> files;
  if (fs::exists(reports)) {
    for (const auto& entry : fs::recursive_directory_iterator{reports}) {
      if (entry.path().extension() == ".csv" && entry.path().parent_path().filename() == "rejects") {
        files.push_back(entry.path());
      }
    }
  }
  std::ranges::sort(files);
  std::vector<RejectLine> rejects;
  for (const auto& file : files) {
    const auto rows = read_csv(read_whole(file));
    for (std::size_t i = 1; i < rows.size(); ++i) {
      if (rows[i].size() != 5) throw std::runtime_error{file.string() + ": a line has not five cells"};
      rejects.push_back({file.stem().string(), rows[i][0], rows[i][1], rows[i][2], rows[i][3], rows[i][4]});
    }
  }
  return rejects;
}

}  // namespace etl::testing
