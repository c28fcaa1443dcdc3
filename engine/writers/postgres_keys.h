// Statements over the rows of a table that keys in memory identify.
#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/stores/postgres.h"

namespace etl::writers {

// How the server names a column's type: below domains, without a modifier; arrays of it can be cast to.
struct ServerType {
  std::string name;
  std::uint32_t element_oid = 0;  // Of an array type.
};

// Types of a table's columns, asked for once per table.
class ServerTypes {
 public:
  explicit ServerTypes(stores::PostgresConnection& connection) : connection_{connection} {}
  const ServerType& of(const schema::Table& table, const std::string& column);
  // After the schema changed.
  void forget() { tables_.clear(); }

 private:
  stores::PostgresConnection& connection_;
  std::map<std::string, std::map<std::string, ServerType>> tables_;
};

class PostgresKeys {
 public:
  PostgresKeys(stores::PostgresConnection& connection, ServerTypes& types) : connection_{connection}, types_{types} {}

  std::vector<bool> find(const schema::Table& table, std::span<const std::string> columns,
                         std::span<const ColumnPtr> keys);
  std::vector<ColumnPtr> fetch(const schema::Table& table, std::span<const std::string> columns,
                               std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                               std::span<const Type> types, Arena& arena);
  void update(const schema::Table& table, std::span<const std::string> columns, std::span<const ColumnPtr> keys,
              const std::string& column, const Column& values);
  std::uint64_t remove(const schema::Table& table, std::span<const std::string> columns,
                       std::span<const ColumnPtr> keys);

 private:
  struct Chunk;
  // `select` (columns of t) of the rows that the chunk's keys find, behind k.i: at most one row for each key with
  // `first_only`.
  std::string lookup(const schema::Table& table, std::span<const std::string> columns, const Chunk& chunk,
                     const std::string& select, bool first_only);
  // Whether a unique index of the table, as the server has it, finds rows by these columns.
  bool has_index(const schema::Table& table, std::span<const std::string> columns);
  Chunk chunk_of(const schema::Table& table, std::span<const std::string> columns, std::span<const ColumnPtr> keys,
                 std::size_t begin);

  stores::PostgresConnection& connection_;
  ServerTypes& types_;
  std::map<std::pair<std::string, std::string>, bool> has_index_;  // By table and columns.
};

// A value's text as the server reads it into the column: lists as array literals where the column is an array.
void append_column_text(const Value& value, const schema::SqlType& type, std::string& out);

}  // namespace etl::writers
