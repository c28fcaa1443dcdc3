#include <fmt/format.h>

#include "engine/describe/markdown.h"
#include "engine/describe/reference.h"
#include "engine/readers/catalog.h"
#include "engine/writers/catalog.h"

namespace etl::describe {

std::string readers_page() {
  std::string out = page_head("Readers",
                              "What rows can be read from. Any other kind of `url` in a connection is parsed, checked "
                              "and typed by\n`etl lint` and `etl test`; `etl run` says that reading it is not "
                              "available yet.");
  out += table_head({"kind", "what it does"});
  for (const readers::SourceKind& kind : readers::source_kinds()) {
    out += table_row({code(kind.name), std::string{kind.doc}});
  }
  return out;
}

std::string writers_page() {
  std::string out = page_head("Writers", "What rows can be written to.");
  out += table_head({"kind", "what it does"});
  for (const writers::TargetKind& kind : writers::target_kinds()) {
    out += table_row({code(kind.name), std::string{kind.doc}});
  }
  return out;
}

}  // namespace etl::describe
