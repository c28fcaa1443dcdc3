// The items of a list value, for targets with array types: JSON [[1,2],[3,4]] is a two-dimensional array.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/data/value.h"

namespace etl::writers {

struct ListItem {
  bool is_null = false;
  bool is_string = false;  // Then `raw` has quotes and escapes.
  std::string_view raw;    // JSON text, a view into the list.

  // A string without quotes and escapes; anything else as it stands.
  std::string text() const;
};

struct ListItems {
  std::vector<int> dimensions;  // Empty for an empty list.
  std::vector<ListItem> items;  // In row-major order.
  std::string problem;          // Why it is no array of this kind; empty when it is one.
};

// `nested`: lists inside are further dimensions (at most 6, all of one length, as PostgreSQL demands, manual
// section 8.15); else they are items themselves.
ListItems items_of(List list, bool nested);

// PostgreSQL's array literal (manual, section 8.15.2).
std::string array_literal(const ListItems& items);

}  // namespace etl::writers
