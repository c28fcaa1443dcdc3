// What flows: columns of values, some thousand rows at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/data/type.h"
#include "engine/data/value.h"

namespace etl {

// Memory for the texts of one batch: grows in blocks, is freed as a whole.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  // `size` bytes, not aligned, alive as long as the arena.
  char* allocate(std::size_t size) {
    if (size > left_) add_block(size);
    char* place = next_;
    next_ += size;
    left_ -= size;
    used_ += size;
    return place;
  }
  // Takes back the last `size` bytes of the latest allocation, for results shorter than first thought.
  void give_back(std::size_t size) {
    next_ -= size;
    left_ += size;
    used_ -= size;
  }
  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* place = allocate(text.size());
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
  }
  // Bytes handed out so far.
  std::size_t used() const { return used_; }

 private:
  void add_block(std::size_t at_least);

  std::vector<std::unique_ptr<char[]>> blocks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t used_ = 0;
};

// One bit per row.
class Bitmap {
 public:
  Bitmap() = default;
  explicit Bitmap(std::size_t size, bool value = false)
      : words_((size + 63) / 64, value ? ~std::uint64_t{0} : 0), size_{size} {}

  std::size_t size() const { return size_; }
  bool test(std::size_t row) const { return (words_[row / 64] >> (row % 64) & 1) != 0; }
  void set(std::size_t row) { words_[row / 64] |= std::uint64_t{1} << (row % 64); }
  void clear(std::size_t row) { words_[row / 64] &= ~(std::uint64_t{1} << (row % 64)); }
  std::size_t count() const;
  // Bit `row` is bit `row % 64` of word `row / 64`; bits behind the last row are unspecified.
  std::span<const std::uint64_t> words() const { return words_; }
  std::span<std::uint64_t> words() { return words_; }

 private:
  std::vector<std::uint64_t> words_;
  std::size_t size_ = 0;
};

// How a type is stored in a column: text, bytes, JSON and lists are views into the batch's arena (or into
// memory that outlives the batch); `any` is a tagged Value.
template <Type type>
struct Storage;
template <>
struct Storage<Type::any> {
  using type = Value;
};
template <>
struct Storage<Type::boolean> {
  using type = bool;
};
template <>
struct Storage<Type::integer> {
  using type = std::int64_t;
};
template <>
struct Storage<Type::decimal> {
  using type = Decimal;
};
template <>
struct Storage<Type::float64> {
  using type = double;
};
template <>
struct Storage<Type::text> {
  using type = std::string_view;
};
template <>
struct Storage<Type::bytes> {
  using type = Bytes;
};
template <>
struct Storage<Type::date> {
  using type = Date;
};
template <>
struct Storage<Type::time> {
  using type = Time;
};
template <>
struct Storage<Type::timestamp> {
  using type = Timestamp;
};
template <>
struct Storage<Type::timestamptz> {
  using type = Instant;
};
template <>
struct Storage<Type::uuid> {
  using type = Uuid;
};
template <>
struct Storage<Type::json> {
  using type = Json;
};
template <>
struct Storage<Type::list> {
  using type = List;
};

// Calls `use` with the storage type of `type` as its template argument.
template <class Use>
decltype(auto) with_storage(Type type, Use use) {
  switch (type) {
    case Type::any:
      return use.template operator()<Value>();
    case Type::boolean:
      return use.template operator()<bool>();
    case Type::integer:
      return use.template operator()<std::int64_t>();
    case Type::decimal:
      return use.template operator()<Decimal>();
    case Type::float64:
      return use.template operator()<double>();
    case Type::text:
      return use.template operator()<std::string_view>();
    case Type::bytes:
      return use.template operator()<Bytes>();
    case Type::date:
      return use.template operator()<Date>();
    case Type::time:
      return use.template operator()<Time>();
    case Type::timestamp:
      return use.template operator()<Timestamp>();
    case Type::timestamptz:
      return use.template operator()<Instant>();
    case Type::uuid:
      return use.template operator()<Uuid>();
    case Type::json:
      return use.template operator()<Json>();
    case Type::list:
      break;
  }
  return use.template operator()<List>();
}

// The language type that a storage type belongs to: type_for<Date> is Type::date.
template <class T>
inline constexpr Type type_for = Type::any;
template <>
inline constexpr Type type_for<bool> = Type::boolean;
template <>
inline constexpr Type type_for<std::int64_t> = Type::integer;
template <>
inline constexpr Type type_for<Decimal> = Type::decimal;
template <>
inline constexpr Type type_for<double> = Type::float64;
template <>
inline constexpr Type type_for<std::string_view> = Type::text;
template <>
inline constexpr Type type_for<Bytes> = Type::bytes;
template <>
inline constexpr Type type_for<Date> = Type::date;
template <>
inline constexpr Type type_for<Time> = Type::time;
template <>
inline constexpr Type type_for<Timestamp> = Type::timestamp;
template <>
inline constexpr Type type_for<Instant> = Type::timestamptz;
template <>
inline constexpr Type type_for<Uuid> = Type::uuid;
template <>
inline constexpr Type type_for<Json> = Type::json;
template <>
inline constexpr Type type_for<List> = Type::list;

// A column of one type. Filled in place by whoever makes it, then shared as `ColumnPtr` and never changed.
// Values are not initialised: every row is written or set to NULL. A row set to NULL holds a zero of its type,
// so that loops may read it and throw the result away.
class Column {
 public:
  Column(Type type, std::size_t rows);

  Type type() const { return type_; }
  std::size_t size() const { return rows_; }

  // REQUIRES: T is Storage<type()>::type.
  template <class T>
  std::span<const T> values() const {
    return {reinterpret_cast<const T*>(data_.get()), rows_};
  }
  template <class T>
  std::span<T> values() {
    return {reinterpret_cast<T*>(data_.get()), rows_};
  }

  bool is_null(std::size_t row) const { return null_count_ != 0 && nulls_.test(row); }
  std::size_t null_count() const { return null_count_; }
  // Which rows are NULL; nullptr when none is.
  const Bitmap* nulls() const { return null_count_ != 0 ? &nulls_ : nullptr; }
  void set_null(std::size_t row) {
    if (nulls_.size() != rows_) nulls_ = Bitmap(rows_);
    if (nulls_.test(row)) return;
    nulls_.set(row);
    ++null_count_;
    std::memset(data_.get() + row * width_, 0, width_);
  }
  // Replaces the set of NULL rows; their values stay as they are. REQUIRES: nulls.size() is size().
  void set_nulls(Bitmap nulls);
  // The bytes of the views that the column holds, for batches bounded by bytes.
  std::size_t text_bytes() const;
  // The row's value (a view where the column holds one); NULL as monostate.
  Value at(std::size_t row) const;
  // REQUIRES: the value's type is type(), or NULL, or type() is `any`.
  void set(std::size_t row, const Value& value);

 private:
  Type type_;
  std::size_t rows_;
  std::size_t width_;  // Of one value, in bytes.
  std::unique_ptr<std::byte[]> data_;
  Bitmap nulls_;
  std::size_t null_count_ = 0;
};

using ColumnPtr = std::shared_ptr<const Column>;

// Why a value, and with it its row, cannot be written: one entry of a reject.
struct Failure {
  std::uint32_t row = 0;
  std::string_view rule;  // A static name: "convert", "type", "parent", "min", ...
  std::string reason;     // One clause.
};
// Ordered by row, at most one per row.
using Failures = std::vector<Failure>;

// The nearest Markdown heading of each level, 1 to 6, above a row; empty where there is none.
using Headings = std::array<std::string, 6>;
using HeadingsPtr = std::shared_ptr<const Headings>;

// Rows as a reader gives them: columns of one length, and what could not be read.
struct Batch {
  std::shared_ptr<Arena> arena;
  std::vector<ColumnPtr> columns;
  std::size_t rows = 0;
  std::uint64_t first_row = 1;  // Counted from 1 in the source.

  // Cells that do not fit their column (a text in an integer column, invalid UTF-8): the column holds NULL
  // there. A fault matters to the fields that read the column. `raw` is the cell for the reject file.
  struct Fault {
    std::uint32_t row = 0;
    std::uint32_t column = 0;
    std::string_view rule;  // "type" or "encoding".
    std::string reason;
    std::string raw;
  };
  std::vector<Fault> faults;  // Ordered by row.

  // Rows that could not be read at all (a CSV line with too few cells): rejected whatever the mapping reads.
  Failures broken_rows;

  // The file that the rows came from, relative to its connection; empty for databases.
  std::string file;
  // Line of each row in its file, from 1; empty where lines are not known.
  std::vector<std::uint64_t> lines;
  // Of each row, shared between rows; null above the first heading. Empty for sources without headings.
  std::vector<HeadingsPtr> headings;

  // ---- of rows that the run made of the reader's (explode, group_by); empty otherwise.
  // The source row that each was made of; of a group, its first one.
  std::vector<std::uint64_t> numbers;
  // For each exploded name: which item of its list the row holds, from 1; 0 for a row whose list could not be read.
  std::vector<std::vector<std::uint32_t>> items;
  // What group_by gives for each group.
  std::vector<ColumnPtr> group_keys;

  // The row's place in the source, from 1.
  std::uint64_t number(std::size_t row) const { return numbers.empty() ? first_row + row : numbers[row]; }
};
using BatchPtr = std::shared_ptr<const Batch>;

}  // namespace etl
