#include "tools/etl/compiled.h"

#include <fmt/format.h>

#include "engine/base/error.h"

namespace etl::cli {

namespace {

// Past this many findings of one mapping, the first ones are what helps.
constexpr std::size_t kMostShown = 50;

spec::ParseOptions parse_options(const Options& options) {
  spec::ParseOptions parse;
  parse.params = options.params;
  parse.profile = options.profile;
  return parse;
}

// A file that cannot be read is no reason to stop here: who reads its rows says it.
std::optional<std::vector<readers::ReadColumn>> discover(const plan::Plan& plan, const plan::SourcePlan& source,
                                                         run::Connections& connections) {
  if (plan.connections[source.connection].ddl) return std::nullopt;
  try {
    return connections.source(source.connection).discover(source.request);
  } catch (const Error&) {
    return std::nullopt;
  }
}

// The catalogues of the databases that the plan touches.
void read_live(const plan::Plan& plan, run::Connections& connections, Ends ends, plan::Schemas& schemas) {
  for (std::size_t i = 0; i < plan.connections.size(); ++i) {
    const plan::ConnectionPlan& connection = plan.connections[i];
    const bool is_source = connection.is_source && ends != Ends::targets;
    if (is_source && connection.info.kind == stores::Kind::file) {
      connections.source(i);  // Says when it is not there; files have no catalogue.
    } else if (is_source) {
      schemas.live[connection.info.name] =
          std::make_shared<const schema::Catalog>(connections.source(i).catalog());
    } else if (connection.is_target && (ends != Ends::sources || !connection.ddl)) {
      schemas.live[connection.info.name] =
          std::make_shared<const schema::Catalog>(connections.target(i).catalog());
    }
  }
  for (const plan::SourcePlan& source : plan.sources) {
    if (ends == Ends::targets) break;
    if (!source.request.query.empty()) {
      schemas.columns[source.name] =
          connections.source(source.connection).describe(source.request.query, source.request.parameters);
    } else if (auto columns = discover(plan, source, connections)) {
      schemas.columns[source.name] = std::move(*columns);
    }
  }
}

bool has_reader_and_writer(const plan::Plan& plan) {
  for (const plan::ConnectionPlan& connection : plan.connections) {
    if (connection.is_source && !readers::source_kind(connection.info.kind)) return false;
  }
  return true;
}

}  // namespace

std::unique_ptr<Compiled> compile_mapping(const std::string& path, const Options& options, Ends ends,
                                          Diagnostics& diagnostics) {
  auto compiled = std::make_unique<Compiled>();
  auto mapping = spec::parse_mapping(spec::read_file(path), parse_options(options), diagnostics);
  if (!mapping) return nullptr;
  compiled->mapping = std::move(*mapping);
  plan::Schemas schemas = plan::read_schemas(compiled->mapping, diagnostics);
  if (diagnostics.has_errors()) return nullptr;

  // Offline first: what the files alone say wrong is said before any database is asked.
  Diagnostics first;
  auto plan = plan::compile(compiled->mapping, schemas, {.lint = true, .only = options.only}, first);
  if (!plan) {
    diagnostics = std::move(first);
    return nullptr;
  }
  compiled->first = std::move(*plan);
  const bool offline = ends == Ends::none;
  if (ends == Ends::targets || (!offline && has_reader_and_writer(compiled->first))) {
    compiled->connections = std::make_unique<run::LiveConnections>(compiled->first);
    read_live(compiled->first, *compiled->connections, ends, schemas);
  }
  auto live = plan::compile(compiled->mapping, schemas, {.lint = offline || ends == Ends::targets, .only = options.only}, diagnostics);
  if (!live) return nullptr;
  compiled->plan = std::move(*live);
  return compiled;
}

Findings print(const Diagnostics& diagnostics, std::FILE* out, bool warnings) {
  Findings findings;
  std::size_t shown = 0;
  for (const Diagnostic& diagnostic : diagnostics.sorted()) {
    const bool warning = diagnostic.severity() == Severity::warning;
    (warning ? findings.warnings : findings.errors)++;
    if (warning && !warnings) continue;
    if (++shown > kMostShown) continue;
    const std::string text = render(diagnostic);
    std::fwrite(text.data(), 1, text.size(), out);
  }
  if (shown > kMostShown) fmt::print(out, "... and {} more\n", shown - kMostShown);
  return findings;
}

}  // namespace etl::cli
