#include "engine/writers/copy_buffer.h"

#include <algorithm>

namespace etl::writers {

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are swapped to network order");

CopyBuffer::CopyBuffer(Send send, std::size_t capacity)
    : send_{std::move(send)}, begin_{new char[capacity]}, at_{begin_.get()}, end_{at_ + capacity} {}

void CopyBuffer::flush() {
  if (send_ && at_ != begin_.get()) {
    send_(bytes());
    clear();
  }
}

void CopyBuffer::make_room(std::size_t bytes) {
  flush();
  const auto used = static_cast<std::size_t>(at_ - begin_.get());
  const auto capacity = static_cast<std::size_t>(end_ - begin_.get());
  if (capacity - used >= bytes) return;
  const std::size_t larger = std::max(capacity * 2, used + bytes);
  std::unique_ptr<char[]> grown{new char[larger]};
  std::memcpy(grown.get(), begin_.get(), used);
  begin_ = std::move(grown);
  at_ = begin_.get() + used;
  end_ = begin_.get() + larger;
}

}  // namespace etl::writers
