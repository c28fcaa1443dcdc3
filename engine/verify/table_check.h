// One table's comparison. It is shown the rows that the mapping makes, once or twice, and reads the target itself.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/ledger/ledger.h"
#include "engine/report/verification.h"
#include "engine/run/key_set.h"
#include "engine/verify/buckets.h"
#include "engine/verify/journal_keys.h"
#include "engine/verify/probe.h"
#include "engine/verify/row_form.h"
#include "engine/verify/winners.h"
#include "engine/writers/writer.h"

namespace etl::verify {

enum class Depth : std::uint8_t { counts, sample, full };

// What is known of a table beside its rows.
struct Scope {
  Depth depth = Depth::full;
  std::uint64_t sample = 1'000;           // Rows, of Depth::sample.
  std::string target;                     // Quoted.
  const ledger::TableRow* run = nullptr;  // What the run's ledger says of the table; null: no run is spoken of.
  // Every row of the table is the mapping's: it was created, replaced or empty. What it does not make is extra.
  bool owned = false;
  bool shared = false;  // Several tables of the mapping write it.
  // The first pass may show that the database filled a column, and then counts for nothing: it tells no differences.
  bool tentative = false;
  // The table of which the database itself refused rows, where it matters to this one; "" without. What the run wrote in
  // their place, and what it left out because of them, only its journal knows.
  std::string refused;
  std::string mark;     // See Probe; "" where marks tell nothing.
};

class TableCheck {
 public:
  using Tell = std::function<void(const report::Difference&)>;
  // All must outlive it. `keys`: the key alone by which the journal knows rows, also where the mapping cannot make it
  // again. `tell` hears of every difference.
  TableCheck(const plan::TablePlan& plan, stores::SqlSession& session, RowForm rows, RowForm keys, Scope scope,
             run::KeySpace& space, report::VerifiedTable& report, Tell tell);

  const Scope& scope() const { return scope_; }
  // Whether no row of the target was there before the run, as far as uniqueness is concerned.
  bool was_empty();
  // Whether a row that is in the target was there before the run.
  bool was_there(const run::Key128& key);
  // Which of these keys are known at once to be of rows that the run inserted; of the others was_there() tells.
  std::vector<bool> inserted(std::span<const run::Key128> keys);
  RowForm& rows() { return rows_; }
  RowForm& keys() { return keys_; }
  const plan::TablePlan& plan() const { return plan_; }
  // Rows that meet one of the target update it: they come by meet() instead of expect().
  bool updates() const { return plan_.updates(); }

  // ---- one pass: begin, expect or meet for all rows, end. A second one where `again()` says so, and then conclude.
  void begin();
  void expect(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows);
  // `names`: the keys of the target's rows that these are, one for each of `rows`; NULL where there is none. What an update
  // makes of each row: `missing` is not known any more, and counts as updated.
  std::vector<writers::Met> meet(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows,
                                 std::span<const ColumnPtr> names, bool merged);
  void end();
  // Between the passes: what cannot be told, because rows of this table, or of one that it may refer to, were rejected
  // for reasons that are gone.
  void leave_values();
  void leave_extra_rows(const std::string& doubtful);
  void leave_field(std::size_t field, const std::string& doubtful);
  // Rows of the journal that are gone.
  void conclude();
  bool again() const { return again_; }

 private:
  enum class Way : std::uint8_t {
    count,    // Rows are counted only.
    sums,     // First pass of two: sums by bucket.
    winners,  // First pass of two: which row was the last to set one of the target.
    later,    // First pass of two: nothing yet.
    lookups,  // Rows are looked for by key and compared at once: all, a sample, or those of buckets that differ.
    multiset, // Rows without a key, in buckets that differ.
    done,
  };
  Way first_way();
  std::uint64_t target_rows();
  bool is_suspect(const run::Key128& key) const { return suspects_.empty() || suspects_[Buckets::of(key)]; }

  // A row whose values differ, and in which of the compared columns.
  struct Differing {
    std::uint32_t row = 0;
    report::Difference::Kind kind = report::Difference::Kind::differs;
    std::vector<std::size_t> places;
  };
  // A row that is looked for, and which of its columns the target took from it.
  struct Wanted {
    std::uint32_t row = 0;
    std::optional<Trace> trace;
    enum class Columns : std::uint8_t { all, set, rest } columns = Columns::all;
  };

  void sum(std::span<const std::uint32_t> rows);
  void compare_sums();
  // Of the rows that `where` takes, whose number it gives.
  Buckets target_sums(std::uint64_t& count, const std::string& where);
  bool knows_by_mark() const;
  void look_up(std::span<const std::uint32_t> rows);
  // Which of them the target holds.
  std::vector<bool> compare(std::span<const Wanted> rows);
  bool is_taken(std::size_t place, Wanted::Columns columns) const;
  std::vector<writers::Met> find_winners(const std::vector<bool>& there, bool merged);
  void compare_winners(const std::vector<bool>& there, bool merged);
  std::optional<Type> decisive_type() const;
  bool knows_by_other_key() const;
  bool is_wanted(const run::Key128& key) const;
  std::vector<std::size_t> differing_places(const Wanted& wanted, std::span<const stores::RawCell> cells);
  void name_values(std::span<const Differing> rows);
  void lack(std::uint32_t row);
  void find_extra();
  void count_multiset();
  void take_from_multiset(std::span<const std::uint32_t> rows);
  void find_extra_in_multiset();
  std::unique_ptr<run::KeySet> look_for_journaled();
  void tell_gone(run::KeySet& gone);
  std::string met_key_text(std::uint32_t row) const;
  void compare_counts();
  std::string whole_row(std::uint32_t row) const;
  std::string shown_expected(std::size_t place, std::uint32_t row) const;
  std::string shown_found(std::size_t place, const std::optional<std::string>& text) const;
  void tell(report::Difference difference);

  const plan::TablePlan& plan_;
  stores::SqlSession& session_;
  RowForm rows_;
  RowForm keys_;
  Scope scope_;
  run::KeySpace& space_;
  report::VerifiedTable& report_;
  Tell tell_;
  bool has_traces_;  // The journal knows rows by the key that the mapping makes.
  Probe probe_;

  Way way_ = Way::done;
  bool again_ = false;
  bool first_pass_ = true;
  bool looks_for_extra_ = false;
  std::optional<std::uint64_t> target_rows_;
  std::unique_ptr<Buckets> sums_;
  std::vector<bool> suspects_;  // By bucket; empty: all.
  std::unique_ptr<run::KeySet> seen_;
  std::unique_ptr<run::KeyMap> counts_;  // Of rows without a key, by the hash of the row.
  std::unique_ptr<JournalKeys> journal_;
  bool leaves_values_ = false;
  std::vector<std::size_t> left_fields_;
  std::unique_ptr<Winners> winners_;   // With updates().
  std::unique_ptr<Winners> replayed_;  // Of the second pass, with `newest`: the same outcomes as in the first.
  std::vector<ColumnPtr> met_;         // The rows that are shown last, with updates().
  std::uint64_t not_there_ = 0;       // Rows that the mapping makes and the target lacks, with updates().
  std::uint64_t sample_below_ = 0;
  std::span<const ColumnPtr> columns_;
};

}  // namespace etl::verify
