// Lookups: where their entries come from.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "engine/base/suggest.h"
#include "engine/converters/unicode.h"
#include "engine/plan/bind.h"
#include "engine/plan/compiler.h"
#include "engine/spec/environment.h"
#include "engine/spec/yaml.h"

namespace etl::plan {

namespace {

// Records of RFC 4180: cells between commas, in quotes where they hold commas, quotes (doubled) or line ends.
std::vector<std::vector<std::optional<std::string>>> read_records(std::string_view text) {
  std::vector<std::vector<std::optional<std::string>>> records;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    auto& record = records.emplace_back();
    bool more = true;
    while (more) {
      std::string cell;
      const bool quoted = text.starts_with('"');
      if (quoted) {
        text.remove_prefix(1);
        while (!text.empty() && !(text.starts_with('"') && !text.starts_with("\"\""))) {
          text.remove_prefix(text.starts_with('"') ? 1 : 0);
          cell += text.front();
          text.remove_prefix(1);
        }
        if (!text.empty()) text.remove_prefix(1);
      }
      const std::size_t end = std::min(text.find_first_of(",\r\n"), text.size());
      cell += text.substr(0, end);
      text.remove_prefix(end);
      record.push_back(cell.empty() && !quoted ? std::nullopt : std::optional{std::move(cell)});
      more = text.starts_with(',');
      if (more) text.remove_prefix(1);
    }
    if (text.starts_with('\r')) text.remove_prefix(1);
    if (text.starts_with('\n')) text.remove_prefix(1);
    if (record.size() == 1 && !record.front()) records.pop_back();  // An empty line.
  }
  return records;
}

}  // namespace

void Compiler::compile_lookups() {
  for (const auto& [name, spec] : mapping_.lookups) {
    plan_.lookups.emplace_back();
    lookup_sources_.emplace_back();
    compile_lookup(name, spec);
  }
}

void Compiler::compile_lookup(const spec::At<std::string>& name, const spec::LookupSpec& spec) {
  LookupPlan lookup;
  lookup.name = name.value;
  lookup.ignore_case = spec.ignore_case;
  lookup.at = name.at;
  if (spec.from) {
    compile_lookup_source(lookup, name, spec);
  } else {
    lookup.parts.push_back({.name = "value", .node = nullptr});
    if (spec.map) {
      for (const auto& [key, value] : *spec.map) lookup.entries.push_back({key.value, {value.text}});
    } else if (spec.file) {
      compile_lookup_file(lookup, spec);
    } else {
      compile_id_map(lookup, *spec.id_map);
    }
  }
  check_entries(lookup);
  plan_.lookups.back() = std::move(lookup);
}

// spec.table: the ledger of the connection target is asked.
void Compiler::compile_id_map(LookupPlan& lookup, const spec::At<std::string>& from) {
  const std::size_t dot = from.value.rfind('.');
  if (dot == std::string::npos || dot == 0 || dot + 1 == from.value.size()) {
    diagnostics_.add(113, from.at, fmt::format("id_map: write spec.table, not {}", from.value),
                     "name the other mapping and one of its tables");
    return;
  }
  const auto target = connection("target");
  if (!target) {
    diagnostics_.add(303, from.at, "an ID map is read from the connection target, which is not declared",
                     "declare it under connections:");
    return;
  }
  lookup.id_map = {.mapping = from.value.substr(0, dot), .table = from.value.substr(dot + 1), .connection = *target};
}

// Of lookups whose entries the mapping holds itself; the others are looked at when they are read.
void Compiler::check_entries(const LookupPlan& lookup) {
  std::map<std::string, std::size_t> times;
  for (const LookupPlan::Entry& entry : lookup.entries) ++times[entry_name(lookup, entry.key)];
  const auto twice = std::ranges::find_if(times, [](const auto& entry) { return entry.second > 1; });
  if (twice == times.end()) return;
  diagnostics_.add(402, lookup.at,
                   fmt::format("lookup {}: key is not unique in its entries ({} {} times)", lookup.name,
                               quote_for_message(twice->first), twice->second),
                   "leave one of them");
}

std::string entry_name(const LookupPlan& lookup, std::string_view key) {
  Arena arena;
  return std::string{lookup.ignore_case ? converters::lower(arena, key) : key};
}

void Compiler::compile_lookup_source(LookupPlan& lookup, const spec::At<std::string>& name,
                                     const spec::LookupSpec& spec) {
  lookup.single = spec.value.has_value();
  auto head = resolve_source(*spec.from);
  if (!head) return;
  lookup.source = add_source(*head);
  const Scope scope = source_scope(*head, *lookup.source);
  lookup_sources_.back() = std::move(head);
  NodePool pool;
  Binder binder{*this, scope, context_, pool};
  if (spec.key) {
    lookup.key = binder.bind(*spec.key);
  } else if (const ScopeColumn* column = scope.find("key"); column || !scope.complete) {
    lookup.key = binder.column(column ? *column : ScopeColumn{"key", Type::any}, name.at);
  } else {
    diagnostics_.add(112, name.at, fmt::format("lookup {} does not say what its key is", name.value), "add key: column");
  }
  if (!spec.value) return;
  const ScopeColumn* column = scope.find(spec.value->value);
  if (!column && scope.complete) {
    diagnostics_.add(301, spec.value->at, fmt::format("{} has no column {}", scope.subject, spec.value->value),
                     did_you_mean(spec.value->value, scope.names()));
    lookup.parts.push_back({.name = spec.value->value, .node = nullptr, .type = Type::any});
    return;
  }
  const ScopeColumn found = column ? *column : ScopeColumn{spec.value->value, Type::any};
  lookup.parts.push_back({found.name, binder.column(found, spec.value->at), found.type});
}

// The keys of a file's rows, computed from their cells; as `records`, the header included.
std::vector<std::optional<std::string>> Compiler::file_keys(
    const std::string& path, const spec::Expression& key, const std::vector<std::string>& header,
    const std::vector<std::vector<std::optional<std::string>>>& records) {
  std::vector<std::optional<std::string>> keys(records.size());
  Scope scope{.subject = path};
  for (const std::string& name : header) scope.columns.push_back({name, Type::text});
  scope.place = [&scope](const ScopeColumn& column) {
    return static_cast<std::size_t>(scope.find(column.name) - scope.columns.data());
  };
  NodePool pool;
  Binder binder{*this, scope, context_, pool};
  const NodePtr node = binder.bind(key);
  if (!node) return keys;
  std::vector<Evaluated> frame;
  for (std::size_t i = 0; i < header.size(); ++i) {
    auto column = std::make_shared<Column>(Type::text, records.size());
    for (std::size_t row = 0; row < records.size(); ++row) {
      const bool there = i < records[row].size() && records[row][i];
      column->set(row, there ? Value{std::string_view{*records[row][i]}} : Value{});
    }
    frame.push_back({std::move(column), nullptr});
  }
  Arena arena;
  Evaluator evaluator{std::move(frame), records.size(), arena, context_, nullptr, nullptr};
  const Evaluated values = evaluator.evaluate(node);
  std::set<std::uint32_t> failed;
  for (const Failure& failure : values.failures ? *values.failures : Failures{}) {
    if (failure.row == 0 || !failed.insert(failure.row).second) continue;  // The header is no row.
    diagnostics_.add(402, key.at, fmt::format("the key of row {} of {} fails: {}", failure.row, path, failure.reason),
                     "mend the file, or write try(...)");
  }
  for (std::size_t row = 1; row < records.size(); ++row) {
    if (!values.column->is_null(row)) keys[row] = to_text(values.column->at(row));
  }
  return keys;
}

// A CSV file with a header, or a YAML map.
void Compiler::compile_lookup_file(LookupPlan& lookup, const spec::LookupSpec& spec) {
  const Span& at = spec.file->at;
  if (spec.file->value.find("${") != std::string::npos) return;  // Lint without the environment.
  const std::string path = beside(at, spec.file->value);
  if (!std::filesystem::is_regular_file(path)) {
    diagnostics_.add(120, at, fmt::format("no file {}", path), "the path is relative to this file");
    return;
  }
  const SourceTextPtr text = spec::read_file(path);
  if (path.ends_with(".yaml") || path.ends_with(".yml")) {
    const auto document = spec::parse_yaml(text, diagnostics_);
    if (!document) return;
    if (!document->root.is_map()) {
      diagnostics_.add(110, document->root.at, fmt::format("{} is no map of keys to values", path));
      return;
    }
    for (const spec::Member& member : document->root.members) {
      if (!member.value.is_scalar() && !member.value.is_null()) {
        diagnostics_.add(113, member.value.at, fmt::format("{}: a lookup gives texts, no lists or maps", member.key));
        continue;
      }
      lookup.entries.push_back({member.key, {member.value.is_null() ? std::nullopt : std::optional{member.value.text}}});
    }
    return;
  }
  const auto records = read_records(text->bytes());
  std::vector<std::string> header;
  if (!records.empty()) {
    for (const auto& cell : records.front()) header.push_back(cell.value_or(""));
  }
  const bool computed = spec.key && spec.key->kind != spec::Expression::Kind::name;
  const std::string key = spec.key && !computed ? spec.key->text : "key";
  const auto key_column = static_cast<std::size_t>(std::ranges::find(header, key) - header.begin());
  if (!computed && key_column == header.size()) {
    diagnostics_.add(301, spec.key ? spec.key->at : at, fmt::format("{} has no column {}", path, key),
                     fmt::format("its header has {}", fmt::join(header, ", ")));
    return;
  }
  std::vector<std::size_t> columns;
  lookup.parts.clear();
  const std::string wanted = spec.value ? spec.value->value : "value";
  const auto value = std::ranges::find(header, wanted);
  lookup.single = spec.value || value != header.end();
  if (spec.value && value == header.end()) {
    diagnostics_.add(301, spec.value->at, fmt::format("{} has no column {}", path, wanted),
                     did_you_mean(wanted, header));
  }
  if (value != header.end()) columns.push_back(static_cast<std::size_t>(value - header.begin()));
  for (std::size_t i = 0; i < header.size(); ++i) {
    if (columns.empty() || columns.front() != i) columns.push_back(i);
  }
  for (const std::size_t column : columns) lookup.parts.push_back({.name = header[column], .node = nullptr});
  std::vector<std::optional<std::string>> keys;
  if (computed) keys = file_keys(path, *spec.key, header, records);
  for (std::size_t row = 1; row < records.size(); ++row) {
    const auto& record = records[row];
    if (record.size() != header.size()) {
      diagnostics_.add(402, at, fmt::format("lookup {}: row {} of {} has {} cells, its header {}", lookup.name, row, path,
                                            record.size(), header.size()));
      return;
    }
    const auto& found = computed ? keys[row] : record[key_column];
    if (!found) continue;  // NULL is no key.
    LookupPlan::Entry entry{*found, {}};
    for (const std::size_t column : columns) entry.values.push_back(record[column]);
    lookup.entries.push_back(std::move(entry));
  }
}

std::optional<std::size_t> Compiler::lookup_part(std::size_t index, std::string_view column, const Span& at) {
  LookupPlan& lookup = plan_.lookups[index];
  const auto known = std::ranges::find(lookup.parts, column, &LookupPlan::Part::name);
  if (known != lookup.parts.end()) return static_cast<std::size_t>(known - lookup.parts.begin());
  const auto& head = lookup_sources_[index];
  std::vector<std::string> names;
  if (head && lookup.source) {
    const Scope scope = source_scope(*head, *lookup.source);
    const ScopeColumn* found = scope.find(column);
    if (found || !scope.complete) {
      NodePool pool;
      Binder binder{*this, scope, context_, pool};
      const ScopeColumn taken = found ? *found : ScopeColumn{std::string{column}, Type::any};
      lookup.parts.push_back({taken.name, binder.column(taken, at), taken.type});
      return lookup.parts.size() - 1;
    }
    names = scope.names();
  } else {
    for (const LookupPlan::Part& part : lookup.parts) names.push_back(part.name);
  }
  diagnostics_.add(301, at, fmt::format("lookup {} has no column {}", lookup.name, column), did_you_mean(column, names));
  return std::nullopt;
}

}  // namespace etl::plan
