// COPY (SELECT ...) TO STDOUT (FORMAT binary): rows of any number in the server's own form.
#pragma once

#include <string>

#include "engine/stores/postgres.h"
#include "engine/stores/sql_session.h"

namespace etl::stores {

// The form is that of the manual, sql-copy, "Binary Format". Throws Error.
void scan_postgres(PostgresConnection& connection, const std::string& select, const RawRow& row);

}  // namespace etl::stores
