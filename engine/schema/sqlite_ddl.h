// DDL text of SQLite, through SQLite itself.
#pragma once

#include "engine/base/diagnostic.h"
#include "engine/base/source_text.h"
#include "engine/schema/catalog.h"

namespace etl::schema {

// See `read_ddl`. Statements other than CREATE, ALTER and DROP are only checked. The first error is the only one.
Catalog read_sqlite_ddl(const SourceTextPtr& source, Diagnostics& diagnostics);

}  // namespace etl::schema
