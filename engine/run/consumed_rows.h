// How far a source was read, and what was read there: so that a later attempt knows whether it is the same source.
#pragma once

#include <cstdint>
#include <string>

#include "engine/data/batch.h"
#include "engine/run/spill.h"

namespace etl::run {

class ConsumedRows {
 public:
  void take(const Batch& batch);

  std::uint64_t rows() const { return rows_; }
  // Of all columns that the mapping reads, row by row, whatever the batches: XXH3-128, chained; 32 hexadecimal digits.
  std::string digest() const;

 private:
  std::uint64_t rows_ = 0;
  Key128 digest_{};
};

}  // namespace etl::run
