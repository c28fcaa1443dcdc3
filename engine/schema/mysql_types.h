// Types of MySQL columns as the mapping language sees them (language.md, 14.11).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/schema/catalog.h"

namespace etl::schema {

// A declaration such as decimal(10,2) unsigned. `numbers` stand in the parentheses, `labels` in those of enum and set.
// Nothing for a name that is no type.
std::optional<SqlType> mysql_type(std::string_view name, const std::vector<int>& numbers, std::vector<std::string> labels,
                                  bool is_unsigned);
std::vector<std::string> mysql_type_names();

}  // namespace etl::schema
