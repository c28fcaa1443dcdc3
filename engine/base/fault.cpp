#include "engine/base/fault.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace etl {

namespace {

struct Fault {
  std::string place;
  int passes = 1;
  int signal = SIGKILL;
};

Fault wanted() {
  const char* text = std::getenv("ETL_FAULT");
  Fault fault;
  if (text == nullptr) return fault;
  std::string_view rest{text};
  const std::size_t colon = rest.find(':');
  fault.place = rest.substr(0, colon);
  if (colon == std::string_view::npos) return fault;
  fault.passes = std::max(1, std::atoi(rest.data() + colon + 1));
  if (rest.ends_with(":stop")) fault.signal = SIGSTOP;
  return fault;
}

}  // namespace

void fault_point(std::string_view place) {
  static const Fault fault = wanted();
  static std::atomic<int> passed{0};
  if (fault.place.empty() || place != fault.place || ++passed != fault.passes) return;
  ::kill(::getpid(), fault.signal);
}

}  // namespace etl
