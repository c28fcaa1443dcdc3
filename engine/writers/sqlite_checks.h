// Whether SQLite's columns can hold values unaltered (hard-parts.md 28).
#pragma once

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/stores/sqlite_types.h"

namespace etl::writers {

// `declared` is the PostgreSQL column that this one was rendered from: its limits hold too. May be null.
void check_sqlite(const stores::SqliteColumn& column, const schema::Column* declared, const Column& values,
                  Failures& failures);

}  // namespace etl::writers
