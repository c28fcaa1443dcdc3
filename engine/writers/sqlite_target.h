// SQLite as a target: one connection, one transaction; a new database is built beside its name.
#pragma once

#include "engine/writers/catalog.h"

namespace etl::writers {

// Row of the catalogue of targets.
TargetKind sqlite_target();

}  // namespace etl::writers
