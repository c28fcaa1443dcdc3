// table[key] and lookup[key], answered from what this run wrote and loaded.
#pragma once

#include <memory>
#include <vector>

#include "engine/plan/node.h"
#include "engine/run/lookups.h"
#include "engine/run/state.h"

namespace etl::run {

class RunReferences : public plan::References {
 public:
  // Loads the lookups. Throws Error (validation) for E402 and E403. `state` must outlive it.
  explicit RunReferences(RunState& state);

  ColumnPtr resolve(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context) override;
  ColumnPtr exists(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context) override;
  ColumnPtr resolve_column(std::size_t table, std::size_t column, std::span<const ColumnPtr> keys,
                           KernelContext& context) override;
  ColumnPtr look_up(std::size_t lookup, std::size_t part, std::span<const ColumnPtr> keys, KernelContext& context) override;
  ColumnPtr has_entry(std::size_t lookup, std::span<const ColumnPtr> keys, KernelContext& context) override;
  ColumnPtr key_of(std::size_t lookup, const ColumnPtr& values, KernelContext& context) override;

 private:
  // The target keys of a table's rows, and which source keys have none (NULL keys are neither).
  struct Found {
    std::shared_ptr<Column> keys;
    std::vector<bool> missing;
    bool any_missing = false;
  };
  Found find(std::size_t table, std::span<const ColumnPtr> keys, KernelContext& context);
  Found find_stored(TableState& table, std::span<const ColumnPtr> keys, KernelContext& context);
  Found find_computed(TableState& table, std::span<const ColumnPtr> keys, KernelContext& context);
  // Looks for the missing keys among the rows that the target held before.
  static void ask_database(TableState& table, const Column& computed, Found& found);

  RunState& state_;
  Lookups lookups_;
};

// "users has no row for '9'".
std::string missing_parent(std::string_view table, std::span<const ColumnPtr> keys, std::size_t row);

// TablePlan::recompute_key over source keys: the target keys, NULL where one is NULL or fails.
ColumnPtr recompute_keys(const TableState& table, std::span<const ColumnPtr> keys, std::size_t rows, Arena& arena);

}  // namespace etl::run
