#include "engine/undo/script.h"

#include <fmt/format.h>

namespace etl::undo {

namespace {

std::string as_comment(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& line : words) out += line.empty() ? "--\n" : "-- " + line + "\n";
  return out;
}

// Printed at the end: what happened, table by table.
std::string summary(schema::Dialect dialect) {
  const bool postgres = dialect == schema::Dialect::postgresql;
  return fmt::format("{}SELECT what AS \"left as it is\" FROM etl_undo_stops ORDER BY ordinal;\n{};\n",
                     postgres ? "\\o\n" : ".mode column\n.headers on\n", kTables);
}

}  // namespace

std::string to_file(const Script& script, const std::vector<std::string>& words) {
  std::string out = as_comment(words) + "\n" + script.shell + "\n" + script.settings + "\n" + script.fence + "\n" +
                    script.begin + "\n" + script.check + script.refuse + script.look + script.refuse + script.undo +
                    script.refuse;
  for (const Drop& drop : script.drops) {
    if (!script.force || drop.is_free.empty()) out += drop.sql + ";\n";
  }
  return out + summary(script.dialect) + script.finish;
}

}  // namespace etl::undo
