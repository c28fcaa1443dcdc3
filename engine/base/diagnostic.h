// What is wrong with a mapping: a place, a code, one clause, a remedy. Collected, never thrown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "engine/base/source_text.h"

namespace etl {

enum class Severity : std::uint8_t { warning, error };

// A diagnostic's number, as printed after E or W. Never reused. Rows of `diagnostic_codes()`.
using Code = std::uint16_t;

// One row per code: language.md, section 9. Codes from 501 are warnings.
struct CodeInfo {
  Code code = 0;
  std::string_view title;  // A noun phrase: "unknown key".
};
const std::vector<CodeInfo>& diagnostic_codes();

struct Diagnostic {
  Code code = 0;
  Span at;
  std::string message;  // One clause, lower case, no full stop.
  std::string help;     // What to write instead; may be empty.

  Severity severity() const { return code >= 501 ? Severity::warning : Severity::error; }
};

// Collects diagnostics; the order of adding does not matter, `sorted` orders them by place.
class Diagnostics {
 public:
  // Adds one, unless the same code and message was already given for the same place, or the line holds
  // the comment `# etl-lint: ignore CODE` for a warning.
  void add(Code code, const Span& at, std::string message, std::string help = {});

  bool has_errors() const { return error_count_ > 0; }
  bool empty() const { return all_.empty(); }
  std::vector<Diagnostic> sorted() const;

 private:
  std::vector<Diagnostic> all_;
  std::unordered_set<std::string> seen_;  // Place, code and message of each.
  std::size_t error_count_ = 0;
};

// The text form of section 9: message line, source line, caret line, help line; each ends with a newline.
std::string render(const Diagnostic& diagnostic);

}  // namespace etl
