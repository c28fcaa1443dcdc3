#include "tools/etl/signals.h"

#include <unistd.h>

#include <chrono>
#include <csignal>

namespace etl::cli {

namespace {

std::atomic<int> caught{0};

extern "C" void on_signal(int signal) {
  if (caught.exchange(signal) != 0) _exit(128 + signal);
}

}  // namespace

void catch_signals() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);  // A file that may not grow is an error of the write, with a message.
}

const std::atomic<int>& interrupted() { return caught; }

Instant now() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return {kUnixEpochMicros + std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count()};
}

}  // namespace etl::cli
