#include "engine/readers/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/readers/file_source.h"
#include "engine/readers/fill_down.h"
#include "engine/readers/sqlite_reader.h"

namespace etl::readers {

const std::vector<SourceKind>& source_kinds() {
  static const std::vector<SourceKind> kinds = {sqlite_source(), file_source()};
  return kinds;
}

const SourceKind* source_kind(stores::Kind kind) {
  const auto found = std::ranges::find(source_kinds(), kind, &SourceKind::kind);
  return found == source_kinds().end() ? nullptr : &*found;
}

std::unique_ptr<Reader> open_rows(Source& source, const ReadRequest& request, BatchLimits limits) {
  auto reader = source.open(request, limits);
  return request.fill_down.empty() ? std::move(reader) : fill_down(std::move(reader), request);
}

std::unique_ptr<Source> open_source(const stores::ConnectionInfo& info) {
  const SourceKind* kind = source_kind(info.kind);
  if (kind == nullptr) {
    throw Error{
        Error::Kind::connection,
        fmt::format("{} ({}): reading this kind of source is not available yet", info.name, redact_url(info.url)),
        "use a sqlite: or file: source"};
  }
  return kind->open(info);
}

}  // namespace etl::readers
