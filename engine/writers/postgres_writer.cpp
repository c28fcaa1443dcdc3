#include "engine/writers/postgres_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <memory>

#include "engine/stores/sql_text.h"
#include "engine/writers/postgres_checks.h"
#include "engine/writers/postgres_merge.h"
#include "engine/writers/postgres_send.h"

namespace etl::writers {

namespace {

using Rows = std::span<const std::uint32_t>;

class PostgresWriter : public TableWriter {
 public:
  PostgresWriter(stores::PostgresConnection& connection, ServerTypes& types, const WriteRequest& request)
      : connection_{connection},
        types_{types},
        request_{request},
        table_{*request.table},
        sender_{connection, types, request},
        names_{sender_.names()},
        journal_{request.journal},
        needs_staging_{table_.row_security || table_.has_rules} {
    for (const std::string& name : journal_ == nullptr ? std::vector<std::string>{} : journal_->key()) {
      journal_key_.push_back(static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin()));
    }
  }

  Result write(std::span<const ColumnPtr> columns, Rows rows) override {
    Result result;
    if (rows.empty()) return result;
    sender_.savepoint("etl_write");
    try {
      result.written = send(columns, rows);
      if (result.written < rows.size() && !table_.is_view) {
        find_dropped(columns, rows, result);
      } else {
        tell_journal(columns, rows);
      }
    } catch (Refused& refused) {
      sender_.back_to("etl_write");
      return {.written = 0, .refusal = std::move(refused.refusal), .dropped = {}};
    }
    sender_.release("etl_write");
    return result;
  }

  Merged merge(const MergeRequest& request, std::span<const ColumnPtr> columns, Rows rows) override {
    if (rows.empty()) return {};
    if (!merge_ || merge_->request() != request) {
      merge_ = std::make_unique<PostgresMerge>(connection_, sender_, request, request_.journal);
    }
    return merge_->merge(columns, rows);
  }

  void check(std::size_t column, const Column& values, Failures& failures) override {
    check_postgres(table_.columns[request_.columns[column]], values, failures);
  }

 private:
  // Gives the number of rows that arrived; throws Refused.
  std::uint64_t send(std::span<const ColumnPtr> columns, Rows rows) {
    if (!needs_staging_) return sender_.copy(stores::quote_table(table_), columns, rows);
    make_staging();
    sender_.copy(staging_, columns, rows);
    const std::string list = stores::quote_list(names_);
    std::optional<stores::PostgresComplaint> complaint;
    const auto inserted =
        connection_.try_query(fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}",
                                          stores::quote_table(table_), list, list, staging_),
                              {}, complaint);
    if (complaint) throw Refused{sender_.refusal_of(*complaint, "")};
    connection_.execute("DELETE FROM " + staging_);
    return inserted.affected();
  }

  // In the savepoint of the rows.
  void tell_journal(std::span<const ColumnPtr> columns, Rows rows) {
    if (journal_ == nullptr || rows.empty()) return;
    std::vector<ColumnPtr> keys;
    for (const std::size_t place : journal_key_) keys.push_back(columns[place]);
    journal_->inserted(keys, rows);
  }

  // A temporary table of the same columns, without constraints. It may be gone again: created under a savepoint that
  // was rolled back.
  void make_staging() {
    staging_ = fmt::format("etl_staging_{}", staging_number_);
    const std::string list = stores::quote_list(names_);
    connection_.execute(
        fmt::format("CREATE TEMP TABLE IF NOT EXISTS {} ON COMMIT DROP AS SELECT {} FROM {} WHERE false", staging_,
                    list, stores::quote_table(table_)));
    staging_ = "pg_temp." + staging_;
  }

  // Rows that a trigger or a rule left out. The keys that are missing name them; where no key can tell, the rows are
  // sent again in halves, and what these attempts leave in the table is what counts.
  void find_dropped(std::span<const ColumnPtr> columns, Rows rows, Result& result) {
    if (find_missing_keys(columns, rows, result)) {
      std::vector<std::uint32_t> arrived;
      std::ranges::set_difference(rows, result.dropped, std::back_inserter(arrived));
      return tell_journal(columns, arrived);
    }
    sender_.back_to("etl_write");
    sender_.savepoint("etl_write");
    result.written = settle(columns, rows, result.dropped);
  }

  bool find_missing_keys(std::span<const ColumnPtr> columns, Rows rows, Result& result) {
    for (const schema::UniqueKey& key : table_.unique_keys) {
      const std::vector<ColumnPtr> keys = key_columns(key, columns, rows);
      if (keys.empty()) continue;
      const std::vector<bool> found = PostgresKeys{connection_, types_}.find(table_, key.columns, keys);
      result.dropped.clear();
      for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!found[i]) result.dropped.push_back(rows[i]);
      }
      if (result.dropped.size() + result.written == rows.size()) return true;
    }
    result.dropped.clear();
    return false;
  }

  // The key's values of the rows sent; nothing when the key is not among the columns or a row has a NULL in it.
  std::vector<ColumnPtr> key_columns(const schema::UniqueKey& key, std::span<const ColumnPtr> columns,
                                     Rows rows) const {
    std::vector<ColumnPtr> keys;
    for (const std::string& name : key.columns) {
      const auto found = std::ranges::find(names_, name);
      if (found == names_.end()) return {};
      const Column& all = *columns[static_cast<std::size_t>(found - names_.begin())];
      auto sent = std::make_shared<Column>(all.type(), rows.size());
      for (std::size_t i = 0; i < rows.size(); ++i) sent->set(i, all.at(rows[i]));
      if (sent->null_count() > 0) return {};
      keys.push_back(std::move(sent));
    }
    return keys;
  }

  std::uint64_t settle(std::span<const ColumnPtr> columns, Rows rows, std::vector<std::uint32_t>& dropped) {
    sender_.savepoint("etl_part");
    const std::uint64_t written = send(columns, rows);
    if (written >= rows.size() || written == 0) {
      if (written > 0) tell_journal(columns, rows);  // Under the savepoint of these rows, so that they share xmin.
      sender_.release("etl_part");
      if (written == 0) dropped.insert(dropped.end(), rows.begin(), rows.end());
      return written;
    }
    sender_.back_to("etl_part");
    const std::size_t half = rows.size() / 2;
    const std::uint64_t left = settle(columns, rows.first(half), dropped);
    return left + settle(columns, rows.subspan(half), dropped);
  }

  stores::PostgresConnection& connection_;
  ServerTypes& types_;
  WriteRequest request_;
  const schema::Table& table_;
  PostgresSender sender_;
  const std::vector<std::string>& names_;
  ledger::Journal* journal_;
  std::vector<std::size_t> journal_key_;  // Where the journal's key stands among the columns.
  bool needs_staging_ = false;
  std::unique_ptr<PostgresMerge> merge_;
  int staging_number_ = next_staging_++;
  static inline std::atomic<int> next_staging_ = 1;
  std::string staging_;
};

}  // namespace

std::unique_ptr<TableWriter> open_postgres_table(stores::PostgresConnection& connection, ServerTypes& types,
                                                 const WriteRequest& request) {
  return std::make_unique<PostgresWriter>(connection, types, request);
}

}  // namespace etl::writers
