// Validation rules: written in the mapping, or derived from the target's DDL.
#include <fmt/format.h>

#include <algorithm>

#include "engine/base/suggest.h"
#include "engine/plan/compile_field.h"
#include "engine/plan/literal.h"

namespace etl::plan {

namespace {

using rules::Argument;

std::string shown(const spec::Literal& literal) {
  if (literal.kind == spec::Literal::Kind::scalar) return literal.text;
  std::string json;
  append_json(literal, json);
  return json;
}

// A shape as compact JSON: type names become texts.
void append_shape(const spec::Literal& literal, std::string& out) {
  if (literal.kind == spec::Literal::Kind::scalar) {
    append_json_string(literal.text, out);
  } else if (literal.kind == spec::Literal::Kind::list) {
    out += '[';
    for (std::size_t i = 0; i < literal.items.size(); ++i) {
      if (i > 0) out += ',';
      append_shape(literal.items[i], out);
    }
    out += ']';
  } else {
    out += '{';
    for (std::size_t i = 0; i < literal.members.size(); ++i) {
      if (i > 0) out += ',';
      append_json_string(literal.members[i].name.value, out);
      out += ':';
      append_shape(literal.members[i].value, out);
    }
    out += '}';
  }
}

class RuleReader {
 public:
  RuleReader(Compiler& compiler, const RuleTarget& target) : compiler_{compiler}, target_{target} {}

  // Reads the argument into `use`; false when it does not fit (said).
  bool read(const rules::Rule& rule, const spec::Literal& literal, rules::Use& use) {
    switch (rule.argument) {
      case Argument::flag: return read_flag(rule, literal, use);
      case Argument::value: return read_value(rule, literal, use.value);
      case Argument::value_list: return read_list(rule, literal, use);
      case Argument::count: return read_count(rule, literal, use);
      case Argument::pattern: return read_pattern(literal, use);
      case Argument::choice: return read_choice(rule, literal, use);
      case Argument::shape: append_shape(literal, use.text); return true;
      case Argument::reference: use.text = literal.text; return true;
    }
    return false;
  }

 private:
  void add(Code code, const spec::Literal& literal, std::string message, std::string help = {}) {
    compiler_.diagnostics().add(code, literal.at, std::move(message), std::move(help));
  }

  bool read_flag(const rules::Rule& rule, const spec::Literal& literal, rules::Use& use) {
    if (literal.text != "true" && literal.text != "false") {
      add(113, literal, fmt::format("{}: write true or false, not {}", rule.name, shown(literal)));
      return false;
    }
    use.value = literal.text == "true";
    return true;
  }

  bool read_value(const rules::Rule& rule, const spec::Literal& literal, Value& value) {
    const ReadLiteral read = read_literal(literal, target_.type, compiler_.context(), *compiler_.plan().arena);
    if (!read.value || is_null(*read.value)) {
      add(325, literal, fmt::format("{} {} does not fit {}", rule.name, shown(literal), target_.declared), read.help);
      return false;
    }
    value = *read.value;
    return true;
  }

  bool read_list(const rules::Rule& rule, const spec::Literal& literal, rules::Use& use) {
    const std::vector<spec::Literal> one{literal};
    bool good = true;
    for (const spec::Literal& item : literal.kind == spec::Literal::Kind::list ? literal.items : one) {
      Value value;
      good = read_value(rule, item, value) && good;
      use.values.push_back(value);
    }
    return good;
  }

  bool read_count(const rules::Rule& rule, const spec::Literal& literal, rules::Use& use) {
    const auto count = parse_integer(literal.text);
    if (!count.value || *count.value < 0) {
      add(113, literal, fmt::format("{}: write a whole number, 0 or more, not {}", rule.name, shown(literal)));
      return false;
    }
    use.value = *count.value;
    return true;
  }

  bool read_pattern(const spec::Literal& literal, rules::Use& use) {
    use.text = literal.text;
    if (!use.text.starts_with('^') && !use.text.starts_with("(?") && !use.text.ends_with('$')) {
      add(503, literal, "the pattern matches anywhere in the value", "anchor it: ^...$");
    }
    return true;
  }

  bool read_choice(const rules::Rule& rule, const spec::Literal& literal, rules::Use& use) {
    use.text = literal.text;
    if (std::ranges::find(rule.choices, literal.text) != rule.choices.end()) return true;
    const std::vector<std::string> choices(rule.choices.begin(), rule.choices.end());
    add(113, literal, fmt::format("{}: {} is not one of {}", rule.name, shown(literal), fmt::join(choices, ", ")),
        did_you_mean(literal.text, choices));
    return false;
  }

  Compiler& compiler_;
  const RuleTarget& target_;
};

void check_bounds(Compiler& compiler, const spec::RulesSpec& specs, const std::vector<RulePlan>& plans) {
  for (const auto& [low, high] : {std::pair{"min", "max"}, {"min_length", "max_length"}, {"min_items", "max_items"}}) {
    const RulePlan* least = nullptr;
    const RulePlan* most = nullptr;
    for (const RulePlan& plan : plans) {
      if (plan.rule->name == low) least = &plan;
      if (plan.rule->name == high) most = &plan;
    }
    if (!least || !most || !(compare(least->use.value, most->use.value) > 0)) continue;
    for (const auto& [name, literal] : specs) {
      if (name.value != low) continue;
      compiler.diagnostics().add(324, literal.at, fmt::format("{} {} is above {} {}", low, to_text(least->use.value),
                                                              high, to_text(most->use.value)));
    }
  }
}

}  // namespace

std::vector<RulePlan> compile_rules(Compiler& compiler, const RuleTarget& target, const spec::RulesSpec& specs,
                                    Effect effect) {
  std::vector<RulePlan> plans;
  for (const auto& [name, literal] : specs) {
    const rules::Rule* rule = rules::rule_named(name.value);
    if (!rule) {
      compiler.diagnostics().add(111, name.at, fmt::format("{} is not a rule", name.value),
                                 did_you_mean(name.value, rules::rule_names()));
      continue;
    }
    if (target.type != Type::any && !rule->types.has(target.type)) {
      compiler.diagnostics().add(323, name.at, fmt::format("{} does not fit {}: it is for {}", name.value,
                                                           target.declared, etl::name(rule->types)));
      rules::Use unused;
      if (rule->argument == Argument::pattern) RuleReader{compiler, target}.read(*rule, literal, unused);
      continue;
    }
    RulePlan plan{.rule = rule, .effect = effect, .origin = "mapping"};
    plan.text = fmt::format("{}: {}", name.value, shown(literal));
    plan.use.type = target.type;
    if (!RuleReader{compiler, target}.read(*rule, literal, plan.use)) continue;
    const std::string problem = rule->check ? rule->check(plan.use) : "";
    if (!problem.empty()) {
      compiler.diagnostics().add(309, literal.at, problem);
      continue;
    }
    if (rule->argument == Argument::flag && !std::get<bool>(plan.use.value)) continue;
    if (rule->bind) plan.kernel = rule->bind(plan.use);
    plans.push_back(std::move(plan));
  }
  check_bounds(compiler, specs, plans);
  return plans;
}

std::optional<RulePlan> derived_one_of(Compiler& compiler, const schema::Column& column) {
  const auto& allowed = column.type.is_enum ? column.type.labels : column.one_of;
  const Type type = column.type.type;
  if (allowed.empty() || column.type.array) return std::nullopt;
  const rules::Rule* rule = rules::rule_named("one_of");
  if (!rule || !rule->types.has(type)) return std::nullopt;
  RulePlan plan{.rule = rule, .effect = Effect::reject, .origin = "schema"};
  plan.use.type = type;
  for (const std::string& label : allowed) {
    const ReadLiteral read = read_text(label, type, compiler.context(), *compiler.plan().arena);
    if (!read.value) return std::nullopt;  // The database will judge.
    plan.use.values.push_back(*read.value);
  }
  plan.text = fmt::format("one_of: [{}]", fmt::join(allowed, ", "));
  plan.kernel = rule->bind(plan.use);
  return plan;
}

}  // namespace etl::plan
