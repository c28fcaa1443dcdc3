// JUnit's XML, as CI systems read it: suites of cases, each passed or failed.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace etl::report {

struct JunitCase {
  std::string name;
  bool failed = false;
  std::string message = {};  // One line: why it failed.
  std::string text = {};     // All that is to say.
};

struct JunitSuite {
  std::string name;  // The mapping's path.
  std::vector<JunitCase> cases;
};

// The XML document. Characters that XML 1.0 cannot hold become "?".
std::string to_junit(std::string_view name, const std::vector<JunitSuite>& suites);

}  // namespace etl::report
