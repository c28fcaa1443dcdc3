// Any bytes as DDL of either dialect, and what was read of it said in both.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engine/schema/ddl.h"
#include "engine/schema/sql.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using etl::schema::Dialect;
  const auto text = std::make_shared<const etl::SourceText>("fuzz.sql", std::string(data, data + size));
  for (const Dialect dialect : {Dialect::postgresql, Dialect::sqlite}) {
    etl::Diagnostics diagnostics;
    const etl::schema::Catalog catalog = etl::schema::read_ddl(text, dialect, diagnostics);
    etl::schema::render(catalog, Dialect::sqlite);
    etl::schema::render(catalog, Dialect::postgresql);
    etl::schema::sql_parameters(text->bytes(), dialect);
    for (const auto& diagnostic : diagnostics.sorted()) etl::render(diagnostic);
  }
  etl::schema::read_postgres_sql(text->bytes(), {});
  return 0;
}
