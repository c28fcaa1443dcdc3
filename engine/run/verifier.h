// What settings.verify calls before a run commits. The engine's own stands in engine/verify, which builds on this folder.
#pragma once

#include "engine/plan/plan.h"
#include "engine/report/report.h"
#include "engine/run/connections.h"

namespace etl::run {

struct RunOptions;

class Verifier {
 public:
  virtual ~Verifier() = default;
  // Compares what the run wrote with what the mapping makes, inside the run's transactions; fills report.verification.
  // Throws Error when it cannot be done.
  virtual void verify(const plan::Plan& plan, Connections& connections, const RunOptions& options,
                      report::Report& report) = 0;
};

}  // namespace etl::run
