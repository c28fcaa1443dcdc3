// Any bytes as an expression: read, written again, and bound in a small mapping.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/plan/compile.h"
#include "engine/spec/expression.h"

namespace {

std::string mapping_with(const std::string& expression) {
  std::string quoted = "'";
  for (const char c : expression) {
    if (c == '\'') quoted += '\'';
    quoted += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return "version: 1\nname: fuzz\nparams: {p: int}\nsources:\n  s: {connection: c, file: x.csv, format: csv, columns: [a, b, c]}\n"
         "connections: {c: 'file:.', target: 'sqlite:t.db'}\nlookups: {l: {map: {x: y}}}\ntables:\n"
         "  t:\n    from: s\n    fields:\n      a: " + quoted + "'\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(data, data + size);
  etl::Diagnostics diagnostics;
  const auto text = std::make_shared<const etl::SourceText>("fuzz", bytes);
  if (const auto expression = etl::spec::parse_expression(text, diagnostics)) etl::spec::to_string(*expression);
  const auto yaml = std::make_shared<const etl::SourceText>("fuzz.yaml", mapping_with(bytes));
  etl::spec::ParseOptions options;
  options.resolve_environment = false;
  if (const auto mapping = etl::spec::parse_mapping(yaml, options, diagnostics)) {
    etl::plan::compile(*mapping, {}, {.lint = true}, diagnostics);
  }
  for (const auto& diagnostic : diagnostics.sorted()) etl::render(diagnostic);
  return 0;
}
