#include "engine/writers/postgres_copy.h"

#include <libpq-fe.h>

namespace etl::writers {

PostgresCopy::PostgresCopy(stores::PostgresConnection& connection, const std::string& sql)
    : connection_{connection}, out_{[this](std::string_view bytes) { send(bytes); }} {
  PGresult* result = PQexec(connection_.handle(), sql.c_str());
  const bool begun = PQresultStatus(result) == PGRES_COPY_IN;
  const stores::PostgresComplaint complaint = begun ? stores::PostgresComplaint{} : connection_.complaint_of(result);
  PQclear(result);
  if (!begun) connection_.fail(complaint, "COPY cannot begin");
  open_ = true;
}

PostgresCopy::~PostgresCopy() {
  if (!open_) return;
  PQputCopyEnd(connection_.handle(), "given up");
  while (PGresult* result = PQgetResult(connection_.handle())) PQclear(result);
}

void PostgresCopy::send(std::string_view bytes) {
  if (PQputCopyData(connection_.handle(), bytes.data(), static_cast<int>(bytes.size())) == 1) return;
  open_ = false;
  connection_.fail(connection_.complaint_of(nullptr), "sending rows failed");
}

PostgresCopy::Result PostgresCopy::finish() {
  out_.flush();
  open_ = false;
  if (PQputCopyEnd(connection_.handle(), nullptr) != 1) {
    connection_.fail(connection_.complaint_of(nullptr), "sending rows failed");
  }
  Result outcome;
  while (PGresult* result = PQgetResult(connection_.handle())) {
    const stores::PostgresRows owner{result};
    if (PQresultStatus(result) == PGRES_COMMAND_OK) {
      outcome.rows = owner.affected();
    } else {
      outcome.complaint = connection_.complaint_of(result);
      outcome.context = stores::PostgresConnection::context_of(result);
    }
  }
  if (outcome.complaint && !stores::is_row_refusal(outcome.complaint->sqlstate)) connection_.fail(*outcome.complaint);
  return outcome;
}

}  // namespace etl::writers
