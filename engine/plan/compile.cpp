#include "engine/plan/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/sha256.h"
#include "engine/base/suggest.h"
#include "engine/plan/bind.h"
#include "engine/plan/compiler.h"
#include "engine/plan/literal.h"

namespace etl::plan {

Compiler::Compiler(const spec::Mapping& mapping, const Schemas& schemas, const CompileOptions& options,
                   Diagnostics& diagnostics)
    : mapping_{mapping}, schemas_{schemas}, options_{options}, diagnostics_{diagnostics},
      trials_{schemas.trials ? schemas.trials : std::make_shared<schema::SqliteTrials>()} {
  plan_.name = mapping.name.value;
  plan_.path = mapping.path;
  plan_.description = mapping.description;
  plan_.settings = mapping.settings;
  plan_.arena = std::make_shared<Arena>();
  context_.timezone = mapping.settings.timezone.value;
  context_.mapping_name = mapping.name.value;
  context_.seed = mapping.settings.seed.value_or(mapping.name.value);
}

std::optional<Plan> compile(const spec::Mapping& mapping, const Schemas& schemas, const CompileOptions& options,
                            Diagnostics& diagnostics) {
  return Compiler{mapping, schemas, options, diagnostics}.compile();
}

void Compiler::compile_names() {
  compile_settings();
  compile_connections();
  compile_parameters();
  find_heads();
  order_tables();
  compile_lookups();
  check_converters();
}

std::optional<Plan> Compiler::compile() {
  compile_names();
  plan_.tables.resize(heads_.size());
  std::vector<TableHead*> order;
  for (TableHead& head : heads_) order.push_back(&head);
  std::ranges::sort(order, {}, &TableHead::index);
  for (TableHead* head : order) plan_.tables[head->index] = compile_table(*this, *head);
  compile_hooks();
  compile_checks(mapping_.check, Effect::reject);
  compile_checks(mapping_.warn, Effect::warn);
  compare_schemas();
  warn_unused();
  if (diagnostics_.has_errors()) return std::nullopt;
  return std::move(plan_);
}

TableHead* Compiler::head(std::string_view table) {
  const auto found = std::ranges::find_if(heads_, [&](const TableHead& head) { return head.spec->name.value == table; });
  return found == heads_.end() ? nullptr : &*found;
}

const TableHead* Compiler::writer_of(std::size_t connection, std::string_view table) const {
  const auto found = std::ranges::find_if(heads_, [&](const TableHead& head) {
    return head.connection == connection && head.target && head.target->name == table;
  });
  return found == heads_.end() ? nullptr : &*found;
}

std::optional<std::size_t> Compiler::lookup(std::string_view name) const {
  for (std::size_t i = 0; i < mapping_.lookups.size(); ++i) {
    if (mapping_.lookups[i].first.value == name) return i;
  }
  return std::nullopt;
}

const ParameterValue* Compiler::parameter(std::string_view name) {
  const auto found = std::ranges::find(plan_.parameters, name, &ParameterValue::name);
  if (found == plan_.parameters.end()) return nullptr;
  used_parameters_.insert(found->name);
  return &*found;
}

const spec::ExpressionPtr* Compiler::converter(std::string_view name) const {
  for (const auto& [own, body] : mapping_.converters) {
    if (own.value == name) return &body;
  }
  return nullptr;
}

std::vector<std::string> Compiler::converter_names() const {
  std::vector<std::string> names;
  for (const auto& [name, body] : mapping_.converters) names.push_back(name.value);
  return names;
}

std::vector<std::string> Compiler::lookup_and_table_names() const {
  std::vector<std::string> names;
  for (const auto& [name, lookup] : mapping_.lookups) names.push_back(name.value);
  for (const TableHead& head : heads_) names.push_back(head.spec->name.value);
  return names;
}

std::optional<std::size_t> Compiler::connection(std::string_view name) const {
  for (std::size_t i = 0; i < plan_.connections.size(); ++i) {
    if (plan_.connections[i].info.name == name) return i;
  }
  return std::nullopt;
}

void Compiler::unavailable(const Span& at, const std::string& what) {
  if (options_.lint || checking_converters_) return;
  diagnostics_.add(405, at, fmt::format("{} is not available yet", what), "the mapping is right; this version of etl cannot run it");
}

void Compiler::compile_settings() {
  const auto written = [&](std::string_view key) -> const Span* {
    for (const auto& [name, at] : mapping_.settings.written) {
      if (name.value == key) return &name.at;
    }
    return nullptr;
  };
  if (const Span* at = written("snapshot"); at && !options_.test) unavailable(*at, "snapshot");
}

void Compiler::compile_parameters() {
  for (const auto& [name, spec] : mapping_.params) {
    const auto type = type_named(spec.type.value).value_or(Type::text);
    ParameterValue parameter{.name = name.value, .type = type, .value = {}, .secret = spec.secret, .description = spec.description};
    const auto given = mapping_.param_values.find(name.value);
    if (given != mapping_.param_values.end()) {
      const ReadLiteral read = read_literal(given->second, type, context_, *plan_.arena);
      const Span& at = given->second.at ? given->second.at : name.at;
      if (read.value) {
        parameter.value = *read.value;
        parameter.has_value = true;
        known_parameters_.insert(name.value);
      } else {
        diagnostics_.add(325, at, fmt::format("param {}: {}", name.value, spec.secret ? "does not fit its type" : read.problem),
                         read.help);
      }
    } else if (!options_.lint) {
      diagnostics_.add(401, name.at, fmt::format("param {} has no value", name.value),
                       fmt::format("give one: --param {}=... ({}), or a default", name.value, spec.type.value));
    }
    plan_.parameters.push_back(std::move(parameter));
  }
  hash_mapping();
}

void Compiler::hash_mapping() {
  std::string text{mapping_.text ? mapping_.text->bytes() : ""};
  for (const SourceTextPtr& part : mapping_.included) text += fmt::format("\n{}", part->bytes());
  if (!mapping_.profile.empty()) text += fmt::format("\nprofile={}", mapping_.profile);
  for (const ParameterValue& parameter : plan_.parameters) {
    if (parameter.secret) continue;
    text += fmt::format("\n{}=", parameter.name);
    append_json(parameter.value, text);
  }
  plan_.hash = sha256(text);
}

// Converters that no field uses are looked at all the same: `it` may then be anything.
void Compiler::check_converters() {
  for (const auto& [name, body] : mapping_.converters) {
    if (converters::function_named(name.value)) {
      diagnostics_.add(121, name.at, fmt::format("{} is a function: a converter needs a name of its own", name.value));
    }
    if (!body) continue;
    ShapePlan shape;
    Scope scope{.subject = fmt::format("converter {}", name.value)};
    scope.shape = &shape;
    NodePool pool;
    Binder binder{*this, scope, context_, pool};
    Node it{.kind = Node::Kind::column, .type = Type::any};
    it.text = "it";
    it.at = body->at;
    binder.set_it(std::make_shared<const Node>(std::move(it)));
    checking_converters_ = true;
    binder.bind(*body);
    checking_converters_ = false;
  }
}

void Compiler::compile_hooks() {
  plan_.before = mapping_.before;
  plan_.after = mapping_.after;
  for (const auto* hooks : {&mapping_.before, &mapping_.after}) {
    for (const spec::HookSpec& hook : *hooks) {
      if (!hook.http.value.empty() && !options_.test) unavailable(hook.at, "an http hook");
      if (!hook.sql) continue;
      const std::string name = hook.sql->connection.value.empty() ? "target" : hook.sql->connection.value;
      const auto index = connection(name);
      if (index) {
        check_hook_sql(*hook.sql, *index);
      } else {
        diagnostics_.add(303, hook.at, fmt::format("no connection {}", name));
      }
    }
  }
}

void Compiler::compile_checks(const spec::Entries<spec::Sql>& sentences, Effect effect) {
  for (const auto& [sentence, sql] : sentences) {
    const std::string name = sql.connection.value.empty() ? "target" : sql.connection.value;
    const auto index = connection(name);
    if (!index) {
      diagnostics_.add(303, sql.connection.at ? sql.connection.at : sentence.at, fmt::format("no connection {}", name));
      continue;
    }
    check_sql(sql, *index);
    plan_.checks.push_back(
        {.sentence = sentence.value, .sql = sql.text.value, .connection = *index, .effect = effect, .at = sentence.at});
  }
}

void Compiler::warn_unused() {
  if (mapping_.tables.empty()) return;  // Those that include it use it.
  const auto bytes = mapping_.text->bytes();
  for (const auto& [name, spec] : mapping_.params) {
    if (used_parameters_.contains(name.value)) continue;
    const bool pasted = bytes.find("${" + name.value) != std::string_view::npos;
    const bool in_sql = bytes.find("$" + name.value) != std::string_view::npos;
    if (!pasted && !in_sql && name.at.source == mapping_.text) {
      diagnostics_.add(508, spec.at ? spec.at : name.at, fmt::format("param {} is never used", name.value));
    }
  }
  for (const auto& [name, spec] : mapping_.sources) {
    if (!used_sources_.contains(name.value)) {
      diagnostics_.add(507, name.at, fmt::format("source {} is never used", name.value));
    }
  }
}

}  // namespace etl::plan
