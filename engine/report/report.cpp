#include "engine/report/report.h"

#include <algorithm>
#include <numeric>

namespace etl::report {

std::string_view name(State state) {
  switch (state) {
    case State::done:
      return "done";
    case State::done_with_rejects:
      return "done with rejects";
    case State::failed:
      return "failed";
    case State::interrupted:
      return "interrupted";
    case State::dry_run:
      return "dry run";
  }
  return "failed";
}

Counts& Counts::operator+=(const Counts& other) {
  read += other.read;
  added += other.added;
  filtered += other.filtered;
  merged += other.merged;
  inserted += other.inserted;
  updated += other.updated;
  unchanged += other.unchanged;
  skipped += other.skipped;
  rejected += other.rejected;
  return *this;
}

Counts Report::totals() const {
  Counts totals;
  for (const Table& table : tables) totals += table.counts;
  return totals;
}

double Report::success_rate() const {
  const Counts counts = totals();
  if (counts.out() == 0) return 1;
  return 1 - static_cast<double>(counts.rejected) / static_cast<double>(counts.out());
}

double Report::rows_per_second() const { return seconds > 0 ? static_cast<double>(totals().read) / seconds : 0; }

ErrorCounts Report::errors() const {
  ErrorCounts errors{};
  for (const Table& table : tables) {
    for (std::size_t kind = 0; kind < errors.size(); ++kind) errors[kind] += table.errors[kind];
  }
  if (failure) ++errors[static_cast<std::size_t>(failure->kind)];
  return errors;
}

Error::Kind category(std::string_view rule) {
  if (rule == "type" || rule == "encoding" || rule == "convert" || rule == "cells") return Error::Kind::type;
  if (rule == "database") return Error::Kind::insertion;
  return Error::Kind::validation;
}

}  // namespace etl::report
