#include "engine/schema/sqlite_ddl.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/schema/ddl.h"
#include "engine/schema/live.h"
#include "engine/schema/pg_tree.h"
#include "engine/schema/sqlite_memory.h"
#include "engine/schema/sqlite_tokens.h"

namespace etl::schema {
namespace {

struct Written {
  std::string_view sql;
  std::uint32_t begin = 0;  // In the source.
};

// Gives tables and columns of the catalogue their places in the text.
void set_places(Catalog& catalog, const SourceTextPtr& source, const std::vector<Written>& statements) {
  for (const Written& statement : statements) {
    const auto text = read_create_table(statement.sql);
    if (!text) continue;
    const auto table = std::ranges::find(catalog.tables, text->table, &Table::name);
    if (table == catalog.tables.end()) continue;
    const auto span = [&](CreateTableText::Place place) {
      return Span{source, statement.begin + place.begin, statement.begin + place.end};
    };
    table->at = span(text->at);
    for (Column& column : table->columns) {
      const auto found =
          std::ranges::find(text->columns, column.name, &std::pair<std::string, CreateTableText::Place>::first);
      column.at = found == text->columns.end() ? table->at : span(found->second);
    }
  }
}

}  // namespace

Catalog read_sqlite_ddl(const SourceTextPtr& source, Diagnostics& diagnostics) {
  const std::string_view all = source->bytes();
  const SqliteMemory memory;
  if (const auto nul = all.find('\0'); nul != std::string_view::npos) {
    const auto place = static_cast<std::uint32_t>(nul);
    diagnostics.add(kUnreadableDdl, Span{source, place, place}, "the DDL cannot be read: a NUL byte");
    return read_live_sqlite(memory.handle());
  }
  std::vector<Written> statements;
  for (std::uint32_t at = 0; at < all.size();) {
    std::uint32_t length = 0;
    if (const auto fault = memory.apply(all.data() + at, length)) {
      const std::uint32_t place = at + fault->offset;
      const auto rest = sqlite_tokens(all.substr(place));
      const std::uint32_t size = rest.empty() || rest.front().begin != 0 ? 0 : rest.front().end();
      diagnostics.add(kUnreadableDdl, Span{source, place, place + size},
                      fmt::format("the DDL cannot be read: {}", fault->message));
      break;
    }
    if (length == 0) break;
    const std::string_view sql = pg::trim(all.substr(at, length));
    if (is_sqlite_schema_statement(sql))
      statements.push_back({sql, static_cast<std::uint32_t>(sql.data() - all.data())});
    at += length;
  }
  Catalog catalog = read_live_sqlite(memory.handle());
  set_places(catalog, source, statements);
  return catalog;
}

}  // namespace etl::schema
