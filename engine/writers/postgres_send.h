// Rows on their way to the server by COPY: binary where every column has an encoder, else text.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/stores/postgres.h"
#include "engine/writers/postgres_encode.h"
#include "engine/writers/postgres_keys.h"
#include "engine/writers/writer.h"

namespace etl::writers {

// A refusal on its way out of the statements of one savepoint.
struct Refused {
  Refusal refusal;
};

class PostgresSender {
 public:
  // What must outlive it: connection, types and the table of the request.
  PostgresSender(stores::PostgresConnection& connection, ServerTypes& types, const WriteRequest& request);

  const std::vector<std::string>& names() const { return names_; }
  const schema::Table& table() const { return table_; }

  // Sends the given rows of the columns of `request` to the table `into` (quoted), which has columns of these names.
  // With `ordinals` a column etl_ordinal in front counts them from 0. Gives the number of rows that arrived; throws
  // Refused.
  std::uint64_t copy(const std::string& into, std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows,
                     bool ordinals = false);
  Refusal refusal_of(const stores::PostgresComplaint& complaint, std::string_view context) const;

  // Savepoints of the transaction.
  void savepoint(const std::string& name) { connection_.execute("SAVEPOINT " + name); }
  void release(const std::string& name) { connection_.execute("RELEASE SAVEPOINT " + name); }
  void back_to(const std::string& name);

 private:
  std::vector<BinaryColumn> bind(std::span<const ColumnPtr> columns, std::size_t& row_bound);
  void send_text(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows, const Column* ordinals,
                 CopyBuffer& out) const;
  std::string column_in(std::string_view context) const;

  stores::PostgresConnection& connection_;
  ServerTypes& types_;
  const schema::Table& table_;
  std::vector<std::size_t> places_;
  std::vector<std::string> names_;
};

}  // namespace etl::writers
