#include "engine/run/claims.h"

namespace etl::run {

void Claims::clear() {
  holders_.clear();
  values_.clear();
  free_.clear();
  fresh_.clear();
}

void Claims::add(const Key128& row, const std::optional<Key128>& value) {
  if (!value) return;
  holders_.insert_or_assign(*value, row);
  values_.insert_or_assign(row, *value);
}

std::optional<Key128> Claims::holder(const Key128& value) const {
  const auto found = holders_.find(value);
  if (found == holders_.end()) return std::nullopt;
  return found->second;
}

std::optional<Key128> Claims::value_of(const Key128& row) const {
  const auto found = values_.find(row);
  if (found == values_.end()) return std::nullopt;
  return found->second;
}

std::optional<Key128> Claims::take(const Key128& row, const std::optional<Key128>& value) {
  const std::optional<Key128> old = value_of(row);
  if (old == value) return std::nullopt;
  if (old) {
    holders_.erase(*old);
    values_.erase(row);
    free_.insert(*old);
    fresh_.insert(*old);
  }
  if (!value) return old;
  free_.erase(*value);
  add(row, value);
  return old;
}

}  // namespace etl::run
