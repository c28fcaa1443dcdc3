// A PostgreSQL connection that serves both libpqxx (transactions) and libpq (parameters, COPY).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sql_session.h"
#include "engine/stores/store.h"

extern "C" {
struct pg_conn;
struct pg_result;
}

namespace etl::stores {

// What the server complained about. Only fields that name things are kept: DETAIL, HINT and CONTEXT print rows.
struct PostgresComplaint {
  std::string sqlstate;  // Five characters; empty when the connection itself failed.
  std::string message;   // The primary message, only of classes whose messages name no values; else empty.
  std::string constraint;
  std::string table;
  std::string column;
};

// One clause for people, made of names alone: "violates unique constraint users_email_key", "value too long".
std::string clause_of(const PostgresComplaint& complaint);

// Whether it speaks of rows: SQLSTATE classes 22 and 23, and P0001 (a trigger's RAISE).
bool is_row_refusal(std::string_view sqlstate);

// Rows of a query, in text format. Owns its PGresult.
class PostgresRows {
 public:
  explicit PostgresRows(pg_result* result);
  std::size_t size() const;
  std::size_t columns() const;
  std::string_view column_name(std::size_t column) const;
  bool is_null(std::size_t row, std::size_t column) const;
  // Alive as long as the object; "" for NULL.
  std::string_view text(std::size_t row, std::size_t column) const;
  // Rows that an INSERT, UPDATE, DELETE or COPY touched.
  std::uint64_t affected() const;

 private:
  std::unique_ptr<pg_result, void (*)(pg_result*)> result_;
};

// All of them, nothing for NULL.
std::vector<SqlRow> cells_of(const PostgresRows& rows);

// Values as text; nothing stands for NULL.
using TextParameters = std::span<const std::optional<std::string>>;

// One session with its settings pinned (hard-parts.md 1). Not thread-safe.
class PostgresConnection {
 public:
  explicit PostgresConnection(const ConnectionInfo& info);
  // Rolls back what was not committed.
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  const std::string& place() const;
  pg_conn* handle() const;

  // One READ COMMITTED transaction.
  void begin();
  bool in_transaction() const;
  // Throws Error (connection) also when the answer was lost: whether the rows are there is then unknown.
  void commit();
  void roll_back();

  // One statement; throws Error.
  PostgresRows query(const std::string& sql, TextParameters parameters = {});
  // One statement with values in the binary form of the types that it casts them to; throws Error.
  PostgresRows query_binary(const std::string& sql, std::span<const std::string> values);
  // Several statements in one string; rows are dropped; throws Error.
  void execute(const std::string& sql);
  // One statement whose refusal of rows is an answer: then `complaint` is set and the rows are empty.
  PostgresRows try_query(const std::string& sql, TextParameters parameters,
                         std::optional<PostgresComplaint>& complaint);
  // Asks the server to prepare without running.
  void prepare(const std::string& sql);

  // The fields of a failed result, or of the connection when `result` is null.
  PostgresComplaint complaint_of(const pg_result* result) const;
  // The whole CONTEXT, to be searched for names that are known; never to be shown.
  static std::string_view context_of(const pg_result* result);
  [[noreturn]] void fail(const PostgresComplaint& complaint, std::string_view what = {}) const;

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

// The tables and views of the database, as schema/live.h reads them. Throws Error.
schema::Catalog live_catalog(PostgresConnection& connection);

}  // namespace etl::stores
