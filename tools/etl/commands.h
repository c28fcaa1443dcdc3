// The commands, one function each. They print data on stdout and everything else on stderr.
#pragma once

#include "tools/etl/exit.h"
#include "tools/etl/options.h"

namespace etl::cli {

Exit run_command(const Options& options);
Exit lint_command(const Options& options);
Exit plan_command(const Options& options);
Exit init_command(const Options& options);
Exit preview_command(const Options& options);
Exit rollback_command(const Options& options);
Exit verify_command(const Options& options);
Exit test_command(const Options& options);
Exit replay_command(const Options& options);
Exit backup_command(const Options& options);
Exit restore_command(const Options& options);
Exit runs_command(const Options& options);
Exit show_command(const Options& options);
Exit schema_command(const Options& options);
Exit docs_command(const Options& options);

}  // namespace etl::cli
