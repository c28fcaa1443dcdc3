// Of a table whose rows are updated: which of several rows that the mapping makes was the last to set a row of the target.
#pragma once

#include <cstdint>
#include <optional>

#include "engine/run/key_set.h"

namespace etl::verify {

// Rows come in the same order in both passes: the first one finds the winners, the second one asks who they are.
class Winners {
 public:
  // `newest`: type of the field that decides; nothing: the later row wins.
  Winners(run::KeySpace& space, std::optional<Type> newest) : places_{space, Type::uuid} {
    if (newest) best_.emplace(space, *newest);
  }

  void restart() { row_ = 0; }
  // Counts a row, whether it meets any or not.
  void next() { ++row_; }

  // ---- first pass: the row just counted. `name`: the target's row, `newest`: what decides, or NULL.
  // True when the target's row was not named before.
  bool insert(const run::Key128& name, const Value& newest);
  // False when it is older than the winner so far.
  bool merge(const run::Key128& name, const Value& newest);
  bool knows(const run::Key128& name) { return places_.contains(name); }

  // ---- second pass
  struct Part {
    bool inserted = false;  // It is the row that was inserted,
    bool last = false;      // or the last one that set columns.
  };
  Part part(const run::Key128& name);

 private:
  struct Places {
    std::uint64_t inserted = 0;  // Numbers of rows; 0: the row was there before.
    std::uint64_t last = 0;
  };
  std::optional<Places> find(const run::Key128& name);
  void put(const run::Key128& name, const Places& places);
  void keep_best(const run::Key128& name, const Value& newest);

  std::uint64_t row_ = 0;
  run::KeyMap places_;
  std::optional<run::KeyMap> best_;
};

}  // namespace etl::verify
