#include "engine/stores/sql_session.h"

namespace etl::stores {

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
