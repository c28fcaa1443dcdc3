#include "engine/schema/ddl.h"

#include <array>

#include "engine/schema/mysql_ddl.h"
#include "engine/schema/postgres_ddl.h"
#include "engine/schema/sqlite_ddl.h"

namespace etl::schema {

std::optional<Dialect> declared_dialect(const SourceText& ddl) {
  constexpr std::string_view kMark = "-- dialect:";
  std::string_view line = ddl.line(1);
  if (!line.starts_with(kMark)) return std::nullopt;
  line.remove_prefix(kMark.size());
  const auto begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view word = line.substr(begin, line.find_first_of(" \t\r", begin) - begin);
  for (const Dialect dialect : {Dialect::postgresql, Dialect::sqlite, Dialect::mysql}) {
    if (word == name(dialect)) return dialect;
  }
  return std::nullopt;
}

Catalog read_ddl(const SourceTextPtr& ddl, Dialect dialect, Diagnostics& diagnostics) {
  switch (dialect) {
    case Dialect::postgresql:
      return read_postgres_ddl(ddl, diagnostics);
    case Dialect::sqlite:
      return read_sqlite_ddl(ddl, diagnostics);
    case Dialect::mysql:
      return read_mysql_ddl(ddl, diagnostics);
  }
  return {};
}

}  // namespace etl::schema
