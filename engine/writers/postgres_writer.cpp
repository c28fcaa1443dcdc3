#include "engine/writers/postgres_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "engine/stores/sql_text.h"
#include "engine/writers/postgres_checks.h"
#include "engine/writers/postgres_copy.h"
#include "engine/writers/postgres_encode.h"

namespace etl::writers {

namespace {

using Rows = std::span<const std::uint32_t>;

// PostgreSQL manual, sql-copy, "Binary Format": signature, flags, length of the header's extension.
constexpr std::string_view kBinaryHeader{"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", 19};

// A refusal on its way out of a search for dropped rows.
struct Refused {
  Refusal refusal;
};

// One field of COPY's text format.
void append_escaped(std::string_view text, std::string& line) {
  for (const char c : text) {
    switch (c) {
      case '\\':
        line += "\\\\";
        break;
      case '\n':
        line += "\\n";
        break;
      case '\r':
        line += "\\r";
        break;
      case '\t':
        line += "\\t";
        break;
      default:
        line += c;
    }
  }
}

class PostgresWriter : public TableWriter {
 public:
  PostgresWriter(stores::PostgresConnection& connection, ServerTypes& types, const WriteRequest& request)
      : connection_{connection},
        types_{types},
        table_{*request.table},
        places_{request.columns},
        journal_{request.journal} {
    for (const std::size_t place : places_) names_.push_back(table_.columns[place].name);
    for (const std::string& name : journal_ == nullptr ? std::vector<std::string>{} : journal_->key()) {
      journal_key_.push_back(static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin()));
    }
    needs_staging_ = table_.row_security || table_.has_rules;
  }

  Result write(std::span<const ColumnPtr> columns, Rows rows) override {
    Result result;
    if (rows.empty()) return result;
    savepoint("etl_write");
    try {
      result.written = send(columns, rows);
      if (result.written < rows.size() && !table_.is_view) {
        find_dropped(columns, rows, result);
      } else {
        tell_journal(columns, rows);
      }
    } catch (Refused& refused) {
      back_to("etl_write");
      return {.written = 0, .refusal = std::move(refused.refusal), .dropped = {}};
    }
    release("etl_write");
    return result;
  }

  void check(std::size_t column, const Column& values, Failures& failures) override {
    check_postgres(table_.columns[places_[column]], values, failures);
  }

 private:
  void savepoint(const std::string& name) { connection_.execute("SAVEPOINT " + name); }
  void release(const std::string& name) { connection_.execute("RELEASE SAVEPOINT " + name); }
  void back_to(const std::string& name) {
    connection_.execute(fmt::format("ROLLBACK TO SAVEPOINT {0}; RELEASE SAVEPOINT {0}", name));
  }

  // Gives the number of rows that arrived; throws Refused.
  std::uint64_t send(std::span<const ColumnPtr> columns, Rows rows) {
    if (!needs_staging_) return copy(stores::quote_table(table_), columns, rows);
    make_staging();
    copy(staging_, columns, rows);
    const std::string list = stores::quote_list(names_);
    std::optional<stores::PostgresComplaint> complaint;
    const auto inserted =
        connection_.try_query(fmt::format("INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM {}",
                                          stores::quote_table(table_), list, list, staging_),
                              {}, complaint);
    if (complaint) throw Refused{refusal_of(*complaint, "")};
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

  std::uint64_t copy(const std::string& into, std::span<const ColumnPtr> columns, Rows rows) {
    std::size_t row_bound = 0;
    const std::vector<BinaryColumn> bound = bind(columns, row_bound);
    const bool binary = bound.size() == columns.size();
    PostgresCopy copy{connection_, fmt::format("COPY {} ({}) FROM STDIN{}", into, stores::quote_list(names_),
                                               binary ? " (FORMAT binary)" : "")};
    try {
      if (binary) {
        send_binary(bound, row_bound, rows, copy.out());
      } else {
        send_text(columns, rows, copy.out());
      }
    } catch (Unencodable& value) {
      throw Refused{{.code = "22P02", .constraint = {}, .column = {}, .message = std::move(value.reason)}};
    }
    const PostgresCopy::Result result = copy.finish();
    if (result.complaint) throw Refused{refusal_of(*result.complaint, result.context)};
    return result.rows;
  }

  // Encoders for all columns, or nothing when one of them has none.
  std::vector<BinaryColumn> bind(std::span<const ColumnPtr> columns, std::size_t& row_bound) {
    row_bound = 2 + kCellBound * columns.size();
    std::vector<BinaryColumn> bound;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const schema::Column& column = table_.columns[places_[i]];
      const std::uint32_t element = column.type.array ? types_.of(table_, column.name).element_oid : 0;
      BinaryColumn binary = binary_column(column, columns[i]->type(), element);
      if (binary.encode == nullptr) return {};
      binary.column = columns[i].get();
      binary.values = columns[i]->values<std::byte>().data();
      binary.row_bound = row_bound;
      bound.push_back(std::move(binary));
    }
    return bound;
  }

  static void send_binary(std::span<const BinaryColumn> columns, std::size_t row_bound, Rows rows, CopyBuffer& out) {
    out.put_bytes(kBinaryHeader.data(), kBinaryHeader.size());
    for (const std::uint32_t row : rows) encode_row(columns, row, row_bound, out);
    out.reserve(2);
    out.put16(0xFFFF);
  }

  void send_text(std::span<const ColumnPtr> columns, Rows rows, CopyBuffer& out) const {
    std::string line;
    std::string text;
    for (const std::uint32_t row : rows) {
      line.clear();
      for (std::size_t i = 0; i < columns.size(); ++i) {
        if (i > 0) line += '\t';
        if (columns[i]->is_null(row)) {
          line += "\\N";
          continue;
        }
        text.clear();
        append_column_text(columns[i]->at(row), table_.columns[places_[i]].type, text);
        append_escaped(text, line);
      }
      line += '\n';
      out.reserve(line.size());
      out.put_bytes(line.data(), line.size());
    }
  }

  // The server names no column for a value that is too long or malformed, but its context does:
  // "COPY users, line 3, column email: ...". Only names that we wrote ourselves are taken from it.
  std::string column_in(std::string_view context) const {
    if (!context.starts_with("COPY ")) return {};
    const std::string_view line = context.substr(0, context.find('\n'));
    std::string found;
    for (const std::string& name : names_) {
      const std::string mark = fmt::format(", column {}", name);
      const std::size_t at = line.find(mark);
      if (at == std::string_view::npos || name.size() < found.size()) continue;
      const std::string_view rest = line.substr(at + mark.size());
      if (rest.empty() || rest.starts_with(':')) found = name;
    }
    return found;
  }

  Refusal refusal_of(const stores::PostgresComplaint& complaint, std::string_view context) const {
    Refusal refusal{.code = complaint.sqlstate,
                    .constraint = complaint.constraint,
                    .column = complaint.column.empty() ? column_in(context) : complaint.column,
                    .message = stores::clause_of(complaint),
                    .foreign_key = complaint.sqlstate == "23503"};
    const bool names_column = refusal.message.find(refusal.column) != std::string::npos;
    if (!refusal.column.empty() && !names_column) refusal.message += " in column " + refusal.column;
    return refusal;
  }

  // Rows that a trigger or a rule left out. The keys that are missing name them; where no key can tell, the rows are
  // sent again in halves, and what these attempts leave in the table is what counts.
  void find_dropped(std::span<const ColumnPtr> columns, Rows rows, Result& result) {
    if (find_missing_keys(columns, rows, result)) {
      std::vector<std::uint32_t> arrived;
      std::ranges::set_difference(rows, result.dropped, std::back_inserter(arrived));
      return tell_journal(columns, arrived);
    }
    back_to("etl_write");
    savepoint("etl_write");
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
    savepoint("etl_part");
    const std::uint64_t written = send(columns, rows);
    if (written >= rows.size() || written == 0) {
      if (written > 0) tell_journal(columns, rows);  // Under the savepoint of these rows, so that they share xmin.
      release("etl_part");
      if (written == 0) dropped.insert(dropped.end(), rows.begin(), rows.end());
      return written;
    }
    back_to("etl_part");
    const std::size_t half = rows.size() / 2;
    const std::uint64_t left = settle(columns, rows.first(half), dropped);
    return left + settle(columns, rows.subspan(half), dropped);
  }

  stores::PostgresConnection& connection_;
  ServerTypes& types_;
  const schema::Table& table_;
  std::vector<std::size_t> places_;
  std::vector<std::string> names_;
  ledger::Journal* journal_;
  std::vector<std::size_t> journal_key_;  // Where the journal's key stands among the columns.
  bool needs_staging_ = false;
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
