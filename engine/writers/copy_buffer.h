// Bytes on their way to a server: numbers in network order, behind a cursor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <string_view>

namespace etl::writers {

// Hands full buffers to `send`; without one it grows.
class CopyBuffer {
 public:
  using Send = std::function<void(std::string_view)>;
  explicit CopyBuffer(Send send = {}, std::size_t capacity = std::size_t{128} << 10);

  // Makes room for so many bytes behind the cursor. The put functions do not look.
  void reserve(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]]
      make_room(bytes);
  }
  void put16(std::uint16_t value) { put(__builtin_bswap16(value)); }
  void put32(std::uint32_t value) { put(__builtin_bswap32(value)); }
  void put64(std::uint64_t value) { put(__builtin_bswap64(value)); }
  void put8(std::uint8_t value) { put(value); }
  void put_bytes(const void* bytes, std::size_t size) {
    if (size != 0) std::memcpy(at_, bytes, size);
    at_ += size;
  }
  // Sends what is there.
  void flush();
  void clear() { at_ = begin_.get(); }
  std::string_view bytes() const { return {begin_.get(), static_cast<std::size_t>(at_ - begin_.get())}; }

 private:
  template <class T>
  void put(T value) {
    std::memcpy(at_, &value, sizeof value);
    at_ += sizeof value;
  }
  void make_room(std::size_t bytes);

  Send send_;
  std::unique_ptr<char[]> begin_;
  char* at_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace etl::writers
