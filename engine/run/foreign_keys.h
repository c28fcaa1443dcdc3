// REFERENCES and `exists`: each written row finds its values in the other table.
#pragma once

#include <memory>
#include <vector>

#include "engine/run/finish.h"
#include "engine/run/state.h"

namespace etl::run {

// The values of one foreign key in a batch.
struct ForeignKeyValues {
  std::vector<ColumnPtr> columns;  // Of the types of the target's columns.
  RowKeys keys;
};

class ForeignKeys {
 public:
  ForeignKeys(RunState& state, TableState& table, Finisher& finisher, const Visibility& visibility);

  // Judges all but those that point at the table itself.
  void check(FinishedBatch& batch);

  // The keys that point at the table itself (other than table[key]), for the judge of rows.
  const std::vector<const plan::ForeignKeyPlan*>& to_itself() const { return to_itself_; }
  ForeignKeyValues values(const FinishedBatch& batch, const plan::ForeignKeyPlan& key) const;
  // "users has no row with id '9'".
  static std::string reason(const plan::ForeignKeyPlan& key, const ForeignKeyValues& values, std::size_t row);
  std::uint32_t order(const plan::ForeignKeyPlan& key) const;
  const std::string& field_names(const plan::ForeignKeyPlan& key) const;
  bool hidden(const plan::ForeignKeyPlan& key) const { return visibility_.hides_any(key.fields); }

 private:
  struct Known;
  KeyIndex* index_of(const plan::ForeignKeyPlan& key) const;
  void check(FinishedBatch& batch, const plan::ForeignKeyPlan& key, Known& known);
  // Which rows the indexes of this run do not answer, asked of the database.
  void ask_database(const plan::ForeignKeyPlan& key, const ForeignKeyValues& values, Known& known,
                    std::vector<std::uint32_t>& missing);

  RunState& state_;
  TableState& table_;
  Finisher& finisher_;
  const Visibility& visibility_;
  std::vector<const plan::ForeignKeyPlan*> to_itself_;
  std::vector<std::pair<const plan::ForeignKeyPlan*, std::shared_ptr<Known>>> to_others_;
  std::vector<std::pair<const plan::ForeignKeyPlan*, std::string>> names_;
};

}  // namespace etl::run
