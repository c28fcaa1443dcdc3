#include "engine/writers/catalog.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/writers/postgres_target.h"
#include "engine/writers/sqlite_target.h"

namespace etl::writers {

const std::vector<TargetKind>& target_kinds() {
  static const std::vector<TargetKind> kinds = {postgres_target(), sqlite_target()};
  return kinds;
}

const TargetKind* target_kind(stores::Kind kind) {
  const auto found = std::ranges::find(target_kinds(), kind, &TargetKind::kind);
  return found == target_kinds().end() ? nullptr : &*found;
}

std::unique_ptr<Target> open_target(const stores::ConnectionInfo& info, const TargetOptions& options) {
  const TargetKind* kind = target_kind(info.kind);
  if (kind == nullptr) {
    throw Error{
        Error::Kind::connection,
        fmt::format("{} ({}): writing to this kind of target is not available yet", info.name, redact_url(info.url)),
        "use a postgresql: or sqlite: target"};
  }
  return kind->open(info, options);
}

}  // namespace etl::writers
