#include "engine/stores/postgres_stream.h"

#include <libpq-fe.h>

namespace etl::stores {

namespace {

void begin(PostgresConnection& connection, const std::string& sql, ExecStatusType wanted) {
  PGresult* result = PQexec(connection.handle(), sql.c_str());
  const PostgresRows owner{result};
  if (PQresultStatus(result) != wanted) connection.fail(connection.complaint_of(result), "COPY cannot begin");
}

// What is left to be read after a stream; the number of rows.
std::uint64_t finish(PostgresConnection& connection) {
  std::uint64_t rows = 0;
  std::optional<PostgresComplaint> complaint;
  while (PGresult* result = PQgetResult(connection.handle())) {
    const PostgresRows owner{result};
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
      rows = owner.affected();
    } else {
      complaint = connection.complaint_of(result);
    }
  }
  if (complaint) connection.fail(*complaint, "COPY failed");
  return rows;
}

// The connection takes no other command before the stream has ended.
void drain(PostgresConnection& connection) {
  char* bytes = nullptr;
  while (PQgetCopyData(connection.handle(), &bytes, 0) > 0) PQfreemem(bytes);
  while (PGresult* left = PQgetResult(connection.handle())) PQclear(left);
}

}  // namespace

std::uint64_t copy_out(PostgresConnection& connection, const std::string& sql,
                       const std::function<void(std::string_view)>& take) {
  begin(connection, sql, PGRES_COPY_OUT);
  try {
    char* bytes = nullptr;
    // -1: the end; -2: what went wrong comes with the result.
    for (int size = 0; (size = PQgetCopyData(connection.handle(), &bytes, 0)) > 0;) {
      const std::unique_ptr<char, void (*)(void*)> owner{bytes, PQfreemem};
      take({bytes, static_cast<std::size_t>(size)});
    }
  } catch (...) {
    drain(connection);
    throw;
  }
  return finish(connection);
}

std::uint64_t copy_in(PostgresConnection& connection, const std::string& sql,
                      const std::function<std::string_view()>& next) {
  begin(connection, sql, PGRES_COPY_IN);
  for (std::string_view piece = next(); !piece.empty(); piece = next()) {
    if (PQputCopyData(connection.handle(), piece.data(), static_cast<int>(piece.size())) != 1) {
      connection.fail(connection.complaint_of(nullptr), "sending rows failed");
    }
  }
  if (PQputCopyEnd(connection.handle(), nullptr) != 1) connection.fail(connection.complaint_of(nullptr), "sending rows failed");
  return finish(connection);
}

}  // namespace etl::stores
