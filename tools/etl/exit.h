// Exit codes of the command line: documented, stable.
#pragma once

namespace etl::cli {

enum class Exit : int {
  done = 0,
  findings = 1,     // Done, but rows were rejected within the allowance, or lint or a test has findings.
  bad_mapping = 2,  // The mapping or the command line is wrong.
  failed = 3,       // The run failed; nothing of the current transaction was kept.
  interrupted = 4,  // SIGINT or SIGTERM; nothing of the current transaction was kept.
};

}  // namespace etl::cli
