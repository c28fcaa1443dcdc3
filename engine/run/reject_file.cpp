#include "engine/run/reject_file.h"

#include <fmt/format.h>

#include <filesystem>

#include "engine/base/error.h"
#include "engine/readers/catalog.h"

namespace etl::run {

namespace {

struct Cell {
  const char* name;
  std::string report::Reject::*member;
};

constexpr Cell kCells[] = {{"position", &report::Reject::position},
                           {"source", &report::Reject::source},
                           {"field", &report::Reject::field},
                           {"rule", &report::Reject::rule},
                           {"reason", &report::Reject::reason}};
constexpr std::size_t kMended = 2;

stores::ConnectionInfo folder_of(const std::filesystem::path& file) {
  stores::ConnectionInfo info;
  info.name = "rejects";
  info.kind = stores::Kind::file;
  info.path = file.parent_path().empty() ? "." : file.parent_path().string();
  info.url = "file:" + info.path;
  return info;
}

readers::ReadRequest request_for(const std::filesystem::path& file, RejectColumns columns) {
  readers::ReadRequest request;
  request.name = request.format.file = file.filename().string();
  request.format.format = readers::Format::csv;
  const std::size_t wanted = columns == RejectColumns::all ? std::size(kCells) : kMended;
  for (std::size_t i = 0; i < wanted; ++i) request.columns.push_back({kCells[i].name, Type::text});
  return request;
}

void refuse_broken(const std::string& file, const Batch& batch) {
  if (batch.broken_rows.empty()) return;
  const auto& broken = batch.broken_rows.front();
  throw Error{Error::Kind::validation, fmt::format("{}: line {}: {}", file, batch.lines.at(broken.row), broken.reason),
              "mend the line: the file is CSV with the columns position and source"};
}

report::Reject reject_of(const Batch& batch, std::size_t row) {
  report::Reject reject;
  for (std::size_t i = 0; i < batch.columns.size(); ++i) {
    if (!batch.columns[i]->is_null(row)) reject.*kCells[i].member = to_text(batch.columns[i]->at(row));
  }
  return reject;
}

}  // namespace

void read_rejects(const std::string& file, RejectColumns columns,
                  const std::function<void(report::Reject reject)>& take) {
  const auto source = readers::open_source(folder_of(file));
  const auto reader = readers::open_rows(*source, request_for(file, columns), {});
  while (const BatchPtr batch = reader->next()) {
    refuse_broken(file, *batch);
    for (std::size_t row = 0; row < batch->rows; ++row) take(reject_of(*batch, row));
  }
}

}  // namespace etl::run
