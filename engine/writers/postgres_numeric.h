// numeric in PostgreSQL's binary form: base-10000 digits (numeric_recv in src/backend/utils/adt/numeric.c).
#pragma once

#include "engine/data/decimal.h"
#include "engine/writers/copy_buffer.h"

namespace etl::writers {

// Appends the length word and the value. REQUIRES: 64 bytes are reserved.
void put_numeric(const Decimal& value, CopyBuffer& out);

}  // namespace etl::writers
