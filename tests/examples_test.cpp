// Every example in the tables of functions and rules is executed through the binder and the evaluator of a run.
#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>

#include "engine/plan/bind.h"
#include "engine/plan/compile_field.h"
#include "engine/plan/literal.h"
#include "engine/rules/rule.h"
#include "engine/run/columns.h"
#include "engine/run/references.h"

namespace {

using namespace etl;

struct Evaluation {
  std::optional<Value> value;
  std::string failure;  // Why there is no value: a failure, or a finding of lint.
};

std::string shown(const Evaluation& evaluation) {
  if (!evaluation.value) return "fails: " + evaluation.failure;
  return is_null(*evaluation.value) ? "null" : to_text(*evaluation.value);
}

// What examples may name besides functions.
constexpr std::string_view kMapping = R"(version: 1
name: examples
params:
  field_key: {type: text, secret: true, default: an example key}
  other_key: {type: text, secret: true, default: another key}
lookups:
  sizes: {map: {S: small, M: medium, L: large, XL: large}}
connections: {source: 'sqlite:source.db', target: 'sqlite:target.db'}
tables:
  shirts: {from: source.shirts, fields: {size: size}}
)";

struct NoConnections : run::Connections {
  readers::Source& source(std::size_t) override { throw std::logic_error{"an example reads a connection"}; }
  writers::Target& target(std::size_t) override { throw std::logic_error{"an example writes"}; }
};

class Bench {
 public:
  Bench() {
    Diagnostics diagnostics;
    const auto parsed =
        spec::parse_mapping(std::make_shared<const SourceText>("examples.yaml", std::string{kMapping}), {}, diagnostics);
    REQUIRE_MESSAGE(parsed, shown(failed(diagnostics)));
    mapping_ = *parsed;
  }

  Evaluation evaluate(std::string_view text) {
    Diagnostics diagnostics;
    const auto source = std::make_shared<const SourceText>("example", std::string{text});
    const auto expression = spec::parse_expression(source, diagnostics);
    if (!expression) return failed(diagnostics);
    plan::Compiler compiler{mapping_, schemas_, options_, diagnostics};
    compiler.compile_names();
    arenas_.push_back(compiler.plan().arena);
    plan::Scope scope{.subject = "an example"};
    plan::NodePool pool;
    plan::Binder binder{compiler, scope, run_, pool};
    const plan::NodePtr node = binder.bind(*expression);
    if (!node || diagnostics.has_errors()) return failed(diagnostics);
    NoConnections connections;
    const run::RunOptions run_options;
    run::KeySpace space{std::size_t{1} << 20};
    run::RunState state{compiler.plan(), connections, run_options, space};
    run::RunReferences references{state};
    Batch batch;
    batch.rows = 1;
    plan::Evaluator evaluator{{}, 1, *compiler.plan().arena, run_, &references, &batch};
    const plan::Evaluated result = evaluator.evaluate(node);
    if (result.failures && !result.failures->empty()) return {{}, result.failures->front().reason};
    return {run::keep(result.column->at(0), arena_), ""};  // A lookup's entries go with `references`.
  }

  const converters::RunContext& run() const { return run_; }
  Arena& arena() { return arena_; }

 private:
  static Evaluation failed(const Diagnostics& diagnostics) {
    std::string text;
    for (const auto& diagnostic : diagnostics.sorted()) text += diagnostic.message + "\n";
    return {{}, text.empty() ? "nothing" : text};
  }

  spec::Mapping mapping_;
  plan::Schemas schemas_;
  plan::CompileOptions options_;
  converters::RunContext run_{.mapping_name = "examples", .table_name = "examples"};
  std::vector<std::shared_ptr<Arena>> arenas_;
  Arena arena_;
};

}  // namespace

TEST_CASE("examples: every example of a function gives what it says") {
  Bench bench;
  std::size_t executed = 0;
  for (const auto& function : converters::functions()) {
    if (function.examples.empty()) continue;
    for (const auto& example : function.examples) {
      CAPTURE(example.expression);
      ++executed;
      const Evaluation got = bench.evaluate(example.expression);
      if (example.result.starts_with("fails: ")) {
        CHECK_MESSAGE(got.failure.find(example.result.substr(7)) != std::string::npos, shown(got), " instead of ",
                      example.result);
        continue;
      }
      const Evaluation wanted = bench.evaluate(example.result);
      CHECK_MESSAGE(wanted.value.has_value(), "the result cannot be evaluated: ", example.result, " ", shown(wanted));
      CHECK_MESSAGE(shown(got) == shown(wanted), shown(got), " instead of ", example.result);
      if (!got.value || !wanted.value || is_null(*got.value)) continue;
      const Type type = type_of(*got.value);
      const Type other = type_of(*wanted.value);
      CHECK((type == other || (is_number(type) && is_number(other))));
    }
  }
  CHECK(executed > 200);
}

TEST_CASE("examples: every function has a sentence about it and two examples or more") {
  // Needs rows: shown by the cases under tests/cases instead.
  const std::set<std::string_view> shown_by_cases{"row_number"};
  for (const auto& function : converters::functions()) {
    CAPTURE(function.name);
    CHECK(function.doc.ends_with('.'));
    if (!function.aggregate && !shown_by_cases.contains(function.name)) CHECK(function.examples.size() >= 2);
  }
}

TEST_CASE("examples: every example of a rule holds, or does not, as it says") {
  Bench bench;
  for (const auto& rule : rules::rules()) {
    for (const auto& example : rule.examples) {
      if (!rule.bind) continue;
      CAPTURE(rule.name);
      CAPTURE(example.argument);
      CAPTURE(example.value);
      const Evaluation value = bench.evaluate(example.value);
      REQUIRE_MESSAGE(value.value.has_value(), shown(value));
      if (is_null(*value.value)) continue;
      // The argument as the mapping would hold it: read through a mapping of one field.
      Diagnostics diagnostics;
      const std::string yaml = "version: 1\nname: e\ntables:\n  t:\n    from: s.t\n    fields:\n      x: {from: x, " +
                               std::string{rule.name} + ": " + std::string{example.argument} + "}\n";
      spec::ParseOptions options;
      options.resolve_environment = false;
      const auto mapping =
          spec::parse_mapping(std::make_shared<const SourceText>("e.yaml", yaml), options, diagnostics);
      REQUIRE_MESSAGE((mapping && !mapping->tables.empty() && mapping->tables[0].fields.size() == 1), yaml);
      plan::Schemas schemas;
      plan::CompileOptions compile_options;
      plan::Compiler compiler{*mapping, schemas, compile_options, diagnostics};
      const Type type = type_of(*value.value);
      const auto plans = plan::compile_rules(compiler, {type, std::string{name(type)}},
                                             mapping->tables[0].fields[0].rules, plan::Effect::reject);
      REQUIRE(plans.size() == 1);
      Column column{type, 1};
      column.set(0, *value.value);
      Failures failures;
      plans[0].kernel(column, {bench.run().now, Timestamp{bench.run().now.micros}}, failures);
      CHECK(failures.empty() == example.holds);
    }
  }
}
