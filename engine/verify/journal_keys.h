// What a run's journal says of single rows, by the hash of their keys.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

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
  explicit JournalKeys(run::KeySpace& space);
  ~JournalKeys();

  // Reads the keys of a table that `wanted` takes. A later action on a row stands over an earlier one.
  void load(stores::SqlSession& session, const ledger::TableRow& table, RowForm& rows,
            const std::function<bool(const run::Key128&)>& wanted);
  // Instead of load(), of a table whose rows were never updated: find() reads on as it is asked. As long as it is asked
  // about rows in the order in which the run wrote them, it holds few of them; else it takes up all. All must outlive
  // it.
  void follow(stores::SqlSession& session, const ledger::TableRow& table, RowForm& rows);
  std::optional<Trace> find(const run::Key128& key);
  // Which of these keys are known at once to be of rows that the run inserted; of the others find() tells.
  std::vector<bool> inserted(std::span<const run::Key128> keys);

  // Every key that the run met and left alone, as texts of the key's columns; with `written` also those of the rows
  // that it inserted or updated. A key may come several times.
  static void for_each(stores::SqlSession& session, const ledger::TableRow& table, bool written,
                       const std::function<void(std::span<const std::string> texts, bool met)>& use);

 private:
  class Followed;
  std::optional<Trace> find_held(const run::Key128& key);
  bool read_on();

  run::KeySpace& space_;
  std::unique_ptr<run::KeyMap> traces_;
  std::unique_ptr<run::KeyMap> earlier_;  // What was read before `traces_`.
  std::unique_ptr<Followed> followed_;
};

}  // namespace etl::verify
