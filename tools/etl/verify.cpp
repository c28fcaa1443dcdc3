#include "engine/verify/verify.h"

#include <fmt/format.h>

#include <cstdio>

#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/signals.h"

namespace etl::cli {

namespace {

// "run 4f3c... of people, now() 2024-03-01T09:30:00Z", or what is compared instead.
std::string heading(const report::Verification& verification) {
  if (!verification.run) return fmt::format("{}: no run is known, compared with what the mapping makes now\n", verification.mapping);
  return fmt::format("{}: run {} of {}\n", verification.mapping, to_text(Value{*verification.run}),
                     to_text(Value{*verification.now}));
}

std::string footing(const report::Verification& verification) {
  return fmt::format("  {:.1f} s, peak memory {} MB\n", verification.seconds, verification.peak_memory >> 20);
}

bool are_compatible(const Options& options) {
  if (static_cast<int>(options.counts) + static_cast<int>(options.full) + static_cast<int>(options.sample.has_value()) <= 1) {
    return true;
  }
  fmt::print(stderr, "etl: one of --counts, --sample and --full\n");
  return false;
}

}  // namespace

Exit verify_command(const Options& options) {
  if (!are_compatible(options)) return Exit::bad_mapping;
  catch_signals();
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, options, Ends::all, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled) return Exit::bad_mapping;
  const bool csv = options.format == "csv";
  verify::VerifyOptions how;
  how.depth = options.counts ? verify::Depth::counts : options.sample ? verify::Depth::sample : verify::Depth::full;
  if (options.sample) how.sample = *options.sample;
  how.run = options.run;
  how.now = now();
  how.interrupt = &interrupted();
  how.batch = options.batch;
  if (csv) {
    how.tell = [](const report::Difference& difference) {
      const std::string line = report::to_csv(difference);
      std::fwrite(line.data(), 1, line.size(), stdout);
    };
    fmt::print("{}", report::differences_header());
  }
  const report::Verification verification = verify::verify(compiled->plan, *compiled->connections, how);
  if (options.format == "json") fmt::print("{}\n", report::to_json(verification));
  if (options.format == "text" && options.verbosity >= 0) {
    fmt::print("{}{}{}", heading(verification), report::to_text(verification), footing(verification));
  }
  return verification.differing() > 0 ? Exit::findings : Exit::done;
}

}  // namespace etl::cli
