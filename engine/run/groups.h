// group_by: many rows in, one row per group out, in the order in which the groups first appear.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "engine/run/explode.h"
#include "engine/run/finish.h"
#include "engine/run/held_rows.h"
#include "engine/run/state.h"

namespace etl::run {

class Groups {
 public:
  // All must outlive it.
  Groups(RunState& state, TableState& table, const Visibility& visibility, const RowPrinter& printer);
  ~Groups();
  Groups(const Groups&) = delete;
  Groups& operator=(const Groups&) = delete;

  // Takes the rows that `where` took, and those of which a group must know that they were rejected; what belongs to a
  // group leaves the batch's reasons. Throws Error (environment) when settings.memory is used up.
  void add(FinishedBatch& batch, plan::Evaluator& evaluator);
  // Rows that came to a group that was there.
  std::uint64_t merged() const { return merged_; }

  // The next groups, at most `most`, as rows for the fields; nothing when all were given.
  std::optional<ShapedBatch> next(std::size_t most);

 private:
  std::vector<std::uint32_t> assign(FinishedBatch& batch, plan::Evaluator& evaluator, Bitmap& taken);
  std::uint32_t group_of(const Key128& key, const FinishedBatch& batch, std::size_t row,
                         std::span<const ColumnPtr> values);
  void give_reasons(FinishedBatch& batch, const std::vector<std::uint32_t>& groups, const Bitmap& taken);
  void fold(std::size_t value, FinishedBatch& batch, plan::Evaluator& evaluator,
            const std::vector<std::uint32_t>& groups, const Bitmap& taken);
  void take_memory();

  RunState& state_;
  TableState& table_;
  const Visibility& visibility_;
  const RowPrinter& printer_;
  const plan::ShapePlan& plan_;

  Arena arena_;                                                       // Of the keys.
  std::unordered_map<Key128, std::uint32_t, Key128Hash> groups_;
  std::vector<std::vector<Value>> keys_;                              // Per key, of each group.
  std::vector<std::uint64_t> numbers_;                                // The source row that each began with...
  std::vector<std::uint64_t> lines_;                                  // ...and its line, for files.
  std::vector<HeadingsPtr> headings_;                                 // ...and its headings, for Markdown.
  std::vector<std::unique_ptr<converters::Aggregation>> aggregations_;  // Null for the groups' own row_number.
  std::vector<std::unordered_map<std::uint32_t, Failure>> failures_;  // Per value, of each group the first.
  std::unordered_map<std::uint32_t, Reason> rejected_;                // Groups that lost a row, and why.
  std::uint64_t merged_ = 0;
  std::size_t taken_ = 0;  // Of the memory budget.
  std::size_t given_ = 0;  // Groups given out.
};

}  // namespace etl::run
