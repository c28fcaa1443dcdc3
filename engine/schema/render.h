// The makers of DDL, one per dialect; see `render` in ddl.h.
#pragma once

#include <string>
#include <vector>

#include "engine/schema/catalog.h"

namespace etl::schema {

// STRICT tables of SQLite for a PostgreSQL catalogue.
std::vector<std::string> render_for_sqlite(const Catalog& catalog, std::vector<std::string>& left_out);

// PostgreSQL's tables for a catalogue read live or one of SQLite. SQLite's INTEGER becomes bigint, REAL double
// precision, BLOB bytea, DECIMAL(p,s) numeric(p,s), BOOLEAN boolean. DATE, DATETIME and other names of NUMERIC
// affinity become text: such a column may hold any of several notations, and text takes them all.
std::vector<std::string> render_for_postgres(const Catalog& catalog, std::vector<std::string>& left_out);

}  // namespace etl::schema
