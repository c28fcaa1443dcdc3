// How rows of one table are compared: which columns, in which forms, and by which key.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/plan/plan.h"
#include "engine/run/spill.h"
#include "engine/verify/cells.h"
#include "engine/verify/key_forms.h"
#include "engine/writers/writer.h"

namespace etl::verify {

class RowForm {
 public:
  // `fields`: those that are compared, `key`: target columns, each of which is a field; both indexes into
  // TablePlan::fields. Without a key rows are known by all that is compared. `live` is the table as the target has it,
  // `declared` the PostgreSQL table that a SQLite one was rendered from, or null.
  RowForm(const plan::TablePlan& plan, const schema::Table& live, const schema::Table* declared,
          schema::Dialect dialect, std::vector<std::size_t> fields, std::vector<std::size_t> key);

  const std::vector<std::size_t>& fields() const { return fields_; }
  const std::vector<std::size_t>& key() const { return key_; }
  bool has_key() const { return !key_.empty(); }
  // The columns to select of `t`, in the order that the functions below know.
  const std::vector<std::string>& selects() const { return selects_; }
  std::string select_list() const;

  // ---- rows that the mapping makes
  void use(std::span<const ColumnPtr> columns, stores::SqlSession& session);
  // Rows that are known by another key than the one they are made with: that of the row they met.
  void use(std::span<const ColumnPtr> columns, std::span<const ColumnPtr> keys, stores::SqlSession& session);
  // Appends the compared cells, each behind its length.
  void expected_row(std::uint32_t row, std::string& out);
  bool expected_cell(std::size_t place, std::uint32_t row, std::string& out);
  run::Key128 expected_key(std::uint32_t row, std::string_view row_bytes);
  std::string expected_key_text(std::uint32_t row);
  // The key of a row that is given as values of the key's columns alone.
  run::Key128 key_of(std::span<const ColumnPtr> values, std::uint32_t row, stores::SqlSession& session);
  // For the SQL that looks for the row: a literal of the key's column `part`.
  void key_literal(std::size_t part, std::uint32_t row, std::string& out) { keys_[part].form->literal(row, out); }
  std::string of_wanted(std::size_t part, const std::string& name) const { return keys_[part].form->of_wanted(name); }

  // ---- rows of the target, as selects() gives them
  void found_row(std::span<const stores::RawCell> cells, std::string& out);
  bool found_cell(std::size_t place, std::span<const stores::RawCell> cells, std::string& out);
  run::Key128 found_key(std::span<const stores::RawCell> cells, std::string_view row_bytes);
  std::string found_key_text(std::span<const stores::RawCell> cells);

  // ---- keys of the journal, a text for each column
  run::Key128 journaled_key(std::span<const std::string> texts);
  std::string journaled_key_text(std::span<const std::string> texts);

  const std::string& name(std::size_t place) const { return plan_.fields[fields_[place]].name; }
  const plan::FieldPlan& field(std::size_t place) const { return plan_.fields[fields_[place]]; }
  const plan::FieldPlan& key_field(std::size_t part) const { return plan_.fields[key_[part]]; }

 private:
  struct Compared {
    std::unique_ptr<CellForm> form;
    std::size_t cell = 0;  // Into selects().
    const Column* values = nullptr;
  };
  struct Keyed {
    std::unique_ptr<KeyForm> form;
    std::size_t cell = 0;
    const Column* values = nullptr;
  };
  std::size_t select(const std::string& expression);
  template <class Append>
  run::Key128 hash_parts(Append append);
  template <class Append>
  std::string print_parts(Append append) const;

  const plan::TablePlan& plan_;
  std::vector<std::size_t> fields_;
  std::vector<std::size_t> key_;
  std::vector<std::string> selects_;
  std::vector<Compared> compared_;
  std::vector<Keyed> keys_;
  std::string scratch_;
  std::string part_;
};

// 128 bits of a row's bytes (XXH3).
run::Key128 hash_of(std::string_view bytes);

}  // namespace etl::verify
