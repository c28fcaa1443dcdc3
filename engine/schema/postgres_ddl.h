// DDL text of PostgreSQL, through its own parser.
#pragma once

#include "engine/base/diagnostic.h"
#include "engine/base/source_text.h"
#include "engine/schema/catalog.h"

namespace etl::schema {

// See `read_ddl`. A file written by pg_dump reads too; rows in it (INSERT, COPY ... FROM stdin) are passed over.
// A syntax error is the only finding then: the parser stops at the first.
Catalog read_postgres_ddl(const SourceTextPtr& source, Diagnostics& diagnostics);

}  // namespace etl::schema
