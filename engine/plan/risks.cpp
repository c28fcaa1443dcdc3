#include "engine/plan/risks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/schema/ddl.h"

namespace etl::plan {

namespace {

using converters::Inverse;

// Warnings of lint that tell of something lost or unguarded, and how much they matter.
const std::map<Code, Rank> kRankOfWarning = {
    {502, Rank::low}, {505, Rank::high}, {506, Rank::high}, {509, Rank::high}, {510, Rank::high}};

bool reads_source(const Node& node) {
  if (node.kind == Node::Kind::column || node.kind == Node::Kind::row) return true;
  return std::ranges::any_of(node.arguments, [](const NodePtr& argument) { return reads_source(*argument); });
}

// Whether a conversion without a function of its own may lose something: digits, the clock of a zone.
bool loses(const Node& node) {
  if (node.kind != Node::Kind::call || node.function || node.arguments.size() != 1) return false;
  const Type from = node.arguments.front()->type;
  return (from == Type::decimal && node.type == Type::float64) || (from == Type::timestamptz && node.type == Type::timestamp);
}

// The functions of an expression that cannot be undone, outermost first.
void collect_steps(const Node& node, std::vector<std::string>& one_way, std::vector<std::string>& canonical) {
  if (!reads_source(node)) return;
  const auto note = [](std::vector<std::string>& names, std::string_view name) {
    if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
  };
  if (node.function) {
    if (node.function->inverse == Inverse::none) note(one_way, node.function->name);
    if (node.function->inverse == Inverse::canonical) note(canonical, node.function->name);
  } else if (loses(node)) {
    note(one_way, fmt::format("{} to {}", etl::name(node.arguments.front()->type), etl::name(node.type)));
  }
  for (const NodePtr& argument : node.arguments) collect_steps(*argument, one_way, canonical);
}

class Finder {
 public:
  Finder(const Plan& plan, const Facts& facts) : plan_{plan}, facts_{facts} {}

  std::vector<Risk> find(const Diagnostics& diagnostics) {
    for (const Diagnostic& diagnostic : diagnostics.sorted()) {
      const auto rank = kRankOfWarning.find(diagnostic.code);
      if (rank == kRankOfWarning.end()) continue;
      risks_.push_back({rank->second, table_at(diagnostic.at), "", diagnostic.message});
    }
    for (const ConnectionPlan& connection : plan_.connections) look_at(connection);
    for (std::size_t i = 0; i < plan_.tables.size(); ++i) {
      if (plan_.tables[i].selected) look_at(plan_.tables[i], i);
    }
    std::ranges::stable_sort(risks_, {}, &Risk::rank);
    return std::move(risks_);
  }

 private:
  // The table in whose lines a finding stands.
  std::string table_at(const Span& at) const {
    const TablePlan* nearest = nullptr;
    for (const TablePlan& table : plan_.tables) {
      if (table.at.source != at.source || table.at.begin > at.begin) continue;
      if (!nearest || table.at.begin > nearest->at.begin) nearest = &table;
    }
    return nearest ? nearest->name : "";
  }

  void look_at(const ConnectionPlan& connection) {
    const bool foreign = connection.info.kind == stores::Kind::sqlite && connection.ddl &&
                         connection.ddl->dialect != schema::Dialect::sqlite;
    if (!connection.create || !foreign) return;
    std::vector<std::string> left_out;
    schema::render(*connection.ddl, schema::Dialect::sqlite, left_out);
    for (const std::string& clause : left_out) {
      risks_.push_back({Rank::medium, "", "", fmt::format("{} is created without: {}", connection.info.name, clause)});
    }
  }

  void look_at(const TablePlan& table, std::size_t index) {
    const auto add = [&](Rank rank, std::string what) { risks_.push_back({rank, table.name, "", std::move(what)}); };
    if (index < facts_.has_rows.size() && facts_.has_rows[index].value_or(false)) {
      add(Rank::high, "the target table holds rows already: they stay, and new rows must not meet their keys");
    }
    if (table.target) {
      for (const std::string& trigger : table.target->triggers) {
        add(Rank::medium, fmt::format("trigger {}: the database may change, drop or add rows by itself", trigger));
      }
      if (table.target->has_rules) add(Rank::medium, "the table has rules: rows go through a staging table");
      if (table.target->row_security) add(Rank::medium, "row security is on: rows go through a staging table");
    }
    if (table.max_rejects.amount > 0) {
      add(Rank::medium, fmt::format("up to {} of the rows may be rejected and the run still commits",
                                    table.max_rejects.share ? fmt::format("{:g}%", table.max_rejects.amount * 100)
                                                            : fmt::format("{:g}", table.max_rejects.amount)));
    }
    for (const FieldPlan& field : table.fields) look_at(table, field);
    if (!table.ignored.empty()) {
      add(Rank::low, fmt::format("left behind on purpose: {}", fmt::join(table.ignored, ", ")));
    }
  }

  void look_at(const TablePlan& table, const FieldPlan& field) {
    if (!field.value) return;
    std::vector<std::string> one_way;
    std::vector<std::string> canonical;
    collect_steps(*field.value, one_way, canonical);
    const auto add = [&](Rank rank, std::string what) { risks_.push_back({rank, table.name, field.name, std::move(what)}); };
    if (!one_way.empty()) {
      add(Rank::medium, fmt::format("{} cannot be undone: the old value does not follow from the new one",
                                    fmt::join(one_way, ", ")));
    } else if (!canonical.empty()) {
      add(Rank::low, fmt::format("changed by {}: the changed form is what can be given back", fmt::join(canonical, ", ")));
    }
    if (!field.tries.empty()) add(Rank::medium, "try() replaces values that fail: they are counted, not rejected");
  }

  const Plan& plan_;
  const Facts& facts_;
  std::vector<Risk> risks_;
};

}  // namespace

std::string_view name(Rank rank) {
  switch (rank) {
    case Rank::high: return "high";
    case Rank::medium: return "medium";
    case Rank::low: return "low";
  }
  return "";
}

std::vector<Risk> find_risks(const Plan& plan, const Facts& facts, const Diagnostics& diagnostics) {
  return Finder{plan, facts}.find(diagnostics);
}

std::vector<std::string> rollback_words(const Plan& plan) {
  std::vector<std::string> words;
  std::set<std::size_t> targets;
  for (const TablePlan& table : plan.tables) {
    if (table.selected) targets.insert(table.connection);
  }
  words.emplace_back(targets.size() > 1
                         ? "until its last step a run can be stopped and leaves nothing: each target is one transaction, "
                           "and they commit one after the other at the end"
                         : "until its last step a run can be stopped and leaves nothing: it is one transaction, "
                           "committed at the end");
  std::vector<std::string> reversed;
  for (std::size_t i = plan.tables.size(); i > 0; --i) {
    const TablePlan& table = plan.tables[i - 1];
    if (!table.selected) continue;
    reversed.push_back(fmt::format("{}.{}", plan.connections[table.connection].info.name,
                                   table.target ? table.target->name : table.name));
  }
  if (plan.settings.rollback) {
    words.push_back(fmt::format("after the commit, etl rollback or the rollback.sql of its report undoes it, children first: {}", fmt::join(reversed, ", ")));
    words.emplace_back("rows that are changed or referred to in the meantime stop it; rows that are added are left alone");
  } else {
    words.emplace_back("after the commit it cannot be undone: settings.rollback is false");
  }
  if (!plan.before.empty() || !plan.after.empty()) {
    words.emplace_back("what before: and after: do outside the target's transaction stays done");
  }
  return words;
}

}  // namespace etl::plan
