// run.log in the report's folder: what the terminal shows, and more, with times.
#pragma once

#include <memory>

#include "engine/run/run.h"

namespace spdlog {
class logger;
}

namespace etl::cli {

// Passes everything on to `shown`, and writes it down (0600, secrets redacted) once there is a folder.
class RunLog : public run::Progress {
 public:
  explicit RunLog(std::unique_ptr<run::Progress> shown);
  ~RunLog() override;

  void table_started(std::string_view table, std::optional<std::uint64_t> estimate) override;
  void rows(std::uint64_t read, std::uint64_t rejected) override;
  void table_ended(const report::Table& table) override;
  void phase(std::string_view what) override;
  // Throws Error (environment) when the log cannot be made.
  void folder(const std::string& path) override;
  // How it ended.
  void ended(const report::Report& report);

 private:
  void info(const std::string& text);

  std::unique_ptr<run::Progress> shown_;
  std::shared_ptr<spdlog::logger> log_;  // Null: no report is kept.
};

}  // namespace etl::cli
