// Values that a mapping cannot make twice, for whoever makes its rows once more and knows them: keys by uuid4() or by
// the database, hashes of passwords.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/data/batch.h"
#include "engine/plan/plan.h"

namespace etl::run {

class Recall {
 public:
  virtual ~Recall() = default;
  // Where passwords go instead of being hashed.
  virtual std::shared_ptr<converters::PasswordSeals> seals() = 0;
  // Whether the table has such values; asked once per batch.
  virtual bool knows(const plan::TablePlan& table) = 0;
  // Puts the known values into `columns`, which are those of TablePlan::fields. `source_keys`: by which table[key] finds
  // the rows. Called before rows are judged, so that references find what the first run wrote.
  virtual void recall(const plan::TablePlan& table, std::span<const ColumnPtr> source_keys, Arena& arena,
                      std::vector<ColumnPtr>& columns) = 0;
};

}  // namespace etl::run
