#include "engine/stores/sqlite_types.h"

#include <algorithm>

namespace etl::stores {

SqliteColumn sqlite_column(const schema::Table& table, const schema::Column& live, const schema::Column* declared) {
  SqliteColumn column;
  const bool is_any = table.strict && live.type.name == "any";
  column.affinity = is_any ? schema::Affinity::blob : schema::sqlite_affinity(live.type.name);
  if (declared != nullptr) {
    column.offset_zone = true;
    const bool is_text_numeric = declared->type.base == "numeric" && column.affinity == schema::Affinity::text;
    if (is_text_numeric && declared->type.precision) column.text_scale = std::max(0, declared->type.scale.value_or(0));
  }
  return column;
}

}  // namespace etl::stores
