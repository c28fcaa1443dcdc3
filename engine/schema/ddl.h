// Catalogues from DDL text and from live connections; DDL from catalogues.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/source_text.h"
#include "engine/schema/catalog.h"

namespace etl::schema {

// The dialect that the first line names ("-- dialect: sqlite"), if it does.
std::optional<Dialect> declared_dialect(const SourceText& ddl);

// "DDL cannot be read".
inline constexpr Code kUnreadableDdl = 124;

// Reads DDL. What is wrong in it is an error at its place (E120's neighbours: code 124, "DDL cannot be read").
// PostgreSQL by libpg_query, SQLite by SQLite itself in memory, MySQL by a reader of our own.
Catalog read_ddl(const SourceTextPtr& ddl, Dialect dialect, Diagnostics& diagnostics);

// Statements that create the catalogue's tables in `target`'s dialect, to be run in order.
// A PostgreSQL catalogue on PostgreSQL gives the source's own statements; on SQLite STRICT tables
// (hard-parts.md 30), whose storage forms are those of `stores/sqlite_types.h`.
std::vector<std::string> render(const Catalog& catalog, Dialect target);
// The same; what the target cannot express is left out and named in `left_out`, one clause each.
std::vector<std::string> render(const Catalog& catalog, Dialect target, std::vector<std::string>& left_out);

// The catalogue that `render(catalog, Dialect::sqlite)` is expected to give when read back live from SQLite,
// for comparing a live schema with the DDL it was made from: declared names and NOT NULL per column. Throws Error when
// SQLite refuses what was rendered: its names are the same without case.
Catalog as_rendered_sqlite(const Catalog& catalog);

}  // namespace etl::schema
