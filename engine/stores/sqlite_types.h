// How typed values rest in SQLite columns (datatype3.html of its documentation; hard-parts.md 28 and 30).
#pragma once

#include "engine/schema/catalog.h"
#include "engine/schema/types.h"

namespace etl::stores {

// A column of a SQLite table, as the writer sees it.
struct SqliteColumn {
  // What the column does to its values. A STRICT table's ANY is `blob`: nothing is altered.
  schema::Affinity affinity = schema::Affinity::blob;
  // Digits behind the point that a numeric rendered as TEXT always shows ("10.00" in a numeric(12,2)); -1: as it is.
  int text_scale = -1;
  // timestamptz as "...+00:00", the form of columns rendered from PostgreSQL; else the canonical "...Z".
  bool offset_zone = false;
};

// `live` is the column as SQLite has it. `declared`, if any, is the PostgreSQL column that it was rendered from.
SqliteColumn sqlite_column(const schema::Table& table, const schema::Column& live, const schema::Column* declared);

}  // namespace etl::stores
