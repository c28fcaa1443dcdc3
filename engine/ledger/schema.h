// The ledger's own tables as SQL, in both dialects (docs/ledger.md).
#pragma once

#include <string>

#include "engine/schema/catalog.h"

namespace etl::ledger {

// Creates every table of kVersion, in the transaction that is open.
std::string schema_sql(schema::Dialect dialect);
// Makes a ledger of an older version one of kVersion, in the transaction that is open.
std::string migration_sql(schema::Dialect dialect, int from);

}  // namespace etl::ledger
