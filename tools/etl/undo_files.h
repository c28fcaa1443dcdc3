// rollback.sql of a run: one file for each target, beside its report.
#pragma once

#include <string>
#include <vector>

#include "engine/report/report.h"
#include "engine/run/connections.h"
#include "engine/undo/rollback.h"

namespace etl::cli {

// A target that a run of the mapping wrote.
struct UndoTarget {
  std::size_t connection = 0;  // Into the plan's.
  ledger::RunRow run;
};
// The targets of the plan whose ledger has the run: by id or the first characters of one; "": the newest run that is
// not undone, with `ended` the newest that is done. Throws Error (schema) when there is none, with what there is
// instead.
std::vector<UndoTarget> targets_of_run(const plan::Plan& plan, run::Connections& connections, const std::string& id,
                                       bool ended = false);

// The script of a run as a file holds it.
std::string rollback_file(writers::Target& target, const ledger::RunRow& run, const undo::Request& request);

// The same before anything ran: the scripts that would undo the next run, one for each target. PostgreSQL's take the
// newest run of the mapping; SQLite's need the run's id and number in place of RUN and NUMBER. From the live tables, or
// the DDL.
std::string planned_rollback(const plan::Plan& plan);

// Writes the files of a run that kept something and notes them in the report. What cannot be written is a warning: the
// rows are kept already.
void write_rollback(const plan::Plan& plan, run::Connections& connections, report::Report& report);

}  // namespace etl::cli
