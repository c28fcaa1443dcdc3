// `etl verify` and settings.verify: whether the target holds what the mapping makes of the source (guarantees.md, law 5).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "engine/plan/plan.h"
#include "engine/report/verification.h"
#include "engine/run/connections.h"
#include "engine/run/run.h"
#include "engine/verify/table_check.h"

namespace etl::verify {

struct VerifyOptions {
  Depth depth = Depth::full;
  std::uint64_t sample = 1'000;           // Rows of each table, of Depth::sample.
  std::string run;                        // The first characters of a run's id; "": the newest run of the mapping.
  Instant now;                            // now() of the mapping where no run is known.
  const std::atomic<int>* interrupt = nullptr;  // See RunOptions.
  std::optional<std::size_t> batch;
  std::function<void(const report::Difference&)> tell;  // Hears of every difference; may be empty.
};

// Reads source and targets in transactions of their own and changes nothing. Throws Error, or run::Interrupted.
report::Verification verify(const plan::Plan& plan, run::Connections& connections, const VerifyOptions& options);

// settings.verify inside a run.
class RunVerifier : public run::Verifier {
 public:
  void verify(const plan::Plan& plan, run::Connections& connections, const run::RunOptions& options,
              report::Report& report) override;
};

}  // namespace etl::verify
