// From a checked tree (check.h) to the parts of a Mapping. Nothing here is missing or of the wrong kind, except what
// was already reported.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/spec/mapping.h"
#include "engine/spec/node.h"

namespace etl::spec {

// ---- values of a block's keys; a key that is not there gives nothing, or the fallback

At<std::string> text_of(const Node& block, std::string_view key, std::string fallback = {});
std::optional<At<std::string>> written_text(const Node& block, std::string_view key);
std::vector<At<std::string>> texts_of(const Node& block, std::string_view key);
Entries<At<std::string>> text_entries(const Node& block, std::string_view key);
std::optional<bool> flag_of(const Node& block, std::string_view key);
std::optional<std::int64_t> integer_of(const Node& block, std::string_view key);
int small_integer_of(const Node& block, std::string_view key, int fallback);  // At most the largest int.

Literal to_literal(const Node& node);
std::optional<Literal> literal_of(const Node& block, std::string_view key);
Entries<Literal> literal_entries(const Node& block, std::string_view key);

ExpressionPtr to_expression(const Node& scalar, Diagnostics& diagnostics);
ExpressionPtr expression_of(const Node& block, std::string_view key, Diagnostics& diagnostics);
Entries<ExpressionPtr> expression_entries(const Node& block, std::string_view key, Diagnostics& diagnostics);

Sql to_sql(const Node& block);
Entries<Sql> sql_entries(const Node& block, std::string_view key);
RulesSpec rules_in(const Node& block);  // The members of `block` that are rules.

// ---- the parts

// What a reader of parts needs to know.
struct ReadContext {
  Diagnostics& diagnostics;
  bool resolved = false;  // ${...} was replaced: secrets are known and are registered.
};

ConnectionSpec read_connection(const Member& member, const ReadContext& context);
SourceSpec read_source(const Member& member, const ReadContext& context);
LookupSpec read_lookup(const Member& member, const ReadContext& context);
ParamSpec read_param(const Node& block);
TableSpec read_table(const Member& member, const ReadContext& context);
SettingsSpec read_settings(const Node& block);
std::vector<HookSpec> read_hooks(const Node& spec, std::string_view key);
TestSpec read_test(const Node& block);

// Warns of passwords that are written out in a connection (W501).
void warn_of_written_secrets(const Node& connection, Diagnostics& diagnostics);

}  // namespace etl::spec
