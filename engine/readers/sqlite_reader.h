// Reads SQLite: tables in rowid or primary key order, and queries; dynamic typing is caught cell by cell.
#pragma once

#include "engine/readers/catalog.h"

namespace etl::readers {

// Row of the catalogue of sources.
SourceKind sqlite_source();

}  // namespace etl::readers
