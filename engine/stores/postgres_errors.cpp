#include "engine/stores/postgres_errors.h"

#include <fmt/format.h>

#include <array>

#include "engine/stores/postgres.h"

namespace etl::stores {

namespace {

using Category = Error::Kind;

struct Row {
  std::string_view key;  // A part of libpq's text, or the beginning of a SQLSTATE.
  Category kind;
  std::string_view clause;
  std::string_view remedy;
};

constexpr std::array kConnectFailures = {
    Row{"password authentication failed", Category::connection, "the server refused the user or the password",
        "check the user in the url and the connection's password"},
    Row{"no password supplied", Category::connection, "the server wants a password",
        "set password: ${VAR} on the connection"},
    Row{"too many", Category::connection, "the server has no free connection",
        "close other sessions, or run again later"},
    Row{"remaining connection slots", Category::connection, "the server has no free connection",
        "close other sessions, or run again later"},
    Row{"starting up", Category::connection, "the server is starting up", "run again in a moment"},
    Row{"shutting down", Category::connection, "the server is shutting down", "start it, then run again"},
    Row{"pg_hba.conf", Category::connection, "the server does not let this host and user in",
        "add a line to the server's pg_hba.conf"},
    Row{"could not translate host name", Category::connection, "the host name is unknown", "check the host in the url"},
    Row{"Connection refused", Category::connection, "no server answers there",
        "start the server, or check host and port in the url"},
    Row{"No such file or directory", Category::connection, "no server answers there",
        "start the server, or check host and port in the url"},
    Row{"timeout expired", Category::connection, "the server did not answer in time", "check host, port and firewalls"},
    Row{"timed out", Category::connection, "the server did not answer in time", "check host, port and firewalls"},
    Row{"SSL", Category::connection, "no encrypted connection came about", "check sslmode and certificates"},
};

constexpr std::array kStates = {
    Row{"08", Category::connection, "the connection to the server was lost", "check the server, then run again"},
    Row{"22", Category::insertion, "a value was refused", ""},
    Row{"23", Category::insertion, "a constraint refused a row", ""},
    Row{"25006", Category::connection, "the server is read-only", "connect to the primary server"},
    Row{"25", Category::insertion, "the transaction is in the wrong state", ""},
    Row{"26", Category::schema, "the SQL cannot be prepared", ""},
    Row{"28", Category::connection, "the server refused the user", "check user and password"},
    Row{"3D", Category::connection, "the database does not exist", "create it, or check the url"},
    Row{"3F", Category::schema, "the schema does not exist", "check search_path and the names"},
    Row{"40P01", Category::insertion, "a deadlock with another session ended the transaction", "run again"},
    Row{"40", Category::insertion, "the server ended the transaction", "run again"},
    Row{"42501", Category::schema, "the user lacks a privilege", "grant it, or connect as another user"},
    Row{"42", Category::schema, "the server refused the SQL", ""},
    Row{"53100", Category::insertion, "the server's disk is full", "free some space on the server, then run again"},
    Row{"53200", Category::insertion, "the server is out of memory", "make batches smaller, then run again"},
    Row{"53", Category::connection, "the server lacks resources", "close other sessions, or run again later"},
    Row{"54", Category::insertion, "a limit of the server was exceeded", ""},
    Row{"55P03", Category::insertion, "another session holds a lock on the table",
        "end that session (pg_stat_activity shows it), then run again"},
    Row{"57014", Category::insertion, "the statement was cancelled on the server", "run again"},
    Row{"57", Category::connection, "the server ended the session", "check the server, then run again"},
    Row{"58", Category::insertion, "the server cannot use its files", "look into the server's log"},
};

Explanation made_of(const Row& row) { return {row.kind, std::string{row.clause}, std::string{row.remedy}}; }

struct Clause {
  std::string_view sqlstate;
  std::string_view clause;
};

constexpr std::array kValueClauses = {
    Clause{"22001", "value too long"},
    Clause{"22003", "number out of range"},
    Clause{"22007", "not a date or time"},
    Clause{"22008", "date or time out of range"},
    Clause{"22021", "characters that the database cannot hold"},
    Clause{"22P02", "text that the column's type does not read"},
    Clause{"22P03", "bytes that the column's type does not read"},
    Clause{"22P05", "characters that the database cannot hold"},
    Clause{"P0001", "refused by a trigger"},
};

}  // namespace

Explanation explain_connect_failure(std::string_view text) {
  const auto holds = [&](std::string_view part) { return text.find(part) != std::string_view::npos; };
  if (holds("database \"") && holds("does not exist")) {
    return {Category::connection, "the database does not exist", "create it (createdb), or check the url"};
  }
  if (holds("role \"") && holds("does not exist")) {
    return {Category::connection, "the user does not exist", "create it (createuser), or check the url"};
  }
  for (const Row& row : kConnectFailures) {
    if (holds(row.key)) return made_of(row);
  }
  return {Category::connection, "no connection came about", "check the url, and the server's log"};
}

Explanation explain_sqlstate(std::string_view sqlstate) {
  for (const Row& row : kStates) {
    if (sqlstate.starts_with(row.key)) return made_of(row);
  }
  if (sqlstate.empty()) return made_of(kStates.front());
  return {Category::insertion, "the server failed", "look into the server's log"};
}

bool message_is_safe(std::string_view sqlstate) {
  static constexpr std::array kSafe = {"08", "0A", "25", "26", "28", "3D", "3F",
                                       "40", "42", "53", "54", "55", "57", "58", "ETL"};
  for (const std::string_view state : kSafe) {
    if (sqlstate.starts_with(state)) return true;
  }
  return false;
}

bool is_row_refusal(std::string_view sqlstate) {
  return sqlstate.starts_with("22") || sqlstate.starts_with("23") || sqlstate == "P0001";
}

std::string clause_of(const PostgresComplaint& complaint) {
  const std::string& state = complaint.sqlstate;
  if (state == "23502") return fmt::format("violates not-null of column {}", complaint.column);
  if (!complaint.constraint.empty()) {
    const std::string_view kind = state == "23505"   ? "unique constraint"
                                  : state == "23503" ? "foreign key constraint"
                                  : state == "23514" ? "check constraint"
                                  : state == "23P01" ? "exclusion constraint"
                                                     : "constraint";
    return fmt::format("violates {} {}", kind, complaint.constraint);
  }
  for (const Clause& row : kValueClauses) {
    if (state == row.sqlstate) return std::string{row.clause};
  }
  return fmt::format("refused by the database ({})", state);
}

bool is_transient(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate == "40001" || sqlstate == "40P01" || sqlstate == "57P01" ||
         sqlstate == "57P02" || sqlstate == "57P03";
}

}  // namespace etl::stores
