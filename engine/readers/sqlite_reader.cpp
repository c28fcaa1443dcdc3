#include "engine/readers/sqlite_reader.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <optional>

#include "engine/base/suggest.h"
#include "engine/readers/sqlite_cells.h"
#include "engine/schema/live.h"
#include "engine/schema/types.h"
#include "engine/stores/sql_text.h"
#include "engine/stores/sqlite.h"

namespace etl::readers {

namespace {

using stores::quote_identifier;
using stores::SqliteDatabase;
using stores::SqliteStatement;

class SqliteReader : public Reader {
 public:
  SqliteReader(SqliteDatabase& database, SqliteStatement statement, const ReadRequest& request, BatchLimits limits,
               std::optional<std::uint64_t> estimate)
      : database_{database},
        statement_{std::move(statement)},
        null_tokens_{request.null_tokens},
        limits_{limits},
        estimate_{estimate} {
    for (std::uint32_t column = 0; column < request.columns.size(); ++column) {
      const int place = place_of(request.columns[column].name);
      cells_.emplace_back(statement_.handle(), place, column, request.columns[column].type, null_tokens_);
    }
  }

  BatchPtr next() override {
    if (done_) return nullptr;
    auto batch = std::make_shared<Batch>();
    batch->arena = std::make_shared<Arena>();
    batch->first_row = next_row_;
    for (SqliteCells& cells : cells_) cells.start(limits_.rows, *batch);
    batch->rows = fill(*batch);
    if (batch->rows == 0) return nullptr;
    for (SqliteCells& cells : cells_) batch->columns.push_back(cells.finish(batch->rows));
    next_row_ += batch->rows;
    return batch;
  }

  std::optional<std::uint64_t> estimated_rows() override { return estimate_; }

 private:
  std::size_t fill(const Batch& batch) {
    std::uint32_t row = 0;
    while (row < limits_.rows && batch.arena->used() < limits_.bytes) {
      const int code = sqlite3_step(statement_.handle());
      if (code == SQLITE_DONE) {
        done_ = true;
        break;
      }
      if (code != SQLITE_ROW) {
        stores::throw_sqlite_error(database_.handle(), database_.place(), "reading failed", Error::Kind::connection);
      }
      for (SqliteCells& cells : cells_) cells.read(row);
      ++row;
    }
    return row;
  }

  int place_of(const std::string& name) const {
    std::vector<std::string> names;
    for (int i = 0; i < sqlite3_column_count(statement_.handle()); ++i) {
      names.emplace_back(sqlite3_column_name(statement_.handle(), i));
      if (names.back() == name) return i;
    }
    throw Error{Error::Kind::schema, fmt::format("{}: the query gives no column {}", database_.place(), name),
                did_you_mean(name, names)};
  }

  SqliteDatabase& database_;
  SqliteStatement statement_;
  std::vector<std::string> null_tokens_;
  BatchLimits limits_;
  std::optional<std::uint64_t> estimate_;
  std::vector<SqliteCells> cells_;
  std::uint64_t next_row_ = 1;
  bool done_ = false;
};

// A name of the rowid that no column hides, or nothing (lang_createtable.html, "ROWIDs and the INTEGER PRIMARY KEY").
std::optional<std::string_view> rowid_name(const schema::Table& table) {
  if (table.is_view || table.without_rowid) return std::nullopt;
  for (const std::string_view name : {"rowid", "_rowid_", "oid"}) {
    const bool hidden = std::ranges::any_of(table.columns, [&](const schema::Column& column) {
      return sqlite3_stricmp(column.name.c_str(), std::string{name}.c_str()) == 0;
    });
    if (!hidden) return name;
  }
  return std::nullopt;
}

class SqliteSource : public Source {
 public:
  explicit SqliteSource(const stores::ConnectionInfo& info) : database_{SqliteDatabase::open_source(info)} {}

  const schema::Catalog& catalog() override {
    if (!catalog_) catalog_ = schema::read_live_sqlite(database_.handle());
    return *catalog_;
  }

  std::vector<ReadColumn> describe(const std::string& query,
                                   std::span<const std::pair<std::string, Value>> parameters) override {
    const SqliteStatement statement = database_.prepare(query);
    stores::bind_parameters(database_, statement.handle(), parameters);
    std::vector<ReadColumn> columns;
    for (int i = 0; i < sqlite3_column_count(statement.handle()); ++i) {
      const char* declared = sqlite3_column_decltype(statement.handle(), i);
      const Type type = declared == nullptr ? Type::any : schema::sqlite_type(declared).type;
      columns.push_back({sqlite3_column_name(statement.handle(), i), type});
    }
    return columns;
  }

  std::unique_ptr<Reader> open(const ReadRequest& request, BatchLimits limits) override {
    if (!request.table.empty()) return open_table(request, limits);
    SqliteStatement statement = database_.prepare(with_order(request));
    stores::bind_parameters(database_, statement.handle(), request.parameters);
    return std::make_unique<SqliteReader>(database_, std::move(statement), request, limits, std::nullopt);
  }

 private:
  static std::string with_order(const ReadRequest& request) {
    if (request.order.empty()) return request.query;
    return fmt::format("SELECT * FROM ({}\n) ORDER BY {}", stores::without_semicolon(request.query),
                       stores::quote_list(request.order));
  }

  std::unique_ptr<Reader> open_table(const ReadRequest& request, BatchLimits limits) {
    const schema::Table& table = table_named(request.table);
    std::string columns;
    for (const ReadColumn& column : request.columns) {
      check_column(table, column.name);
      columns += fmt::format("{}{}", columns.empty() ? "" : ", ", quote_identifier(column.name));
    }
    const std::string from = stores::quote_table(table);
    const std::string order = order_of(table, request.order);
    const std::string sql = fmt::format("SELECT {} FROM {}{}{}", columns.empty() ? "1" : columns, from,
                                        order.empty() ? "" : " ORDER BY ", order);
    return std::make_unique<SqliteReader>(database_, database_.prepare(sql), request, limits, estimate(table));
  }

  const schema::Table& table_named(const std::string& name) {
    if (const schema::Table* table = catalog().table(name)) return *table;
    throw Error{Error::Kind::schema, fmt::format("{} has no table {}", database_.place(), name),
                did_you_mean(name, catalog().table_names())};
  }

  // SQLite takes a quoted name that does not exist for a text, so names are looked up first.
  void check_column(const schema::Table& table, const std::string& name) const {
    if (table.column(name) != nullptr) return;
    std::vector<std::string> names;
    for (const schema::Column& column : table.columns) names.push_back(column.name);
    throw Error{Error::Kind::schema, fmt::format("{}: table {} has no column {}", database_.place(), table.name, name),
                did_you_mean(name, names)};
  }

  std::string order_of(const schema::Table& table, const std::vector<std::string>& wanted) const {
    for (const std::string& name : wanted) check_column(table, name);
    std::string order = stores::quote_list(wanted);
    std::string tie_break;
    if (const auto rowid = rowid_name(table)) {
      tie_break = *rowid;
    } else if (const schema::UniqueKey* key = table.primary_key()) {
      tie_break = stores::quote_list(key->columns);
    }
    if (!order.empty() && !tie_break.empty()) order += ", ";
    return order + tie_break;
  }

  // From the ends of the rowid, two looks into the tree, and no more rows than could fit into the file.
  std::optional<std::uint64_t> estimate(const schema::Table& table) {
    const auto rowid = rowid_name(table);
    if (!rowid) return std::nullopt;
    const std::string name = stores::quote_table(table);
    const std::int64_t last = database_.number(fmt::format("SELECT max({}) FROM {}", *rowid, name));
    const std::int64_t first = database_.number(fmt::format("SELECT min({}) FROM {}", *rowid, name));
    if (last == 0 && first == 0) return 0;
    constexpr std::uint64_t kSmallestRowBytes = 4;
    const auto bytes =
        static_cast<std::uint64_t>(database_.number("PRAGMA page_count") * database_.number("PRAGMA page_size"));
    const std::uint64_t span = static_cast<std::uint64_t>(last) - static_cast<std::uint64_t>(first) + 1;
    return std::min(span, bytes / kSmallestRowBytes);
  }

  SqliteDatabase database_;
  std::optional<schema::Catalog> catalog_;
};

}  // namespace

SourceKind sqlite_source() {
  return {.kind = stores::Kind::sqlite,
          .name = "sqlite",
          .doc = "A SQLite database, read-only, in one snapshot; tables in rowid order, else by primary key.",
          .open = [](const stores::ConnectionInfo& info) -> std::unique_ptr<Source> {
            return std::make_unique<SqliteSource>(info);
          }};
}

}  // namespace etl::readers
