#include "engine/schema/render.h"

#include <fmt/format.h>

#include "engine/base/error.h"
#include "engine/schema/ddl.h"
#include "engine/schema/live.h"
#include "engine/schema/sqlite_memory.h"

namespace etl::schema {

std::vector<std::string> render(const Catalog& catalog, Dialect target, std::vector<std::string>& left_out) {
  if (catalog.dialect == target && !catalog.statements.empty()) return catalog.statements;
  switch (target) {
    case Dialect::sqlite:
      return render_for_sqlite(catalog, left_out);
    case Dialect::postgresql:
      return render_for_postgres(catalog, left_out);
    case Dialect::mysql:
      break;
  }
  throw Error{Error::Kind::schema, "creating tables in MySQL is not available yet",
              "create them beforehand, without `create: true`"};
}

std::vector<std::string> render(const Catalog& catalog, Dialect target) {
  std::vector<std::string> left_out;
  return render(catalog, target, left_out);
}

Catalog as_rendered_sqlite(const Catalog& catalog) {
  const SqliteMemory memory;
  for (const std::string& sql : render(catalog, Dialect::sqlite)) {
    std::uint32_t end = 0;
    if (const auto fault = memory.apply(sql.c_str(), end)) {
      throw Error{Error::Kind::schema, fmt::format("SQLite refuses the DDL made for it: {}: {}", fault->message, sql)};
    }
  }
  return read_live_sqlite(memory.handle());
}

}  // namespace etl::schema
