// What a run's journal says of single rows, by the hash of their keys.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/ledger/ledger.h"
#include "engine/run/key_set.h"
#include "engine/verify/row_form.h"

namespace etl::verify {

// What a run did to a row, and the mark that the row bears since: xmin on PostgreSQL, a hash of the row on SQLite.
struct Trace {
  enum class Action : std::uint8_t { inserted, updated, met };
  Action action = Action::inserted;
  std::uint64_t mark = 0;  // 0: not known.
};

class JournalKeys {
 public:
  explicit JournalKeys(run::KeySpace& space) : traces_{space, Type::uuid} {}

  // Reads the keys of a table that `wanted` takes. A later action on a row stands over an earlier one.
  void load(stores::SqlSession& session, const ledger::TableRow& table, RowForm& rows,
            const std::function<bool(const run::Key128&)>& wanted);
  std::optional<Trace> find(const run::Key128& key);

  // Every key that the run met and left alone, as texts of the key's columns; with `written` also those of the rows that
  // it inserted or updated. A key may come several times.
  static void for_each(stores::SqlSession& session, const ledger::TableRow& table, bool written,
                       const std::function<void(std::span<const std::string> texts, bool met)>& use);

 private:
  void put(const run::Key128& key, const Trace& trace);

  run::KeyMap traces_;
};

}  // namespace etl::verify
