#include "tests/support/database.h"

#include <libpq-fe.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <stdexcept>

#include "tests/support/canonical.h"

namespace etl::testing {

namespace {

constexpr std::string_view kBetween = " | ";

std::string joined(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) line.append(i == 0 ? "" : kBetween).append(cells[i]);
  return line;
}

std::vector<std::string> sorted_lines(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) lines.push_back(joined(row));
  std::ranges::sort(lines);
  return lines;
}

std::vector<std::string> first_column(std::vector<std::vector<std::string>> rows) {
  std::vector<std::string> out;
  for (auto& row : rows) out.push_back(std::move(row[0]));
  return out;
}

std::string hex(const unsigned char* bytes, int length) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out = "\\x";
  for (int i = 0; i < length; ++i) {
    out += kDigits[bytes[i] >> 4U];
    out += kDigits[bytes[i] & 15U];
  }
  return out;
}

class SqliteTarget : public TestTarget {
 public:
  explicit SqliteTarget(std::filesystem::path file) : file_{std::move(file)} {}

  std::string dialect() const override { return "sqlite"; }
  std::string url() const override { return "sqlite:" + file_.string(); }

  void execute(const std::string& sql) override {
    const auto database = open();
    char* said = nullptr;
    if (sqlite3_exec(database.get(), sql.c_str(), nullptr, nullptr, &said) == SQLITE_OK) return;
    const std::string words = said == nullptr ? "" : said;
    sqlite3_free(said);
    throw std::runtime_error{words};
  }

  std::vector<std::vector<std::string>> query(const std::string& sql) override {
    std::vector<std::vector<std::string>> rows;
    if (!std::filesystem::exists(file_)) return rows;
    const auto database = open();
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(database.get(), sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) {
      throw std::runtime_error{sqlite3_errmsg(database.get())};
    }
    while (sqlite3_step(statement) == SQLITE_ROW) {
      auto& row = rows.emplace_back();
      for (int i = 0; i < sqlite3_column_count(statement); ++i) row.push_back(cell(statement, i));
    }
    sqlite3_finalize(statement);
    return rows;
  }

  std::vector<std::string> tables() override {
    return first_column(
        query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
              "AND name NOT LIKE 'etl\\_%' ESCAPE '\\' ORDER BY 1"));
  }

  std::vector<std::string> columns(const std::string& table) override {
    return first_column(query("SELECT name FROM pragma_table_xinfo('" + table + "') ORDER BY cid"));
  }

  std::vector<std::string> rows(const std::string& table) override {
    std::string list;
    for (const auto& column : columns(table)) list += (list.empty() ? "\"" : ", \"") + column + "\"";
    return sorted_lines(query("SELECT " + list + " FROM \"" + table + "\""));
  }

 private:
  using Database = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;

  Database open() const {
    sqlite3* raw = nullptr;
    const int code = sqlite3_open(file_.c_str(), &raw);
    Database database{raw, sqlite3_close};
    if (code != SQLITE_OK) throw std::runtime_error{"cannot open " + file_.string()};
    sqlite3_busy_timeout(raw, 5000);
    return database;
  }

  static std::string cell(sqlite3_stmt* statement, int index) {
    switch (sqlite3_column_type(statement, index)) {
      case SQLITE_NULL:
        return "NULL";
      case SQLITE_FLOAT: {
        std::array<char, 32> buffer{};
        const auto end =
            std::to_chars(buffer.data(), buffer.data() + buffer.size(), sqlite3_column_double(statement, index)).ptr;
        return {buffer.data(), end};
      }
      case SQLITE_BLOB:
        return hex(static_cast<const unsigned char*>(sqlite3_column_blob(statement, index)),
                   sqlite3_column_bytes(statement, index));
      default: {
        const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, index));
        return canonical({text, static_cast<std::size_t>(sqlite3_column_bytes(statement, index))});
      }
    }
  }

  std::filesystem::path file_;
};

class PostgresTarget : public TestTarget {
 public:
  explicit PostgresTarget(std::string server_url) : server_url_{std::move(server_url)} {
    static int count = 0;
    name_ = "etl_test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
    on(server_url_, "CREATE DATABASE " + name_ + " TEMPLATE template0");
  }
  ~PostgresTarget() override {
    try {
      on(server_url_, "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
    } catch (const std::exception&) {
      // The server goes away with the tests; a database left in it does no harm.
    }
  }
  PostgresTarget(const PostgresTarget&) = delete;
  PostgresTarget& operator=(const PostgresTarget&) = delete;

  std::string dialect() const override { return "postgresql"; }

  // The server's URL with another database: what stands between the host's slash and the question mark.
  std::string url() const override {
    const auto path = server_url_.find('/', server_url_.find("//") + 2);
    if (path == std::string::npos) throw std::runtime_error{"ETL_TEST_POSTGRES names no database"};
    const auto end = std::min(server_url_.find('?', path), server_url_.size());
    return server_url_.substr(0, path + 1) + name_ + server_url_.substr(end);
  }

  void execute(const std::string& sql) override { on(url(), sql); }
  std::vector<std::vector<std::string>> query(const std::string& sql) override { return on(url(), sql); }

  std::vector<std::string> tables() override {
    return first_column(
        query("SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
              "WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('etl', 'information_schema') "
              "AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1"));
  }

  std::vector<std::string> columns(const std::string& table) override {
    return first_column(query("SELECT attname FROM pg_attribute WHERE attrelid = '\"" + table +
                              "\"'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"));
  }

  std::vector<std::string> rows(const std::string& table) override {
    std::string list;
    for (const auto& column : query("SELECT quote_ident(attname), format_type(atttypid, NULL) FROM pg_attribute "
                                    "WHERE attrelid = '\"" +
                                    table +
                                    "\"'::regclass AND attnum > 0 "
                                    "AND NOT attisdropped ORDER BY attnum")) {
      list += (list.empty() ? "" : ", ") + expression(column[0], column[1]);
    }
    return sorted_lines(query("SELECT " + list + " FROM \"" + table + "\""));
  }

 private:
  static std::string expression(const std::string& column, const std::string& type) {
    if (type == "boolean") return column + "::int";
    if (type.ends_with("[]")) return "to_json(" + column + ")";
    return column;
  }

  static std::vector<std::vector<std::string>> on(const std::string& url, const std::string& sql) {
    const std::unique_ptr<PGconn, void (*)(PGconn*)> connection{PQconnectdb(url.c_str()), PQfinish};
    PQsetNoticeProcessor(
        connection.get(), [](void*, const char*) {}, nullptr);
    if (PQstatus(connection.get()) != CONNECTION_OK) throw std::runtime_error{PQerrorMessage(connection.get())};
    PQclear(PQexec(connection.get(), "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'"));
    const std::unique_ptr<PGresult, void (*)(PGresult*)> result{PQexec(connection.get(), sql.c_str()), PQclear};
    const auto status = PQresultStatus(result.get());
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
      throw std::runtime_error{PQresultErrorMessage(result.get())};
    }
    std::vector<std::vector<std::string>> rows(static_cast<std::size_t>(PQntuples(result.get())));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (int i = 0; i < PQnfields(result.get()); ++i) {
        const bool null = PQgetisnull(result.get(), static_cast<int>(row), i) != 0;
        rows[row].push_back(null ? "NULL" : canonical(PQgetvalue(result.get(), static_cast<int>(row), i)));
      }
    }
    return rows;
  }

  std::string server_url_;
  std::string name_;
};

}  // namespace

std::unique_ptr<TestTarget> sqlite_target(const std::filesystem::path& folder) {
  return std::make_unique<SqliteTarget>(folder / "target.db");
}

std::unique_ptr<TestTarget> postgres_target() {
  const char* url = std::getenv("ETL_TEST_POSTGRES");
  if (url == nullptr || *url == '\0') return nullptr;
  return std::make_unique<PostgresTarget>(url);
}

std::vector<std::unique_ptr<TestTarget>> all_targets(const std::filesystem::path& folder) {
  std::vector<std::unique_ptr<TestTarget>> targets;
  targets.push_back(sqlite_target(folder));
  if (auto postgres = postgres_target()) targets.push_back(std::move(postgres));
  return targets;
}

std::string dump(TestTarget& target) {
  std::string out;
  for (const auto& table : target.tables()) {
    out += "\n" + table + "\n" + joined(target.columns(table)) + "\n";
    for (const auto& line : target.rows(table)) out += line + "\n";
  }
  return out;
}

}  // namespace etl::testing
