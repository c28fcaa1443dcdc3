// Why a text is not YAML: looks at the source line, as the YAML reader's own words rarely help.
#pragma once

#include <optional>
#include <string>

#include "engine/base/diagnostic.h"
#include "engine/base/source_text.h"

namespace etl::spec {

// A { or [ that was open when reading stopped.
struct OpenFlow {
  std::uint32_t begin = 0;
  bool is_map = false;
};

// Where and why the YAML reader gave up.
struct YamlFault {
  std::uint32_t at = 0;  // Byte offset.
  std::string message;   // The reader's words.
  std::optional<OpenFlow> open;
  std::optional<std::uint32_t> torn;  // Start of a value that lost its end to a comma.
};

// Reports the fault as E101 (or E105, when a comma tore an expression apart) with what to write instead.
void report_yaml_fault(const SourceTextPtr& source, const YamlFault& fault, Diagnostics& diagnostics);

// Reports a value of { } or [ ] that its own comma cut in two (E105).
void report_torn_value(const Span& at, bool in_map, Diagnostics& diagnostics);

// Brackets that a piece of an expression opens, less those that it closes; quoted text does not count.
int open_brackets(std::string_view piece);

// Reports bytes that no YAML text may hold: invalid UTF-8 and control characters. True when there are any.
bool report_bad_bytes(const SourceTextPtr& source, Diagnostics& diagnostics);

}  // namespace etl::spec
