#include "engine/run/hooks.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/secret.h"
#include "engine/stores/transient.h"

namespace etl::run {

namespace {

writers::Target& target_of(RunState& state, const spec::HookSpec& hook) {
  const std::string name = hook.sql->connection.value.empty() ? "target" : hook.sql->connection.value;
  const auto found = std::ranges::find_if(
      state.plan.connections, [&](const plan::ConnectionPlan& connection) { return connection.info.name == name; });
  if (found == state.plan.connections.end()) {
    throw Error{Error::Kind::schema,
                fmt::format("{}: a hook's connection {} is not declared", to_string(hook.at), name)};
  }
  return state.connections.target(static_cast<std::size_t>(found - state.plan.connections.begin()));
}

// Runs `use`; an Error of it says which hook was meant.
template <class Use>
void named(const spec::HookSpec& hook, Use use) {
  try {
    use();
  } catch (const stores::TransientError&) {
    throw;
  } catch (const Error& error) {
    throw Error{error.kind(), fmt::format("{}: hook: {}", to_string(hook.at), error.what()), error.remedy()};
  }
}

}  // namespace

void run_before_hooks(RunState& state) {
  if (!state.options.thresholds) return;
  for (const spec::HookSpec& hook : state.plan.before) {
    if (!hook.sql) continue;
    named(hook, [&] { target_of(state, hook).execute(hook.sql->text.value, state.parameters); });
  }
}

void prepare_after_hooks(RunState& state) {
  if (!state.options.thresholds) return;
  for (const spec::HookSpec& hook : state.plan.after) {
    if (!hook.sql) continue;
    named(hook, [&] { target_of(state, hook).prepare(hook.sql->text.value, state.parameters); });
  }
}

void run_after_hooks(RunState& state, report::Report& report) {
  if (!state.options.thresholds) return;
  for (const spec::HookSpec& hook : state.plan.after) {
    if (!hook.sql) continue;
    writers::Target& target = target_of(state, hook);
    if (state.options.dry_run) {
      named(hook, [&] { target.execute(hook.sql->text.value, state.parameters); });
      continue;
    }
    try {
      target.begin();
      target.execute(hook.sql->text.value, state.parameters);
      target.commit();
    } catch (const Error& error) {
      target.roll_back();
      report.warnings.push_back(
          redact(fmt::format("{}: the rows are kept, but an after hook failed: {}", to_string(hook.at), error.what())));
    }
  }
}

}  // namespace etl::run
