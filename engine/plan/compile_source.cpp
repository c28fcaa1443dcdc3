// Sources: what rows a table is made from, and the names in them.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "engine/base/suggest.h"
#include "engine/plan/compiler.h"

namespace etl::plan {

namespace {

bool has_text_cells(readers::Format format) {
  using readers::Format;
  return format == Format::csv || format == Format::markdown_table || format == Format::markdown_sections ||
         format == Format::lines;
}

const std::vector<spec::At<std::string>>* key_of(const spec::SourceSpec* source,
                                                 const spec::ConnectionSpec* connection) {
  if (source && source->format.key) return &*source->format.key;
  if (connection && connection->format.key) return &*connection->format.key;
  return nullptr;
}

// The first that is written: by the source, then by the connection.
template <class T>
const T* setting(std::optional<T> spec::FormatSpec::*member, const spec::FormatSpec* source,
                 const spec::FormatSpec* connection) {
  for (const spec::FormatSpec* format : {source, connection}) {
    if (format && format->*member) return &*(format->*member);
  }
  return nullptr;
}

// Set by their names in the mapping.
void take_settings(readers::FormatOptions& options, const spec::FormatSpec* source, const spec::FormatSpec* connection) {
  using Spec = spec::FormatSpec;
  if (const auto* encoding = setting(&Spec::encoding, source, connection)) options.encoding = encoding->value;
  if (const auto* delimiter = setting(&Spec::delimiter, source, connection)) options.delimiter = delimiter->value;
  if (const auto* quote = setting(&Spec::quote, source, connection)) options.quote = quote->value;
  if (const auto* escape = setting(&Spec::escape, source, connection)) options.escape = escape->value;
  if (const auto* header = setting(&Spec::header, source, connection)) options.header = header->value;
  if (const auto* trim = setting(&Spec::trim, source, connection)) options.trim = *trim;
  if (const auto* records = setting(&Spec::records, source, connection)) options.records = records->value;
}

}  // namespace

std::optional<SourceHead> Compiler::resolve_source(const spec::At<std::string>& from) {
  SourceHead head;
  head.display = from.value;
  std::string connection_name;
  for (const auto& [name, spec] : mapping_.sources) {
    if (name.value != from.value) continue;
    used_sources_.insert(name.value);
    head.spec = &spec;
    connection_name = spec.connection.value;
    if (spec.table) head.table_name = spec.table->value;
  }
  if (!head.spec) {
    const std::size_t dot = from.value.find('.');
    connection_name = dot == std::string::npos ? "source" : from.value.substr(0, dot);
    head.table_name = dot == std::string::npos ? from.value : from.value.substr(dot + 1);
    if (dot == std::string::npos) head.display = "source." + from.value;
  }
  if (!connection_name.empty()) head.connection = connection(connection_name);
  if (head.spec && head.spec->file && connection_name.empty()) head.connection = folder_of(head.spec->file->at);
  if (!head.connection && (!head.spec || !connection_name.empty())) {
    std::vector<std::string> names;
    for (const auto& [name, spec] : mapping_.sources) names.push_back(name.value);
    for (const auto& [name, spec] : mapping_.connections) names.push_back(name.value + ".");
    diagnostics_.add(303, from.at, fmt::format("no source or connection {}", head.spec ? connection_name : from.value),
                     did_you_mean(from.value, names));
    return std::nullopt;
  }
  add_source_columns(head, from);
  return head;
}

const spec::ConnectionSpec* Compiler::connection_spec(const SourceHead& head) const {
  if (!head.connection || *head.connection >= mapping_.connections.size()) return nullptr;
  return &mapping_.connections[*head.connection].second;
}

std::size_t Compiler::folder_of(const Span& at) {
  namespace fs = std::filesystem;
  const fs::path folder = at.source ? fs::path{at.source->name()}.parent_path() : fs::path{};
  const std::string path = folder.empty() ? "." : folder.string();
  for (std::size_t i = mapping_.connections.size(); i < plan_.connections.size(); ++i) {
    if (plan_.connections[i].info.path == path) return i;
  }
  ConnectionPlan connection;
  connection.info.kind = stores::Kind::file;
  connection.info.url = "file:" + path;
  connection.info.path = path;
  plan_.connections.push_back(std::move(connection));
  return plan_.connections.size() - 1;
}

readers::FormatOptions Compiler::format_of(const SourceHead& head) {
  readers::FormatOptions options;
  if (!head.connection) return options;
  const stores::Kind kind = plan_.connections[*head.connection].info.kind;
  if (kind != stores::Kind::file && kind != stores::Kind::http) return options;
  const spec::ConnectionSpec* connection = connection_spec(head);
  const spec::FormatSpec* source_format = head.spec ? &head.spec->format : nullptr;
  const spec::FormatSpec* connection_format = connection ? &connection->format : nullptr;
  take_settings(options, source_format, connection_format);
  if (head.spec && head.spec->file) options.file = head.spec->file->value;
  const auto* written = setting(&spec::FormatSpec::format, source_format, connection_format);
  if (written) {
    options.format = readers::format_named(written->value).value_or(readers::Format::none);
  } else if (kind == stores::Kind::http) {
    options.format = readers::Format::json;
  } else {
    const std::string& root = plan_.connections[*head.connection].info.path;
    for (const std::string& name : {options.file, head.table_name, root}) {
      if (options.format == readers::Format::none) options.format = readers::format_of_file(name);
    }
    const bool is_table = options.file.empty() && !head.table_name.empty();
    if (options.format == readers::Format::none && is_table) options.format = readers::format_of_table(root, head.table_name);
  }
  if (!head.spec) return options;
  options.level = head.spec->level;
  options.under = head.spec->under;
  if (!head.spec->columns) return options;
  for (std::size_t i = 0; i < head.spec->columns->names.size(); ++i) {
    options.declared.push_back({head.spec->columns->names[i].value, head.spec->columns->from[i].value_or("")});
  }
  return options;
}

void Compiler::add_source_columns(SourceHead& head, const spec::At<std::string>& from) {
  head.format = format_of(head);
  const bool is_file = head.connection && plan_.connections[*head.connection].info.kind == stores::Kind::file;
  if (is_file && head.format.format == readers::Format::none && !head.format.file.empty()) {
    diagnostics_.add(112, from.at, fmt::format("the format of {} does not follow from its name", head.display),
                     "add format: csv, json, ndjson, django, markdown_table, markdown_sections or lines");
  }
  const readers::Format format = head.format.format;
  const schema::Catalog* known = head.connection && !head.table_name.empty() ? catalog(*head.connection) : nullptr;
  if (head.spec && head.spec->columns) {
    const Type type = has_text_cells(format) ? Type::text : Type::any;
    for (const auto& name : head.spec->columns->names) head.columns.push_back({name.value, type});
    head.complete = true;
  } else if (const auto found = schemas_.columns.find(head.display); found != schemas_.columns.end()) {
    for (const readers::ReadColumn& column : found->second) head.columns.push_back({column.name, column.type});
    head.complete = true;
  } else if (known) {
    head.table = known->table(head.table_name);
    if (head.table) {
      for (const schema::Column& column : head.table->columns) head.columns.push_back({column.name, column.type.type});
      head.complete = true;
    } else {
      const auto names = known->table_names();
      const std::string near = nearest(head.table_name, names);
      const std::string& connection_name = plan_.connections[*head.connection].info.name;
      diagnostics_.add(331, from.at, fmt::format("the schema of {} has no table {}", connection_name, head.table_name),
                       near.empty() ? "" : fmt::format("did you mean {}.{}?", connection_name, near));
      head.missing = true;
    }
  }
  if (head.spec && head.spec->query && !head.complete) add_query_columns(head);
  const bool sections = format == readers::Format::markdown_sections && head.columns.empty();
  if (format == readers::Format::lines && head.columns.empty()) {
    head.columns = {{"line", Type::text}};
    head.complete = true;
  }
  // Front matter may hold further columns.
  if (sections) head.columns = {{"heading", Type::text}, {"body", Type::text}};
  if (const auto* key = key_of(head.spec, connection_spec(head))) {
    for (const auto& name : *key) head.key.push_back(name.value);
  } else if (head.table && head.table->primary_key()) {
    head.key = head.table->primary_key()->columns;
    head.key_is_unique = true;
  } else if (format == readers::Format::django) {
    head.key = {"pk"};
  }
  if (!head.complete && !head.missing && !sections && options_.lint) {
    diagnostics_.add(502, from.at, fmt::format("the columns of {} are not known here", head.display),
                     "give the connection a schema:, or the source columns:");
  }
}

namespace {

bool mentions(const spec::ExpressionPtr& expression, std::string_view column) {
  if (!expression) return false;
  if (expression->kind == spec::Expression::Kind::name && expression->text == column) return true;
  return mentions(expression->operand, column) || mentions(expression->otherwise, column) ||
         std::ranges::any_of(expression->arguments, [&](const auto& argument) { return mentions(argument, column); });
}

bool mentions(const spec::TableSpec& table, std::string_view column) {
  const auto in = [&](const spec::ExpressionPtr& expression) { return mentions(expression, column); };
  if (in(table.where) || std::ranges::any_of(table.group_by, in)) return true;
  if (std::ranges::any_of(table.explode, [&](const auto& entry) { return in(entry.second); })) return true;
  return table.rest_copy || std::ranges::any_of(table.fields, [&](const spec::FieldSpec& field) {
    return in(field.from) || (!field.from && !field.constant && field.column.value == column);
  });
}

}  // namespace

bool Compiler::is_read_elsewhere(const TableHead& head, std::string_view column) const {
  const auto is_cursor = [&](const spec::FormatSpec& format) { return format.cursor && format.cursor->column.value == column; };
  if (is_cursor(head.source.spec->format)) return true;
  if (const auto* connection = connection_spec(head.source); connection && is_cursor(connection->format)) return true;
  return std::ranges::any_of(heads_, [&](const TableHead& other) {
    return other.source.spec == head.source.spec && &other != &head && mentions(*other.spec, column);
  });
}

std::size_t Compiler::add_source(const SourceHead& head) {
  SourcePlan source;
  source.name = head.display;
  source.connection = head.connection.value_or(0);
  source.key_is_unique = head.key_is_unique;
  source.request.name = head.display;
  source.request.table = head.table_name;
  if (head.connection) {
    plan_.connections[*head.connection].is_source = true;
    source.request.null_tokens = readers::default_null_tokens(head.format.format);
    source.request.format = head.format;
    const spec::ConnectionSpec* spec = connection_spec(head);
    const auto* nulls = setting(&spec::FormatSpec::nulls, head.spec ? &head.spec->format : nullptr, spec ? &spec->format : nullptr);
    if (nulls) {
      source.request.null_tokens.clear();
      for (const auto& token : *nulls) source.request.null_tokens.push_back(token.value);
    }
  }
  if (head.spec) {
    for (const auto& name : head.spec->order) source.request.order.push_back(name.value);
    for (const auto& name : head.spec->fill_down) source.request.fill_down.push_back(name.value);
    if (head.spec->query) {
      source.request.query = head.spec->query->text.value;
      for (const ParameterValue& parameter : plan_.parameters) {
        if (source.request.query.find("$" + parameter.name) == std::string::npos) continue;
        used_parameters_.insert(parameter.name);
        source.request.parameters.emplace_back(parameter.name, parameter.value);
      }
    }
  }
  plan_.sources.push_back(std::move(source));
  return plan_.sources.size() - 1;
}

Scope Compiler::source_scope(const SourceHead& head, std::size_t source) {
  Scope scope{.subject = head.spec ? fmt::format("source {}", head.display) : fmt::format("table {}", head.display)};
  scope.columns = head.columns;
  scope.complete = head.complete;
  scope.has_row = true;
  scope.place = [this, source](const ScopeColumn& column) {
    auto& columns = plan_.sources[source].request.columns;
    const auto found = std::ranges::find(columns, column.name, &readers::ReadColumn::name);
    if (found != columns.end()) return static_cast<std::size_t>(found - columns.begin());
    columns.push_back({column.name, column.type});
    return columns.size() - 1;
  };
  scope.use_whole_row = [place = scope.place, columns = head.columns] {
    for (const ScopeColumn& column : columns) place(column);
  };
  return scope;
}

}  // namespace etl::plan
