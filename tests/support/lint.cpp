#include "tests/support/lint.h"

#include <memory>

#include "engine/plan/compile.h"
#include "engine/spec/mapping.h"

namespace etl::testing {

namespace {

Diagnostics lint(const SourceTextPtr& text) {
  Diagnostics diagnostics;
  spec::ParseOptions options;
  options.resolve_environment = false;
  if (const auto mapping = spec::parse_mapping(text, options, diagnostics)) {
    const auto schemas = plan::read_schemas(*mapping, diagnostics);
    plan::compile(*mapping, schemas, {.lint = true}, diagnostics);
  }
  return diagnostics;
}

}  // namespace

Diagnostics lint_file(const std::string& path) { return lint(spec::read_file(path)); }

Diagnostics lint_text(const std::string& name, const std::string& yaml) {
  return lint(std::make_shared<const SourceText>(name, yaml));
}

std::string printed(const Diagnostics& diagnostics) {
  std::string text;
  for (const auto& diagnostic : diagnostics.sorted()) text += render(diagnostic);
  return text;
}

}  // namespace etl::testing
