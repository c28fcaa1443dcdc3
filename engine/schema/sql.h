// SQL that a mapping holds (query, check, warn, hooks): read without a database.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/schema/catalog.h"

namespace etl::schema {

// A `$name` in SQL text; [begin, end) in bytes, the $ included.
struct SqlParameter {
  std::string name;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};
// Every place in order, names may repeat. What stands in quotes, comments and $tag$ strings is no parameter.
// PostgreSQL by its own scanner; empty when the text cannot be cut into tokens.
std::vector<SqlParameter> sql_parameters(std::string_view sql, Dialect dialect);

// What reading one SQL text finds out.
struct SqlReading {
  std::string fault;                // Empty: the text is one statement that can be read. Else one clause.
  std::uint32_t fault_offset = 0;   // In bytes.
  bool is_query = false;            // It gives rows and changes none.
  bool columns_known = false;       // All result columns could be told.
  std::vector<Column> columns;      // Their names, and types where a table's column is passed on as it is.
  std::vector<std::string> tables;  // PostgreSQL: read or written, "name" or "schema.name".
};

// "" when PostgreSQL's parser takes `sql` (with `$name` parameters) as exactly one statement; else what is wrong.
std::string parse_sql_error(std::string_view sql);
// The same with all that can be told; names are looked up in `catalog` only to find out columns.
SqlReading read_postgres_sql(std::string_view sql, const Catalog& catalog);

// A database in memory made from a catalogue, in which SQLite itself checks statements: names included.
class SqliteTrial {
 public:
  // A PostgreSQL catalogue is rendered for SQLite first, as `create: true` does.
  explicit SqliteTrial(const Catalog& catalog);
  ~SqliteTrial();
  SqliteTrial(SqliteTrial&& other) noexcept;
  SqliteTrial& operator=(SqliteTrial&& other) noexcept;

  SqlReading read(std::string_view sql) const;

 private:
  std::unique_ptr<class SqliteMemory> memory_;
};

// Trials by catalogue, each made when first asked for; a few are kept.
class SqliteTrials {
 public:
  // The result holds until the next call.
  const SqliteTrial& of(const std::shared_ptr<const Catalog>& catalog);

 private:
  std::map<std::shared_ptr<const Catalog>, SqliteTrial> trials_;
};

}  // namespace etl::schema
