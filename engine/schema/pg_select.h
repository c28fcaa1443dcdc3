// What a query's tree says without a database: the columns that it gives, the tables that it reads.
#pragma once

#include <string>
#include <vector>

#include "engine/schema/catalog.h"
#include "engine/schema/pg_tree.h"

namespace etl::schema::pg {

struct QueryColumns {
  bool known = false;           // False: some name could not be told; `columns` then lacks it.
  std::vector<Column> columns;  // The type is `any` unless a table's column is passed on as it is.
};
// `query` is a wrapper: SelectStmt.
QueryColumns query_columns(const Node& query, const Catalog& catalog);

// "name" or "schema.name" of tables in FROM and the like, without names from WITH; each once.
std::vector<std::string> tables_read(const Node& statement);

}  // namespace etl::schema::pg
