// ID maps as the ledger keeps them: source keys to target keys that cannot be computed again (docs/ledger.md, `id_map`).
#pragma once

#include <string>
#include <vector>

#include "engine/run/state.h"

namespace etl::run {

struct IdPair {
  std::string source;  // Canonical text; of several columns a compact JSON array of texts.
  std::string target;
};

// The text of one row's source key.
std::string source_key_text(std::span<const ColumnPtr> key, std::size_t row);

// Adds pairs to the ledger of the table's target, in the open transaction.
void keep_ids(RunState& state, const TableState& table, std::span<const IdPair> pairs);
// Fills the table's map from what an earlier attempt of this run kept.
void read_ids(const RunState& state, TableState& table);

}  // namespace etl::run
