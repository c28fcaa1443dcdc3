// What other tables need to know of a table before any is bound: its source, its target, its key.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/compiler.h"

namespace etl::plan {

std::vector<std::string> values_of(const std::vector<spec::At<std::string>>& names) {
  std::vector<std::string> values;
  for (const auto& name : names) values.push_back(name.value);
  return values;
}

void Compiler::find_heads() {
  heads_.reserve(mapping_.tables.size());
  for (const spec::TableSpec& spec : mapping_.tables) {
    TableHead& head = heads_.emplace_back();
    head.spec = &spec;
    if (auto source = resolve_source(spec.from)) {
      head.source = std::move(*source);
    } else {
      head.source.missing = true;
    }
    for (const std::string& name : head.source.key) {
      const auto column = std::ranges::find(head.source.columns, name, &ScopeColumn::name);
      head.source_key_types.push_back(column == head.source.columns.end() ? Type::any : column->type);
      if (column == head.source.columns.end() && head.source.complete) {
        diagnostics_.add(301, spec.from.at,
                         fmt::format("{} has no column {}, which its key names", head.source.display, name));
      }
    }
    head.key_names = head.source.key;
    if (!spec.group_by.empty()) {
      head.key_names.clear();
      for (const auto& key : spec.group_by) head.key_names.push_back(key ? to_string(*key) : "");
      head.source_key_types.assign(head.key_names.size(), Type::any);
    }
    resolve_target(head);
  }
}

void Compiler::resolve_target(TableHead& head) {
  const spec::TableSpec& spec = *head.spec;
  const std::string into = spec.into ? spec.into->value : "target." + spec.name.value;
  const std::size_t dot = into.find('.');
  const std::string connection_name = dot == std::string::npos ? "target" : into.substr(0, dot);
  const std::string table = dot == std::string::npos ? into : into.substr(dot + 1);
  const Span& at = spec.into ? spec.into->at : spec.name.at;
  head.target_name = fmt::format("{}.{}", connection_name, table);
  head.connection = connection(connection_name);
  if (!head.connection) {
    if (!mapping_.connections.empty()) {
      diagnostics_.add(303, at, fmt::format("no connection {}", connection_name), "declare it under connections:");
    }
    return;
  }
  plan_.connections[*head.connection].is_target = true;
  const schema::Catalog* known = catalog(*head.connection);
  if (!known) {
    if (options_.lint) {
      diagnostics_.add(502, at, fmt::format("the columns of {} are not known here", head.target_name),
                       fmt::format("give the connection {} a schema:", connection_name));
    }
    return;
  }
  head.target = known->table(table);
  if (!head.target) {
    const std::string near = nearest(table, known->table_names());
    diagnostics_.add(330, at, fmt::format("the schema of {} has no table {}", connection_name, table),
                     near.empty() ? "" : fmt::format("did you mean {}.{}?", connection_name, near));
    return;
  }
  if (const schema::UniqueKey* key = head.target->primary_key(); key && key->columns.size() == 1) {
    head.key_column = key->columns.front();
    head.key_type = head.target->column(head.key_column)->type.type;
  }
}

}  // namespace etl::plan
