// explode: each row of a batch becomes one row per item of its list.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "engine/run/references.h"
#include "engine/run/rejects.h"
#include "engine/run/state.h"

namespace etl::run {

// Rows on their way from the reader to the fields.
struct ShapedBatch {
  BatchPtr rows;
  std::vector<plan::Evaluated> made;  // What nodes of Kind::made stand for, as far as it is known.
  std::vector<Reason> reasons;        // Of rows that are rejected already, in order; no more is asked of them.
};

class Exploder {
 public:
  using Sink = std::function<void(ShapedBatch batch)>;

  // All must outlive it.
  Exploder(RunState& state, TableState& table, RunReferences& references, const Visibility& visibility);

  // Gives the batch's rows to `sink`, in one or several pieces. A row whose list is NULL or empty gives none; a row
  // whose list cannot be read stays, with the reason.
  void explode(BatchPtr batch, const Sink& sink);

  std::uint64_t added() const { return added_; }      // Rows beyond the first of each source row.
  std::uint64_t vanished() const { return vanished_; }  // Source rows without an item.

 private:
  struct Pick {
    std::uint32_t row = 0;
    std::uint32_t item = 0;  // From 1.
    Value value;
  };
  struct Level;
  void explode(ShapedBatch batch, std::size_t name, const Sink& sink);
  void pick(Level& level, std::uint32_t row, const Value& list);

  RunState& state_;
  TableState& table_;
  RunReferences& references_;
  const Visibility& visibility_;
  std::vector<std::string> column_names_;
  std::uint64_t added_ = 0;
  std::uint64_t vanished_ = 0;
};

// The batch's columns as an evaluator's frame: cells that could not be read are failures of their columns.
std::vector<plan::Evaluated> source_frame(const Batch& batch);
// The names of the batch's columns.
std::vector<std::string> source_names(const TableState& table);

}  // namespace etl::run
