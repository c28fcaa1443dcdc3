#include "engine/run/consumed_rows.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <array>
#include <vector>

#include "engine/run/row_keys.h"

namespace etl::run {

void ConsumedRows::take(const Batch& batch) {
  std::vector<KeyColumn> columns;
  for (const ColumnPtr& column : batch.columns) columns.push_back({column});
  const RowKeys keys = row_keys(columns, batch.rows, true);
  for (const Key128& key : keys.keys) {
    const std::array<Key128, 2> both = {digest_, key};
    const XXH128_hash_t next = XXH3_128bits(both.data(), sizeof both);
    digest_ = {next.low64, next.high64};
  }
  rows_ += batch.rows;
}

std::string ConsumedRows::digest() const { return fmt::format("{:016x}{:016x}", digest_.high, digest_.low); }

}  // namespace etl::run
