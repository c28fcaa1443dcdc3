// What must hold once all rows are written, before the commit.
#pragma once

#include "engine/report/report.h"
#include "engine/run/state.h"

namespace etl::run {

// Before every commit of the table: sequences whose values the mapping brings itself are raised to the highest one, so
// that whoever inserts next gets a key that is free.
void advance_sequences(const TableState& table);

// Raises sequences, then the database's own constraints, the row counts, and the mapping's check and warn SQL.
// Each stands in the report; throws Error (validation, insertion) after the last one when one failed.
void check_everything(RunState& state, report::Report& report);

// Asks the targets to prepare every check: a wrong name fails before the first row is read.
void prepare_sql(RunState& state);

}  // namespace etl::run
