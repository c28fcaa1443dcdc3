// row_number(keys...): 1, 2, ... in source order, from 1 again for each new key.
#pragma once

#include <memory>
#include <vector>

#include "engine/run/key_set.h"
#include "engine/run/state.h"

namespace etl::run {

// One numbering, over all batches of a table.
class RowNumbers {
 public:
  RowNumbers(std::vector<plan::NodePtr> keys, KeySpace& space);

  // The numbers of a batch's active rows (all without `active`); rows whose key fails are not counted, and fail.
  plan::Evaluated next(plan::Evaluator& evaluator, std::size_t rows, const Bitmap* active, Arena& arena);

 private:
  std::int64_t count(const Key128& key, Arena& arena);

  std::vector<plan::NodePtr> keys_;
  std::int64_t counted_ = 0;  // Without keys.
  std::unique_ptr<KeyMap> counts_;
};

}  // namespace etl::run
