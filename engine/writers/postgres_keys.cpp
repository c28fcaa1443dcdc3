#include "engine/writers/postgres_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/stores/cell.h"
#include "engine/stores/sql_text.h"
#include "engine/writers/list_items.h"

namespace etl::writers {

namespace {

using stores::quote_identifier;
using stores::quote_table;

constexpr std::size_t kChunkRows = 10'000;

std::size_t number_of(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

const schema::Column& column_named(const schema::Table& table, const std::string& name) {
  if (const schema::Column* column = table.column(name)) return *column;
  throw Error{Error::Kind::schema, fmt::format("table {} has no column {}", table.name, name)};
}

// An array literal of texts (manual, section 8.15.2), rows [begin, end) of a column.
std::string literal_of(const Column& values, const schema::SqlType& type, std::size_t begin, std::size_t end) {
  std::string out = "{";
  std::string text;
  for (std::size_t row = begin; row < end; ++row) {
    if (row > begin) out += ',';
    if (values.is_null(row)) {
      out += "NULL";
      continue;
    }
    text.clear();
    append_column_text(values.at(row), type, text);
    out += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + "}";
}

// What the server printed, into a column whose rows are all NULL so far.
void take_text(std::string_view text, Column& column, std::size_t row, Arena& arena) {
  Column one{column.type(), 1};
  if (auto reason = stores::set_from_text(one, 0, text, arena)) {
    throw Error{Error::Kind::type,
                fmt::format("the target holds a value that is no {}: {}", name(column.type()), *reason),
                "look at the type of the column that the lookup reads"};
  }
  column.set(row, one.at(0));
}

}  // namespace

void append_column_text(const Value& value, const schema::SqlType& type, std::string& out) {
  const auto* list = std::get_if<List>(&value);
  const bool holds_json = type.base == "json" || type.base == "jsonb";
  if (type.array && list != nullptr) {
    out += array_literal(items_of(*list, !holds_json));
  } else {
    stores::append_postgres_text(value, out);
  }
}

const ServerType& ServerTypes::of(const schema::Table& table, const std::string& column) {
  const std::string name = quote_table(table);
  auto known = tables_.find(name);
  if (known == tables_.end()) {
    const stores::PostgresRows rows = connection_.query(
        "WITH RECURSIVE column_type(name, id) AS ("
        " SELECT attname, atttypid FROM pg_attribute"
        " WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"
        " UNION ALL SELECT c.name, t.typbasetype FROM column_type c JOIN pg_type t ON t.oid = c.id"
        " WHERE t.typtype = 'd') "
        "SELECT c.name, format_type(c.id, -1), t.typelem::bigint FROM column_type c JOIN pg_type t ON t.oid = c.id "
        "WHERE t.typtype <> 'd'",
        std::vector<std::optional<std::string>>{name});
    known = tables_.emplace(name, std::map<std::string, ServerType>{}).first;
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const auto oid = static_cast<std::uint32_t>(number_of(rows.text(row, 2)));
      known->second[std::string{rows.text(row, 0)}] = {std::string{rows.text(row, 1)}, oid};
    }
  }
  const auto found = known->second.find(column);
  if (found != known->second.end()) return found->second;
  throw Error{Error::Kind::schema,
              fmt::format("{}: table {} has no column {}", connection_.place(), table.name, column)};
}

// Some thousand keys as parameters $1, $2, ... and the FROM item `k(k1, k2, ..., i)` that lists them, i from 1.
struct PostgresKeys::Chunk {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::vector<std::optional<std::string>> parameters;
  std::string keys;
  std::string matches;  // t."a" = k.k1 AND ...
};

PostgresKeys::Chunk PostgresKeys::chunk_of(const schema::Table& table, std::span<const std::string> columns,
                                           std::span<const ColumnPtr> keys, std::size_t begin) {
  Chunk chunk{.begin = begin,
              .end = std::min(begin + kChunkRows, keys.front()->size()),
              .parameters = {},
              .keys = {},
              .matches = {}};
  std::string arrays;
  std::string names;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string separator = i == 0 ? "" : ", ";
    arrays += fmt::format("{}${}::{}[]", separator, i + 1, types_.of(table, columns[i]).name);
    names += fmt::format("k{}, ", i + 1);
    chunk.matches += fmt::format("{}t.{} = k.k{}", i == 0 ? "" : " AND ", quote_identifier(columns[i]), i + 1);
    chunk.parameters.push_back(literal_of(*keys[i], column_named(table, columns[i]).type, begin, chunk.end));
  }
  chunk.keys = fmt::format("unnest({}) WITH ORDINALITY AS k({}i)", arrays, names);
  return chunk;
}

bool PostgresKeys::has_index(const schema::Table& table, std::span<const std::string> columns) {
  std::vector<std::string> names;
  for (const std::string& column : columns) names.push_back(stores::quote_literal(column));
  const std::string list = fmt::format("{}", fmt::join(names, ", "));
  const auto [known, is_new] = has_index_.try_emplace({quote_table(table), list}, false);
  if (is_new) {
    known->second =
        connection_
            .query(fmt::format("SELECT FROM pg_index i WHERE i.indrelid = $1::regclass AND i.indisunique AND i.indisvalid "
                               "AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM pg_attribute a "
                               "WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey) AND a.attname NOT IN ({}))",
                               list),
                   std::vector<std::optional<std::string>>{quote_table(table)})
            .size() > 0;
  }
  return known->second;
}

// Without statistics of a table that is being filled the server may read all of it for every chunk: where there is an
// index, key after key goes through it (a subquery with LIMIT or OFFSET is not pulled up into a join).
std::string PostgresKeys::lookup(const schema::Table& table, std::span<const std::string> columns, const Chunk& chunk,
                                 const std::string& select, bool first_only) {
  if (has_index(table, columns)) {
    return fmt::format("SELECT k.i, r.* FROM {} CROSS JOIN LATERAL (SELECT {} FROM {} AS t WHERE {} {}) AS r",
                       chunk.keys, select, quote_table(table), chunk.matches, first_only ? "LIMIT 1" : "OFFSET 0");
  }
  if (first_only) {
    return fmt::format("SELECT k.i FROM {} WHERE EXISTS (SELECT FROM {} AS t WHERE {})", chunk.keys, quote_table(table),
                       chunk.matches);
  }
  return fmt::format("SELECT k.i, {} FROM {} JOIN {} AS t ON {}", select, chunk.keys, quote_table(table),
                     chunk.matches);
}

std::vector<bool> PostgresKeys::find(const schema::Table& table, std::span<const std::string> columns,
                                     std::span<const ColumnPtr> keys) {
  std::vector<bool> found(keys.front()->size());
  for (std::size_t begin = 0; begin < found.size(); begin += kChunkRows) {
    const Chunk chunk = chunk_of(table, columns, keys, begin);
    const auto rows = connection_.query(lookup(table, columns, chunk, "", true), chunk.parameters);
    for (std::size_t row = 0; row < rows.size(); ++row) found[begin + number_of(rows.text(row, 0)) - 1] = true;
  }
  return found;
}

std::vector<ColumnPtr> PostgresKeys::fetch(const schema::Table& table, std::span<const std::string> columns,
                                           std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                                           std::span<const Type> types, Arena& arena) {
  const std::size_t size = keys.front()->size();
  std::vector<std::shared_ptr<Column>> out;
  std::string select;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const bool as_json = types[i] == Type::list && column_named(table, wanted[i]).type.array;
    const std::string name = "t." + quote_identifier(wanted[i]);
    select += (i == 0 ? "" : ", ") + (as_json ? fmt::format("to_json({})", name) : name);
    out.push_back(std::make_shared<Column>(types[i], size));
    for (std::size_t row = 0; row < size; ++row) out.back()->set_null(row);
  }
  std::vector<bool> seen(size);
  for (std::size_t begin = 0; begin < size; begin += kChunkRows) {
    const Chunk chunk = chunk_of(table, columns, keys, begin);
    const auto rows = connection_.query(lookup(table, columns, chunk, select, false), chunk.parameters);
    for (std::size_t row = 0; row < rows.size(); ++row) {
      const std::size_t key = begin + number_of(rows.text(row, 0)) - 1;
      if (seen[key]) continue;
      seen[key] = true;
      for (std::size_t i = 0; i < out.size(); ++i) {
        if (!rows.is_null(row, i + 1)) take_text(rows.text(row, i + 1), *out[i], key, arena);
      }
    }
  }
  return {out.begin(), out.end()};
}

void PostgresKeys::update(const schema::Table& table, std::span<const std::string> columns,
                          std::span<const ColumnPtr> keys, const std::string& column, const Column& values) {
  for (std::size_t begin = 0; begin < values.size(); begin += kChunkRows) {
    Chunk chunk = chunk_of(table, columns, keys, begin);
    chunk.parameters.push_back(literal_of(values, column_named(table, column).type, begin, chunk.end));
    const std::size_t number = chunk.parameters.size();
    // Two lists of one length: joined by position.
    connection_.query(
        fmt::format("UPDATE {} AS t SET {} = v.v::{} FROM {}, unnest(${}::text[]) WITH ORDINALITY AS v(v, i) "
                    "WHERE v.i = k.i AND {}",
                    quote_table(table), quote_identifier(column), types_.of(table, column).name, chunk.keys, number,
                    chunk.matches),
        chunk.parameters);
  }
}

std::uint64_t PostgresKeys::remove(const schema::Table& table, std::span<const std::string> columns,
                                   std::span<const ColumnPtr> keys) {
  std::uint64_t removed = 0;
  for (std::size_t begin = 0; begin < keys.front()->size(); begin += kChunkRows) {
    const Chunk chunk = chunk_of(table, columns, keys, begin);
    removed +=
        connection_
            .query(fmt::format("DELETE FROM {} AS t USING {} WHERE {}", quote_table(table), chunk.keys, chunk.matches),
                   chunk.parameters)
            .affected();
  }
  return removed;
}

}  // namespace etl::writers
