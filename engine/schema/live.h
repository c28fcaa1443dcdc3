// Catalogues of live databases. Whoever has a connection lends it; nothing here opens one.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/schema/catalog.h"

struct sqlite3;

namespace etl::schema {

// Runs one SELECT and gives its rows as text, NULL as nothing. Throws Error when the database fails.
using Query = std::function<std::vector<std::vector<std::optional<std::string>>>(const std::string& sql)>;

// Tables and views of the given PostgreSQL schemas; without any, of all but the system's and `etl`, where runs keep
// their ledger. Needs PostgreSQL 12 or later and reads pg_catalog only (manual, chapter 53).
Catalog read_live_postgres(const Query& query, const std::vector<std::string>& schemas = {});

// Tables and views of the main database of an open connection, which stays its owner's; without the ledger's etl_*.
// Throws Error when the database cannot be read.
Catalog read_live_sqlite(sqlite3* database);

}  // namespace etl::schema
