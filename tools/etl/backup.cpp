#include "engine/undo/backup.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>

#include "engine/report/report.h"
#include "engine/undo/restore.h"
#include "tools/etl/commands.h"
#include "tools/etl/compiled.h"
#include "tools/etl/signals.h"

namespace etl::cli {

namespace {

std::string size_text(std::uint64_t bytes) {
  if (bytes < 1'000'000) return fmt::format("{:.1f} kB", static_cast<double>(bytes) / 1e3);
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

// "reports/shop-backup-20251214T090311Z".
std::string default_folder(const plan::Plan& plan, Instant taken) {
  return (std::filesystem::path{plan.settings.reports} / report::folder_name(plan.name + "-backup", taken)).string();
}

void print_tables(const undo::Backup& backup) {
  for (const undo::BackupTarget& target : backup.targets) {
    for (const undo::BackupTable& table : target.tables) {
      fmt::print("  {}: {:<32} {:>10} rows\n", target.connection, table.table, table.rows);
    }
  }
}

}  // namespace

Exit backup_command(const Options& options) {
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, options, Ends::targets, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled) return Exit::bad_mapping;
  const Instant taken = now();
  const std::string folder = options.folder.empty() ? default_folder(compiled->plan, taken) : options.folder;
  const undo::Backup backup = undo::back_up(compiled->plan, folder, taken);
  if (options.verbosity < 0) return Exit::done;
  fmt::print("backup {}\n", backup.folder);
  print_tables(backup);
  fmt::print("  {} rows, {}, read again and compared with their SHA-256\n", backup.rows(), size_text(backup.bytes()));
  fmt::print("  put back with: etl restore {} --from {}\n", options.mapping, backup.folder);
  return Exit::done;
}

Exit restore_command(const Options& options) {
  Diagnostics diagnostics;
  const auto compiled = compile_mapping(options.mapping, options, Ends::none, diagnostics);
  print(diagnostics, stderr, options.verbosity > 0);
  if (!compiled) return Exit::bad_mapping;
  const plan::Plan& plan = compiled->plan;
  const std::string folder =
      options.folder.empty() ? undo::newest_backup(plan.settings.reports, plan.name) : options.folder;
  if (folder.empty()) {
    fmt::print(stderr, "etl: no backup of {} below {}\n  = name its folder with --from\n", plan.name,
               plan.settings.reports);
    return Exit::failed;
  }
  const undo::Backup backup = undo::read_backup(folder);
  if (backup.mapping != plan.name) {
    fmt::print(stderr, "etl: {} is a backup of {}, not of {}\n  = name another folder with --from\n", folder,
               backup.mapping, plan.name);
    return Exit::bad_mapping;
  }
  const auto tables =
      undo::restore(plan, backup, {.only = options.only, .dry_run = options.dry_run, .force = options.force});
  if (options.verbosity < 0) return Exit::done;
  fmt::print("restore {} taken {}{}\n", folder, to_text(backup.taken), options.dry_run ? ", dry run: nothing is kept" : "");
  for (const undo::RestoredTable& table : tables) {
    fmt::print("  {:<32} {:>8} removed {:>8} inserted {:>8} updated {:>10} rows now{}\n", table.table, table.removed,
               table.inserted, table.updated, table.rows,
               table.kept > 0 ? fmt::format(", {} left because others refer to them", table.kept) : "");
  }
  return Exit::done;
}

}  // namespace etl::cli
