// rejects/TABLE.csv, read again: by a replay, and by a run that goes on behind an earlier attempt.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/report/report.h"

namespace etl::run {

enum class RejectColumns : std::uint8_t {
  mended,  // position and source: what somebody mended may hold no more.
  all,
};

// Gives the lines of a CSV file of rejects in order, read by the reader that mappings use; cells that are not asked for
// stay empty. Throws Error when the file cannot be read (environment) or is broken (validation).
void read_rejects(const std::string& file, RejectColumns columns,
                  const std::function<void(report::Reject reject)>& take);

}  // namespace etl::run
