// The names that PostgreSQL gives to constraints that the DDL leaves unnamed.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace etl::schema::pg {

// table_columns_label, shortened to 63 bytes as makeObjectName() does (src/backend/commands/indexcmds.c), with a
// number added while the name is among `taken`; the result joins them.
std::string constraint_name(std::string_view table, const std::vector<std::string>& columns, std::string_view label,
                            std::set<std::string>& taken);

}  // namespace etl::schema::pg
