// Lookups: key -> value tables, loaded before the first row.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/plan/plan.h"
#include "engine/run/connections.h"
#include "engine/run/memory_budget.h"

namespace etl::run {

class Lookup {
 public:
  // Loads it: from the plan, or whole from its source.
  Lookup(const plan::Plan& plan, const plan::LookupPlan& lookup, Connections& connections,
         const converters::RunContext& run, MemoryBudget& budget);

  // A part of the entry of each key; nullptr for NULLs, inactive rows and unknown keys.
  std::vector<const Value*> find(const Column& keys, std::size_t part, const converters::KernelContext& context) const;
  // The first key of each value; nullptr for NULLs, inactive rows and values that no key has.
  // REQUIRES: plan().is_reversed.
  std::vector<const Value*> find_keys(const Column& values, const converters::KernelContext& context) const;
  const plan::LookupPlan& plan() const { return plan_; }
  // E402 when a key is there twice.
  const std::optional<Diagnostic>& fault() const { return fault_; }

 private:
  void load_map(const converters::RunContext& run, MemoryBudget& budget);
  void load_id_map(writers::Target& target, const converters::RunContext& run, MemoryBudget& budget);
  void load_source(const plan::SourcePlan& source, Connections& connections, const converters::RunContext& run,
                   MemoryBudget& budget);
  void add_batch(const BatchPtr& batch, const converters::RunContext& run, MemoryBudget& budget);
  // The keys as texts that compare as the lookup says.
  std::vector<std::string> folded(const Column& keys, const converters::KernelContext& context) const;
  void add(std::string key, std::span<const Value> values, MemoryBudget& budget);
  void add_reverse(const Value& key, const Value& value, MemoryBudget& budget);
  void reserve(std::size_t bytes, MemoryBudget& budget);
  void note_duplicate(const std::string& source);

  const plan::LookupPlan& plan_;
  Arena arena_;
  std::unordered_map<std::string, std::size_t> entries_;  // Where a key's values begin.
  std::vector<Value> values_;                             // Of each key all parts.
  std::unordered_map<std::string, Value> reverse_;        // The first key of each value, for key_of.
  std::string twice_;                                     // The first key met again, and how often.
  std::uint64_t times_ = 1;
  bool has_duplicate_ = false;
  std::optional<Diagnostic> fault_;
};

// All lookups of a plan.
class Lookups {
 public:
  using KernelContext = converters::KernelContext;

  // Loads them. Throws Error when one cannot be read.
  Lookups(const plan::Plan& plan, Connections& connections, const converters::RunContext& run, MemoryBudget& budget);

  // What plan::References promises of these three.
  ColumnPtr look_up(std::size_t lookup, std::size_t part, std::span<const ColumnPtr> keys,
                    KernelContext& context) const;
  ColumnPtr has_entry(std::size_t lookup, std::span<const ColumnPtr> keys, KernelContext& context) const;
  ColumnPtr key_of(std::size_t lookup, const ColumnPtr& values, KernelContext& context) const;

  // What stands against a run: keys that are there twice (E402), constant keys without an entry (E403).
  std::vector<Diagnostic> faults() const;

 private:
  const plan::Plan& plan_;
  converters::RunContext run_;
  std::vector<std::unique_ptr<Lookup>> lookups_;
};

// The same for a plan that is not run: reads every lookup. Throws Error when one cannot be read.
std::vector<Diagnostic> lookup_faults(const plan::Plan& plan, Connections& connections, Instant now);

// In each row whether something holds; NULL where that is not known.
ColumnPtr truth(const std::vector<bool>& known, const std::vector<bool>& holds);

}  // namespace etl::run
