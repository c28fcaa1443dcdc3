// `etl plan --scan`: what a run would reject, counted by a dry run that no limit ends.
#pragma once

#include <string>
#include <vector>

#include "engine/run/run.h"

namespace etl::run {

// How often the values of one field break one rule.
struct Broken {
  std::string field;  // "" for the row as a whole.
  std::string rule;
  std::uint64_t count = 0;
  std::vector<std::string> examples;  // "id=17: 'abc' is not a whole number".
  std::string mend;                   // What to write in the mapping; "" when nothing is known to help.
};

struct ScannedTable {
  report::Table counts;
  std::vector<Broken> broken;  // Most frequent first.
};

struct Scan {
  report::Report report;
  std::vector<ScannedTable> tables;
  std::uint64_t rejected() const { return report.totals().rejected; }
};

// Runs the plan in transactions that are rolled back; `options` gives interrupt, progress and start. Its counts are
// those of `etl run --dry-run`, as far as that one is not ended by max_rejects. What goes wrong stands in the report.
Scan scan(const plan::Plan& plan, Connections& connections, RunOptions options);

std::string to_text(const Scan& scan);
std::string to_json(const Scan& scan);

}  // namespace etl::run
