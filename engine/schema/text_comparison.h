// SQL that SQLite runs over tables rendered from PostgreSQL's DDL, where decimals rest as text (hard-parts 30).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/schema/catalog.h"

namespace etl::schema {

// A decimal that SQLite compares character by character: '9.50' is above '10.00' there.
struct TextComparison {
  std::string column;
  std::string type;         // As the DDL declares it.
  std::uint32_t begin = 0;  // Of the column's name, in bytes.
};

// Columns that stand by themselves beside a comparison, in min(), max(), ORDER BY or CASE. An operand with a CAST to a
// number, or a column of whole numbers, on the other side makes SQLite compare numbers. Empty for SQL that PostgreSQL's
// grammar, by which it is read, does not know; what a subquery renames is not followed.
std::vector<TextComparison> text_comparisons(std::string_view sql, const Catalog& catalog);

}  // namespace etl::schema
