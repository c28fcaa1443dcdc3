// Mended rejects, in again: a later run takes rows that an earlier one rejected, with cells that somebody corrected.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/run/finish.h"
#include "engine/run/rejects.h"

namespace etl::run {

// Which rows are taken, and what was mended in them.
struct Replay {
  // Source column, and its value as JSON.
  using Cells = std::vector<std::pair<std::string, std::string>>;
  // A source row by its position, without the item of an exploded list.
  struct Row {
    std::set<std::string> items;  // " item 2", or "" for the row as a whole: those that were rejected.
    Cells cells;                  // Empty: as the source has it.
  };
  struct Table {
    std::map<std::string, Row, std::less<>> rows;
  };
  std::map<std::string, Table, std::less<>> tables;  // By name in the mapping.
  Uuid run;                                          // Whose rejects they are.
};

// Reads the mended rows of `table` from a CSV file with the columns `position` and `source`, as rejects/TABLE.csv has
// them, and adds what the run in `folder` rejected in other tables, or in this one, only because a parent was missing.
// Throws Error when the file cannot be read (environment), when a row was not rejected by that run or its JSON is
// broken (validation), and for a table whose rows depend on their neighbours (schema).
Replay read_replay(const plan::Plan& plan, const std::string& folder, const std::string& table,
                   const std::string& mended_file);

// What the run in folder `from` rejected and the replay did not take stays rejected: it is written into the folder `to`
// of the replay, from where a later one takes it. Throws Error (environment).
void keep_others(const plan::Plan& plan, const Replay& replay, const std::string& from, const std::string& to);

// The rows of one table, picked from its source.
class ReplayRows {
 public:
  // All must outlive it.
  ReplayRows(const Replay::Table& wanted, const TableState& table, const RowPrinter& printer,
             const Visibility& visibility);

  // The batch with its mended cells. Throws Error (validation) when two source rows have one position.
  BatchPtr mend(BatchPtr source);
  // Rows that are not taken count as filtered.
  void keep_wanted(FinishedBatch& batch) const;
  // Throws Error (validation) when a wanted row is no longer in the source.
  void check_found() const;

 private:
  // A batch that is being changed, with the columns that are its own by now.
  struct Mended {
    std::shared_ptr<Batch> batch;
    std::vector<std::shared_ptr<Column>> columns;
    Column& column(std::size_t place);
  };
  void mend_row(Mended& mended, std::size_t row, const Replay::Cells& cells) const;

  const Replay::Table& wanted_;
  const TableState& table_;
  const RowPrinter& printer_;
  const Visibility& visibility_;
  std::unordered_map<std::uint64_t, const Replay::Row*> numbers_;  // Of the source rows that are taken.
  std::set<std::string, std::less<>> found_;
};

}  // namespace etl::run
