// What a run knows while it goes: the keys written so far, table by table.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/ledger/journal.h"
#include "engine/plan/plan.h"
#include "engine/run/key_set.h"
#include "engine/run/row_keys.h"
#include "engine/run/run.h"
#include "engine/writers/writer.h"

namespace etl::run {

// The keys of a table's rows in some of its fields: of rows that were written, and of those that are held.
struct KeyIndex {
  KeyIndex(std::vector<std::size_t> of, bool nulls, KeySpace& space)
      : fields{std::move(of)}, nulls_are_equal{nulls}, keys{space} {}

  std::vector<std::size_t> fields;  // Into TablePlan::fields.
  bool nulls_are_equal = false;
  bool used_by_others = false;  // By later tables: kept when the table is done.
  KeySet keys;
};

struct TableState {
  const plan::TablePlan* plan = nullptr;
  const plan::SourcePlan* source = nullptr;
  writers::Target* target = nullptr;
  converters::RunContext context;

  bool complete = false;
  // Committed by an earlier attempt of this run: not loaded again, but others may refer to its rows.
  bool loaded_before = false;
  // The target may hold rows that the indexes do not know: it had some before, or two tables are written into one.
  bool ask_database = false;
  std::uint64_t rows_before = 0;

  std::vector<std::unique_ptr<KeyIndex>> indexes;
  // Told of every row that is written; null where none is kept.
  std::unique_ptr<ledger::Journal> journal;
  // Source key to target key: of every row where keys cannot be recomputed, else of rows met by `skip` alone.
  std::unique_ptr<KeyMap> ids;

  // The index over these fields, or nullptr.
  KeyIndex* index(const std::vector<std::size_t>& fields, bool nulls_are_equal = false) const;
  // Fields of these target columns in order; nothing when one is not written.
  std::optional<std::vector<std::size_t>> fields_of(const std::vector<std::string>& columns) const;
  // How a field's values are compared.
  KeyColumn key_column(std::size_t field, ColumnPtr column) const;
};

struct RunState {
  RunState(const plan::Plan& of, Connections& ends, const RunOptions& with, KeySpace& shared)
      : plan{of}, connections{ends}, options{with}, space{shared} {}

  const plan::Plan& plan;
  Connections& connections;
  const RunOptions& options;
  KeySpace& space;
  std::vector<TableState> tables;  // As Plan::tables.
  std::vector<std::pair<std::string, Value>> parameters;
  std::uint64_t step = 0;  // The last piece of rows that a journal knows.

  readers::BatchLimits limits() const;
  bool interrupted() const { return options.interrupt != nullptr && options.interrupt->load() != 0; }
};

// "schema"."table", quoted for SQL of both dialects.
std::string quoted_table(const TableState& table);

// Makes the states of all tables, with the indexes that uniqueness and references need.
void prepare_tables(RunState& state);

}  // namespace etl::run
