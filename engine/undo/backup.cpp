#include "engine/undo/backup.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "engine/base/error.h"
#include "engine/schema/live.h"
#include "engine/stores/postgres_stream.h"
#include "engine/stores/sql_text.h"
#include "engine/stores/sqlite.h"
#include "engine/stores/sqlite_backup.h"
#include "engine/undo/backup_files.h"

namespace etl::undo {

namespace fs = std::filesystem;

namespace {

// What the mapping writes there; two of its tables may write one.
std::vector<const schema::Table*> tables_of(const plan::Plan& plan, std::size_t connection) {
  std::vector<const schema::Table*> tables;
  for (const plan::TablePlan& table : plan.tables) {
    if (!table.selected || table.connection != connection || table.target == nullptr) continue;
    tables.push_back(table.target);
  }
  return tables;
}

// The same as the target has them: each once, in the order of their names. Views hold no rows of their own.
std::vector<const schema::Table*> live_tables(const schema::Catalog& catalog,
                                              const std::vector<const schema::Table*>& planned) {
  std::map<std::string, const schema::Table*> tables;
  for (const schema::Table* table : planned) {
    const schema::Table* live = catalog.table(*table);
    if (live != nullptr && !live->is_view) tables[stores::quote_table(*live)] = live;
  }
  std::vector<const schema::Table*> out;
  for (const auto& [name, table] : tables) out.push_back(table);
  return out;
}

std::vector<std::string> kept_columns(const schema::Table& table) {
  std::vector<std::string> names;
  for (const schema::Column& column : table.columns) {
    if (!column.generated) names.push_back(column.name);
  }
  return names;
}

// A file name that says which table it holds, and that cannot lead out of the folder.
std::string file_name(const std::string& connection, const schema::Table& table, std::size_t number) {
  std::string name = fmt::format("{}-{:03}-{}", connection, number, table.name);
  for (char& c : name) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!plain) c = '_';
  }
  return name + ".copy";
}

class Copier {
 public:
  Copier(const plan::Plan& plan, Backup& backup) : plan_{plan}, backup_{backup} {}

  void copy(std::size_t connection) {
    const stores::ConnectionInfo& info = plan_.connections[connection].info;
    const auto planned = tables_of(plan_, connection);
    if (planned.empty()) return;
    if (info.kind == stores::Kind::postgresql) copy_postgres(info, planned);
    if (info.kind == stores::Kind::sqlite) copy_sqlite(info, planned);
  }

 private:
  void copy_postgres(const stores::ConnectionInfo& info, const std::vector<const schema::Table*>& planned) {
    stores::PostgresConnection connection{info};
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    const schema::Catalog catalog = stores::live_catalog(connection);
    BackupTarget target{.connection = info.name, .dialect = schema::Dialect::postgresql, .tables = {}};
    for (const schema::Table* table : live_tables(catalog, planned)) {
      target.tables.push_back(copy_table(connection, *table, file_name(info.name, *table, target.tables.size() + 1)));
    }
    connection.execute("COMMIT");
    backup_.targets.push_back(std::move(target));
  }

  BackupTable copy_table(stores::PostgresConnection& connection, const schema::Table& table, const std::string& file) {
    BackupTable entry{stores::quote_table(table), kept_columns(table), file, 0};
    PrivateFile out{backup_.folder + "/" + file};
    Sha256 sum;
    std::uint64_t bytes = 0;
    entry.rows = stores::copy_out(
        connection, fmt::format("COPY (SELECT {} FROM {}) TO STDOUT", stores::quote_list(entry.columns), entry.table),
        [&](std::string_view line) {
          out.write(line);
          sum.add(line);
          bytes += line.size();
        });
    out.close();
    backup_.files.push_back({file, bytes, sum.hex()});
    return entry;
  }

  void copy_sqlite(const stores::ConnectionInfo& info, const std::vector<const schema::Table*>& planned) {
    if (info.path == ":memory:" || !fs::exists(info.path)) return;
    const std::string file = info.name + ".db";
    const std::string path = backup_.folder + "/" + file;
    stores::back_up_sqlite(info, path);
    ::chmod(path.c_str(), 0600);
    stores::ConnectionInfo copy = info;
    copy.path = path;
    stores::SqliteDatabase database = stores::SqliteDatabase::open_source(copy);
    const schema::Catalog catalog = schema::read_live_sqlite(database.handle());
    BackupTarget target{.connection = info.name, .dialect = schema::Dialect::sqlite, .tables = {}};
    for (const schema::Table* table : live_tables(catalog, planned)) {
      const std::string quoted = stores::quote_table(*table);
      const auto rows = static_cast<std::uint64_t>(database.number("SELECT count(*) FROM " + quoted));
      target.tables.push_back({quoted, kept_columns(*table), file, rows});
    }
    backup_.targets.push_back(std::move(target));
    backup_.files.push_back(sum_of(backup_.folder, file));
  }

  const plan::Plan& plan_;
  Backup& backup_;
};

}  // namespace

std::uint64_t Backup::rows() const {
  std::uint64_t rows = 0;
  for (const BackupTarget& target : targets) {
    for (const BackupTable& table : target.tables) rows += table.rows;
  }
  return rows;
}

std::uint64_t Backup::bytes() const {
  std::uint64_t bytes = 0;
  for (const BackupFile& file : files) bytes += file.bytes;
  return bytes;
}

Backup back_up(const plan::Plan& plan, const std::string& folder, Instant taken) {
  make_private_folder(folder);
  Backup backup{.folder = folder, .mapping = plan.name, .taken = taken, .targets = {}, .files = {}};
  Copier copier{plan, backup};
  for (std::size_t i = 0; i < plan.connections.size(); ++i) {
    if (plan.connections[i].is_target) copier.copy(i);
  }
  check_backup(backup);
  write_manifest(backup);
  return backup;
}

void check_backup(const Backup& backup) {
  for (const BackupFile& file : backup.files) {
    const BackupFile found = sum_of(backup.folder, file.name);
    if (found.bytes == file.bytes && found.sha256 == file.sha256) continue;
    throw Error{Error::Kind::validation,
                fmt::format("{}/{} is not what was written: {} bytes with SHA-256 {}..., not {} with {}...", backup.folder,
                            file.name, found.bytes, found.sha256.substr(0, 12), file.bytes, file.sha256.substr(0, 12)),
                "do not use this backup: look for another one, and check the disk"};
  }
}

std::string newest_backup(const std::string& reports, std::string_view mapping) {
  std::string newest;
  Instant taken{};
  std::error_code failed;
  const auto consider = [&](const fs::path& folder) {
    if (!fs::exists(folder / "manifest.json")) return;
    const Backup backup = read_backup(folder.string());
    if (backup.mapping != mapping || (!newest.empty() && backup.taken.micros <= taken.micros)) return;
    newest = folder.string();
    taken = backup.taken;
  };
  for (const auto& entry : fs::directory_iterator{reports.empty() ? "." : reports, failed}) {
    if (!entry.is_directory()) continue;
    consider(entry.path());
    consider(entry.path() / "backup");
  }
  return newest;
}

bool may_change_rows(const plan::Plan& plan) {
  return std::ranges::any_of(plan.tables, [](const plan::TablePlan& table) {
    const bool updates =
        table.on_conflict == spec::OnConflict::update || table.on_conflict == spec::OnConflict::newest;
    return table.selected && (updates || table.replace);
  });
}

}  // namespace etl::undo
