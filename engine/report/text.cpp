// summary.txt: what a person reads first, at any hour.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/secret.h"
#include "engine/report/report.h"

namespace etl::report {

namespace {

std::string instant(Instant at) {
  char text[40];
  return {text, format_instant(Instant{at.micros - at.micros % kMicrosPerSecond}, text)};
}

// "1,234,567".
std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string duration(double seconds) {
  if (seconds < 100) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds);
  if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
  return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string percent(double share) {
  // All but a few rejects must not read as 100.00%.
  const double shown = share < 1 ? std::min(share, 0.9999) : share;
  return fmt::format("{:.2f}%", shown * 100);
}

std::string rate(std::uint64_t rows, double seconds) {
  return seconds > 0 ? grouped(static_cast<std::uint64_t>(static_cast<double>(rows) / seconds)) : "-";
}

// Rows of cells, the first column left, the others right. Columns that hold only "0" are left out, but for some.
class Grid {
 public:
  explicit Grid(std::vector<std::string> header) { rows_.push_back(std::move(header)); }
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  std::string text() const {
    std::vector<std::size_t> widths(rows_.front().size(), 0);
    std::vector<bool> shown;
    for (const std::string& title : rows_.front()) {
      shown.push_back(title == "read" || title == "inserted" || title == "rejected");
    }
    for (std::size_t row = 0; row < rows_.size(); ++row) {
      for (std::size_t column = 0; column < widths.size(); ++column) {
        widths[column] = std::max(widths[column], count_characters(rows_[row][column]));
        if (row > 0 && rows_[row][column] != "0") shown[column] = true;
      }
    }
    std::string out;
    for (const auto& row : rows_) out += line(row, widths, shown);
    return out;
  }

 private:
  static std::string line(const std::vector<std::string>& row, const std::vector<std::size_t>& widths,
                          const std::vector<bool>& shown) {
    std::string out;
    for (std::size_t column = 0; column < row.size(); ++column) {
      if (!shown[column]) continue;
      const std::string blanks(widths[column] - count_characters(row[column]), ' ');
      out += column == 0 ? row[column] + blanks : "  " + blanks + row[column];
    }
    out.erase(out.find_last_not_of(' ') + 1);
    return out + "\n";
  }

  std::vector<std::vector<std::string>> rows_;
};

std::vector<std::string> counts_row(std::string first, const Counts& counts, double seconds) {
  return {std::move(first),         grouped(counts.read),           grouped(counts.added),
          grouped(counts.filtered), grouped(counts.merged),         grouped(counts.inserted),
          grouped(counts.updated),  grouped(counts.unchanged),      grouped(counts.skipped),
          grouped(counts.rejected), fmt::format("{:.1f}", seconds), rate(counts.read, seconds)};
}

std::string counts_table(const Report& report) {
  Grid grid{{"table", "read", "added", "filtered", "merged", "inserted", "updated", "unchanged", "skipped", "rejected",
             "seconds", "rows/s"}};
  for (const Table& table : report.tables) {
    grid.add(counts_row(table.complete ? table.name : table.name + " (not finished)", table.counts, table.seconds));
  }
  if (report.tables.size() > 1) grid.add(counts_row("all tables", report.totals(), report.seconds));
  std::string out = grid.text();
  for (const Table& table : report.tables) {
    if (table.removed == 0) continue;
    out += fmt::format("{}: {} rows of {} were removed first\n", table.name, grouped(table.removed), table.target);
  }
  return out;
}

std::string rejects_of(const Table& table) {
  const Counts& counts = table.counts;
  const double share = counts.read > 0 ? static_cast<double>(counts.rejected) / static_cast<double>(counts.read) : 0;
  std::string out = fmt::format("\n{}: {} of {} rows rejected ({}), max_rejects is {}", table.name,
                                grouped(counts.rejected), grouped(counts.read), percent(share), table.allowed);
  out += table.rejects_file.empty() ? "\n" : fmt::format("; all of them in {}\n", table.rejects_file);
  std::vector<std::pair<std::uint64_t, std::string>> reasons;
  for (const auto& [what, count] : table.reasons) {
    reasons.emplace_back(count, what.first.empty() ? what.second : what.first + ": " + what.second);
  }
  std::ranges::stable_sort(reasons, std::greater<>{}, &std::pair<std::uint64_t, std::string>::first);
  for (const auto& [count, what] : reasons) out += fmt::format("  {:>9}  {}\n", grouped(count), what);
  constexpr std::size_t kShown = 5;
  for (std::size_t i = 0; i < std::min(kShown, table.rejects.size()); ++i) {
    const Reject& reject = table.rejects[i];
    out += fmt::format("    {}: {}{}[{}] {}\n", reject.position, reject.field, reject.field.empty() ? "" : " ",
                       reject.rule, reject.reason);
  }
  return out;
}

std::string warnings_of(const Table& table) {
  std::string out;
  for (const Warned& warned : table.warned) {
    out += fmt::format("  {}{}{}: {}, {} rows\n", table.name, warned.field.empty() ? "" : ".", warned.field,
                       warned.rule, grouped(warned.count));
    for (const std::string& example : warned.examples) out += fmt::format("    {}\n", example);
  }
  for (const Tried& tried : table.tried) {
    out += fmt::format("  {}.{}: try() replaced {} values\n", table.name, tried.field, grouped(tried.count));
  }
  return out;
}

std::string_view word(Check::Result result) {
  switch (result) {
    case Check::Result::passed:
      return "ok";
    case Check::Result::failed:
      return "FAILED";
    case Check::Result::warned:
      return "warning";
  }
  return "FAILED";
}

std::string errors_line(const Report& report) {
  const ErrorCounts errors = report.errors();
  std::string out = "errors:";
  for (std::size_t kind = 0; kind < errors.size(); ++kind) {
    out += fmt::format("{} {} {}", kind == 0 ? "" : ",", name(static_cast<Error::Kind>(kind)), grouped(errors[kind]));
  }
  return out + "\n";
}

std::string verdict(const Report& report) {
  std::string out = fmt::format("{}: {}\n", report.mapping, name(report.state));
  if (report.failure) {
    out += fmt::format("  {}\n", report.failure->message);
    if (!report.failure->remedy.empty()) out += fmt::format("  = {}\n", report.failure->remedy);
  }
  if (!report.kept.empty() && (report.state == State::failed || report.state == State::interrupted)) {
    out += fmt::format("  kept: {}; etl run goes on behind them, etl rollback removes them\n", fmt::join(report.kept, ", "));
  } else if (report.state == State::failed) {
    out += "  nothing was kept: the run was rolled back\n";
  } else if (report.state == State::interrupted) {
    out += "  nothing was kept: the run was rolled back; start it again\n";
  }
  if (report.state == State::dry_run) out += "  everything was tried, then rolled back\n";
  return out;
}

}  // namespace

std::string to_text(const Report& report) {
  char id[36];
  std::string out = verdict(report);
  out += fmt::format("\nrun {}\n{} to {} ({})\n\n", std::string_view{id, format_uuid(report.run_id, id)},
                     instant(report.started), instant(report.ended), duration(report.seconds));
  out += counts_table(report);
  const bool any = report.totals().out() > 0;
  out += fmt::format("\nsuccess rate {}, {} rows/s, peak memory {} MB\n", any ? percent(report.success_rate()) : "-",
                     rate(report.totals().read, report.seconds), report.peak_memory >> 20);
  out += errors_line(report);
  for (const Table& table : report.tables) {
    if (table.counts.rejected > 0) out += rejects_of(table);
  }
  std::string warnings;
  for (const Table& table : report.tables) warnings += warnings_of(table);
  for (const std::string& warning : report.warnings) warnings += fmt::format("  {}\n", warning);
  if (!warnings.empty()) out += "\nwarnings\n" + warnings;
  if (!report.checks.empty()) out += "\nchecks\n";
  for (const Check& check : report.checks) {
    out += fmt::format("  {:<8}{}{}{}\n", word(check.result), check.sentence, check.detail.empty() ? "" : ": ",
                       check.detail);
  }
  if (!report.rollback.empty()) {
    out += fmt::format("\nundo\n  etl rollback {} --run {}\n", report.path, std::string_view{id, 8});
    for (const std::string& file : report.rollback) out += fmt::format("  or {} in this folder, without etl\n", file);
  }
  if (report.verification) {
    out += fmt::format("\nverified ({}, {})\n{}", report.verification->depth, duration(report.verification->seconds),
                       to_text(*report.verification));
  }
  return redact(std::move(out));
}

}  // namespace etl::report
