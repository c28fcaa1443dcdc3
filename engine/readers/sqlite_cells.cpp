#include "engine/readers/sqlite_cells.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "engine/stores/cell.h"

namespace etl::readers {

namespace {

constexpr std::size_t kRawBlobBytes = 64;

std::string_view name_of(int storage_class) {
  switch (storage_class) {
    case SQLITE_INTEGER:
      return "a whole number";
    case SQLITE_FLOAT:
      return "a floating-point number";
    case SQLITE_TEXT:
      return "text";
    default:
      return "a blob";
  }
}

std::string_view article(Type type) { return type == Type::integer ? "an" : "a"; }

}  // namespace

SqliteCells::SqliteCells(sqlite3_stmt* statement, int index, std::uint32_t column, Type type,
                         const std::vector<std::string>& null_tokens)
    : statement_{statement},
      index_{index},
      number_{column},
      type_{type},
      null_tokens_{&null_tokens},
      read_{reader_for(type)} {}

SqliteCells::Read SqliteCells::reader_for(Type type) {
  switch (type) {
    case Type::any:
      return &SqliteCells::read_any;
    case Type::boolean:
      return &SqliteCells::read_boolean;
    case Type::integer:
      return &SqliteCells::read_integer;
    case Type::decimal:
      return &SqliteCells::read_decimal;
    case Type::float64:
      return &SqliteCells::read_float;
    case Type::text:
      return &SqliteCells::read_text;
    case Type::bytes:
      return &SqliteCells::read_bytes;
    default:
      return &SqliteCells::read_parsed;
  }
}

void SqliteCells::start(std::size_t capacity, Batch& batch) {
  column_ = std::make_shared<Column>(type_, capacity);
  values_ = column_->values<std::byte>().data();
  batch_ = &batch;
}

ColumnPtr SqliteCells::finish(std::size_t rows) {
  if (rows == column_->size()) return std::move(column_);
  auto cut = std::make_shared<Column>(type_, rows);
  for (std::size_t row = 0; row < rows; ++row) cut->set(row, column_->at(row));
  column_.reset();
  return cut;
}

void SqliteCells::read_integer(std::uint32_t row) {
  const int storage_class = sqlite3_column_type(statement_, index_);
  if (storage_class != SQLITE_INTEGER) return read_other(row, storage_class);
  static_cast<std::int64_t*>(values_)[row] = sqlite3_column_int64(statement_, index_);
}

// An INTEGER in a REAL column is how SQLite packs whole numbers; above 2^53 it would not be the same number.
void SqliteCells::read_float(std::uint32_t row) {
  const int storage_class = sqlite3_column_type(statement_, index_);
  if (storage_class != SQLITE_FLOAT && storage_class != SQLITE_INTEGER) return read_other(row, storage_class);
  const double value = sqlite3_column_double(statement_, index_);
  static_cast<double*>(values_)[row] = value;
  constexpr std::int64_t kExact = std::int64_t{1} << 53;
  if (storage_class == SQLITE_INTEGER && std::abs(sqlite3_column_int64(statement_, index_)) > kExact) {
    fault(row, "type", "the whole number has more digits than a float holds");
  }
}

void SqliteCells::read_boolean(std::uint32_t row) {
  const int storage_class = sqlite3_column_type(statement_, index_);
  if (storage_class != SQLITE_INTEGER) return read_other(row, storage_class);
  const std::int64_t value = sqlite3_column_int64(statement_, index_);
  if (value != 0 && value != 1) return fault(row, "type", fmt::format("{} is neither 0 nor 1", value));
  static_cast<bool*>(values_)[row] = value == 1;
}

void SqliteCells::read_text(std::uint32_t row) {
  const int storage_class = sqlite3_column_type(statement_, index_);
  if (storage_class != SQLITE_TEXT) return read_other(row, storage_class);
  const std::string_view found = text();
  if (is_null_token(found)) return column_->set_null(row);
  if (accept_text(row, found)) static_cast<std::string_view*>(values_)[row] = batch_->arena->copy(found);
}

void SqliteCells::read_bytes(std::uint32_t row) {
  const int storage_class = sqlite3_column_type(statement_, index_);
  if (storage_class != SQLITE_BLOB) return read_other(row, storage_class);
  const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, index_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, index_));
  static_cast<Bytes*>(values_)[row] = Bytes{batch_->arena->copy({data, size})};
}

void SqliteCells::read_decimal(std::uint32_t row) {
  const int storage_class = sqlite3_column_type(statement_, index_);
  if (storage_class == SQLITE_INTEGER) {
    static_cast<Decimal*>(values_)[row] = Decimal::of(sqlite3_column_int64(statement_, index_));
  } else if (storage_class == SQLITE_FLOAT) {
    const auto value = to_decimal(sqlite3_column_double(statement_, index_));
    if (!value) return fault(row, "type", "the floating-point number needs more than 38 digits");
    static_cast<Decimal*>(values_)[row] = *value;
  } else if (storage_class == SQLITE_TEXT) {
    parse(row, text());
  } else {
    read_other(row, storage_class);
  }
}

void SqliteCells::read_any(std::uint32_t row) {
  auto& value = static_cast<Value*>(values_)[row];
  switch (sqlite3_column_type(statement_, index_)) {
    case SQLITE_INTEGER:
      value = std::int64_t{sqlite3_column_int64(statement_, index_)};
      return;
    case SQLITE_FLOAT:
      value = sqlite3_column_double(statement_, index_);
      return;
    case SQLITE_BLOB: {
      const auto* data = static_cast<const char*>(sqlite3_column_blob(statement_, index_));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, index_));
      value = Bytes{batch_->arena->copy({data, size})};
      return;
    }
    case SQLITE_NULL:
      return column_->set_null(row);
    default:
      break;
  }
  const std::string_view found = text();
  if (is_null_token(found)) return column_->set_null(row);
  if (accept_text(row, found)) value = batch_->arena->copy(found);
}

void SqliteCells::read_parsed(std::uint32_t row) {
  const int storage_class = sqlite3_column_type(statement_, index_);
  if (storage_class == SQLITE_TEXT) return parse(row, text());
  const int bytes = sqlite3_column_bytes(statement_, index_);
  if (type_ == Type::uuid && storage_class == SQLITE_BLOB && bytes == 16) {
    std::memcpy(static_cast<Uuid*>(values_)[row].bytes.data(), sqlite3_column_blob(statement_, index_), 16);
    return;
  }
  read_other(row, storage_class);
}

void SqliteCells::read_other(std::uint32_t row, int storage_class) {
  if (storage_class == SQLITE_NULL) return column_->set_null(row);
  if (storage_class == SQLITE_TEXT) {
    const std::string_view found = text();
    if (is_null_token(found)) return column_->set_null(row);
    if (!accept_text(row, found)) return;
    return fault(row, "type",
                 fmt::format("{} is text, not {} {}", quote_for_message(found), article(type_), name(type_)));
  }
  fault(row, "type", fmt::format("{} is {}, not {} {}", raw(), name_of(storage_class), article(type_), name(type_)));
}

std::string_view SqliteCells::text() const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, index_));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_, index_))};
}

bool SqliteCells::is_null_token(std::string_view text) const {
  if (null_tokens_->empty()) return false;
  return std::ranges::find(*null_tokens_, text) != null_tokens_->end();
}

bool SqliteCells::accept_text(std::uint32_t row, std::string_view text) {
  const bool has_nul = !text.empty() && std::memchr(text.data(), 0, text.size()) != nullptr;
  if (has_nul) {
    fault(row, "encoding", "the text holds a NUL byte");
    return false;
  }
  const std::size_t bad = find_invalid_utf8(text);
  if (bad == std::string_view::npos) return true;
  fault(row, "encoding", fmt::format("byte {} of the text is not valid UTF-8", bad + 1));
  return false;
}

void SqliteCells::parse(std::uint32_t row, std::string_view text) {
  if (is_null_token(text)) return column_->set_null(row);
  if (!accept_text(row, text)) return;
  if (auto reason = stores::set_from_text(*column_, row, text, *batch_->arena)) {
    batch_->faults.push_back({row, number_, "type", std::move(*reason), raw()});
  }
}

void SqliteCells::fault(std::uint32_t row, std::string_view rule, std::string reason) {
  column_->set_null(row);
  batch_->faults.push_back({row, number_, rule, std::move(reason), raw()});
}

std::string SqliteCells::raw() const {
  switch (sqlite3_column_type(statement_, index_)) {
    case SQLITE_INTEGER:
      return std::to_string(sqlite3_column_int64(statement_, index_));
    case SQLITE_FLOAT:
      return to_text(sqlite3_column_double(statement_, index_));
    case SQLITE_BLOB:
      break;
    default:
      return stores::printable(text());
  }
  const auto* data = static_cast<const unsigned char*>(sqlite3_column_blob(statement_, index_));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, index_));
  std::string out = "x'";
  for (std::size_t i = 0; i < std::min(size, kRawBlobBytes); ++i) out += fmt::format("{:02x}", data[i]);
  return out + (size > kRawBlobBytes ? "...'" : "'");
}

}  // namespace etl::readers
