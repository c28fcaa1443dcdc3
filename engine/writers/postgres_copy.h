// One COPY ... FROM STDIN on a connection.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "engine/stores/postgres.h"
#include "engine/writers/copy_buffer.h"

namespace etl::writers {

class PostgresCopy {
 public:
  // Throws Error when the server does not begin it.
  PostgresCopy(stores::PostgresConnection& connection, const std::string& sql);
  // Ends it on the server without keeping a row, unless `finish` was called; the transaction is then in error.
  ~PostgresCopy();
  PostgresCopy(const PostgresCopy&) = delete;
  PostgresCopy& operator=(const PostgresCopy&) = delete;

  CopyBuffer& out() { return out_; }

  struct Result {
    std::uint64_t rows = 0;                              // Kept by the server.
    std::optional<stores::PostgresComplaint> complaint;  // Set: none was kept, the transaction is in error.
    std::string context;                                 // CONTEXT of the complaint; never to be shown.
  };
  Result finish();

 private:
  void send(std::string_view bytes);

  stores::PostgresConnection& connection_;
  CopyBuffer out_;
  bool open_ = false;
};

}  // namespace etl::writers
