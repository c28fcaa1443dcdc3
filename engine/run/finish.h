// From source rows to finished target columns: where, fields, defaults, rules, sentences (language.md, 8.1).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/rules/rule.h"
#include "engine/run/explode.h"
#include "engine/run/references.h"
#include "engine/run/rejects.h"
#include "engine/run/row_numbers.h"
#include "engine/run/state.h"

namespace etl::run {

// The first row that an `abort` stops at.
struct Abort {
  std::uint32_t row = 0;
  std::uint32_t order = 0;
  report::Stop stop;
};

// A field that is exactly table[key] of its own table: the source keys of the parents.
struct SelfReference {
  std::size_t field = 0;
  std::vector<ColumnPtr> keys;
};

struct FinishedBatch {
  BatchPtr source;
  std::shared_ptr<Arena> arena = std::make_shared<Arena>();
  std::size_t rows = 0;
  Bitmap active;  // Rows that `where` took, rejected ones included.
  std::size_t filtered = 0;
  std::vector<ColumnPtr> columns;  // Of TablePlan::fields; a self-reference is NULL until it is resolved.
  std::vector<SelfReference> self_references;
  std::vector<Bitmap> failed;   // Per field: rows whose value could not be made. Size 0: none.
  std::vector<Reason> reasons;  // Not in order.
  Bitmap rejected;              // Rows with a reason.
  bool any_rejected = false;
  std::optional<Abort> abort;

  bool has_failed(std::size_t field, std::size_t row) const {
    return failed[field].size() != 0 && failed[field].test(row);
  }
  void reject(Reason reason) {
    rejected.set(reason.row);
    any_rejected = true;
    reasons.push_back(std::move(reason));
  }
  void stop_at(std::uint32_t row, std::uint32_t order, report::Stop stop);
};

class Groups;

class Finisher {
 public:
  // All must outlive it.
  Finisher(RunState& state, TableState& table, RunReferences& references, writers::TableWriter& writer,
           const Visibility& visibility, const RowPrinter& printer, report::Table& report);

  // Rows, or groups, to finished target rows.
  FinishedBatch finish(ShapedBatch batch);
  // Rows to groups. What is left in the result are the rows that belong to no group: rejected ones.
  FinishedBatch collect(ShapedBatch batch, Groups& groups);

  // A rule or foreign key was broken: rejects, counts or stops, as its effect says.
  void judge(FinishedBatch& batch, plan::Effect effect, Reason reason, const std::string& text);

 private:
  struct Work;
  Work begin(ShapedBatch batch);
  void reject_broken(Work& work, std::vector<Reason> reasons);
  void take_rows(Work& work);
  void number_rows(Work& work);
  void number_groups(Work& work);
  void finish_field(Work& work, std::size_t field);
  void finish_self_reference(Work& work, std::size_t field);
  void fail(Work& work, std::size_t field, const Failures& failures);
  void fill_defaults(Work& work, std::size_t field);
  void fill_by_database(Work& work, std::size_t field);
  void check_field(Work& work, std::size_t field);
  void check_required(Work& work, std::size_t field);
  void check_rules(Work& work, std::size_t field);
  static std::vector<plan::Evaluated> finished_frame(const FinishedBatch& batch);
  void check_sentences(Work& work);
  void check_sentence(FinishedBatch& batch, const plan::SentencePlan& sentence, const plan::Evaluated& truth,
                      std::uint32_t order);
  void count_tries(Work& work);
  Value fallback(const plan::FieldPlan& field);
  ColumnPtr make_defaults(std::size_t field, std::size_t count, Arena& arena);
  void warn(const FinishedBatch& batch, const Reason& reason, const std::string& text);

  RunState& state_;
  TableState& table_;
  RunReferences& references_;
  writers::TableWriter& writer_;
  const Visibility& visibility_;
  const RowPrinter& printer_;
  report::Table& report_;
  rules::Present present_;
  std::vector<std::string> column_names_;
  std::vector<RowNumbers> numbers_before_where_;
  std::vector<RowNumbers> numbers_;
  std::map<std::size_t, RowNumbers> group_numbers_;  // By their place among the group's values.
  std::map<std::size_t, std::int64_t> counters_;  // Dry run: the last key made for a field.
};

}  // namespace etl::run
