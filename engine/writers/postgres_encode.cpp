#include "engine/writers/postgres_encode.h"

#include <array>
#include <bit>
#include <string_view>
#include <vector>

#include "engine/stores/cell.h"
#include "engine/writers/list_items.h"
#include "engine/writers/postgres_checks.h"
#include "engine/writers/postgres_numeric.h"

namespace etl::writers {

// An array's items, one at a time, go through a column of one row and the encoder of the element type.
struct BinaryItems {
  std::uint32_t element_oid = 0;
  bool nested = true;
  Type type = Type::text;
  std::unique_ptr<Column> value;
  BinaryColumn encoder;
  CopyBuffer bytes{{}, 4096};
};

namespace {

template <class T>
T value_of(const BinaryColumn& column, std::uint32_t row) {
  return static_cast<const T*>(column.values)[row];
}

void encode_bool(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(1);
  out.put8(value_of<bool>(column, row) ? 1 : 0);
}

void encode_int2(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(2);
  out.put16(static_cast<std::uint16_t>(value_of<std::int64_t>(column, row)));
}

// int4 and oid.
void encode_int4(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(4);
  out.put32(static_cast<std::uint32_t>(value_of<std::int64_t>(column, row)));
}

// int8, and the times that rest as 64-bit microseconds.
void encode_int8(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(8);
  out.put64(static_cast<std::uint64_t>(value_of<std::int64_t>(column, row)));
}

void encode_float4(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(4);
  out.put32(std::bit_cast<std::uint32_t>(static_cast<float>(value_of<double>(column, row))));
}

void encode_float8(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(8);
  out.put64(std::bit_cast<std::uint64_t>(value_of<double>(column, row)));
}

void encode_numeric(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  put_numeric(static_cast<const Decimal*>(column.values)[row], out);
}

void encode_date(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(4);
  out.put32(static_cast<std::uint32_t>(value_of<Date>(column, row).days));
}

void encode_uuid(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  out.put32(16);
  out.put_bytes(static_cast<const Uuid*>(column.values)[row].bytes.data(), 16);
}

// Texts, bytes and json: views all.
void encode_view(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  const auto text = value_of<std::string_view>(column, row);
  out.reserve(text.size() + column.row_bound);
  out.put32(static_cast<std::uint32_t>(text.size()));
  out.put_bytes(text.data(), text.size());
}

// jsonb_recv wants a version byte.
void encode_jsonb(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  const auto text = value_of<std::string_view>(column, row);
  out.reserve(text.size() + 1 + column.row_bound);
  out.put32(static_cast<std::uint32_t>(text.size() + 1));
  out.put8(1);
  out.put_bytes(text.data(), text.size());
}

static_assert(sizeof(Bytes) == sizeof(std::string_view) && sizeof(Json) == sizeof(std::string_view) &&
              sizeof(List) == sizeof(std::string_view) && sizeof(Instant) == sizeof(std::int64_t) &&
              sizeof(Timestamp) == sizeof(std::int64_t) && sizeof(Time) == sizeof(std::int64_t));

void encode_item(BinaryItems& items, const ListItem& item, Arena& arena) {
  items.bytes.reserve(kCellBound * 2);
  if (item.is_null) return items.bytes.put32(0xFFFFFFFF);
  if (auto reason = stores::set_from_text(*items.value, 0, item.text(), arena)) throw Unencodable{std::move(*reason)};
  items.encoder.encode(items.encoder, 0, items.bytes);
}

// array_recv: dimensions, whether there are NULLs, element type; length and lower bound of each dimension; items.
void encode_array(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) {
  BinaryItems& items = *column.items;
  const ListItems list = items_of(value_of<List>(column, row), items.nested);
  if (!list.problem.empty()) throw Unencodable{list.problem};
  bool has_nulls = false;
  for (const ListItem& item : list.items) has_nulls = has_nulls || item.is_null;
  items.bytes.clear();
  items.bytes.reserve(kCellBound * 2);
  items.bytes.put32(static_cast<std::uint32_t>(list.dimensions.size()));
  items.bytes.put32(has_nulls ? 1 : 0);
  items.bytes.put32(items.element_oid);
  for (const int length : list.dimensions) {
    items.bytes.put32(static_cast<std::uint32_t>(length));
    items.bytes.put32(1);
  }
  Arena arena;
  for (const ListItem& item : list.items) encode_item(items, item, arena);
  const std::string_view bytes = items.bytes.bytes();
  out.reserve(bytes.size() + column.row_bound);
  out.put32(static_cast<std::uint32_t>(bytes.size()));
  out.put_bytes(bytes.data(), bytes.size());
}

// One row per pair of a language type and a PostgreSQL type with a binary encoder.
struct Encoder {
  Type from;
  std::string_view to;
  decltype(BinaryColumn::encode) encode;
};
constexpr std::array kEncoders = {
    Encoder{Type::boolean, "bool", encode_bool},        Encoder{Type::integer, "int2", encode_int2},
    Encoder{Type::integer, "int4", encode_int4},        Encoder{Type::integer, "int8", encode_int8},
    Encoder{Type::integer, "oid", encode_int4},         Encoder{Type::float64, "float4", encode_float4},
    Encoder{Type::float64, "float8", encode_float8},    Encoder{Type::decimal, "numeric", encode_numeric},
    Encoder{Type::text, "text", encode_view},           Encoder{Type::text, "varchar", encode_view},
    Encoder{Type::text, "bpchar", encode_view},         Encoder{Type::text, "name", encode_view},
    Encoder{Type::text, "citext", encode_view},         Encoder{Type::bytes, "bytea", encode_view},
    Encoder{Type::date, "date", encode_date},           Encoder{Type::time, "time", encode_int8},
    Encoder{Type::timestamp, "timestamp", encode_int8}, Encoder{Type::timestamptz, "timestamptz", encode_int8},
    Encoder{Type::uuid, "uuid", encode_uuid},           Encoder{Type::json, "json", encode_view},
    Encoder{Type::json, "jsonb", encode_jsonb},         Encoder{Type::list, "json", encode_view},
    Encoder{Type::list, "jsonb", encode_jsonb},
};

}  // namespace

BinaryColumn binary_column(const schema::Column& column, Type type, std::uint32_t element_oid) {
  BinaryColumn bound;
  if (column.type.array) {
    const schema::Column element = element_of(column);
    auto items = std::make_shared<BinaryItems>();
    items->encoder = binary_column(element, element.type.type, 0);
    if (type != Type::list || element_oid == 0 || items->encoder.encode == nullptr) return bound;
    items->element_oid = element_oid;
    items->nested = element.type.type != Type::json;
    items->value = std::make_unique<Column>(element.type.type, 1);
    items->encoder.values = items->value->values<std::byte>().data();
    items->encoder.row_bound = kCellBound;
    bound.encode = encode_array;
    bound.items = std::move(items);
    return bound;
  }
  if (column.type.is_enum && type == Type::text) {
    bound.encode = encode_view;
    return bound;
  }
  for (const Encoder& encoder : kEncoders) {
    if (encoder.from == type && encoder.to == column.type.base) bound.encode = encoder.encode;
  }
  return bound;
}

}  // namespace etl::writers
