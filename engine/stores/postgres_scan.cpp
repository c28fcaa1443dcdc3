#include "engine/stores/postgres_scan.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <cstring>
#include <memory>

namespace etl::stores {

namespace {

constexpr std::size_t kSignature = 11;

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

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
  Scan(PostgresConnection& connection, const RawRow& row) : connection_{connection}, row_{row} {}

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

  void end() {
    const Result result{PQgetResult(connection_.handle()), PQclear};
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) connection_.fail(connection_.complaint_of(result.get()));
    drain();
  }

  // The connection takes no other command before the stream has ended.
  void drain() {
    char* bytes = nullptr;
    while (PQgetCopyData(connection_.handle(), &bytes, 0) > 0) PQfreemem(bytes);
    while (PGresult* left = PQgetResult(connection_.handle())) PQclear(left);
  }

 private:
  PostgresConnection& connection_;
  const RawRow& row_;
  bool headed_ = false;
  std::vector<RawCell> cells_;
};

}  // namespace

void scan_postgres(PostgresConnection& connection, const std::string& select, const RawRow& row) {
  {
    const Result begun{PQexec(connection.handle(), fmt::format("COPY ({}) TO STDOUT (FORMAT binary)", select).c_str()),
                       PQclear};
    if (PQresultStatus(begun.get()) != PGRES_COPY_OUT) connection.fail(connection.complaint_of(begun.get()));
  }
  Scan scan{connection, row};
  char* bytes = nullptr;
  int size = 0;
  try {
    while ((size = PQgetCopyData(connection.handle(), &bytes, 0)) > 0) {
      const std::unique_ptr<char, decltype(&PQfreemem)> owner{bytes, PQfreemem};
      scan.take({bytes, static_cast<std::size_t>(size)});
    }
  } catch (...) {
    scan.drain();
    throw;
  }
  if (size == -2) connection.fail(connection.complaint_of(nullptr));
  scan.end();
}

}  // namespace etl::stores
