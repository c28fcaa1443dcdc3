#include "engine/readers/discover.h"

#include "engine/readers/row_parser.h"
#include "engine/readers/text_reader.h"

namespace etl::readers {

namespace {

// Records of JSON that are looked at.
constexpr std::size_t kMostRecords = 10'000;

bool is_json(Format format) { return format == Format::json || format == Format::ndjson || format == Format::django; }

}  // namespace

std::optional<std::vector<ReadColumn>> discover_columns(std::string text, const std::string& file,
                                                        const ReadRequest& request) {
  const bool json = is_json(request.format.format);
  ReadRequest all = request;
  all.columns.clear();
  const auto parser = open_parser(text, all, file);
  RawRow row;
  std::size_t rows = 0;
  const std::size_t most = json ? kMostRecords : 1;
  while (rows <= most && parser->next(row)) ++rows;
  if (json && rows > most) return std::nullopt;
  const auto names = parser->names();
  if (names.empty()) return std::nullopt;
  std::vector<ReadColumn> columns;
  for (const std::string& name : names) columns.push_back({name, json ? Type::any : Type::text});
  return columns;
}

}  // namespace etl::readers
