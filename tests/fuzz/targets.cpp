#include "tests/fuzz/targets.h"

#include <memory>

#include "engine/base/error.h"
#include "engine/plan/schema_files.h"
#include "engine/report/findings.h"
#include "engine/run/coverage.h"
#include "engine/run/mapping_test.h"
#include "engine/schema/ddl.h"
#include "engine/schema/sql.h"
#include "engine/schema/text_comparison.h"
#include "engine/spec/expression.h"
#include "engine/spec/part.h"

namespace etl::testing {
namespace {

// As `etl lint` and `etl test --coverage` do. A mapping with a hash that is slow on purpose is not tested.
void compile_and_test(const SourceTextPtr& yaml, Diagnostics& diagnostics) {
  static plan::SchemaFiles known;
  spec::ParseOptions options;
  options.resolve_environment = false;
  const auto mapping = spec::parse_mapping_or_part(yaml, options, diagnostics);
  if (!mapping) return;
  const plan::Schemas schemas = plan::read_schemas(*mapping, known, diagnostics);
  if (const auto plan = plan::compile(*mapping, schemas, {.lint = true}, diagnostics)) {
    plan::to_text(*plan);
    plan::to_json(*plan);
    plan::to_mermaid(*plan);
  }
  const std::string_view text = yaml->bytes();
  const bool slow = text.find("bcrypt") != std::string_view::npos || text.find("pbkdf2") != std::string_view::npos;
  if (diagnostics.has_errors() || mapping->tests.empty() || slow) return;
  run::Coverage coverage{*mapping};
  run::run_tests(*mapping, schemas, diagnostics, &coverage);
}

void print(const Diagnostics& diagnostics) {
  const report::Findings findings{.files = {{"fuzz.yaml", diagnostics.sorted()}}, .strict = false, .version = "0"};
  for (const auto& format : report::findings_formats()) format.render(findings);
}

std::string quoted(const std::string& expression) {
  std::string text = "'";
  for (const char c : expression) {
    if (c == '\'') text += '\'';
    text += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return text + "'";
}

std::string mapping_with(const std::string& expression) {
  return R"(version: 1
name: fuzz
params: {p: int}
connections: {c: 'file:.', target: 'sqlite:t.db'}
sources:
  s: {connection: c, file: x.csv, format: csv, columns: {a: text, b: int, c: json, d: timestamptz, e: 'text[]', f: float, g: 'decimal(12,2)', h: date, i: bool}}
lookups: {l: {map: {x: y}}}
converters: {own: it | trim}
tables:
  t:
    from: s
    fields:
      a: )" + quoted(expression) + R"(
tests:
  - name: rows
    given:
      s:
        - {a: ' Ada é 😀 ', b: -9223372036854775808, c: '{"x": [1, {"y": null}]}', d: '2024-03-31T01:30:00Z', e: '["p", null, ""]', f: -0.0, g: '-9999999999.99', h: '0001-01-01', i: yes}
        - {a: '', b: 0, c: '[]', d: '9999-12-31T23:59:59.999999Z', e: '[]', f: 1e308, g: 0, h: '9999-12-31', i: no}
        - {a: null, b: null, c: null, d: null, e: null, f: null, g: null, h: null, i: null}
    expect: {}
)";
}

}  // namespace

void fuzz_yaml(const std::string& bytes) {
  Diagnostics diagnostics;
  compile_and_test(std::make_shared<const SourceText>("mappings/fuzz.yaml", bytes), diagnostics);
  print(diagnostics);
}

void fuzz_expression(const std::string& bytes) {
  Diagnostics parsing;
  const auto text = std::make_shared<const SourceText>("fuzz", bytes);
  if (const auto expression = spec::parse_expression(text, parsing)) spec::to_string(*expression);
  Diagnostics diagnostics;
  compile_and_test(std::make_shared<const SourceText>("fuzz.yaml", mapping_with(bytes)), diagnostics);
  print(diagnostics);
}

void fuzz_ddl(const std::string& bytes) {
  using schema::Dialect;
  const auto text = std::make_shared<const SourceText>("fuzz.sql", bytes);
  Diagnostics diagnostics;
  for (const Dialect dialect : {Dialect::postgresql, Dialect::sqlite, Dialect::mysql}) {
    const schema::Catalog catalog = schema::read_ddl(text, dialect, diagnostics);
    std::vector<std::string> left_out;
    schema::render(catalog, Dialect::sqlite, left_out);
    schema::render(catalog, Dialect::postgresql, left_out);
    schema::sql_parameters(bytes, dialect);
    if (dialect == Dialect::postgresql) {
      schema::read_postgres_sql(bytes, catalog);
      schema::text_comparisons(bytes, catalog);
      try {
        schema::as_rendered_sqlite(catalog);
      } catch (const Error&) {  // "a" and "A" are two columns to PostgreSQL, and one to SQLite.
      }
    } else if (dialect == Dialect::sqlite) {
      schema::SqliteTrial{catalog}.read(bytes);
    }
  }
  print(diagnostics);
}

}  // namespace etl::testing
