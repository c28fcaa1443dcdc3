// The findings that the language promises (section 9.1), with their places.
#pragma once

#include <string>
#include <vector>

namespace etl::testing {

struct Promised {
  std::string file;                   // In tests/lint.
  std::vector<std::string> findings;  // "31:21 E301": line, column, code.
};
const std::vector<Promised>& promised_findings();

}  // namespace etl::testing
