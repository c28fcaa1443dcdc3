// Connections, their DDL, and how the DDL compares with what is really there.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "engine/base/suggest.h"
#include "engine/plan/compiler.h"
#include "engine/plan/schema_files.h"
#include "engine/schema/ddl.h"

namespace etl::plan {

namespace fs = std::filesystem;

std::string beside(const Span& at, const std::string& path) {
  const fs::path base = at.source ? fs::path{at.source->name()}.parent_path() : fs::path{};
  return (base / path).lexically_normal().string();
}

namespace {

// Whether a URL's path comes from the environment or from --param: then it is relative to the working directory.
bool path_is_given(const std::string& written, const spec::Mapping& mapping) {
  std::string_view rest = written;
  for (const std::string_view scheme : {"sqlite:", "file:"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  if (!rest.starts_with("${")) return false;
  const std::string name{rest.substr(2, rest.find_first_of(":}") - 2)};
  for (const auto& [parameter, spec] : mapping.params) {
    if (parameter.value != name) continue;
    const auto value = mapping.param_values.find(name);
    return value != mapping.param_values.end() && !value->second.at;
  }
  const char* value = std::getenv(name.c_str());
  return value != nullptr && *value != '\0';
}

std::string path_of(const spec::ConnectionSpec& spec, const spec::Mapping& mapping) {
  std::string path = spec.url.value.substr(spec.url.value.find(':') + 1);
  if (path.starts_with("//")) path.erase(0, 2);
  return path_is_given(spec.written_url, mapping) ? fs::path{path}.lexically_normal().string()
                                                  : beside(spec.url.at, path);
}

schema::Dialect dialect_of(const SourceText& ddl, const spec::ConnectionSpec& spec) {
  if (const auto declared = schema::declared_dialect(ddl)) return *declared;
  if (spec.written_url.find("${") == std::string::npos || spec.written_url.starts_with("sqlite:")) {
    const auto kind = stores::kind_of_url(spec.written_url);
    if (kind == stores::Kind::sqlite) return schema::Dialect::sqlite;
    if (kind == stores::Kind::mysql) return schema::Dialect::mysql;
  }
  return schema::Dialect::postgresql;
}

}  // namespace

namespace {

const SchemaFiles::File& schema_file(SchemaFiles& known, const std::string& path, const SourceTextPtr& text,
                                     schema::Dialect dialect) {
  const auto [entry, is_new] = known.files.try_emplace(fmt::format("{}:{}", schema::name(dialect), path));
  if (!is_new) return entry->second;
  auto& same_text = known.catalogs[fmt::format("{}:{}", schema::name(dialect), text->bytes())];
  entry->second.catalog = same_text;
  if (same_text) return entry->second;
  Diagnostics found;
  entry->second.catalog = std::make_shared<const schema::Catalog>(schema::read_ddl(text, dialect, found));
  entry->second.findings = found.sorted();
  if (entry->second.findings.empty()) same_text = entry->second.catalog;
  return entry->second;
}

}  // namespace

Schemas read_schemas(const spec::Mapping& mapping, Diagnostics& diagnostics) {
  SchemaFiles none;
  return read_schemas(mapping, none, diagnostics);
}

Schemas read_schemas(const spec::Mapping& mapping, SchemaFiles& known, Diagnostics& diagnostics) {
  Schemas schemas;
  schemas.trials = known.trials;
  for (const auto& [name, spec] : mapping.connections) {
    if (!spec.schema) continue;
    const std::string path = beside(spec.schema->at, spec.schema->value);
    if (!fs::is_regular_file(path)) {
      diagnostics.add(120, spec.schema->at, fmt::format("no file {}", path), "the path is relative to this file");
      continue;
    }
    SourceTextPtr& text = known.texts[path];
    if (!text) text = spec::read_file(path);
    const schema::Dialect dialect = dialect_of(*text, spec);
    const SchemaFiles::File& file = schema_file(known, path, text, dialect);
    for (const Diagnostic& found : file.findings) diagnostics.add(found.code, found.at, found.message, found.help);
    schemas.ddl[name.value] = file.catalog;
  }
  return schemas;
}

void Compiler::compile_connections() {
  for (const auto& [name, connection] : mapping_.connections) compile_connection(name, connection);
}

void Compiler::compile_connection(const spec::At<std::string>& name, const spec::ConnectionSpec& spec) {
  ConnectionPlan connection;
  connection.info.name = name.value;
  connection.info.url = spec.url.value;
  connection.info.password = spec.password;
  connection.create = spec.create;
  connection.at = name.at;
  if (spec.schema) connection.schema_path = beside(spec.schema->at, spec.schema->value);
  const auto kind = stores::kind_of_url(spec.url.value);
  const bool resolved = spec.url.value.find("${") == std::string::npos;
  if (kind) {
    connection.info.kind = *kind;
  } else if (resolved || spec.url.value.find("${") != 0) {
    const std::string scheme = spec.url.value.substr(0, spec.url.value.find(':'));
    diagnostics_.add(113, spec.url.at, fmt::format("url: no kind of connection {}", scheme),
                     "write sqlite:, postgresql:, mysql:, file:, http: or https:");
  }
  if (connection.info.kind == stores::Kind::sqlite || connection.info.kind == stores::Kind::file) {
    connection.info.path = path_of(spec, mapping_);
  }
  const auto add = [](const auto& entries, auto& settings) {
    for (const auto& [key, literal] : entries) settings.emplace_back(key.value, literal.text);
  };
  add(spec.pragmas, connection.info.pragmas);
  add(spec.session, connection.info.session);
  if (const auto ddl = schemas_.ddl.find(name.value); ddl != schemas_.ddl.end()) connection.ddl = ddl->second;
  if (spec.create && !spec.schema) {
    diagnostics_.add(112, name.at, fmt::format("connection {}: create needs schema", name.value), "add schema: file.sql");
  }
  if (connection.ddl) plan_.schemas.push_back(connection.ddl);
  if (const auto live = schemas_.live.find(name.value); live != schemas_.live.end() && live->second) {
    plan_.schemas.push_back(live->second);
  }
  plan_.connections.push_back(std::move(connection));
}

std::shared_ptr<const schema::Catalog> Compiler::shared_catalog(std::size_t connection) const {
  const ConnectionPlan& plan = plan_.connections[connection];
  const auto found = schemas_.live.find(plan.info.name);
  const auto live = found == schemas_.live.end() ? nullptr : found->second;
  const bool to_create = live && live->tables.empty() && plan.create;
  if (!live || to_create) return plan.ddl;
  return plan.ddl && plan.ddl->dialect != live->dialect ? plan.ddl : live;
}

namespace {

// "numeric(12,2)", "varchar(40)", "text[]": the type's own name, with what was written behind it.
std::string short_name(const schema::SqlType& type) {
  std::string text = type.name;
  if (type.length) text += fmt::format("({})", *type.length);
  if (type.precision) text += type.scale ? fmt::format("({},{})", *type.precision, *type.scale) : fmt::format("({})", *type.precision);
  return type.array ? text + "[]" : text;
}

// What differs between a column here (the DDL) and there (the database), as "x is timestamp there, timestamptz here".
std::string difference(const schema::Column& here, const schema::Column* there, bool writes) {
  if (!there) return fmt::format("there is no column {}", here.name);
  if (short_name(there->type) != short_name(here.type)) {
    return fmt::format("{} is {} there, {} here", here.name, short_name(there->type), short_name(here.type));
  }
  if (writes && there->not_null && !here.not_null) return fmt::format("{} is NOT NULL there", here.name);
  return "";
}

}  // namespace

// E404: only for columns that the mapping uses; a live schema wins, so the DDL has to follow.
void Compiler::compare_schemas() {
  std::map<std::size_t, schema::Catalog> rendered_ddl;
  const auto compare = [&](const Span& at, std::size_t connection, const std::string& table,
                           const std::vector<std::string>& columns, bool writes) {
    const ConnectionPlan& plan = plan_.connections[connection];
    const auto found = schemas_.live.find(plan.info.name);
    if (found == schemas_.live.end() || !found->second || !plan.ddl) return;
    const schema::Catalog& live = *found->second;
    if (live.tables.empty() && plan.create) return;
    const bool rendered = plan.ddl->dialect != live.dialect;
    if (rendered && !rendered_ddl.contains(connection)) {
      rendered_ddl.emplace(connection, schema::as_rendered_sqlite(*plan.ddl));
    }
    const schema::Table* here = (rendered ? rendered_ddl.at(connection) : *plan.ddl).table(table);
    if (!here) return;
    const std::string place = fmt::format("{}.{}", plan.info.name, table);
    const schema::Table* there = live.table(table);
    if (!there) {
      diagnostics_.add(404, at, fmt::format("{} differs from {}: there is no such table", place, plan.schema_path),
                       plan.create ? "create: true applies the schema to an empty database only" : "");
      return;
    }
    for (const std::string& name : columns) {
      const schema::Column* column = here->column(name);
      const std::string text = column ? difference(*column, there->column(name), writes) : "";
      if (text.empty()) continue;
      diagnostics_.add(404, at, fmt::format("{} differs from {}: {}", place, plan.schema_path, text),
                       "bring the schema file up to date, or migrate the database");
    }
  };
  for (const TableHead& head : heads_) {
    const TablePlan& table = plan_.tables[head.index];
    if (!table.selected) continue;
    if (head.target && head.connection) {
      std::vector<std::string> columns;
      for (const FieldPlan& field : table.fields) columns.push_back(field.name);
      compare(head.spec->name.at, *head.connection, head.target->name, columns, true);
    }
    if (head.source.table && head.source.connection) {
      std::vector<std::string> columns;
      for (const auto& column : plan_.sources[table.source].request.columns) columns.push_back(column.name);
      compare(head.spec->from.at, *head.source.connection, head.source.table_name, columns, false);
    }
  }
}

}  // namespace etl::plan
