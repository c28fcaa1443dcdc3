#include "engine/data/batch.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace etl {

namespace {

constexpr std::size_t kFirstBlock = 16 * 1024;
constexpr std::size_t kLargestBlock = 1024 * 1024;

std::size_t width_of(Type type) {
  return with_storage(type, []<class T>() { return sizeof(T); });
}

std::size_t view_size(const Value& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return text->size();
  if (const auto* bytes = std::get_if<Bytes>(&value)) return bytes->view.size();
  if (const auto* json = std::get_if<Json>(&value)) return json->view.size();
  if (const auto* list = std::get_if<List>(&value)) return list->view.size();
  return 0;
}

template <class T>
std::size_t view_size(const T& value) {
  if constexpr (std::is_same_v<T, std::string_view>) {
    return value.size();
  } else {
    return value.view.size();
  }
}

}  // namespace

static_assert(std::is_trivially_copyable_v<Value> && std::is_trivially_destructible_v<Value>,
              "columns hold values as raw memory");

void Arena::add_block(std::size_t at_least) {
  const std::size_t grown = std::min(kLargestBlock, kFirstBlock << std::min<std::size_t>(blocks_.size(), 6));
  const std::size_t size = std::max(at_least, grown);
  blocks_.push_back(std::unique_ptr<char[]>{new char[size]});
  next_ = blocks_.back().get();
  left_ = size;
}

std::size_t Bitmap::count() const {
  std::size_t total = 0;
  for (std::size_t i = 0; i < words_.size(); ++i) {
    std::uint64_t word = words_[i];
    if (i + 1 == words_.size() && size_ % 64 != 0) word &= (std::uint64_t{1} << (size_ % 64)) - 1;
    total += static_cast<std::size_t>(std::popcount(word));
  }
  return total;
}

Column::Column(Type type, std::size_t rows)
    : type_{type}, rows_{rows}, width_{width_of(type)}, data_{new std::byte[rows * width_of(type)]} {
  // A bool or a variant may not even be looked at while it holds a random byte.
  if (rows != 0 && (type == Type::any || type == Type::boolean)) std::memset(data_.get(), 0, rows * width_);
}

void Column::set_nulls(Bitmap nulls) {
  nulls_ = std::move(nulls);
  null_count_ = nulls_.count();
}

std::size_t Column::text_bytes() const {
  return with_storage(type_, [this]<class T>() -> std::size_t {
    if constexpr (std::is_same_v<T, Value> || std::is_same_v<T, std::string_view> || std::is_same_v<T, Bytes> ||
                  std::is_same_v<T, Json> || std::is_same_v<T, List>) {
      std::size_t total = 0;
      const auto all = values<T>();
      for (std::size_t row = 0; row < rows_; ++row) {
        if (!is_null(row)) total += view_size(all[row]);
      }
      return total;
    } else {
      return 0;
    }
  });
}

Value Column::at(std::size_t row) const {
  if (is_null(row)) return {};
  return with_storage(type_, [this, row]<class T>() -> Value { return Value{values<T>()[row]}; });
}

void Column::set(std::size_t row, const Value& value) {
  if (etl::is_null(value)) return set_null(row);
  if (null_count_ != 0 && nulls_.test(row)) {
    nulls_.clear(row);
    --null_count_;
  }
  with_storage(type_, [&]<class T>() {
    if constexpr (std::is_same_v<T, Value>) {
      values<T>()[row] = value;
    } else {
      values<T>()[row] = std::get<T>(value);
    }
  });
}

}  // namespace etl
