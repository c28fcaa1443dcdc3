#include "engine/stores/sqlite_backup.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "engine/stores/sqlite.h"

namespace etl::stores {

void back_up_sqlite(const ConnectionInfo& info, const std::string& file) {
  const SqliteDatabase from = SqliteDatabase::open_source(info);
  ConnectionInfo copy = info;
  copy.path = file;
  SqliteDatabase to = SqliteDatabase::open_for_writing(copy, file);
  sqlite3_backup* backup = sqlite3_backup_init(to.handle(), "main", from.handle(), "main");
  const int code = backup == nullptr ? SQLITE_ERROR : sqlite3_backup_step(backup, -1);
  if (backup != nullptr) sqlite3_backup_finish(backup);
  if (code == SQLITE_DONE) return;
  throw Error{Error::Kind::environment,
              fmt::format("{}: the backup {} cannot be written: {}", from.place(), file, sqlite3_errstr(code)),
              "free the disk or mend the permissions of the reports' folder, then run again"};
}

}  // namespace etl::stores
