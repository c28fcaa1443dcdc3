#include "engine/run/preview.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "engine/base/suggest.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/signals.h"

namespace etl::cli {

namespace {

bool has_table(const plan::Plan& plan, const std::string& name) {
  std::vector<std::string> names;
  for (const plan::TablePlan& table : plan.tables) names.push_back(table.name);
  if (name.empty() || std::ranges::find(names, name) != names.end()) return true;
  fmt::print(stderr, "etl: the mapping has no table {}\n", name);
  if (const std::string help = did_you_mean(name, names); !help.empty()) fmt::print(stderr, "  = {}\n", help);
  return false;
}

}  // namespace

Exit preview_command(const Options& options) {
  catch_signals();
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, options, Ends::sources, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled || !has_table(compiled->plan, options.table)) return Exit::bad_mapping;
  run::PreviewOptions preview_options;
  preview_options.table = options.table;
  if (options.rows) preview_options.rows = *options.rows;
  preview_options.started = now();
  preview_options.interrupt = &interrupted();
  const run::Preview preview = run::preview(compiled->plan, *compiled->connections, preview_options);
  const std::string text = options.format == "json" ? run::to_json(preview) + "\n" : run::to_text(preview);
  std::fwrite(text.data(), 1, text.size(), stdout);
  if (!preview.failure) return Exit::done;
  fmt::print(stderr, "etl: {}\n", preview.failure->message);
  if (!preview.failure->remedy.empty()) fmt::print(stderr, "  = {}\n", preview.failure->remedy);
  return preview.failure->kind == Error::Kind::schema ? Exit::bad_mapping : Exit::failed;
}

}  // namespace etl::cli
