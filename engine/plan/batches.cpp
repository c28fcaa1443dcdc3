#include "engine/plan/batches.h"

#include <algorithm>
#include <filesystem>

namespace etl::plan {

namespace {

bool refers_to_itself(const Plan& plan, const TablePlan& table) {
  const auto by_field = [](const FieldPlan& field) { return !field.self_reference.empty(); };
  const auto by_key = [&](const ForeignKeyPlan& key) {
    return key.parent && &plan.tables[*key.parent] == &table && !key.through_reference;
  };
  return std::ranges::any_of(table.fields, by_field) || std::ranges::any_of(table.foreign_keys, by_key);
}

std::filesystem::path resolved(const std::string& path) {
  std::error_code ignored;
  const auto found = std::filesystem::weakly_canonical(path, ignored);
  return found.empty() ? std::filesystem::path{path} : found;
}

// A file that is read cannot be committed to.
bool is_one_file(const ConnectionPlan& source, const ConnectionPlan& target) {
  return source.info.kind == stores::Kind::sqlite && target.info.kind == stores::Kind::sqlite &&
         resolved(source.info.path) == resolved(target.info.path);
}

}  // namespace

std::string why_whole(const Plan& plan, const TablePlan& table) {
  const SourcePlan& source = plan.sources[table.source];
  if (table.shape.grouped) return "group_by needs all rows of the source before the first one is written";
  if (refers_to_itself(plan, table)) return "its rows refer to each other";
  if (!source.request.query.empty() && source.request.order.empty()) return "its source is a query without order:";
  if (is_one_file(plan.connections[source.connection], plan.connections[table.connection])) {
    return "its source and its target are one SQLite file";
  }
  return "";
}

}  // namespace etl::plan
