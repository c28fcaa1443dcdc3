// PostgreSQL as a target: one connection, one transaction.
#pragma once

#include "engine/writers/catalog.h"

namespace etl::writers {

// Row of the catalogue of targets.
TargetKind postgres_target();

}  // namespace etl::writers
