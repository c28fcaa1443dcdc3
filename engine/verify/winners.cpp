#include "engine/verify/winners.h"

#include <compare>
#include <cstring>

namespace etl::verify {

std::optional<Winners::Places> Winners::find(const run::Key128& name) {
  Arena arena;
  const auto value = places_.find(name, arena);
  if (!value) return std::nullopt;
  const auto& packed = std::get<Uuid>(*value);
  Places places;
  std::memcpy(&places.inserted, packed.bytes.data(), sizeof places.inserted);
  std::memcpy(&places.last, packed.bytes.data() + sizeof places.inserted, sizeof places.last);
  return places;
}

void Winners::put(const run::Key128& name, const Places& places) {
  Uuid packed;
  std::memcpy(packed.bytes.data(), &places.inserted, sizeof places.inserted);
  std::memcpy(packed.bytes.data() + sizeof places.inserted, &places.last, sizeof places.last);
  places_.erase(name);
  places_.insert(name, packed);
}

void Winners::keep_best(const run::Key128& name, const Value& newest) {
  if (!best_ || is_null(newest)) return;
  best_->erase(name);
  best_->insert(name, newest);
}

bool Winners::insert(const run::Key128& name, const Value& newest) {
  const bool fresh = !places_.contains(name);
  put(name, {.inserted = row_, .last = row_});
  keep_best(name, newest);
  return fresh;
}

// Above what the target holds, which NULL always is below. A row that was there before holds what nobody knows any
// more: the highest of those that met it has won if any of them has.
bool Winners::merge(const run::Key128& name, const Value& newest) {
  if (best_) {
    if (is_null(newest)) return false;
    Arena arena;
    const auto best = best_->find(name, arena);
    if (best && compare(newest, *best) != std::partial_ordering::greater) return false;
  }
  const auto known = find(name);
  put(name, {.inserted = known ? known->inserted : 0, .last = row_});
  keep_best(name, newest);
  return true;
}

Winners::Part Winners::part(const run::Key128& name) {
  const auto places = find(name);
  if (!places) return {};
  return {.inserted = places->inserted == row_, .last = places->last == row_};
}

}  // namespace etl::verify
