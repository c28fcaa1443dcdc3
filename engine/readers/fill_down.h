// NULLs that stand for the value of the row above, as in exported spreadsheets.
#pragma once

#include <memory>

#include "engine/readers/reader.h"

namespace etl::readers {

// Fills the columns that `request.fill_down` names, as far as they are read; each file starts afresh. Below a cell or
// a row that cannot be read the value is not known: such cells are faults.
std::unique_ptr<Reader> fill_down(std::unique_ptr<Reader> reader, const ReadRequest& request);

}  // namespace etl::readers
