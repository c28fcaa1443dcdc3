// Rows that exist already, updated from a staging table by statements over whole pieces.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/writers/postgres_send.h"

namespace etl::writers {

class PostgresMerge {
 public:
  // All must outlive it; `journal` may be null. Throws Error (schema) for a view.
  PostgresMerge(stores::PostgresConnection& connection, PostgresSender& sender, const MergeRequest& request,
                ledger::Journal* journal);

  const MergeRequest& request() const { return request_; }
  TableWriter::Merged merge(std::span<const ColumnPtr> columns, std::span<const std::uint32_t> rows);

 private:
  // How one staged row meets a row of the target.
  struct Meeting {
    std::size_t ordinal = 0;
    Met met = Met::older;
    std::string place;  // Where the target's row lies.
  };

  void make_staging();
  void write_sql();
  std::vector<Meeting> classify();
  // Locks the rows that will be updated; false when one of them has changed since it was looked at.
  bool lock(const std::vector<Meeting>& meetings);
  static std::vector<std::size_t> changing(const std::vector<Meeting>& meetings);
  void check_constraints(const std::vector<Meeting>& meetings);
  // Of each row of the target that changes, the last winner; the others leave the staging table.
  std::vector<std::size_t> keep_last(const std::vector<Meeting>& meetings, std::size_t rows);
  void update(std::span<const std::size_t> last, std::vector<Met>& outcomes);

  stores::PostgresConnection& connection_;
  PostgresSender& sender_;
  MergeRequest request_;
  ledger::Journal* journal_;
  std::string staging_name_;
  std::string staging_;
  std::string met_;       // target AS t JOIN staging AS s ON ...
  std::string classify_;
  std::string update_;
  std::optional<std::string> violations_;  // Finds staged rows that break a CHECK; "" where there is none.
};

}  // namespace etl::writers
