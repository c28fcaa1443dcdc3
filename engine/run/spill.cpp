#include "engine/run/spill.h"

#include <fmt/format.h>
#include <sqlite3.h>
#include <xxhash.h>

#include <algorithm>
#include <bit>

#include "engine/base/error.h"

namespace etl::run {

namespace {

[[noreturn]] void fail(sqlite3* database) {
  throw Error{Error::Kind::environment,
              fmt::format("the temporary file for keys beyond settings.memory failed: {}",
                          database != nullptr ? sqlite3_errmsg(database) : "out of memory"),
              "raise settings.memory, or give TMPDIR a folder with more room"};
}

// Keys may be consecutive integers.
std::uint64_t mixed(const Key128& key) { return XXH3_64bits(&key, sizeof key); }

void bind_key(sqlite3_stmt* statement, const Key128& key) {
  sqlite3_bind_blob(statement, 1, &key, sizeof key, SQLITE_STATIC);  // Used before the caller's key goes.
}

}  // namespace

struct SpillFile::Database {
  sqlite3* handle = nullptr;

  Database() {
    if (sqlite3_open("", &handle) != SQLITE_OK) fail(handle);
    execute("PRAGMA journal_mode = OFF");
    execute("PRAGMA synchronous = OFF");
    execute("PRAGMA locking_mode = EXCLUSIVE");
    execute("PRAGMA cache_size = -16384");
    execute("BEGIN");
  }
  ~Database() { sqlite3_close_v2(handle); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql) {
    if (sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(handle);
  }
  sqlite3_stmt* prepare(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) fail(handle);
    return statement;
  }
};

SpillFile::SpillFile() : database_{std::make_unique<Database>()} {}
SpillFile::~SpillFile() = default;

struct SpilledMap::Statements {
  SpillFile::Database& database;
  std::string table;
  sqlite3_stmt* put = nullptr;
  sqlite3_stmt* find = nullptr;
  sqlite3_stmt* erase = nullptr;

  Statements(SpillFile::Database& into, std::string name) : database{into}, table{std::move(name)} {
    database.execute(fmt::format("CREATE TABLE {} (k BLOB PRIMARY KEY, v BLOB) WITHOUT ROWID", table));
    put = database.prepare(fmt::format("INSERT OR REPLACE INTO {} VALUES (?, ?)", table));
    find = database.prepare(fmt::format("SELECT v FROM {} WHERE k = ?", table));
    erase = database.prepare(fmt::format("DELETE FROM {} WHERE k = ?", table));
  }
  ~Statements() {
    sqlite3_finalize(put);
    sqlite3_finalize(find);
    sqlite3_finalize(erase);
    sqlite3_exec(database.handle, fmt::format("DROP TABLE {}", table).c_str(), nullptr, nullptr, nullptr);
  }
  Statements(const Statements&) = delete;
  Statements& operator=(const Statements&) = delete;

  bool step(sqlite3_stmt* statement) {
    const int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) fail(database.handle);
    return result == SQLITE_ROW;
  }
};

// Four bits of one word for each key: one look into memory.
KeyFilter::KeyFilter(std::size_t bytes)
    : words_(std::bit_floor(std::max<std::size_t>(1, bytes / sizeof(std::uint64_t)))) {}

std::size_t KeyFilter::word_of(const Key128& key) const {
  return static_cast<std::size_t>(mixed(key) >> 24U) & (words_.size() - 1);
}

std::uint64_t KeyFilter::bits_of(const Key128& key) {
  std::uint64_t hash = mixed(key);
  std::uint64_t bits = 0;
  for (int i = 0; i < 4; ++i) {
    bits |= std::uint64_t{1} << (hash & 63U);
    hash >>= 6U;
  }
  return bits;
}

SpilledMap::SpilledMap(SpillFile& file, std::size_t filter_bytes)
    : statements_{std::make_unique<Statements>(*file.database_, fmt::format("map_{}", ++file.next_table_))},
      filter_{filter_bytes} {}
SpilledMap::~SpilledMap() = default;

void SpilledMap::put(const Key128& key, std::string_view value) {
  filter_.add(key);
  bind_key(statements_->put, key);
  sqlite3_bind_blob64(statements_->put, 2, value.data(), value.size(), SQLITE_STATIC);
  statements_->step(statements_->put);
  sqlite3_reset(statements_->put);
}

bool SpilledMap::has(const Key128& key) {
  if (!filter_.may_have(key)) return false;
  bind_key(statements_->find, key);
  const bool found = statements_->step(statements_->find);
  sqlite3_reset(statements_->find);
  return found;
}

std::optional<std::string_view> SpilledMap::find(const Key128& key) {
  if (!filter_.may_have(key)) return std::nullopt;
  bind_key(statements_->find, key);
  const bool found = statements_->step(statements_->find);
  if (found) {
    const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statements_->find, 0));
    found_.assign(bytes == nullptr ? "" : bytes, static_cast<std::size_t>(sqlite3_column_bytes(statements_->find, 0)));
  }
  sqlite3_reset(statements_->find);
  if (!found) return std::nullopt;
  return found_;
}

void SpilledMap::erase(const Key128& key) {
  if (!filter_.may_have(key)) return;
  bind_key(statements_->erase, key);
  statements_->step(statements_->erase);
  sqlite3_reset(statements_->erase);
}

}  // namespace etl::run
