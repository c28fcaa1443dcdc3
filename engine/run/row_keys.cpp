#include "engine/run/row_keys.h"

#include <xxhash.h>

#include <cmath>
#include <cstring>

#include "engine/run/columns.h"

namespace etl::run {

namespace {

constexpr XXH64_hash_t kSeed = 0x65746C;

Key128 hash(const void* bytes, std::size_t size) {
  const XXH128_hash_t value = XXH3_128bits_withSeed(bytes, size, kSeed);
  return {value.low64, value.high64};
}

// The canonical bytes of a value: fixed ones for what has a fixed width, the text of all else.
template <class T>
void append(const T& value, bool blank_padded, std::string& out) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    const std::size_t size = blank_padded ? value.find_last_not_of(' ') + 1 : value.size();
    out.append(value.substr(0, size));
  } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Json> || std::is_same_v<T, List>) {
    out.append(value.view);
  } else if constexpr (std::is_same_v<T, Decimal>) {
    Decimal plain = value;
    while (plain.scale > 0 && plain.coefficient % 10 == 0) {
      plain.coefficient /= 10;
      --plain.scale;
    }
    out.append(reinterpret_cast<const char*>(&plain.coefficient), sizeof plain.coefficient);
    out += static_cast<char>(plain.scale);
    out += static_cast<char>(plain.special);
  } else if constexpr (std::is_same_v<T, double>) {
    const double plain = value == 0 ? 0.0 : std::isnan(value) ? std::nan("") : value;
    out.append(reinterpret_cast<const char*>(&plain), sizeof plain);
  } else if constexpr (std::is_same_v<T, Value>) {
    out += static_cast<char>(value.index());
    append_text(value, out);
  } else {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
}

// One column: integers and UUIDs as they are, the others hashed.
template <class T>
void single(const Column& column, bool blank_padded, RowKeys& out) {
  const auto values = column.values<T>();
  std::string bytes;
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (column.is_null(row)) continue;
    if constexpr (std::is_same_v<T, std::int64_t>) {
      out.keys[row] = {static_cast<std::uint64_t>(values[row]), 0};
    } else if constexpr (std::is_same_v<T, Uuid>) {
      std::memcpy(&out.keys[row], values[row].bytes.data(), sizeof(Key128));
    } else {
      bytes.clear();
      append(values[row], blank_padded, bytes);
      out.keys[row] = hash(bytes.data(), bytes.size());
    }
  }
}

void mark_nulls(std::span<const KeyColumn> columns, std::size_t rows, RowKeys& out) {
  for (const KeyColumn& key : columns) {
    if (key.column->nulls() == nullptr) continue;
    if (!out.any_null) out.nulls = Bitmap(rows);
    out.any_null = true;
    const auto from = key.column->nulls()->words();
    const auto into = out.nulls.words();
    for (std::size_t word = 0; word < into.size(); ++word) into[word] |= from[word];
  }
}

// Several columns: each value behind its length, so that ('a', 'bc') and ('ab', 'c') differ.
void several(std::span<const KeyColumn> columns, std::size_t rows, RowKeys& out) {
  std::string bytes;
  std::string one;
  for (std::size_t row = 0; row < rows; ++row) {
    bytes.clear();
    for (const KeyColumn& key : columns) {
      one.clear();
      std::uint32_t size = 0xFFFFFFFF;  // Of a NULL.
      if (!key.column->is_null(row)) {
        with_storage(key.column->type(),
                     [&]<class T>() { append(key.column->values<T>()[row], key.blank_padded, one); });
        size = static_cast<std::uint32_t>(one.size());
      }
      bytes.append(reinterpret_cast<const char*>(&size), sizeof size).append(one);
    }
    out.keys[row] = hash(bytes.data(), bytes.size());
  }
}

}  // namespace

RowKeys row_keys(std::span<const KeyColumn> columns, std::size_t rows, bool nulls_are_equal) {
  RowKeys out;
  out.keys.resize(rows);
  if (!nulls_are_equal) mark_nulls(columns, rows, out);
  if (columns.size() == 1 && !nulls_are_equal) {
    with_storage(columns[0].column->type(),
                 [&]<class T>() { single<T>(*columns[0].column, columns[0].blank_padded, out); });
  } else {
    several(columns, rows, out);
  }
  return out;
}

}  // namespace etl::run
