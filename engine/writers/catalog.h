// Every kind of database that rows can be written to, and how one is opened.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "engine/schema/catalog.h"
#include "engine/stores/store.h"
#include "engine/writers/writer.h"

namespace etl::writers {

struct TargetOptions {
  // What the connection's `schema` key says, if it has one. A SQLite target uses a PostgreSQL catalogue to know in
  // which form its columns hold values. Outlives the target.
  const schema::Catalog* declared = nullptr;
};

// A kind of target: one row of the catalogue.
struct TargetKind {
  stores::Kind kind{};
  std::string_view name;
  std::string_view doc;
  std::unique_ptr<Target> (*open)(const stores::ConnectionInfo& info, const TargetOptions& options) = nullptr;
};
const std::vector<TargetKind>& target_kinds();
// Null for a kind that is not available yet.
const TargetKind* target_kind(stores::Kind kind);

// Throws Error (connection) when the target cannot be opened or its kind is not available yet.
std::unique_ptr<Target> open_target(const stores::ConnectionInfo& info, const TargetOptions& options = {});

}  // namespace etl::writers
