// The plan for people and for programs.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "engine/plan/batches.h"
#include "engine/plan/compile.h"
#include "engine/plan/risks.h"

namespace etl::plan {

namespace {

std::string names_of(const TablePlan& table, const std::vector<std::size_t>& fields) {
  std::vector<std::string> names;
  for (const std::size_t field : fields) names.push_back(table.fields[field].name);
  return fmt::format("{}", fmt::join(names, ", "));
}

std::string_view name(spec::OnConflict conflict) {
  switch (conflict) {
    case spec::OnConflict::reject: return "reject";
    case spec::OnConflict::skip: return "skip";
    case spec::OnConflict::update: return "update";
    case spec::OnConflict::newest: return "newest";
  }
  return "";
}

std::string_view name(Effect effect) {
  switch (effect) {
    case Effect::reject: return "reject";
    case Effect::warn: return "warn";
    case Effect::abort: return "abort";
  }
  return "";
}

std::string threshold(const spec::Threshold& threshold) {
  return threshold.share ? fmt::format("{}%", threshold.amount * 100) : fmt::format("{}", threshold.amount);
}

std::string declared_type(const TablePlan& table, const FieldPlan& field) {
  if (!table.target) return std::string{etl::name(field.type)};
  return table.target->columns[field.target_column].type.declared;
}

// Every rule of a field, with the schema's marked: "required (schema)", "format: email".
std::vector<std::string> rules_of(const TablePlan& table, const FieldPlan& field) {
  std::vector<std::string> texts;
  const schema::Column* column = table.target ? &table.target->columns[field.target_column] : nullptr;
  if (field.required) texts.emplace_back(column && column->not_null ? "required (schema)" : "required");
  if (field.fallback) {
    const bool secret = field.sensitive;
    texts.push_back(fmt::format("default {}", secret ? "***" : to_text(*field.fallback)));
  }
  if (field.fallback_is_now) texts.emplace_back("default now()");
  if (field.from_default && field.value) texts.emplace_back("default from the database");
  if (column && column->type.length) texts.push_back(fmt::format("max_length: {} (schema)", *column->type.length));
  for (const RulePlan& rule : field.rules) {
    std::string text = rule.text;
    if (rule.effect != Effect::reject) text = fmt::format("{} {}", name(rule.effect), text);
    if (rule.origin == "schema") text += " (schema)";
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string key_line(const TablePlan& table) {
  std::string line;
  for (const UniquePlan& unique : table.unique) {
    if (!line.empty()) line += "; ";
    if (unique.is_key) {
      line += fmt::format("key {}, on_conflict {}", names_of(table, unique.fields), name(table.on_conflict));
      if (table.newest) line += " " + table.fields[*table.newest].name;
      if (table.on_missing == spec::OnMissing::skip) line += ", on_missing skip";
      if (table.on_missing == spec::OnMissing::reject) line += ", on_missing reject";
    } else {
      line += fmt::format("unique {}", names_of(table, unique.fields));
    }
  }
  return line;
}

std::string id_map_line(const TablePlan& table) {
  if (!table.is_referenced) return "";
  return table.recompute_key ? "keys are recomputed from the source key" : "keys are kept in an ID map";
}

std::string source_text(const Plan& plan, const TablePlan& table) {
  const SourcePlan& source = plan.sources[table.source];
  std::string text = source.name;
  for (const ExplodePlan& item : table.shape.explode) {
    text += fmt::format(" explode {}: {}", item.name, item.list->text);
  }
  if (table.where) text += fmt::format(" where {}", table.where->text);
  if (table.shape.grouped) text += fmt::format(" group by {}", fmt::join(table.shape.group_names, ", "));
  return text;
}

std::string grouped(std::uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t i = digits.size(); i > 3; i -= 3) digits.insert(i - 3, ",");
  return digits;
}

std::string rows_text(const Facts& facts, std::size_t index) {
  if (index >= facts.rows.size() || !facts.rows[index]) return "";
  return fmt::format(", about {} rows", grouped(*facts.rows[index]));
}

std::string value_text(const ParameterValue& parameter) {
  if (!parameter.has_value) return "required";
  return parameter.secret ? "***" : is_null(parameter.value) ? "null" : to_text(parameter.value);
}

void append_parameters(const Plan& plan, std::string& out) {
  if (plan.parameters.empty()) return;
  out += "\nparams\n";
  for (const ParameterValue& parameter : plan.parameters) {
    out += fmt::format("  {:<20} {:<10} {}{}{}\n", parameter.name, etl::name(parameter.type), value_text(parameter),
                       parameter.description.empty() ? "" : "  ", parameter.description);
  }
}

void append_table(const Plan& plan, const Facts& facts, std::size_t index, std::string& out) {
  const TablePlan& table = plan.tables[index];
  const std::string into = table.target ? table.target->name : table.name;
  out += fmt::format("\n{:>3}. {} -> {}.{}{}{}\n", index + 1, source_text(plan, table),
                     plan.connections[table.connection].info.name, into, rows_text(facts, index),
                     table.selected ? "" : "  (not loaded: --only)");
  if (const std::string line = key_line(table); !line.empty()) out += fmt::format("     {}\n", line);
  if (const std::string line = id_map_line(table); !line.empty()) out += fmt::format("     {}\n", line);
  if (plan.settings.atomic == "batch") {
    const std::string reason = why_whole(plan, table);
    if (!reason.empty()) out += fmt::format("     committed as a whole: {}\n", reason);
  }
  out += fmt::format("     max_rejects {}\n", threshold(table.max_rejects));
  std::size_t width = 0;
  std::size_t type_width = 0;
  for (const FieldPlan& field : table.fields) {
    width = std::max(width, field.name.size());
    type_width = std::max(type_width, declared_type(table, field).size());
  }
  for (const FieldPlan& field : table.fields) {
    const auto rules = rules_of(table, field);
    out += fmt::format("       {:<{}}  {:<{}}  {}{}{}\n", field.name, width, declared_type(table, field), type_width,
                       field.text, field.origin == "rest: copy" ? "  (rest: copy)" : "",
                       rules.empty() ? "" : fmt::format("  [{}]", fmt::join(rules, ", ")));
  }
  for (const ForeignKeyPlan& key : table.foreign_keys) {
    out += fmt::format("       {} must be in {}({}){}\n", names_of(table, key.fields), key.table,
                       fmt::join(key.target_columns, ", "), key.parent ? ", loaded before" : "");
  }
  for (const SentencePlan& sentence : table.sentences) {
    out += fmt::format("       {}: {}: {}\n", name(sentence.effect), sentence.sentence, sentence.condition->text);
  }
  if (table.target) {
    for (const std::string& trigger : table.target->triggers) out += fmt::format("       trigger: {}\n", trigger);
    if (table.target->row_security) out += "       row security is on: rows go through a staging table\n";
    if (table.target->has_rules) out += "       the table has rules: rows go through a staging table\n";
  }
}

void append_strings(const std::vector<std::string>& texts, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(texts[i], out);
  }
  out += ']';
}

void append_member(std::string_view key, std::string_view text, std::string& out) {
  append_json_string(key, out);
  out += ':';
  append_json_string(text, out);
}

void append_parameter(const ParameterValue& parameter, std::string& out) {
  out += '{';
  append_member("name", parameter.name, out);
  out += ',';
  append_member("type", etl::name(parameter.type), out);
  out += ",\"value\":";
  if (parameter.has_value) {
    append_json_string(value_text(parameter), out);
  } else {
    out += "null";
  }
  out += '}';
}

void append_field(const TablePlan& table, const FieldPlan& field, std::string& out) {
  out += '{';
  append_member("column", field.name, out);
  out += ',';
  append_member("type", declared_type(table, field), out);
  out += ',';
  append_member("from", field.text, out);
  out += ',';
  append_member("origin", field.origin, out);
  out += fmt::format(",\"sensitive\":{},\"rules\":", field.sensitive);
  append_strings(rules_of(table, field), out);
  out += '}';
}

void append_json_table(const Plan& plan, const Facts& facts, std::size_t index, std::string& out) {
  const TablePlan& table = plan.tables[index];
  out += '{';
  append_member("table", table.name, out);
  out += ',';
  append_member("from", plan.sources[table.source].name, out);
  out += ',';
  append_member("into", fmt::format("{}.{}", plan.connections[table.connection].info.name,
                                    table.target ? table.target->name : table.name), out);
  out += fmt::format(",\"selected\":{},", table.selected);
  append_member("where", table.where ? table.where->text : "", out);
  out += ',';
  append_member("on_conflict", name(table.on_conflict), out);
  out += ',';
  append_member("max_rejects", threshold(table.max_rejects), out);
  out += ",\"key\":";
  std::vector<std::string> key;
  std::vector<std::string> unique;
  for (const UniquePlan& plan_unique : table.unique) {
    (plan_unique.is_key ? key : unique).push_back(names_of(table, plan_unique.fields));
  }
  append_strings(key, out);
  out += ",\"unique\":";
  append_strings(unique, out);
  out += ",\"fields\":[";
  for (std::size_t i = 0; i < table.fields.size(); ++i) {
    if (i > 0) out += ',';
    append_field(table, table.fields[i], out);
  }
  out += "],\"references\":[";
  for (std::size_t i = 0; i < table.foreign_keys.size(); ++i) {
    const ForeignKeyPlan& foreign = table.foreign_keys[i];
    if (i > 0) out += ',';
    append_json_string(fmt::format("{} -> {}({})", names_of(table, foreign.fields), foreign.table,
                                   fmt::join(foreign.target_columns, ", ")), out);
  }
  out += "],\"estimated_rows\":";
  out += index < facts.rows.size() && facts.rows[index] ? std::to_string(*facts.rows[index]) : "null";
  out += ",\"target_has_rows\":";
  const bool known = index < facts.has_rows.size() && facts.has_rows[index];
  out += !known ? "null" : *facts.has_rows[index] ? "true" : "false";
  out += '}';
}

void append_risk(const Risk& risk, std::string& out) {
  out += '{';
  append_member("rank", name(risk.rank), out);
  out += ',';
  append_member("table", risk.table, out);
  out += ',';
  append_member("field", risk.field, out);
  out += ',';
  append_member("what", risk.what, out);
  out += '}';
}

// Risks of one rank that say the same of several fields of a table, or of several tables, are one line.
void append_risks(const std::vector<Risk>& risks, std::string& out) {
  if (risks.empty()) return;
  out += "\nrisks, worst first\n";
  struct Line {
    const Risk* first;
    std::vector<std::string> names;
  };
  std::vector<Line> lines;
  std::map<std::tuple<Rank, std::string, bool, std::string>, std::size_t> line_of;
  for (const Risk& risk : risks) {
    const bool of_field = !risk.field.empty();
    const auto [line, is_new] = line_of.try_emplace({risk.rank, risk.what, of_field, of_field ? risk.table : ""}, lines.size());
    if (is_new) lines.push_back({&risk, {}});
    const std::string& name = of_field ? risk.field : risk.table;
    if (!name.empty()) lines[line->second].names.push_back(name);
  }
  for (const auto& [first, names] : lines) {
    const bool of_fields = !first->field.empty();
    const std::string place = fmt::format("{}{}{}", of_fields ? first->table : "", of_fields ? "." : "", fmt::join(names, ", "));
    out += fmt::format("  {:<6}  {}{}{}\n", name(first->rank), place, place.empty() ? "" : ": ", first->what);
  }
}

std::string transactions(const Plan& plan) {
  if (plan.settings.atomic == "table") return "each in a transaction of its own";
  if (plan.settings.atomic == "run") return "all in one transaction per target";
  return fmt::format("committed after every {} source rows",
                     grouped(static_cast<std::uint64_t>(plan.settings.batch) * kBatchesPerCommit));
}

}  // namespace

std::string to_text(const Plan& plan, const Facts& facts, const Diagnostics& diagnostics) {
  std::string out = fmt::format("{}{}{}\n", plan.name, plan.description.empty() ? "" : ": ", plan.description);
  append_parameters(plan, out);
  out += "\nconnections\n";
  for (const ConnectionPlan& connection : plan.connections) {
    const std::string role = connection.is_target ? (connection.is_source ? "source, target" : "target")
                             : connection.is_source ? "source"
                                                    : "not used";
    out += fmt::format("  {:<20} {:<10} {}{}\n", connection.info.name, role, redact_url(connection.info.url),
                       connection.create ? fmt::format("  (created from {} when empty)", connection.schema_path) : "");
  }
  out += fmt::format("\ntables, in load order, {}\n", transactions(plan));
  for (std::size_t i = 0; i < plan.tables.size(); ++i) append_table(plan, facts, i, out);
  if (!plan.checks.empty()) out += "\nafter the last table\n";
  for (const SqlPlan& check : plan.checks) {
    out += fmt::format("  {}: {}\n", check.effect == Effect::warn ? "warn" : "check", check.sentence);
  }
  append_risks(find_risks(plan, facts, diagnostics), out);
  out += "\nrollback\n";
  for (const std::string& line : rollback_words(plan)) out += fmt::format("  {}\n", line);
  return out;
}

std::string to_json(const Plan& plan, const Facts& facts, const Diagnostics& diagnostics) {
  std::string out = "{";
  append_member("name", plan.name, out);
  out += ',';
  append_member("mapping", plan.path, out);
  out += ",\"params\":[";
  for (std::size_t i = 0; i < plan.parameters.size(); ++i) {
    if (i > 0) out += ',';
    append_parameter(plan.parameters[i], out);
  }
  out += "],\"connections\":[";
  for (std::size_t i = 0; i < plan.connections.size(); ++i) {
    const ConnectionPlan& connection = plan.connections[i];
    if (i > 0) out += ',';
    out += '{';
    append_member("name", connection.info.name, out);
    out += ',';
    append_member("url", redact_url(connection.info.url), out);
    out += fmt::format(",\"source\":{},\"target\":{},\"create\":{}}}", connection.is_source, connection.is_target,
                       connection.create);
  }
  out += "],\"tables\":[";
  for (std::size_t i = 0; i < plan.tables.size(); ++i) {
    if (i > 0) out += ',';
    append_json_table(plan, facts, i, out);
  }
  out += "],\"checks\":[";
  for (std::size_t i = 0; i < plan.checks.size(); ++i) {
    const SqlPlan& check = plan.checks[i];
    if (i > 0) out += ',';
    out += '{';
    append_member("sentence", check.sentence, out);
    out += ',';
    append_member("effect", check.effect == Effect::warn ? "warn" : "check", out);
    out += ',';
    append_member("sql", check.sql, out);
    out += '}';
  }
  out += "],\"risks\":[";
  const auto risks = find_risks(plan, facts, diagnostics);
  for (std::size_t i = 0; i < risks.size(); ++i) {
    if (i > 0) out += ',';
    append_risk(risks[i], out);
  }
  out += "],\"rollback\":";
  append_strings(rollback_words(plan), out);
  out += '}';
  return out;
}

}  // namespace etl::plan
