// Rows that refer to rows of their own table which are not written yet. They wait until the table's source is read,
// then go in an order in which parents come first; rows that refer to each other in a ring go together.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/run/rejects.h"
#include "engine/run/state.h"

namespace etl::run {

struct Key128Hash {
  std::size_t operator()(const Key128& key) const {
    return static_cast<std::size_t>(key.low ^ key.high * 0x9E3779B97F4A7C15ULL);
  }
};

struct HeldRow {
  // A reference to a row that was not written when this one was judged. `link` counts the table's references to
  // itself.
  struct Wait {
    std::size_t link = 0;
    Key128 parent;
    std::optional<Key128> computed;  // The parent's target key, where keys are recomputed.
    bool order_only = false;         // It comes after that row, whatever becomes of it.
    Reason missing;                  // When the parent never comes.
  };

  std::uint64_t number = 0;  // Of the source row, from 1.
  std::string position;
  std::string source;
  std::vector<Value> values;  // Of all fields; views into the holder's memory.
  std::vector<Wait> waits;
  // How others refer to it: its own key for each link, where it has one.
  std::vector<std::optional<Key128>> own_keys;
  // What it occupies, to be given back when it is rejected: index number and key; the entry of the ID map.
  std::vector<std::pair<std::size_t, Key128>> index_keys;
  std::optional<Key128> id_key;
  std::string id_text;                 // The source key that id_key stands for.
  std::vector<Reason> reasons;
  bool follows = false;  // Is not written itself: it was skipped because of the row that it waits for.
  bool merges = false;   // Meets a row that is there, or one that it waits for.
  bool older = false;    // It met a newer one.
  bool rejected = false;
  bool refused = false;  // By the database: that is reason enough.
};

class HeldRows {
 public:
  HeldRows(TableState& table, MemoryBudget& budget) : table_{table}, budget_{budget} {}
  ~HeldRows() { budget_.give_back(taken_); }
  HeldRows(const HeldRows&) = delete;
  HeldRows& operator=(const HeldRows&) = delete;

  // Copies the row's values. A row that is rejected already waits to learn whether its parent is missing too.
  // Throws Error (environment) when settings.memory is used up.
  void add(HeldRow row);
  std::size_t size() const { return rows_.size(); }
  // Forgets the rows from `size` on; what they occupy is the caller's to give back.
  void truncate(std::size_t size);
  // Whether a row that may still be written has this key.
  bool holds(std::size_t link, const Key128& key) const { return find(link, key).has_value(); }
  const HeldRow* holder(std::size_t link, const Key128& key) const {
    const auto found = find(link, key);
    return found ? &rows_[*found] : nullptr;
  }

  // ---- once the source is used up. `has_parent` says whether a written row answers a wait.
  using HasParent = std::function<bool(const HeldRow::Wait&)>;
  // Rejects rows whose parents are neither written nor held, and rows that refer to those.
  void settle(const HasParent& has_parent);
  // The rows to write: parents first, else in source order. A unit of several rows is a ring.
  std::vector<std::vector<std::size_t>> units() const;
  // The held rows that a row comes after.
  std::vector<std::size_t> parents(std::size_t row) const;
  // The database refused a row: it is rejected, and all that refer to it.
  void reject(std::size_t row, Reason reason);
  // Adds to the rejected rows the reasons that are known only now.
  void complete_reasons(const HasParent& has_parent);

  HeldRow& row(std::size_t index) { return rows_[index]; }
  const std::vector<HeldRow>& rows() const { return rows_; }

 private:
  std::optional<std::size_t> find(std::size_t link, const Key128& key) const;
  void take_off(std::size_t row);
  void reject_dependents(std::vector<std::size_t> gone);

  TableState& table_;
  MemoryBudget& budget_;
  std::size_t taken_ = 0;
  Arena arena_;
  std::vector<HeldRow> rows_;
  std::vector<std::unordered_map<Key128, std::size_t, Key128Hash>> by_key_;  // Per link; rows not rejected.
  std::vector<std::vector<std::size_t>> dependents_;                         // Made by settle.
};

}  // namespace etl::run
