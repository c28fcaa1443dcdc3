#include "engine/run/references.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/run/columns.h"

namespace etl::run {

namespace {

RowKeys source_keys(std::span<const ColumnPtr> keys, std::size_t rows) {
  std::vector<KeyColumn> columns;
  for (const ColumnPtr& key : keys) columns.push_back({key});
  return row_keys(columns, rows);
}

}  // namespace

std::string missing_parent(std::string_view table, std::span<const ColumnPtr> keys, std::size_t row) {
  std::string values;
  for (const ColumnPtr& key : keys) {
    if (!values.empty()) values += ", ";
    values += quote_for_message(to_text(key->at(row)));
  }
  return fmt::format("{} has no row for {}", table, keys.size() > 1 ? "(" + values + ")" : values);
}

ColumnPtr recompute_keys(const TableState& table, std::span<const ColumnPtr> keys, std::size_t rows, Arena& arena) {
  std::vector<plan::Evaluated> frame;
  for (const ColumnPtr& key : keys) frame.push_back({key, nullptr});
  plan::Evaluator evaluator{std::move(frame), rows, arena, table.context, nullptr, nullptr};
  const plan::Evaluated result = evaluator.evaluate(table.plan->recompute_key);
  if (!result.failures || result.failures->empty()) return result.column;
  auto out = copy(*result.column);
  for (const Failure& failure : *result.failures) out->set_null(failure.row);
  return out;
}

namespace {

converters::RunContext context_of(const RunState& state) {
  return state.tables.empty() ? converters::RunContext{} : state.tables.front().context;
}

}  // namespace

RunReferences::RunReferences(RunState& state)
    : state_{state}, lookups_{state.plan, state.connections, context_of(state), state.space.budget} {
  const auto faults = lookups_.faults();
  if (faults.empty()) return;
  const Diagnostic& first = faults.front();
  throw Error{Error::Kind::validation, fmt::format("{}: error[E{}]: {}", to_string(first.at), first.code, first.message),
              first.help};
}

RunReferences::Found RunReferences::find(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context) {
  TableState& state = state_.tables[table];
  if (!state.complete) {
    throw Error{Error::Kind::schema,
                fmt::format("{}: its rows are asked for before they are all written", state.plan->name),
                "a table may refer to itself only by a field that is exactly table[key]"};
  }
  if (!state.plan->selected && !state.plan->recompute_key) {
    throw Error{Error::Kind::schema,
                fmt::format("{}: which keys its rows have is known only to the run that made them", state.plan->name),
                "load it in this run too: leave out --only, or name it there"};
  }
  return state.plan->recompute_key ? find_computed(state, keys, context) : find_stored(state, keys, context);
}

RunReferences::Found RunReferences::find_stored(TableState& table, std::span<const ColumnPtr> keys,
                                                KernelContext& context) {
  const RowKeys wanted = source_keys(keys, context.rows);
  Found found{nulls(table.plan->fields[table.plan->key_field].type, context.rows),
              std::vector<bool>(context.rows, false)};
  for (std::size_t row = 0; row < context.rows; ++row) {
    if (!context.is_active(row) || !wanted.has(row)) continue;
    if (const auto value = table.ids->find(wanted.keys[row], context.arena)) {
      found.keys->set(row, *value);
    } else {
      found.missing[row] = found.any_missing = true;
    }
  }
  return found;
}

RunReferences::Found RunReferences::find_computed(TableState& table, std::span<const ColumnPtr> keys,
                                                  KernelContext& context) {
  const ColumnPtr computed = recompute_keys(table, keys, context.rows, context.arena);
  const std::size_t key_field = table.plan->key_field;
  const RowKeys wanted = row_keys(std::vector{table.key_column(key_field, computed)}, context.rows);
  const bool some_met = !table.ids->empty();
  const RowKeys sources = some_met ? source_keys(keys, context.rows) : RowKeys{};
  KeySet& written = table.index({key_field})->keys;
  Found found{copy(*computed), std::vector<bool>(context.rows, false)};
  const auto has_null = [&keys](std::size_t row) {
    return std::ranges::any_of(keys, [row](const ColumnPtr& key) { return key->is_null(row); });
  };
  for (std::size_t row = 0; row < context.rows; ++row) {
    constexpr std::size_t kAhead = 8;
    if (row + kAhead < context.rows) written.prefetch(wanted.keys[row + kAhead]);
    if (!context.is_active(row) || has_null(row)) {
      found.keys->set_null(row);
    } else if (const auto met = some_met ? table.ids->find(sources.keys[row], context.arena) : std::nullopt) {
      found.keys->set(row, *met);
    } else if (!wanted.has(row) || !written.contains(wanted.keys[row])) {
      found.missing[row] = found.any_missing = true;
    }
  }
  if (found.any_missing && table.ask_database) ask_database(table, *computed, found);
  return found;
}

void RunReferences::ask_database(TableState& table, const Column& computed, Found& found) {
  auto asked = copy(computed);
  for (std::size_t row = 0; row < computed.size(); ++row) {
    if (!found.missing[row]) asked->set_null(row);
  }
  const std::vector<std::string> column{table.plan->fields[table.plan->key_field].name};
  const std::vector<ColumnPtr> values{asked};
  const auto there = table.target->find(*table.plan->target, column, values);
  found.any_missing = false;
  for (std::size_t row = 0; row < computed.size(); ++row) {
    if (there[row]) found.missing[row] = false;
    found.any_missing = found.any_missing || found.missing[row];
  }
}

ColumnPtr RunReferences::resolve(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context) {
  const Found found = find(table, keys, context);
  if (!found.any_missing) return found.keys;
  for (std::size_t row = 0; row < context.rows; ++row) {
    if (!found.missing[row]) continue;
    found.keys->set_null(row);
    context.failures.push_back(
        {static_cast<std::uint32_t>(row), "parent", missing_parent(state_.tables[table].plan->name, keys, row)});
  }
  return found.keys;
}

ColumnPtr RunReferences::exists(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context) {
  const Found found = find(table, keys, context);
  const RowKeys wanted = source_keys(keys, context.rows);
  std::vector<bool> known(context.rows);
  std::vector<bool> holds(context.rows);
  for (std::size_t row = 0; row < context.rows; ++row) {
    known[row] = context.is_active(row) && wanted.has(row);
    holds[row] = known[row] && !found.missing[row];
  }
  return truth(known, holds);
}

// The parent's table is complete: what its row holds is asked of the target, so that values made by the database and
// rows of earlier runs are no exception.
ColumnPtr RunReferences::resolve_column(std::size_t table, std::size_t column, std::span<const ColumnPtr> keys,
                                        KernelContext& context) {
  const TableState& state = state_.tables[table];
  const schema::Table& target = *state.plan->target;
  const std::vector<ColumnPtr> parents{resolve(table, keys, context)};
  const std::vector<std::string> key{state.plan->fields[state.plan->key_field].name};
  const std::vector<std::string> wanted{target.columns[column].name};
  const std::vector<Type> types{target.columns[column].type.type};
  return state.target->fetch(target, key, parents, wanted, types, context.arena).front();
}

ColumnPtr RunReferences::look_up(std::size_t lookup, std::size_t part, std::span<const ColumnPtr> keys, KernelContext& context) {
  return lookups_.look_up(lookup, part, keys, context);
}

ColumnPtr RunReferences::key_of(std::size_t lookup, const ColumnPtr& values, KernelContext& context) {
  return lookups_.key_of(lookup, values, context);
}

ColumnPtr RunReferences::has_entry(std::size_t lookup, std::span<const ColumnPtr> keys, KernelContext& context) {
  return lookups_.has_entry(lookup, keys, context);
}

}  // namespace etl::run
