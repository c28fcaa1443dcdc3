// Values in PostgreSQL's binary form, as COPY (FORMAT binary) takes them: manual, sql-copy, "Binary Format", and the
// receive functions in src/backend/utils/adt.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/data/batch.h"
#include "engine/schema/catalog.h"
#include "engine/writers/copy_buffer.h"

namespace etl::writers {

// Upper bound of a cell's bytes, length word included, without the bytes of texts.
inline constexpr std::size_t kCellBound = 64;

// A value that `check` should have found: it has no binary form in its column.
struct Unencodable {
  std::string reason;
};

struct BinaryItems;

// One column of a batch, bound to the encoder of its type.
struct BinaryColumn {
  const Column* column = nullptr;
  const void* values = nullptr;
  // Appends length and bytes of a value that is not NULL. REQUIRES: kCellBound bytes are reserved; keeps `row_bound`
  // bytes reserved behind what it appends.
  void (*encode)(const BinaryColumn& column, std::uint32_t row, CopyBuffer& out) = nullptr;
  std::size_t row_bound = 0;
  std::shared_ptr<BinaryItems> items;  // Of an array column.
};

// The encoder for values of a language type in a column of the table; null when there is none, then the table's COPY
// is text. `element_oid` is the element type's, for arrays (0: not known).
BinaryColumn binary_column(const schema::Column& column, Type type, std::uint32_t element_oid);

// Appends one row: the number of fields, then each.
inline void encode_row(std::span<const BinaryColumn> columns, std::uint32_t row, std::size_t row_bound,
                       CopyBuffer& out) {
  out.reserve(row_bound);
  out.put16(static_cast<std::uint16_t>(columns.size()));
  for (const BinaryColumn& column : columns) {
    if (column.column->is_null(row)) {
      out.put32(0xFFFFFFFF);
    } else {
      column.encode(column, row, out);
    }
  }
}

}  // namespace etl::writers
