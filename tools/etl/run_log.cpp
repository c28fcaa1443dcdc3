#include "tools/etl/run_log.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/secret.h"

namespace etl::cli {

namespace {

std::string counts_text(const report::Table& table) {
  const report::Counts& counts = table.counts;
  return fmt::format("{}: {} read, {} filtered, {} inserted, {} updated, {} unchanged, {} skipped, {} rejected, {:.1f} s",
                     table.name, counts.read, counts.filtered, counts.inserted, counts.updated, counts.unchanged,
                     counts.skipped, counts.rejected, table.seconds);
}

}  // namespace

RunLog::RunLog(std::unique_ptr<run::Progress> shown) : shown_{std::move(shown)} {}
RunLog::~RunLog() = default;

void RunLog::info(const std::string& text) {
  if (log_) log_->info(redact(text));
}

void RunLog::folder(const std::string& path) {
  const std::string file = path + "/run.log";
  const int made = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (made < 0) {
    throw Error{Error::Kind::environment, fmt::format("cannot write {}: {}", file, std::strerror(errno)),
                "free the disk or mend its permissions, or write the reports elsewhere with settings.reports"};
  }
  ::close(made);
  log_ = std::make_shared<spdlog::logger>("run", std::make_shared<spdlog::sinks::basic_file_sink_mt>(file));
  log_->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  log_->set_error_handler([](const std::string&) {});  // A disk that is full fails the run where it matters.
  log_->flush_on(spdlog::level::info);
  shown_->folder(path);
}

void RunLog::table_started(std::string_view table, std::optional<std::uint64_t> estimate) {
  info(fmt::format("{}: started{}", table, estimate ? fmt::format(", about {} rows", *estimate) : ""));
  shown_->table_started(table, estimate);
}

void RunLog::rows(std::uint64_t read, std::uint64_t rejected) { shown_->rows(read, rejected); }

void RunLog::table_ended(const report::Table& table) {
  info(counts_text(table));
  for (const auto& [reason, count] : table.reasons) {
    info(fmt::format("{}: {} rejected by {}{}", table.name, count, reason.second,
                     reason.first.empty() ? "" : " of " + reason.first));
  }
  for (const report::Warned& warned : table.warned) {
    info(fmt::format("{}: warned {} times: {} {}", table.name, warned.count, warned.field, warned.rule));
  }
  if (table.counts.rejected > 0 && !table.rejects_file.empty()) info(fmt::format("{}: see {}", table.name, table.rejects_file));
  shown_->table_ended(table);
}

void RunLog::phase(std::string_view what) {
  info(std::string{what});
  shown_->phase(what);
}

void RunLog::ended(const report::Report& report) {
  if (!log_) return;
  for (const report::Check& check : report.checks) {
    if (check.result != report::Check::Result::passed) info(fmt::format("{}: {}", check.sentence, check.detail));
  }
  for (const std::string& warning : report.warnings) log_->warn("{}", redact(warning));
  if (report.failure) {
    log_->error("{}", redact(report.failure->message));
    if (!report.failure->remedy.empty()) log_->error("= {}", redact(report.failure->remedy));
  }
  info(fmt::format("{} after {:.1f} s", report::name(report.state), report.seconds));
  log_->flush();
}

}  // namespace etl::cli
