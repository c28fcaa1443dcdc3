// Decides row by row, in source order: which rows are written, which are not and why. Everything that depends on
// other rows is decided here, so that the answer is the same whatever the size of a batch.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/run/claims.h"
#include "engine/run/finish.h"
#include "engine/run/foreign_keys.h"
#include "engine/run/held_rows.h"
#include "engine/run/references.h"
#include "engine/run/state.h"
#include "engine/run/id_maps.h"

namespace etl::run {

enum class Verdict : std::uint8_t {
  open,  // Not judged yet, or not taken by `where`.
  good,  // To be written, or written.
  merge,  // To be merged with the row that it meets; the writer says what becomes of it.
  updated,
  unchanged,
  rejected,
  skipped,  // on_conflict: skip, or older than the row it met.
  absent,   // on_missing: skip.
  follows,  // The same, but the row it met is held: should that be rejected, so is this one.
  held,     // Waits for its parent.
  late,     // Rejected, and waits to learn whether its parent is missing too.
};

class Judge {
 public:
  Judge(RunState& state, TableState& table, ForeignKeys& foreign_keys, HeldRows& held, const Visibility& visibility,
        const RowPrinter& printer);

  // Where the database may drop or change rows by itself (triggers), no row is judged by a row that is not yet
  // written: `judge` then stops in front of it. Elsewhere rows are judged on trust, and again when that was wrong.
  void be_careful() { careful_ = true; }

  // The next batch. `has_rows`: the target's table holds rows by now.
  void take(FinishedBatch& batch, bool has_rows);
  // Judges rows from `from` on and appends those to be written to `piece`. The row it stopped at.
  std::uint32_t judge(std::uint32_t from, std::vector<std::uint32_t>& piece);
  // The columns to write, with the references of the judged rows to their own table.
  std::vector<ColumnPtr> columns() const;
  // The rows of the piece are in the table: others may be judged by them.
  void piece_is_written();

  // What became of a row to be merged.
  void settle(std::uint32_t row, writers::Met met);
  // The row that it was to meet is gone: what on_missing says. True when it is to be inserted.
  bool settle_missing(std::uint32_t row);
  // The database refused or dropped a row: it is rejected and gives back its keys.
  void take_back(std::uint32_t row, Reason reason);
  // The database found that a row meets another one, which only it could know: the row is skipped, to be merged, or
  // rejected, rule `key`. False when none of the unique keys explains it.
  bool explain_refusal(std::uint32_t row, const writers::Refusal& refusal);
  // Whether later rows of the batch were judged by what this row occupies.
  bool is_depended_on(std::uint32_t row) const;
  // Rows from `from` on are open again.
  void rewind(std::uint32_t from);

  Verdict verdict(std::uint32_t row) const { return verdicts_[row]; }
  const std::vector<Reason>& reasons() const { return reasons_; }
  std::uint64_t skipped() const { return skipped_; }
  // Rows of the batch, written or skipped, whose target key went into the ID map.
  std::vector<IdPair> mapped() const;

  // Whether the row that a held row waits for is in the table.
  bool has_parent(const HeldRow::Wait& wait) const;
  // Sets the references of a held row to the keys that its parents have.
  void resolve(HeldRow& row, Arena& arena) const;

 private:
  // A unique key, and what is known of the batch's values.
  struct Unique {
    const plan::UniquePlan* plan = nullptr;
    std::optional<std::size_t> index = {};  // Into TableState::indexes; empty when only the database can judge.
    std::string names = {};                 // "user_id, channel".
    bool hidden = false;
    bool meets = false;                // Of the key: a conflict skips the row or updates the one it meets.
    bool changes = false;              // Updates may set it: who holds which value stands in `claims`.
    bool may_be_null = false;          // Part of the key, and nothing else rejects NULL.
    std::unique_ptr<KeyMap> met = {};  // With `meets` in a table that is referred to: the target key by this key.
    // Of the batch:
    std::vector<bool> in_database = {};  // Empty: not asked.
    ColumnPtr met_in_database = {};      // The key_field of the rows met there.
    // Where only the database compares: keys in lower case raise the suspicion that two rows of the batch are equal;
    // the earlier one is then written, and the database asked about the later one.
    RowKeys folded = {};
    RowKeys exact = {};
    std::unordered_set<Key128, Key128Hash> written_folded = {};
    std::unordered_map<Key128, Value, Key128Hash> known = {};  // Exact keys that are taken, and whose they are.
    std::size_t number = 0;                                    // Among the table's unique keys.
    RowKeys values = {};                                       // With `changes`: in lower case where `folded` is.
    Claims claims = {};
    std::unordered_set<Key128, Key128Hash> moved = {};         // Values that an update took or gave up.
  };
  // A reference to the table itself: by source key (table[key]) or by REFERENCES.
  struct Link {
    std::size_t field = 0;  // For table[key].
    const plan::ForeignKeyPlan* foreign_key = nullptr;
    std::optional<std::size_t> index = {};  // Where a written parent is found.
    // Of the batch:
    const SelfReference* reference = nullptr;
    ForeignKeyValues values = {};  // For REFERENCES.
    RowKeys parents = {};          // Keys of the parents: source keys, or values.
    RowKeys computed = {};         // For table[key]: the parents' target keys, where they are recomputed.
    std::vector<bool> in_database = {};
  };
  // What was found out about one row before anything is changed.
  struct Finding {
    std::vector<Reason> reasons = {};
    std::vector<HeldRow::Wait> waits = {};
    bool met_row = false;       // The row meets another one in the key.
    bool skipped = false;       // And is therefore left out.
    bool missing = false;       // It meets none, and nothing is to be inserted.
    Value met = {};             // The target key of the row it meets.
    bool met_by_fresh = false;  // Judged by a row that is not yet written.
    bool alone = false;         // What it changes is known only once it is written.
  };

  void add_uniques();
  void add_links();
  std::vector<KeyColumn> key_columns(const std::vector<std::size_t>& fields) const;
  RowKeys index_keys_of(const KeyIndex& index) const;
  void take_source_keys();
  void ask_uniques(bool has_rows);
  void take_names();
  bool has_name(std::uint32_t row) const { return !names_.keys.empty() && names_.has(row); }
  std::vector<KeyColumn> folded(std::vector<KeyColumn> columns) const;
  RowKeys keys_by(const Unique& unique, std::vector<KeyColumn> columns, std::size_t rows) const;
  bool may_be_there(const Unique& unique, std::uint32_t row) const;
  void ask_claims(Unique& unique);
  std::vector<KeyColumn> fetch(const plan::UniquePlan& by, const std::vector<std::uint32_t>& rows,
                               const plan::UniquePlan& wanted) const;
  const Unique* key_unique() const;
  void fold_keys(Unique& unique) const;
  void take_links();

  bool nothing_to_judge() const;
  bool is_in_database(Unique& unique, std::uint32_t row, bool piece_is_empty, Finding& finding);
  bool ask_database(const Unique& unique, std::uint32_t row, Value& met) const;
  void find_conflicts(std::uint32_t row, bool rejected, bool piece_is_empty, Finding& finding);
  bool is_taken(Unique& unique, std::uint32_t row, bool rejected, bool piece_is_empty, Finding& finding);
  void find_missing(std::uint32_t row, Finding& finding);
  void find_change(Unique& unique, std::uint32_t row, bool piece_is_empty, Finding& finding);
  bool is_claimed(Unique& unique, std::uint32_t row, const std::optional<Key128>& self, const Key128& value,
                  bool piece_is_empty, Finding& finding);
  void claim(std::uint32_t row);
  void change(Unique& unique, const Key128& name, const std::optional<Key128>& value);
  void give_back_claims(std::uint32_t row);
  void find_parents(std::uint32_t row, Finding& finding);
  bool find_parent(Link& link, std::size_t number, std::uint32_t row, Finding& finding);
  void commit(std::uint32_t row, bool rejected, Finding finding, std::vector<std::uint32_t>& piece);
  void skip(std::uint32_t row, Finding finding);
  void merge(std::uint32_t row, Finding finding, std::vector<std::uint32_t>& piece);
  void map_to_met(std::uint32_t row, const Value& met);
  void hold(std::uint32_t row, Finding finding, Verdict verdict);
  // Rows that are held are also known by the key that on_conflict speaks of: a link more.
  std::size_t meeting() const { return links_.size(); }
  void occupy(std::uint32_t row);
  void give_back(std::uint32_t row);
  // A row is judged by a key that is taken.
  void meet(std::size_t space, const Key128& key, Finding& finding);
  static Key128 in_space(std::size_t space, const Key128& key) { return {key.low, key.high ^ (space + 1)}; }
  Reason conflict(const Unique& unique, std::uint32_t row, std::string text) const;
  std::string values_text(const Unique& unique, std::uint32_t row) const;
  bool key_is_missing(const Unique& unique, std::uint32_t row) const;
  std::optional<Key128> own_key(std::size_t link, std::uint32_t row) const;

  RunState& state_;
  TableState& table_;
  ForeignKeys& foreign_keys_;
  HeldRows& held_;
  const Visibility& visibility_;
  const RowPrinter& printer_;
  std::vector<Unique> uniques_;
  std::vector<Link> links_;
  bool careful_ = false;
  bool keeps_ids_ = false;  // Every written row goes into the ID map.
  std::uint64_t skipped_ = 0;

  // ---- of the batch
  FinishedBatch* batch_ = nullptr;
  std::vector<RowKeys> index_keys_;  // As TableState::indexes.
  std::optional<RowKeys> source_keys_;
  std::vector<ColumnPtr> source_key_columns_;
  std::vector<Verdict> verdicts_;
  RowKeys names_;         // With updates: how rows of the table are told apart, by their key.
  Bitmap merges_;         // Rows that meet a row, held ones included.
  struct Change {
    std::uint32_t row = 0;
    std::size_t unique = 0;
    std::optional<Key128> old;
  };
  std::vector<Change> changes_;  // Of claims, in row order.
  std::optional<std::uint32_t> alone_;
  Bitmap mapped_;                                                 // Rows whose ID was not in the map before.
  std::vector<Reason> reasons_;                                   // In row order.
  std::vector<std::pair<std::uint32_t, std::size_t>> held_here_;  // Rows of the batch that are held, and their place.
  std::vector<std::shared_ptr<Column>> link_values_;              // Per table[key] link: the parents' keys.
  std::unordered_set<Key128, Key128Hash> met_;                    // Keys by which rows of the batch were judged.
  std::unordered_set<Key128, Key128Hash> fresh_;                  // Keys of the unwritten piece, when careful.
};

}  // namespace etl::run
