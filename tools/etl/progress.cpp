#include "tools/etl/progress.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>

namespace etl::cli {

namespace {

using Clock = std::chrono::steady_clock;

bool on_terminal() { return isatty(STDERR_FILENO) == 1; }

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{}s", whole);
  if (whole < 3600) return fmt::format("{}m{:02}s", whole / 60, whole % 60);
  return fmt::format("{}h{:02}m", whole / 3600, whole % 3600 / 60);
}

// What both kinds count.
class Counting : public run::Progress {
 public:
  void table_started(std::string_view table, std::optional<std::uint64_t> estimate) override {
    table_ = table;
    estimate_ = estimate;
    read_ = 0;
    rejected_ = 0;
    started_ = shown_ = Clock::now();
    show_start();
  }
  void rows(std::uint64_t read, std::uint64_t rejected) override {
    read_ = read;
    rejected_ = rejected;
    const auto now = Clock::now();
    if (now - shown_ < pause()) return;
    shown_ = now;
    show_rows();
  }

 protected:
  virtual Clock::duration pause() const = 0;
  virtual void show_start() {}
  virtual void show_rows() = 0;

  double seconds() const { return std::chrono::duration<double>(Clock::now() - started_).count(); }
  // "420,000 of ~1,000,000 rows, 350,000/s, 2s left, 12 rejected"
  std::string line() const {
    const double rate = seconds() > 0 ? static_cast<double>(read_) / seconds() : 0;
    std::string text = grouped(read_);
    if (estimate_ && *estimate_ > 0) text += fmt::format(" of ~{}", grouped(std::max(*estimate_, read_)));
    text += fmt::format(" rows, {}/s", grouped(static_cast<std::uint64_t>(rate)));
    if (estimate_ && *estimate_ > read_ && rate > 0) {
      text += fmt::format(", {} left", duration(static_cast<double>(*estimate_ - read_) / rate));
    }
    if (rejected_ > 0) text += fmt::format(", {} rejected", grouped(rejected_));
    return text;
  }
  static std::string ended_line(const report::Table& table) {
    const auto& counts = table.counts;
    std::string text = fmt::format("{} written", grouped(counts.inserted + counts.updated));
    if (counts.skipped > 0) text += fmt::format(", {} skipped", grouped(counts.skipped));
    if (counts.filtered > 0) text += fmt::format(", {} filtered", grouped(counts.filtered));
    if (counts.rejected > 0) text += fmt::format(", {} rejected", grouped(counts.rejected));
    const double rate = table.seconds > 0 ? static_cast<double>(counts.read) / table.seconds : 0;
    return text + fmt::format(", {}/s", grouped(static_cast<std::uint64_t>(rate)));
  }

  std::string table_;

 private:
  std::optional<std::uint64_t> estimate_;
  std::uint64_t read_ = 0;
  std::uint64_t rejected_ = 0;
  Clock::time_point started_;
  Clock::time_point shown_;
};

// One line per table, rewritten in place.
class TerminalProgress : public Counting {
 public:
  ~TerminalProgress() override { clear(); }
  void table_ended(const report::Table& table) override {
    clear();
    fmt::print(stderr, "{:<28} {}\n", table.name, ended_line(table));
  }
  void phase(std::string_view what) override {
    draw(std::string{what});
  }

 protected:
  Clock::duration pause() const override { return std::chrono::milliseconds(100); }
  void show_start() override { draw(fmt::format("{:<28} ...", table_)); }
  void show_rows() override { draw(fmt::format("{:<28} {}", table_, line())); }

 private:
  static std::size_t width() {
    winsize size{};
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
  }
  void draw(std::string text) {
    if (text.size() >= width()) text.resize(width() - 1);
    fmt::print(stderr, "\r\033[K{}", text);
    std::fflush(stderr);
    drawn_ = true;
  }
  void clear() {
    if (drawn_) fmt::print(stderr, "\r\033[K");
    drawn_ = false;
  }
  bool drawn_ = false;
};

class LogProgress : public Counting {
 public:
  void table_ended(const report::Table& table) override { spdlog::info("{}: {}", table.name, ended_line(table)); }
  void phase(std::string_view what) override { spdlog::debug("{}", what); }

 protected:
  Clock::duration pause() const override { return std::chrono::seconds(10); }
  void show_start() override { spdlog::debug("{}: started", table_); }
  void show_rows() override { spdlog::info("{}: {}", table_, line()); }
};

}  // namespace

std::unique_ptr<run::Progress> make_progress(const Options& options) {
  if (options.verbosity < 0) return std::make_unique<run::Progress>();
  if (on_terminal()) return std::make_unique<TerminalProgress>();
  return std::make_unique<LogProgress>();
}

void start_log(const Options& options) {
  const bool colours = on_terminal() && std::getenv("NO_COLOR") == nullptr;
  auto logger = spdlog::stderr_color_mt("etl", colours ? spdlog::color_mode::automatic : spdlog::color_mode::never);
  logger->set_pattern("%Y-%m-%dT%H:%M:%SZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  logger->set_level(options.verbosity > 0   ? spdlog::level::debug
                    : options.verbosity < 0 ? spdlog::level::warn
                                            : spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace etl::cli
