// Rows that stand in memory: what a mapping's tests are given.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/readers/reader.h"

namespace etl::readers {

// Texts of the values must live as long as the rows are shared.
struct InlineRows {
  std::vector<std::string> columns;
  // Each row has at most as many cells as there are columns; cells left out are NULL. A text is read as the type that
  // is asked for (a literal takes its type from where it is used), as are other values of another type.
  std::vector<std::vector<Value>> rows;
  // Holds the texts, when nothing else does.
  std::shared_ptr<Arena> arena;
};

// Columns of the request that the rows lack are NULL. `table`, `query` and `order` are not looked at.
std::unique_ptr<Reader> open_inline(std::shared_ptr<const InlineRows> rows, const ReadRequest& request,
                                    BatchLimits limits);

}  // namespace etl::readers
