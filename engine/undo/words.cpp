#include <fmt/format.h>

#include <ranges>

#include "engine/undo/rollback.h"

namespace etl::undo {

namespace {

std::string rows(std::uint64_t count) { return count == 1 ? "1 row" : fmt::format("{} rows", count); }

std::string words_of(const ledger::TableRow& table) {
  std::string out;
  const auto add = [&](const std::string& what) { out += (out.empty() ? "" : "; ") + what; };
  if (table.inserted > 0) add(fmt::format("{} inserted go", rows(table.inserted)));
  if (table.updated > 0)
    add(fmt::format("{} updated {} as before", rows(table.updated), table.updated == 1 ? "is" : "are"));
  if (table.removed > 0)
    add(fmt::format("{} replaced come{} back", rows(table.removed), table.removed == 1 ? "s" : ""));
  if (table.created) add("the table goes");
  return fmt::format("  {}: {}", table.target, out.empty() ? "nothing" : out);
}

}  // namespace

std::vector<std::string> words_of(stores::SqlSession& session, const ledger::RunRow& run, const Request& request) {
  const bool postgres = session.dialect() == schema::Dialect::postgresql;
  std::vector<std::string> out = {
      fmt::format("Undoes run {} of {}, started {}.", to_text(run.run), run.mapping, to_text(run.started)),
      "",
      postgres ? "  psql -X -f rollback.sql URL            or: etl rollback MAPPING --run " + to_text(run.run)
               : "  sqlite3 DATABASE < rollback.sql        or: etl rollback MAPPING --run " + to_text(run.run),
      "",
      "One transaction. It stops, and changes nothing, when rows of the run were changed since, when rows that stay "
      "refer",
      "to rows that would go, or when the run is not the last that wrote them; it says which. Rows that were added "
      "since",
      "are not touched.",
  };
  if (postgres) {
    out.push_back("With -v force=1 it undoes the rest, and leaves such rows and what they need as they are.");
  } else if (request.force) {
    out.push_back(
        "This variant leaves such rows and what they need as they are, and tables that the run made as well.");
  } else {
    out.push_back("rollback-force.sql undoes the rest, and leaves such rows and what they need as they are.");
  }
  out.insert(out.end(), {"", "In words, backwards:"});
  for (const ledger::TableRow& table : std::views::reverse(ledger::tables(session, run.run)))
    out.push_back(words_of(table));
  return out;
}

}  // namespace etl::undo
