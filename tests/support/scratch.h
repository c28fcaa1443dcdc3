// Scratch databases for tests: SQLite files in a folder of their own, and databases on the PostgreSQL server that
// ETL_TEST_POSTGRES names (a URL such as postgresql://postgres@/postgres?host=/tmp).
#pragma once

#include <doctest/doctest.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/data/batch.h"
#include "engine/stores/postgres.h"
#include "engine/stores/store.h"
#include "engine/writers/catalog.h"

namespace etl::tests {

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "etl-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline void run_sqlite(const std::string& file, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &database) == SQLITE_OK);
  char* message = nullptr;
  const int code = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &message);
  INFO(sql);
  CHECK_MESSAGE(code == SQLITE_OK, std::string{message == nullptr ? "" : message});
  sqlite3_free(message);
  sqlite3_close(database);
}

inline stores::ConnectionInfo sqlite_at(const std::string& file) {
  stores::ConnectionInfo info;
  info.name = "shop";
  info.kind = stores::Kind::sqlite;
  info.url = "sqlite:" + file;
  info.path = file;
  return info;
}

// A database on the scratch server, dropped at the end; empty without a server.
class PostgresDatabase {
 public:
  PostgresDatabase() {
    const char* server = std::getenv("ETL_TEST_POSTGRES");
    if (server == nullptr) {
      static const bool said = [] {
        std::cout << "skipped: ETL_TEST_POSTGRES names no PostgreSQL server\n";
        return true;
      }();
      (void)said;
      return;
    }
    static int number = 0;
    server_ = server;
    name_ = "etl_test_" + std::to_string(getpid()) + "_" + std::to_string(++number);
    stores::PostgresConnection{info_of(server_)}.execute("CREATE DATABASE " + name_);
  }
  ~PostgresDatabase() {
    if (name_.empty()) return;
    stores::PostgresConnection{info_of(server_)}.execute("DROP DATABASE " + name_ + " WITH (FORCE)");
  }
  PostgresDatabase(const PostgresDatabase&) = delete;
  PostgresDatabase& operator=(const PostgresDatabase&) = delete;

  explicit operator bool() const { return !name_.empty(); }
  stores::ConnectionInfo info() const { return info_of(url()); }

  // The server's URL with its database replaced.
  std::string url() const {
    const std::size_t authority = server_.find("//") + 2;
    const std::size_t slash = server_.find('/', authority);
    const std::size_t query = server_.find('?', authority);
    const std::string front = server_.substr(0, std::min({slash, query, server_.size()}));
    return front + "/" + name_ + (query == std::string::npos ? "" : server_.substr(query));
  }
  void run(const std::string& sql) const { stores::PostgresConnection{info()}.execute(sql); }

 private:
  static stores::ConnectionInfo info_of(const std::string& url) {
    stores::ConnectionInfo info;
    info.name = "warehouse";
    info.kind = stores::Kind::postgresql;
    info.url = url;
    return info;
  }

  std::string server_;
  std::string name_;
};

// A column of one type from values; texts must outlive it.
inline ColumnPtr column_of(Type type, const std::vector<Value>& values) {
  auto column = std::make_shared<Column>(type, values.size());
  for (std::size_t row = 0; row < values.size(); ++row) column->set(row, values[row]);
  return column;
}

inline std::vector<std::uint32_t> all_rows(std::size_t count) {
  std::vector<std::uint32_t> rows(count);
  for (std::uint32_t row = 0; row < count; ++row) rows[row] = row;
  return rows;
}

inline writers::WriteRequest request_of(const schema::Table& table, const std::vector<std::string>& names) {
  writers::WriteRequest request{.table = &table, .columns = {}};
  for (const std::string& name : names) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].name == name) request.columns.push_back(i);
    }
  }
  REQUIRE(request.columns.size() == names.size());
  return request;
}

// The Error that `call` throws.
template <class Call>
Error error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error;
  }
  FAIL("no Error was thrown");
  return Error{Error::Kind::environment, ""};
}

}  // namespace etl::tests
