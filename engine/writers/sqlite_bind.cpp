#include "engine/writers/sqlite_bind.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "engine/stores/sqlite.h"

namespace etl::writers {

void SqliteBinder::use(const Column& values) {
  column_ = &values;
  values_ = values.values<std::byte>().data();
  bind_ = binding_for(values.type());
}

SqliteBinder::Bind SqliteBinder::binding_for(Type type) const {
  switch (type) {
    case Type::any:
      return &SqliteBinder::bind_any;
    case Type::boolean:
      return &SqliteBinder::bind_boolean;
    case Type::integer:
      return &SqliteBinder::bind_integer;
    case Type::decimal:
      return form_.affinity == schema::Affinity::text ? &SqliteBinder::bind_digits : &SqliteBinder::bind_number;
    case Type::float64:
      return &SqliteBinder::bind_float;
    case Type::bytes:
      return &SqliteBinder::bind_blob;
    case Type::date:
      return &SqliteBinder::bind_date;
    case Type::time:
      return &SqliteBinder::bind_time;
    case Type::timestamp:
      return &SqliteBinder::bind_timestamp;
    case Type::timestamptz:
      return &SqliteBinder::bind_instant;
    case Type::uuid:
      return &SqliteBinder::bind_uuid;
    case Type::text:
    case Type::json:
    case Type::list:
      break;
  }
  return &SqliteBinder::bind_view;
}

int SqliteBinder::bind_null(sqlite3_stmt* statement) const { return sqlite3_bind_null(statement, parameter_); }

int SqliteBinder::bind_boolean(sqlite3_stmt* statement, std::uint32_t row) {
  return sqlite3_bind_int(statement, parameter_, value<bool>(row) ? 1 : 0);
}

int SqliteBinder::bind_integer(sqlite3_stmt* statement, std::uint32_t row) {
  return sqlite3_bind_int64(statement, parameter_, value<std::int64_t>(row));
}

int SqliteBinder::bind_float(sqlite3_stmt* statement, std::uint32_t row) {
  return sqlite3_bind_double(statement, parameter_, value<double>(row));
}

int SqliteBinder::bind_number(sqlite3_stmt* statement, std::uint32_t row) {
  const auto& decimal = value<Decimal>(row);
  if (const auto integer = to_integer(decimal)) return sqlite3_bind_int64(statement, parameter_, *integer);
  stores::bind_value(statement, parameter_, Value{decimal});
  return SQLITE_OK;
}

int SqliteBinder::bind_digits(sqlite3_stmt* statement, std::uint32_t row) {
  const auto& decimal = value<Decimal>(row);
  const auto shown = form_.text_scale >= 0 ? rescale(decimal, form_.text_scale) : std::optional<Decimal>{};
  return bind_scratch(statement, format_decimal(shown.value_or(decimal), scratch_.data()));
}

// An empty view may have no address, which SQLite would take for NULL.
int SqliteBinder::bind_view(sqlite3_stmt* statement, std::uint32_t row) {
  const auto& text = value<std::string_view>(row);
  return sqlite3_bind_text64(statement, parameter_, text.empty() ? "" : text.data(), text.size(), SQLITE_STATIC,
                             SQLITE_UTF8);
}

int SqliteBinder::bind_blob(sqlite3_stmt* statement, std::uint32_t row) {
  const std::string_view bytes = value<Bytes>(row).view;
  return sqlite3_bind_blob64(statement, parameter_, bytes.empty() ? "" : bytes.data(), bytes.size(), SQLITE_STATIC);
}

int SqliteBinder::bind_date(sqlite3_stmt* statement, std::uint32_t row) {
  return bind_scratch(statement, format_date(value<Date>(row), scratch_.data()));
}

int SqliteBinder::bind_time(sqlite3_stmt* statement, std::uint32_t row) {
  return bind_scratch(statement, format_time(value<Time>(row), scratch_.data()));
}

int SqliteBinder::bind_timestamp(sqlite3_stmt* statement, std::uint32_t row) {
  return bind_scratch(statement, format_timestamp(value<Timestamp>(row), scratch_.data()));
}

int SqliteBinder::bind_instant(sqlite3_stmt* statement, std::uint32_t row) {
  std::size_t size = format_instant(value<Instant>(row), scratch_.data());
  char* const zone =
      form_.offset_zone ? std::find(scratch_.data(), scratch_.data() + size, 'Z') : scratch_.data() + size;
  char* const end = scratch_.data() + size;
  if (zone != end) {
    static constexpr std::string_view kOffset = "+00:00";
    std::memmove(zone + kOffset.size(), zone + 1, static_cast<std::size_t>(end - zone - 1));
    std::memcpy(zone, kOffset.data(), kOffset.size());
    size += kOffset.size() - 1;
  }
  return bind_scratch(statement, size);
}

int SqliteBinder::bind_uuid(sqlite3_stmt* statement, std::uint32_t row) {
  return bind_scratch(statement, format_uuid(value<Uuid>(row), scratch_.data()));
}

int SqliteBinder::bind_any(sqlite3_stmt* statement, std::uint32_t row) {
  stores::bind_value(statement, parameter_, value<Value>(row));
  return SQLITE_OK;
}

int SqliteBinder::bind_scratch(sqlite3_stmt* statement, std::size_t size) {
  return sqlite3_bind_text64(statement, parameter_, scratch_.data(), size, SQLITE_STATIC, SQLITE_UTF8);
}

}  // namespace etl::writers
