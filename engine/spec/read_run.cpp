// How a mapping is run and tried: params, settings, hooks, tests.
#include "engine/spec/read.h"
#include "engine/spec/values.h"

namespace etl::spec {

namespace {

std::optional<OnConflict> default_on_conflict(const Node& block) {
  const std::string written = text_of(block, "on_conflict").value;
  if (written == "reject") return OnConflict::reject;
  if (written == "skip") return OnConflict::skip;
  if (written == "update") return OnConflict::update;
  return std::nullopt;
}

std::vector<TestSpec::Given> read_given(const Node& test) {
  std::vector<TestSpec::Given> all;
  const Node* given = test.find("given");
  if (given == nullptr) return all;
  for (const Member& member : given->members) {
    TestSpec::Given one{{member.key, member.key_at}, {}, {}};
    if (member.value.is_scalar()) {
      one.text = At<std::string>{member.value.text, member.value.at};
    } else {
      one.rows = to_literal(member.value);
    }
    all.push_back(std::move(one));
  }
  return all;
}

}  // namespace

ParamSpec read_param(const Node& block) {
  ParamSpec spec;
  spec.type = text_of(block, "type");
  spec.fallback = literal_of(block, "default");
  spec.secret = flag_of(block, "secret").value_or(false);
  spec.description = text_of(block, "description").value;
  spec.rules = rules_in(block);
  spec.at = block.at;
  return spec;
}

SettingsSpec read_settings(const Node& block) {
  SettingsSpec spec;
  spec.on_conflict = default_on_conflict(block);
  if (const Node* limit = block.find("max_rejects"))
    spec.max_rejects = parse_threshold(limit->text).value_or(Threshold{});
  spec.atomic = text_of(block, "atomic", spec.atomic).value;
  spec.batch = integer_of(block, "batch").value_or(spec.batch);
  if (integer_of(block, "workers")) spec.workers = small_integer_of(block, "workers", 1);
  if (const Node* memory = block.find("memory")) spec.memory = parse_size(memory->text).value_or(spec.memory);
  spec.timezone = text_of(block, "timezone", spec.timezone.value);
  spec.backup = flag_of(block, "backup");
  spec.rollback = flag_of(block, "rollback").value_or(spec.rollback);
  spec.verify = text_of(block, "verify", spec.verify.value);
  if (const Node* snapshot = block.find("snapshot")) {
    spec.snapshot_dir = text_of(*snapshot, "dir").value;
    spec.snapshot_format = text_of(*snapshot, "format", "ndjson").value;
  }
  spec.reports = text_of(block, "reports", spec.reports).value;
  if (const auto seed = written_text(block, "seed")) spec.seed = seed->value;
  for (const Member& member : block.members) spec.written.push_back({{member.key, member.key_at}, member.value.at});
  return spec;
}

std::vector<HookSpec> read_hooks(const Node& spec, std::string_view key) {
  std::vector<HookSpec> hooks;
  const Node* list = spec.find(key);
  if (list == nullptr) return hooks;
  for (const Node& block : list->items) {
    HookSpec hook;
    if (const Node* sql = block.find("sql")) {
      hook.sql = to_sql(*sql);
      if (hook.sql->connection.value.empty()) hook.sql->connection = text_of(block, "connection");
    }
    hook.http = text_of(block, "http");
    hook.expect = small_integer_of(block, "expect", hook.expect);
    hook.at = block.at;
    hooks.push_back(std::move(hook));
  }
  return hooks;
}

TestSpec read_test(const Node& block) {
  TestSpec spec;
  spec.name = text_of(block, "name");
  spec.given = read_given(block);
  spec.expect = literal_entries(block, "expect");
  spec.rejects = literal_of(block, "rejects");
  spec.params = literal_entries(block, "params");
  spec.now = literal_of(block, "now");
  spec.at = block.at;
  return spec;
}

}  // namespace etl::spec
