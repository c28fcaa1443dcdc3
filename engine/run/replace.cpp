#include "engine/run/replace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/schema/dependents.h"
#include "engine/stores/sql_text.h"

namespace etl::run {

namespace {

using writers::Condition;

// One table of the target and the rows of it that go.
struct Emptied {
  const schema::Table* table = nullptr;  // As the target holds it.
  const schema::Table* planned = nullptr;
  TableState* state = nullptr;           // The first of the mapping's tables that write it.
  std::size_t number = 0;                // Of that one.
  Condition condition{.kind = Condition::Kind::any_of};
};

Condition evaluated(const plan::ConditionPlan& plan, const TableState& table, Arena& arena) {
  Condition condition{.kind = plan.kind, .column = plan.column};
  for (const plan::ConditionPlan& part : plan.parts) condition.parts.push_back(evaluated(part, table, arena));
  if (!plan.value) return condition;
  plan::Evaluator evaluator{{}, 1, arena, table.context, nullptr, nullptr};
  const plan::Evaluated value = evaluator.evaluate(plan.value);
  if (value.failures && !value.failures->empty()) {
    throw Error{Error::Kind::validation,
                fmt::format("{}: replace: {}", to_string(plan.value->at), value.failures->front().reason)};
  }
  condition.value = value.column->at(0);
  return condition;
}

class Emptier {
 public:
  Emptier(RunState& state, std::size_t connection) : target_{state.connections.target(connection)} {
    for (std::size_t i = 0; i < state.tables.size(); ++i) {
      TableState& table = state.tables[i];
      if (table.plan->connection == connection && table.plan->selected && table.plan->replace) add(table, i);
    }
  }

  void empty(report::Report& report) {
    std::vector<const schema::Table*> tables;
    for (const auto& [table, emptied] : emptied_) tables.push_back(table);
    std::vector<const schema::Table*> order = schema::parents_first(target_.catalog(), std::move(tables));
    std::ranges::reverse(order);
    for (const schema::Table* table : order) check_dependents(emptied_.at(table));
    for (const schema::Table* table : order) save(emptied_.at(table));
    for (const schema::Table* table : order) {
      const Emptied& emptied = emptied_.at(table);
      report.tables[emptied.number].removed = target_.remove_where(*emptied.planned, emptied.condition);
    }
  }

 private:
  void add(TableState& table, std::size_t number) {
    const schema::Table& planned = *table.plan->target;
    const schema::Table* live = target_.catalog().table(planned);
    auto [place, first] = emptied_.try_emplace(live);
    Emptied& emptied = place->second;
    if (first) {
      emptied.table = live;
      emptied.planned = &planned;
      emptied.state = &table;
      emptied.number = number;
    }
    emptied.condition.parts.push_back(evaluated(*table.plan->replace, table, arena_));
  }

  static bool is_emptied_whole(const Emptied& emptied) {
    return std::ranges::any_of(emptied.condition.parts, [](const Condition& part) {
      return part.kind == Condition::Kind::all_of && part.parts.empty();
    });
  }

  // The rows that go, as SQL over `alias`.
  std::string going(const Emptied& emptied, const std::string& alias) {
    return to_sql(emptied.condition, *emptied.planned, alias, target_);
  }

  void check_dependents(const Emptied& emptied) {
    for (const schema::Dependent& dependent : schema::dependents(target_.catalog(), *emptied.table)) {
      const auto also = emptied_.find(dependent.table);
      if (also != emptied_.end() && is_emptied_whole(also->second)) continue;
      const schema::ForeignKey& key = *dependent.key;
      std::string matches;
      for (std::size_t i = 0; i < key.columns.size(); ++i) {
        matches += fmt::format("g.{} = h.{} AND ", stores::quote_identifier(key.target_columns[i]),
                               stores::quote_identifier(key.columns[i]));
      }
      const std::string stays =
          also == emptied_.end() ? "" : fmt::format(" AND CASE WHEN {} THEN 0 ELSE 1 END = 1", going(also->second, "h"));
      const auto found = target_.read(
          fmt::format("SELECT count(*) FROM {} AS h WHERE EXISTS (SELECT 1 FROM {} AS g WHERE {}{}){}",
                      stores::quote_table(*dependent.table), stores::quote_table(*emptied.table), matches,
                      going(emptied, "g"), stays),
          {});
      if (found.empty() || !found[0][0] || *found[0][0] == "0") continue;
      throw Error{Error::Kind::validation,
                  fmt::format("{}: replace would remove rows of {} that {} rows of {} refer to ({})",
                              to_string(emptied.state->plan->at), emptied.table->name, *found[0][0],
                              dependent.table->name, fmt::format("{}", fmt::join(key.columns, ", "))),
                  fmt::format("replace {} too, or write on_conflict: update instead of replace", dependent.table->name)};
    }
  }

  void save(const Emptied& emptied) {
    if (!emptied.state->journal) return;
    emptied.state->journal->removing(is_emptied_whole(emptied) ? "" : going(emptied, "t"));
  }

  writers::Target& target_;
  Arena arena_;
  std::map<const schema::Table*, Emptied> emptied_;
};

}  // namespace

void empty_replaced(RunState& state, report::Report& report) {
  std::set<std::size_t> connections;
  for (const TableState& table : state.tables) {
    if (table.plan->selected && table.plan->replace) connections.insert(table.plan->connection);
  }
  for (const std::size_t connection : connections) Emptier{state, connection}.empty(report);
}

}  // namespace etl::run
