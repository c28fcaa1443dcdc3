// Any bytes as a mapping: read, compiled as lint does, printed in every format.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/plan/compile.h"
#include "engine/report/findings.h"
#include "engine/spec/part.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = std::make_shared<const etl::SourceText>("fuzz.yaml", std::string(data, data + size));
  etl::spec::ParseOptions options;
  options.resolve_environment = false;
  etl::Diagnostics diagnostics;
  if (const auto mapping = etl::spec::parse_mapping_or_part(text, options, diagnostics)) {
    etl::plan::compile(*mapping, {}, {.lint = true}, diagnostics);
  }
  const etl::report::Findings findings{.files = {{"fuzz.yaml", diagnostics.sorted()}}, .strict = false, .version = "0"};
  for (const auto& format : etl::report::findings_formats()) format.render(findings);
  return 0;
}
