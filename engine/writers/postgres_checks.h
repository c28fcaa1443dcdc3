// Whether PostgreSQL's columns can hold values: COPY BINARY rounds and cuts without a word (hard-parts.md 28, 29).
#pragma once

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"

namespace etl::writers {

// Adds a Failure for each value that the column would alter or refuse for its scale, precision, length, range or
// encoding. Rules: "precision", "max_length", "encoding", "convert". Sources: PostgreSQL manual, chapter 8.
void check_postgres(const schema::Column& column, const Column& values, Failures& failures);

// The item's column of an array column.
schema::Column element_of(const schema::Column& column);

}  // namespace etl::writers
