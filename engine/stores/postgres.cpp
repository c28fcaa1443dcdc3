#include "engine/stores/postgres.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <pqxx/pqxx>
#include <utility>

#include "engine/base/secret.h"
#include "engine/schema/live.h"
#include "engine/stores/postgres_errors.h"
#include "engine/stores/sql_text.h"
#include "engine/stores/transient.h"

namespace etl::stores {

namespace {

// Settings that the engine's own text forms rely on; a mapping's `session` may not change them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kPinned = {{
    {"client_encoding", "UTF8"},
    {"TimeZone", "UTC"},
    {"DateStyle", "ISO, YMD"},
    {"IntervalStyle", "postgres"},
    {"bytea_output", "hex"},
    {"extra_float_digits", "1"},
    {"lc_monetary", "C"},
    {"standard_conforming_strings", "on"},
    {"client_min_messages", "warning"},
    {"statement_timeout", "0"},
    {"idle_in_transaction_session_timeout", "0"},
    {"array_nulls", "on"},
}};

// Guards against servers, networks and other sessions that stop answering; a mapping may change them.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kGuards = {{
    {"lock_timeout", "60s"},
    {"tcp_keepalives_idle", "30"},
    {"tcp_keepalives_interval", "10"},
    {"tcp_keepalives_count", "3"},
    {"client_connection_check_interval", "10s"},
}};

// libpqxx gets a connection that is already open, so that libpq can use the same one. It is never opened again:
// settings and the transaction would be gone.
class OpenConnection : public pqxx::connectionpolicy {
 public:
  explicit OpenConnection(PGconn* connection) : pqxx::connectionpolicy{std::string{}}, connection_{connection} {}

  handle do_startconnect(handle known) override {
    if (known != nullptr) return known;
    if (connection_ == nullptr) throw pqxx::broken_connection{"the connection was lost"};
    return std::exchange(connection_, nullptr);
  }
  handle do_completeconnect(handle known) override { return known; }

 private:
  PGconn* connection_;
};

class Link : public pqxx::connection_base {
 public:
  explicit Link(PGconn* connection) : connection_base{policy_}, policy_{connection} { init(); }
  ~Link() noexcept { close(); }
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

 private:
  OpenConnection policy_;
};

void drop_notice(void*, const PGresult*) {}

bool same_name(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
}

// Keywords before `dbname` are defaults for the URL, those behind it overrule it (manual, section 34.1.1).
PGconn* connect(const ConnectionInfo& info) {
  std::vector<const char*> names = {"connect_timeout", "application_name", "keepalives_idle", "dbname",
                                    "client_encoding"};
  std::vector<const char*> values = {"10", "etl", "30", info.url.c_str(), "UTF8"};
  if (!info.password.empty()) {
    names.push_back("password");
    values.push_back(info.password.reveal().c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  return PQconnectdbParams(names.data(), values.data(), 1);
}

// A password with an unescaped / or @ is cut into host and port: such a URL is never shown.
bool is_readable(const std::string& url) {
  char* message = nullptr;
  PQconninfoOption* const options = PQconninfoParse(url.c_str(), &message);
  PQfreemem(message);
  bool readable = options != nullptr;
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr; ++option) {
    if (std::string_view{option->keyword} != "port" || option->val == nullptr) continue;
    readable = std::string_view{option->val}.find_first_not_of("0123456789,") == std::string_view::npos;
  }
  PQconninfoFree(options);
  return readable;
}

void check_url(const ConnectionInfo& info) {
  if (is_readable(info.url)) return;
  throw Error{Error::Kind::connection, fmt::format("{}: the url cannot be read", info.name),
              "write postgresql://user@host:port/database; percent-encode special characters"};
}

}  // namespace

PostgresRows::PostgresRows(pg_result* result) : result_{result, PQclear} {}
std::size_t PostgresRows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }
std::size_t PostgresRows::columns() const { return static_cast<std::size_t>(PQnfields(result_.get())); }
std::string_view PostgresRows::column_name(std::size_t column) const {
  return PQfname(result_.get(), static_cast<int>(column));
}
bool PostgresRows::is_null(std::size_t row, std::size_t column) const {
  return PQgetisnull(result_.get(), static_cast<int>(row), static_cast<int>(column)) != 0;
}
std::string_view PostgresRows::text(std::size_t row, std::size_t column) const {
  const int r = static_cast<int>(row);
  const int c = static_cast<int>(column);
  return {PQgetvalue(result_.get(), r, c), static_cast<std::size_t>(PQgetlength(result_.get(), r, c))};
}
std::uint64_t PostgresRows::affected() const { return std::strtoull(PQcmdTuples(result_.get()), nullptr, 10); }

struct PostgresConnection::Session {
  std::string place;
  PGconn* connection = nullptr;
  std::unique_ptr<Link> link;
  std::unique_ptr<pqxx::work> transaction;
};

namespace {

void pin_settings(PostgresConnection& connection, const ConnectionInfo& info) {
  // The schema etl is the ledger's: a role of that name must not find or make its own tables there.
  std::string select =
      "SELECT set_config('search_path', CASE current_user WHEN 'etl' THEN regexp_replace(current_setting('search_path'), "
      "'\"\\$user\",?\\s*', '') ELSE current_setting('search_path') END, false)";
  for (const auto& [name, value] : kGuards) {
    if (name == "client_connection_check_interval" && PQserverVersion(connection.handle()) < 140'000) continue;
    select += fmt::format(", set_config('{}', '{}', false)", name, value);
  }
  for (const auto& [name, value] : kPinned) select += fmt::format(", set_config('{}', '{}', false)", name, value);
  connection.query(select);
  for (const auto& [name, value] : info.session) {
    const bool pinned = std::ranges::any_of(kPinned, [&own = name](const auto& row) { return same_name(row.first, own); });
    if (pinned) {
      throw Error{Error::Kind::schema, fmt::format("{}: session: {} cannot be changed", info.name, name),
                  "leave it out: values are exchanged under fixed settings"};
    }
    connection.query(fmt::format("SELECT set_config({}, {}, false)", quote_literal(name), quote_literal(value)));
  }
}

}  // namespace

PostgresConnection::PostgresConnection(const ConnectionInfo& info) : session_{std::make_unique<Session>()} {
  check_url(info);
  session_->place = fmt::format("{} ({})", info.name, redact_url(info.url));
  PGconn* connection = connect(info);
  if (PQstatus(connection) != CONNECTION_OK) {
    const Explanation why = explain_connect_failure(PQerrorMessage(connection));
    PQfinish(connection);
    throw TransientError{why.kind, fmt::format("{}: {}", session_->place, why.clause), why.remedy};
  }
  PQsetNoticeReceiver(connection, drop_notice, nullptr);
  session_->connection = connection;
  try {
    session_->link = std::make_unique<Link>(connection);
  } catch (const std::exception&) {
    throw Error{Error::Kind::connection, fmt::format("{}: the server cannot be used", session_->place),
                "check that it is PostgreSQL 11 or newer"};
  }
  PQsetNoticeReceiver(connection, drop_notice, nullptr);
  pin_settings(*this, info);
}

PostgresConnection::~PostgresConnection() {
  if (session_->transaction) roll_back();
}

const std::string& PostgresConnection::place() const { return session_->place; }
pg_conn* PostgresConnection::handle() const { return session_->connection; }
bool PostgresConnection::in_transaction() const { return session_->transaction != nullptr; }

void PostgresConnection::begin() {
  try {
    session_->transaction = std::make_unique<pqxx::work>(*session_->link);
    session_->transaction->exec0("SET CONSTRAINTS ALL IMMEDIATE");
  } catch (const std::exception&) {
    session_->transaction.reset();
    fail(complaint_of(nullptr), "no transaction can begin");
  }
}

void PostgresConnection::commit() {
  // COMMIT of a transaction in which a statement failed answers ROLLBACK and is no error to libpqxx.
  if (PQtransactionStatus(handle()) == PQTRANS_INERROR) {
    roll_back();
    throw Error{Error::Kind::insertion, place() + ": a statement failed, nothing was committed", "run again"};
  }
  try {
    session_->transaction->commit();
    session_->transaction.reset();
  } catch (const pqxx::sql_error& error) {
    roll_back();
    fail({.sqlstate = error.sqlstate(), .message = {}, .constraint = {}, .table = {}, .column = {}},
         "nothing was committed");
  } catch (const std::exception&) {
    session_->transaction.reset();
    throw TransientError{Error::Kind::connection, place() + ": the connection was lost during COMMIT",
                         "run again: the ledger of the target says whether the rows are there"};
  }
}

void PostgresConnection::roll_back() {
  try {
    if (session_->transaction) session_->transaction->abort();
  } catch (const std::exception&) {  // A lost connection rolls back by itself.
  }
  session_->transaction.reset();
}

PostgresRows PostgresConnection::query(const std::string& sql, TextParameters parameters) {
  std::optional<PostgresComplaint> complaint;
  PostgresRows rows = try_query(sql, parameters, complaint);
  if (complaint) fail(*complaint);
  return rows;
}

void PostgresConnection::execute(const std::string& sql) {
  PGresult* result = PQexec(handle(), sql.c_str());
  const PostgresRows owner{result};
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY)
    fail(complaint_of(result));
}

PostgresRows PostgresConnection::query_binary(const std::string& sql, std::span<const std::string> values) {
  std::vector<const char*> starts;
  std::vector<int> lengths;
  for (const std::string& value : values) {
    starts.push_back(value.data());
    lengths.push_back(static_cast<int>(value.size()));
  }
  const std::vector<int> formats(values.size(), 1);
  PGresult* result = PQexecParams(handle(), sql.c_str(), static_cast<int>(values.size()), nullptr, starts.data(),
                                  lengths.data(), formats.data(), 0);
  PostgresRows rows{result};
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) fail(complaint_of(result));
  return rows;
}

PostgresRows PostgresConnection::try_query(const std::string& sql, TextParameters parameters,
                                           std::optional<PostgresComplaint>& complaint) {
  std::vector<const char*> values;
  std::vector<int> lengths;
  for (const auto& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
    lengths.push_back(parameter ? static_cast<int>(parameter->size()) : 0);
  }
  PGresult* result = PQexecParams(handle(), sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(),
                                  lengths.data(), nullptr, 0);
  PostgresRows rows{result};
  const ExecStatusType status = PQresultStatus(result);
  if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK || status == PGRES_EMPTY_QUERY) return rows;
  PostgresComplaint found = complaint_of(result);
  if (!is_row_refusal(found.sqlstate)) fail(found);
  complaint = std::move(found);
  return rows;
}

void PostgresConnection::prepare(const std::string& sql) {
  PGresult* result = PQprepare(handle(), "", sql.c_str(), 0, nullptr);
  const PostgresRows owner{result};
  if (PQresultStatus(result) != PGRES_COMMAND_OK) fail(complaint_of(result));
}

PostgresComplaint PostgresConnection::complaint_of(const pg_result* result) const {
  const auto field = [&](int code) {
    const char* text = result == nullptr ? nullptr : PQresultErrorField(result, code);
    return std::string{text == nullptr ? "" : text};
  };
  PostgresComplaint complaint{.sqlstate = field(PG_DIAG_SQLSTATE),
                              .message = {},
                              .constraint = field(PG_DIAG_CONSTRAINT_NAME),
                              .table = field(PG_DIAG_TABLE_NAME),
                              .column = field(PG_DIAG_COLUMN_NAME)};
  if (message_is_safe(complaint.sqlstate)) complaint.message = redact(field(PG_DIAG_MESSAGE_PRIMARY));
  return complaint;
}

std::string_view PostgresConnection::context_of(const pg_result* result) {
  const char* context = PQresultErrorField(result, PG_DIAG_CONTEXT);
  return context == nullptr ? std::string_view{} : std::string_view{context};
}

void PostgresConnection::fail(const PostgresComplaint& complaint, std::string_view what) const {
  const bool is_lost = PQstatus(handle()) == CONNECTION_BAD;
  const std::string sqlstate = is_lost && complaint.sqlstate.empty() ? "08006" : complaint.sqlstate;
  const Explanation why = explain_sqlstate(sqlstate);
  std::string message = place() + ": ";
  if (!what.empty()) message += fmt::format("{}: ", what);
  message += is_row_refusal(complaint.sqlstate) ? clause_of(complaint) : why.clause;
  if (!complaint.message.empty()) message += ": " + complaint.message;
  if (is_lost || is_transient(sqlstate)) throw TransientError{why.kind, message, why.remedy};
  throw Error{why.kind, message, why.remedy};
}

std::vector<SqlRow> cells_of(const PostgresRows& rows) {
  std::vector<SqlRow> out(rows.size());
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::size_t column = 0; column < rows.columns(); ++column) {
      const bool null = rows.is_null(row, column);
      out[row].push_back(null ? std::nullopt : std::optional{std::string{rows.text(row, column)}});
    }
  }
  return out;
}

schema::Catalog live_catalog(PostgresConnection& connection) {
  return schema::read_live_postgres([&](const std::string& sql) { return cells_of(connection.query(sql)); });
}

}  // namespace etl::stores
