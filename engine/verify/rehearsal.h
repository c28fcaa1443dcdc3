// The run's own pipeline over the run's own source, into comparisons instead of tables.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "engine/converters/password.h"
#include "engine/ledger/ledger.h"
#include "engine/run/key_set.h"
#include "engine/run/run.h"
#include "engine/verify/expected_target.h"
#include "engine/verify/recomputable.h"

namespace etl::verify {

// Which run's rows are made again.
struct Occasion {
  Instant started;
  std::optional<Uuid> run;
  const std::atomic<int>* interrupt = nullptr;
  std::optional<std::size_t> batch;
};

class Rehearsal : public run::Connections, public run::Recall {
 public:
  // `checks`: by Plan::tables, null where a table is not compared. All must outlive it.
  Rehearsal(const plan::Plan& plan, run::Connections& live, run::KeySpace& space,
            const std::vector<std::unique_ptr<TableCheck>>& checks,
            const std::vector<std::vector<FieldOrigin>>& origins, Occasion occasion);

  // One pass over all tables. Throws Error.
  void pass();
  // Rows that the last pass rejected, by Plan::tables.
  std::uint64_t rejected(std::size_t table) const;
  // Fields of which the mapping gave NULL and the database a value, in the passes so far.
  const std::set<std::pair<std::size_t, std::size_t>>& filled() const { return filled_; }

  readers::Source& source(std::size_t connection) override { return live_.source(connection); }
  writers::Target& target(std::size_t connection) override;

  std::shared_ptr<converters::PasswordSeals> seals() override { return seals_; }
  bool knows(const plan::TablePlan& table) override;
  void recall(const plan::TablePlan& table, std::span<const ColumnPtr> source_keys, Arena& arena,
              std::vector<ColumnPtr>& columns) override;

 private:
  std::optional<std::size_t> next_table() const;
  void end_table();
  std::size_t index_of(const plan::TablePlan& table) const;
  void recall_keys(std::size_t table, std::size_t field, std::span<const ColumnPtr> source_keys, Arena& arena,
                   std::vector<ColumnPtr>& columns);
  void recall_passwords(std::size_t table, std::size_t field, Arena& arena, std::vector<ColumnPtr>& columns);
  run::KeyMap& id_map(std::size_t table);

  const plan::Plan& plan_;
  run::Connections& live_;
  run::KeySpace& space_;
  const std::vector<std::unique_ptr<TableCheck>>& checks_;
  const std::vector<std::vector<FieldOrigin>>& origins_;
  Occasion occasion_;
  std::map<std::size_t, std::unique_ptr<ExpectedTarget>> targets_;
  std::map<std::size_t, std::unique_ptr<run::KeyMap>> id_maps_;
  std::shared_ptr<converters::PasswordSeals> seals_ = std::make_shared<converters::PasswordSeals>();
  std::set<std::pair<std::size_t, std::size_t>> filled_;
  std::map<std::string, std::uint64_t> rejected_;  // By the table's name.
  std::optional<std::size_t> current_;  // Into Plan::tables: what is being made.
};

// Whether the run's ledger maps source keys of the table to target keys.
bool has_id_map(stores::SqlSession& session, const Uuid& run, const std::string& table);

}  // namespace etl::verify
