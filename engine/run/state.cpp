#include "engine/run/state.h"

#include <algorithm>

#include "engine/stores/sql_text.h"

namespace etl::run {

KeyIndex* TableState::index(const std::vector<std::size_t>& fields, bool nulls_are_equal) const {
  for (const auto& index : indexes) {
    if (index->fields == fields && index->nulls_are_equal == nulls_are_equal) return index.get();
  }
  return nullptr;
}

std::optional<std::vector<std::size_t>> TableState::fields_of(const std::vector<std::string>& columns) const {
  std::vector<std::size_t> fields;
  for (const std::string& column : columns) {
    const auto found = std::ranges::find(plan->fields, column, &plan::FieldPlan::name);
    if (found == plan->fields.end()) return std::nullopt;
    fields.push_back(static_cast<std::size_t>(found - plan->fields.begin()));
  }
  return fields;
}

KeyColumn TableState::key_column(std::size_t field, ColumnPtr column) const {
  const schema::SqlType& type = plan->target->columns[plan->fields[field].target_column].type;
  return {std::move(column), type.base == "bpchar" || type.name == "bpchar"};
}

readers::BatchLimits RunState::limits() const {
  readers::BatchLimits limits;
  limits.rows = options.batch.value_or(static_cast<std::size_t>(std::max<std::int64_t>(1, plan.settings.batch)));
  return limits;
}

std::string quoted_table(const TableState& table) { return stores::quote_table(*table.plan->target); }

namespace {

KeyIndex& need_index(TableState& table, const std::vector<std::size_t>& fields, bool nulls_are_equal, KeySpace& space) {
  if (KeyIndex* known = table.index(fields, nulls_are_equal)) return *known;
  table.indexes.push_back(std::make_unique<KeyIndex>(fields, nulls_are_equal, space));
  return *table.indexes.back();
}

void add_own_indexes(TableState& table, KeySpace& space) {
  const plan::TablePlan& plan = *table.plan;
  for (const plan::UniquePlan& unique : plan.unique) {
    if (!unique.implied && unique.client_compares) {
      need_index(table, unique.fields, unique.nulls_not_distinct, space);
    }
  }
  const bool refers_to_itself =
      std::ranges::any_of(plan.fields, [](const plan::FieldPlan& field) { return !field.self_reference.empty(); });
  if (!plan.is_referenced && !refers_to_itself) return;
  table.ids = std::make_unique<KeyMap>(space, plan.fields[plan.key_field].type);
  if (plan.recompute_key) need_index(table, {plan.key_field}, false, space).used_by_others = true;
}

void add_indexes_for_foreign_keys(RunState& state) {
  for (const plan::TablePlan& child : state.plan.tables) {
    for (const plan::ForeignKeyPlan& key : child.foreign_keys) {
      if (!key.parent || key.through_reference) continue;
      TableState& parent = state.tables[*key.parent];
      const auto fields = parent.fields_of(key.target_columns);
      if (fields) need_index(parent, *fields, false, state.space).used_by_others = true;
    }
  }
}

}  // namespace

void prepare_tables(RunState& state) {
  for (const plan::TablePlan& plan : state.plan.tables) {
    TableState table;
    table.plan = &plan;
    table.source = &state.plan.sources[plan.source];
    table.target = &state.connections.target(plan.connection);
    table.context = plan.context;
    table.context.now = state.options.started;
    table.context.random_seed = state.options.random_seed;
    table.context.run_id = state.options.run_id.value_or(Uuid{});
    if (state.options.recall != nullptr) table.context.seals = state.options.recall->seals();
    add_own_indexes(table, state.space);
    state.tables.push_back(std::move(table));
  }
  add_indexes_for_foreign_keys(state);
}

}  // namespace etl::run
