#include "engine/stores/sql_session.h"

#include "engine/base/error.h"

namespace etl::stores {

std::uint64_t SqlSession::change_binary(const std::string&, std::span<const std::string>) {
  throw Error{Error::Kind::insertion, "this connection takes no values in binary form",
              "this is a fault of etl: please report it with the mapping"};
}

void SqlSession::scan(const std::string& select, const RawRow& row) {
  std::vector<RawCell> cells;
  for (const SqlRow& found : read(select)) {
    cells.clear();
    for (const std::optional<std::string>& cell : found) {
      cells.push_back(cell ? RawCell{.kind = RawCell::Kind::text, .bytes = *cell} : RawCell{});
    }
    row(cells);
  }
}

}  // namespace etl::stores
