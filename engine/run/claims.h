// Which row holds which value of a unique key, while the rows of a batch may change it. Rows go by their key.
#pragma once

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "engine/run/held_rows.h"

namespace etl::run {

class Claims {
 public:
  void clear();
  // As the target has it when the batch begins; no value: NULL.
  void add(const Key128& row, const std::optional<Key128>& value);

  // Who holds the value, as far as is known.
  std::optional<Key128> holder(const Key128& value) const;
  // What the row holds; nothing when it is not known or NULL.
  std::optional<Key128> value_of(const Key128& row) const;
  // The row takes the value, and its old one becomes free, which is given.
  std::optional<Key128> take(const Key128& row, const std::optional<Key128>& value);
  // Whether a row has given the value up since the batch began, and no other took it.
  bool is_free(const Key128& value) const { return free_.contains(value); }
  // Whether a row of the unwritten piece gave it up: the database may still see it there.
  bool is_freshly_free(const Key128& value) const { return fresh_.contains(value); }
  void piece_is_written() { fresh_.clear(); }

 private:
  std::unordered_map<Key128, Key128, Key128Hash> holders_;
  std::unordered_map<Key128, Key128, Key128Hash> values_;
  std::unordered_set<Key128, Key128Hash> free_, fresh_;
};

}  // namespace etl::run
