#include "engine/report/junit.h"

#include <fmt/format.h>

#include <algorithm>

namespace etl::report {

namespace {

// Text for an element or an attribute (XML 1.0, sections 2.2 and 2.4).
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\n': out += "&#10;"; break;
      case '\t': out += "&#9;"; break;
      default: out += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
    }
  }
  return out;
}

// The same where line breaks may stand as they are.
std::string escaped_lines(std::string_view text) {
  std::string out;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    out += escaped(text.substr(start, end - start));
    if (end < text.size()) out += '\n';
    start = end + 1;
  }
  return out;
}

std::size_t failures(const JunitSuite& suite) {
  return static_cast<std::size_t>(std::ranges::count_if(suite.cases, &JunitCase::failed));
}

void append_case(const JunitSuite& suite, const JunitCase& one, std::string& out) {
  out += fmt::format("    <testcase classname=\"{}\" name=\"{}\"", escaped(suite.name), escaped(one.name));
  if (one.failed) {
    out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n", escaped(one.message),
                       escaped_lines(one.text));
  } else if (!one.text.empty()) {
    out += fmt::format(">\n      <system-out>{}</system-out>\n    </testcase>\n", escaped_lines(one.text));
  } else {
    out += "/>\n";
  }
}

}  // namespace

std::string to_junit(std::string_view name, const std::vector<JunitSuite>& suites) {
  std::size_t tests = 0;
  std::size_t failed = 0;
  for (const JunitSuite& suite : suites) {
    tests += suite.cases.size();
    failed += failures(suite);
  }
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
  out += fmt::format("<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\">\n", escaped(name), tests, failed);
  for (const JunitSuite& suite : suites) {
    out += fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">\n",
                       escaped(suite.name), suite.cases.size(), failures(suite));
    for (const JunitCase& one : suite.cases) append_case(suite, one, out);
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace etl::report
