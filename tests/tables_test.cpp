// The tables that describe the language: what a reader of the reference relies on holds for every row.
#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "engine/base/diagnostic.h"
#include "engine/converters/function.h"
#include "engine/readers/catalog.h"
#include "engine/rules/rule.h"
#include "engine/spec/keys.h"
#include "engine/writers/catalog.h"

namespace {

using namespace etl;

bool is_snake_case(std::string_view name) {
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::ranges::all_of(name, allowed);
}

// A sentence: full stop at its end, no blank around it.
bool is_sentence(std::string_view doc) {
  return doc.size() > 2 && doc.front() != ' ' && (doc.ends_with('.') || doc.ends_with(".)"));
}

template <class Row>
void check_names_and_docs(const std::vector<Row>& rows) {
  std::set<std::string_view> seen;
  for (const Row& row : rows) {
    CAPTURE(row.name);
    CHECK(is_snake_case(row.name));
    CHECK(seen.insert(row.name).second);
    CHECK(is_sentence(row.doc));
  }
}

}  // namespace

TEST_CASE("tables: names are unique and in snake case, docs are sentences") {
  check_names_and_docs(converters::functions());
  check_names_and_docs(rules::rules());
  check_names_and_docs(readers::source_kinds());
  check_names_and_docs(writers::target_kinds());
}

TEST_CASE("tables: every function has examples, and they use it") {
  for (const converters::Function& function : converters::functions()) {
    CAPTURE(function.name);
    // What needs rows around it or a secret is shown by test cases instead.
    const bool secret = std::ranges::any_of(function.parameters, &converters::Parameter::secret);
    const bool alone = function.bind && !function.aggregate && !secret && function.family != "row";
    CHECK_MESSAGE((!function.examples.empty() || !alone), "needs an example");
    for (const converters::Example& example : function.examples) {
      CHECK(example.expression.find(function.name) != std::string_view::npos);
      CHECK_FALSE(example.result.empty());
    }
    CHECK_FALSE(function.fails.empty());
    std::set<std::string_view> names;
    for (const converters::Parameter& parameter : function.parameters) {
      CHECK(is_snake_case(parameter.name));
      CHECK(names.insert(parameter.name).second);
    }
  }
}

TEST_CASE("tables: every rule that sees one value has an example that holds and one that does not") {
  for (const rules::Rule& rule : rules::rules()) {
    if (!rule.bind) continue;
    CAPTURE(rule.name);
    CHECK(std::ranges::any_of(rule.examples, [](const rules::Example& example) { return example.holds; }));
    CHECK(std::ranges::any_of(rule.examples, [](const rules::Example& example) { return !example.holds; }));
  }
}

TEST_CASE("tables: every key is documented, and names a block that exists") {
  std::set<std::string_view> blocks;
  for (const spec::Block& block : spec::blocks()) blocks.insert(block.name);
  CHECK(blocks.size() == spec::blocks().size());
  for (const spec::Block& block : spec::blocks()) {
    CAPTURE(block.name);
    std::set<std::string> seen;
    for (const std::string& name : spec::key_names(block)) CHECK_MESSAGE(seen.insert(name).second, name);
    for (const spec::Key& key : block.keys) {
      CAPTURE(key.name);
      CHECK(is_snake_case(key.name));
      CHECK_MESSAGE(is_sentence(key.doc), key.doc);
      const bool known = key.block.empty() || blocks.contains(key.block);
      CHECK(known);
    }
  }
}

TEST_CASE("tables: rules and the keys of a rule block are the same") {
  const spec::Block& block = spec::block_named("rules");
  for (const rules::Rule& rule : rules::rules()) CHECK_MESSAGE(spec::find_key(block, rule.name), rule.name);
  for (const spec::Key& key : block.keys) CHECK_MESSAGE(rules::rule_named(key.name), key.name);
  const auto format = rules::rule_named("format");
  REQUIRE(format);
  const std::vector<std::string> choices = spec::split_choices(spec::find_key(block, "format")->of);
  CHECK(std::ranges::equal(choices, format->choices));
}

TEST_CASE("tables: codes of diagnostics rise, and their titles are phrases") {
  Code before = 100;
  for (const CodeInfo& info : diagnostic_codes()) {
    CAPTURE(info.code);
    CHECK(info.code > before);
    before = info.code;
    CHECK_FALSE(info.title.empty());
    CHECK_FALSE(info.title.ends_with('.'));
  }
}
