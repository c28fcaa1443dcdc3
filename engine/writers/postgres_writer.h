// Writes one PostgreSQL table by COPY: binary where every column has an encoder, else text.
#pragma once

#include <memory>

#include "engine/stores/postgres.h"
#include "engine/writers/postgres_keys.h"
#include "engine/writers/writer.h"

namespace etl::writers {

// REQUIRES: a transaction is open during `write`; the connection and `types` outlive the writer.
std::unique_ptr<TableWriter> open_postgres_table(stores::PostgresConnection& connection, ServerTypes& types,
                                                 const WriteRequest& request);

}  // namespace etl::writers
