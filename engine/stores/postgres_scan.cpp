#include "engine/stores/postgres_scan.h"

#include <fmt/format.h>

#include <cstring>
#include <vector>

#include "engine/stores/postgres_stream.h"

namespace etl::stores {

namespace {

constexpr std::size_t kSignature = 11;

// Takes numbers and bytes off the front of a message.
class Message {
 public:
  explicit Message(std::string_view bytes) : bytes_{bytes} {}
  bool empty() const { return bytes_.empty(); }
  std::int16_t number16() {
    std::uint16_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return static_cast<std::int16_t>(__builtin_bswap16(value));
  }
  std::int32_t number32() {
    std::uint32_t value = 0;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return static_cast<std::int32_t>(__builtin_bswap32(value));
  }
  std::string_view take(std::size_t size) {
    if (size > bytes_.size()) throw Error{Error::Kind::connection, "the server sent half a row", "try again"};
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return taken;
  }

 private:
  std::string_view bytes_;
};

class Scan {
 public:
  explicit Scan(const RawRow& row) : row_{row} {}

  // The server sends each row as one message, the first with the header (src/backend/commands/copyto.c).
  void take(std::string_view bytes) {
    Message message{bytes};
    if (!headed_) {
      message.take(kSignature + 4);
      message.take(static_cast<std::size_t>(message.number32()));
      headed_ = true;
    }
    while (!message.empty()) {
      const std::int16_t fields = message.number16();
      if (fields < 0) return;  // The trailer.
      cells_.resize(static_cast<std::size_t>(fields));
      for (RawCell& cell : cells_) {
        const std::int32_t size = message.number32();
        cell = {};
        if (size < 0) continue;
        cell.kind = RawCell::Kind::binary;
        cell.bytes = message.take(static_cast<std::size_t>(size));
      }
      row_(cells_);
    }
  }

 private:
  const RawRow& row_;
  bool headed_ = false;
  std::vector<RawCell> cells_;
};

}  // namespace

void scan_postgres(PostgresConnection& connection, const std::string& select, const RawRow& row) {
  Scan scan{row};
  copy_out(connection, fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", select),
           [&](std::string_view bytes) { scan.take(bytes); });
}

}  // namespace etl::stores
