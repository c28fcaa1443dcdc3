// Lookups: key -> value tables, loaded before the first row.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/run/connections.h"
#include "engine/run/memory_budget.h"

namespace etl::run {

class Lookup {
 public:
  // Loads it: from the plan, or whole from its source. Throws Error (validation, E402) for a key that is there twice.
  Lookup(const plan::Plan& plan, const plan::LookupPlan& lookup, Connections& connections,
         const converters::RunContext& run, MemoryBudget& budget);

  // A part of the entry of each key; nullptr for NULLs, inactive rows and unknown keys.
  std::vector<const Value*> find(const Column& keys, std::size_t part, const converters::KernelContext& context) const;
  // The first key of each value; nullptr for NULLs, inactive rows and values that no key has.
  // REQUIRES: plan().is_reversed.
  std::vector<const Value*> find_keys(const Column& values, const converters::KernelContext& context) const;
  const plan::LookupPlan& plan() const { return plan_; }

 private:
  void load_map(const converters::RunContext& run, MemoryBudget& budget);
  void load_source(const plan::SourcePlan& source, Connections& connections, const converters::RunContext& run,
                   MemoryBudget& budget);
  void add_batch(const BatchPtr& batch, const converters::RunContext& run, MemoryBudget& budget);
  // The keys as texts that compare as the lookup says.
  std::vector<std::string> folded(const Column& keys, const converters::KernelContext& context) const;
  void add(std::string key, std::span<const Value> values, MemoryBudget& budget);
  void add_reverse(const Value& key, const Value& value, MemoryBudget& budget);
  void reserve(std::size_t bytes, MemoryBudget& budget);
  [[noreturn]] void refuse_duplicate(const std::string& source) const;

  const plan::LookupPlan& plan_;
  Arena arena_;
  std::unordered_map<std::string, std::size_t> entries_;  // Where a key's values begin.
  std::vector<Value> values_;                             // Of each key all parts.
  std::unordered_map<std::string, Value> reverse_;        // The first key of each value, for key_of.
  std::string twice_;  // The first key met again, and how often.
  std::uint64_t times_ = 1;
  bool has_duplicate_ = false;
};

}  // namespace etl::run
