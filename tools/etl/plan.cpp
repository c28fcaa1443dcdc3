#include <fmt/format.h>

#include <cstdio>

#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"

namespace etl::cli {

Exit plan_command(const Options& options) {
  for (const std::string& path : options.mappings) {
    Diagnostics diagnostics;
    const auto compiled = compile_mapping(path, options, options.offline, diagnostics);
    print(diagnostics, stderr, options.verbosity >= 0);
    if (!compiled) return Exit::bad_mapping;
    const std::string text = options.format == "json" ? to_json(compiled->plan) + "\n" : to_text(compiled->plan);
    std::fwrite(text.data(), 1, text.size(), stdout);
  }
  return Exit::done;
}

}  // namespace etl::cli
