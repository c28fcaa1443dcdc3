// A condition on the rows of a target's table, simple enough for every target to answer it itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/data/value.h"
#include "engine/schema/catalog.h"

namespace etl::writers {

class Target;

struct Condition {
  enum class Kind : std::uint8_t {
    all_of,      // parts; none: true
    any_of,      // parts
    none_of,     // not parts[0]
    equal,       // column and value, and so on
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    is_null,     // column
  };

  Kind kind = Kind::all_of;
  std::vector<Condition> parts = {};
  std::size_t column = 0;  // Into the table's columns.
  Value value = {};        // Of the column's type, or NULL. Views belong to whoever made it.
};

// As SQL over the table's columns, each behind `alias` and a dot. NULLs count as in SQL; texts are ordered by bytes.
std::string to_sql(const Condition& condition, const schema::Table& table, const std::string& alias, Target& target);

// Whether the row meets it: nothing where SQL says NULL. `row` holds a value for each column of the table.
std::optional<bool> holds(const Condition& condition, const schema::Table& table, const std::vector<Value>& row);

}  // namespace etl::writers
