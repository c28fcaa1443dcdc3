#include "engine/stores/sqlite.h"

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/stores/sql_text.h"
#include "engine/stores/sqlite_copy.h"
#include "engine/stores/sqlite_functions.h"
#include "engine/stores/transient.h"

namespace etl::stores {

namespace fs = std::filesystem;

namespace {

constexpr int kBusyTimeoutMs = 5'000;
constexpr int kExactDigits = 15;  // Decimal digits that a double always keeps.

std::string place_of(const ConnectionInfo& info) { return fmt::format("{} ({})", info.name, info.path); }

// Mappings may not read or write files that they do not declare: ATTACH and VACUUM INTO are refused, the ATTACH of
// '' that a plain VACUUM does is not.
int forbid_attach(void*, int action, const char* file, const char*, const char*, const char*) {
  const bool names_file = action == SQLITE_ATTACH && file != nullptr && *file != '\0';
  return names_file ? SQLITE_DENY : SQLITE_OK;
}

struct Complaint {
  Error::Kind kind;
  std::string_view clause;
  std::string_view remedy;
};

Complaint complaint_of(int code, Error::Kind otherwise) {
  using Kind = Error::Kind;
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {Kind::connection, "is locked by another connection",
              "close the program that uses it; a mapping that reads and writes one database needs PRAGMA journal_mode "
              "= WAL"};
    case SQLITE_NOTADB:
      return {Kind::connection, "is not a SQLite database", "check the path, or whether the file is encrypted"};
    case SQLITE_CORRUPT:
      return {Kind::connection, "is damaged", "run PRAGMA integrity_check, or restore it from a backup"};
    case SQLITE_CANTOPEN:
      return {Kind::connection, "cannot be opened", "check the path and the permissions"};
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return {Kind::connection, "cannot be written", "check the permissions of the file and its folder"};
    case SQLITE_FULL:
      return {Kind::insertion, "cannot grow: the disk is full", "free some space, then run again"};
    case SQLITE_IOERR:
      return {Kind::environment, "cannot be read or written", "check the disk, then run again"};
    case SQLITE_NOMEM:
      return {Kind::environment, "needs more memory than there is", "make batches smaller"};
    case SQLITE_AUTH:
      return {Kind::schema, "refused to attach another file", "declare a connection for it"};
    case SQLITE_ERROR:
      return {Kind::schema, "refused the SQL", ""};
    default:
      return {otherwise, "failed", ""};
  }
}

// SQLite's own words name tables, columns and SQL, never values; they are kept where they say more than the clause.
bool words_help(int code) {
  const int primary = code & 0xff;
  return primary == SQLITE_ERROR || primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_MISUSE ||
         primary == SQLITE_SCHEMA || primary == SQLITE_RANGE;
}

void check_readable(const ConnectionInfo& info) {
  std::error_code ignored;
  const fs::file_status status = fs::status(info.path, ignored);
  const std::string place = place_of(info);
  if (status.type() == fs::file_type::directory) {
    throw Error{Error::Kind::connection, place + " is a folder, not a database", "name the database file"};
  }
  if (status.type() == fs::file_type::not_found) {
    throw Error{Error::Kind::connection, place + " does not exist", "check the url of the connection"};
  }
  errno = 0;
  if (!std::ifstream{info.path, std::ios::binary}) {
    throw Error{Error::Kind::connection, fmt::format("{} cannot be read: {}", place, std::strerror(errno)),
                "check the permissions of the file"};
  }
}

}  // namespace

void throw_sqlite_error(sqlite3* database, const std::string& place, std::string_view what, Error::Kind otherwise) {
  const int code = sqlite3_extended_errcode(database);
  const Complaint complaint = complaint_of(code, otherwise);
  std::string message = what.empty() ? fmt::format("{} {}", place, complaint.clause)
                                     : fmt::format("{}: {}: it {}", place, what, complaint.clause);
  if (words_help(code)) message += fmt::format(": {}", sqlite3_errmsg(database));
  if ((code & 0xff) == SQLITE_BUSY) throw TransientError{complaint.kind, message, std::string{complaint.remedy}};
  throw Error{complaint.kind, message, std::string{complaint.remedy}};
}

SqliteStatement::SqliteStatement(SqliteStatement&& other) noexcept
    : statement_{std::exchange(other.statement_, nullptr)} {}

SqliteStatement& SqliteStatement::operator=(SqliteStatement&& other) noexcept {
  std::swap(statement_, other.statement_);
  return *this;
}

SqliteStatement::~SqliteStatement() { sqlite3_finalize(statement_); }

void bind_value(sqlite3_stmt* statement, int index, const Value& value) {
  const auto* decimal = std::get_if<Decimal>(&value);
  if (is_null(value)) {
    sqlite3_bind_null(statement, index);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    sqlite3_bind_int(statement, index, *flag ? 1 : 0);
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    sqlite3_bind_int64(statement, index, *number);
  } else if (const auto* real = std::get_if<double>(&value)) {
    sqlite3_bind_double(statement, index, *real);
  } else if (decimal != nullptr && to_integer(*decimal)) {
    sqlite3_bind_int64(statement, index, *to_integer(*decimal));
  } else if (decimal != nullptr && integer_digits(*decimal) + fraction_digits(*decimal) <= kExactDigits) {
    sqlite3_bind_double(statement, index, to_double(*decimal));
  } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
    sqlite3_bind_blob64(statement, index, bytes->view.data(), bytes->view.size(), SQLITE_TRANSIENT);
  } else {
    const std::string text = to_text(value);
    sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
}

void bind_parameters(const SqliteDatabase& database, sqlite3_stmt* statement,
                     std::span<const std::pair<std::string, Value>> parameters) {
  for (int index = 1; index <= sqlite3_bind_parameter_count(statement); ++index) {
    const char* name = sqlite3_bind_parameter_name(statement, index);
    const std::string_view wanted = name == nullptr ? std::string_view{} : std::string_view{name}.substr(1);
    const auto given = std::ranges::find(parameters, wanted, &std::pair<std::string, Value>::first);
    if (given == parameters.end()) {
      throw Error{Error::Kind::schema,
                  fmt::format("{}: the SQL uses ${}, which is no parameter", database.place(), wanted),
                  "declare it under params:"};
    }
    bind_value(statement, index, given->second);
  }
}

SqliteDatabase::SqliteDatabase(SqliteDatabase&&) noexcept = default;
SqliteDatabase& SqliteDatabase::operator=(SqliteDatabase&&) noexcept = default;
SqliteDatabase::~SqliteDatabase() = default;

SqliteDatabase SqliteDatabase::open_source(const ConnectionInfo& info) {
  check_readable(info);
  SqliteDatabase source;
  source.place_ = place_of(info);
  source.open(info.path, SQLITE_OPEN_READONLY);
  try {
    source.begin_snapshot();
  } catch (const Error&) {
    const int code = sqlite3_errcode(source.handle()) & 0xff;
    const bool cannot_share = code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
    if (!cannot_share || !is_wal_database(info.path)) throw;
    source.database_.reset();
    const PrivateCopy copy = copy_wal_database(info.path, source.place_);
    source.private_copy_ = copy.folder;
    source.open(copy.file, SQLITE_OPEN_READWRITE);
    source.begin_snapshot();
  }
  source.execute("PRAGMA query_only = ON");
  return source;
}

SqliteDatabase SqliteDatabase::open_for_writing(const ConnectionInfo& info, const std::string& file) {
  SqliteDatabase target;
  target.place_ = place_of(info);
  target.open(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  target.execute("PRAGMA schema_version");  // The first look into the file.
  // SQLite opens a file that it may not write read-only, without a word.
  if (sqlite3_db_readonly(target.handle(), "main") == 1) {
    throw Error{Error::Kind::connection, target.place_ + " cannot be written",
                "check the permissions of the file and its folder"};
  }
  return target;
}

// One thread at a time uses a connection, so that it needs no lock of its own: locks were a seventh of a load.
void SqliteDatabase::open(const std::string& file, int flags) {
  try {
    database_ = std::make_unique<SQLite::Database>(file, flags | SQLITE_OPEN_NOMUTEX, kBusyTimeoutMs);
  } catch (const SQLite::Exception& error) {
    const Complaint complaint = complaint_of(error.getErrorCode(), Error::Kind::connection);
    throw Error{complaint.kind, fmt::format("{} {}", place_, complaint.clause), std::string{complaint.remedy}};
  }
  sqlite3_extended_result_codes(handle(), 1);
  sqlite3_set_authorizer(handle(), forbid_attach, nullptr);
  add_functions(handle());
}

void SqliteDatabase::attach(const std::string& file, const std::string& name) {
  sqlite3_set_authorizer(handle(), nullptr, nullptr);
  try {
    execute(fmt::format("ATTACH {} AS {}", quote_literal(file), quote_identifier(name)));
  } catch (...) {
    sqlite3_set_authorizer(handle(), forbid_attach, nullptr);
    throw;
  }
  sqlite3_set_authorizer(handle(), forbid_attach, nullptr);
}

// A transaction gets its snapshot with its first read, not with BEGIN.
void SqliteDatabase::begin_snapshot() {
  execute("BEGIN");
  execute("SELECT count(*) FROM sqlite_master");
}

sqlite3* SqliteDatabase::handle() const { return database_->getHandle(); }

void SqliteDatabase::close() { database_.reset(); }

void SqliteDatabase::execute(const std::string& sql) {
  if (sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw_sqlite_error(handle(), place_, "", Error::Kind::connection);
  }
}

SqliteStatement SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const char* tail = nullptr;
  if (sqlite3_prepare_v2(handle(), sql.data(), static_cast<int>(sql.size()), &statement, &tail) != SQLITE_OK) {
    throw_sqlite_error(handle(), place_, "", Error::Kind::schema);
  }
  SqliteStatement prepared{statement};
  const std::string_view rest{tail, static_cast<std::size_t>(sql.data() + sql.size() - tail)};
  if (statement == nullptr) {
    throw Error{Error::Kind::schema, place_ + ": the SQL holds no statement", "write one SELECT"};
  }
  sqlite3_stmt* second = nullptr;
  sqlite3_prepare_v2(handle(), rest.data(), static_cast<int>(rest.size()), &second, nullptr);
  if (SqliteStatement{second}) {
    throw Error{Error::Kind::schema, place_ + ": the SQL holds more than one statement", "write one statement"};
  }
  return prepared;
}

std::int64_t SqliteDatabase::number(const std::string& sql) {
  const SqliteStatement statement = prepare(sql);
  const int code = sqlite3_step(statement.handle());
  if (code != SQLITE_ROW && code != SQLITE_DONE) throw_sqlite_error(handle(), place_, "", Error::Kind::connection);
  return code == SQLITE_ROW ? sqlite3_column_int64(statement.handle(), 0) : 0;
}

}  // namespace etl::stores
