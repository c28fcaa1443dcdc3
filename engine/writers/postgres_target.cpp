#include "engine/writers/postgres_target.h"

#include <fmt/format.h>

#include "engine/base/fault.h"
#include "engine/schema/ddl.h"
#include "engine/stores/cell.h"
#include "engine/stores/postgres.h"
#include "engine/stores/postgres_scan.h"
#include "engine/stores/sql_text.h"
#include "engine/writers/live_catalog.h"
#include "engine/writers/postgres_keys.h"
#include "engine/writers/postgres_writer.h"

namespace etl::writers {

namespace {

using stores::quote_identifier;
using stores::quote_literal;
using stores::quote_table;

class PostgresTarget : public Target {
 public:
  explicit PostgresTarget(const stores::ConnectionInfo& info)
      : connection_{info}, types_{connection_}, keys_{connection_, types_} {}

  schema::Dialect dialect() const override { return schema::Dialect::postgresql; }

  const schema::Catalog& catalog() override {
    return catalog_.get([this] { return stores::live_catalog(connection_); });
  }

  void begin() override { connection_.begin(); }
  void commit() override { connection_.commit(); }
  void roll_back() override {
    connection_.roll_back();
    forget_schema();
  }

  void create(const schema::Catalog& catalog) override {
    for (const std::string& statement : schema::render(catalog, schema::Dialect::postgresql)) {
      connection_.execute(statement);
      fault_point("created");
    }
    forget_schema();
  }

  std::unique_ptr<TableWriter> open(const WriteRequest& request) override {
    return open_postgres_table(connection_, types_, request);
  }

  bool is_empty(const schema::Table& table) override {
    return connection_.query(fmt::format("SELECT FROM {} LIMIT 1", quote_table(table))).size() == 0;
  }

  std::vector<bool> find(const schema::Table& table, std::span<const std::string> columns,
                         std::span<const ColumnPtr> keys) override {
    return keys_.find(table, columns, keys);
  }
  std::vector<ColumnPtr> fetch(const schema::Table& table, std::span<const std::string> columns,
                               std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                               std::span<const Type> types, Arena& arena) override {
    return keys_.fetch(table, columns, keys, wanted, types, arena);
  }
  void update(const schema::Table& table, std::span<const std::string> key_columns, std::span<const ColumnPtr> keys,
              const std::string& column, const Column& values) override {
    keys_.update(table, key_columns, keys, column, values);
  }
  std::uint64_t remove(const schema::Table& table, std::span<const std::string> key_columns,
                       std::span<const ColumnPtr> keys) override {
    return keys_.remove(table, key_columns, keys);
  }

  std::string literal(const schema::Table& table, const schema::Column& column, const Value& value) override {
    if (is_null(value)) return "NULL";
    std::string text;
    append_column_text(value, column.type, text);
    return fmt::format("{}::{}", quote_literal(text), types_.of(table, column.name).name);
  }
  std::uint64_t remove_where(const schema::Table& table, const Condition& condition) override {
    return change(fmt::format("DELETE FROM {} AS t WHERE {}", quote_table(table), to_sql(condition, table, "t", *this)), {});
  }

  ColumnPtr make_defaults(const schema::Table& table, const schema::Column& column, std::size_t count,
                          Arena& arena) override {
    std::string expression = column.default_sql.value_or("");
    if (column.identity != schema::Column::Identity::none || expression.empty()) {
      expression = fmt::format("nextval(pg_get_serial_sequence({}, {}))", quote_literal(quote_table(table)),
                               quote_literal(column.name));
    }
    const auto rows = connection_.query(fmt::format("SELECT ({})::{} FROM generate_series(1, {})", expression,
                                                    types_.of(table, column.name).name, count));
    auto made = std::make_shared<Column>(column.type.type, count);
    for (std::size_t row = 0; row < count; ++row) take_default(rows, row, table, column, *made, arena);
    return made;
  }

  void advance_sequences(const schema::Table& table, std::span<const std::size_t> columns) override {
    for (const std::size_t place : columns) advance(table, table.columns[place].name);
  }

  Rows query(const std::string& sql, stores::Parameters parameters, std::size_t limit) override {
    const bool alone = !connection_.in_transaction();
    if (alone) connection_.begin();
    const auto numbered = stores::number_parameters(stores::without_semicolon(sql), parameters);
    connection_.query("DECLARE etl_query NO SCROLL CURSOR FOR " + numbered.sql, numbered.values);
    const auto found = connection_.query(fmt::format("FETCH {} FROM etl_query", limit + 1));
    connection_.execute("CLOSE etl_query");
    if (alone) connection_.roll_back();
    return rows_of(found, limit);
  }

  void prepare(const std::string& sql, stores::Parameters parameters) override {
    connection_.prepare(stores::number_parameters(sql, parameters).sql);
  }

  void execute(const std::string& sql, stores::Parameters parameters) override {
    forget_schema();
    const auto numbered = stores::number_parameters(sql, parameters);
    if (numbered.values.empty()) {
      connection_.execute(numbered.sql);
    } else {
      connection_.query(numbered.sql, numbered.values);
    }
  }

  std::vector<stores::SqlRow> read(const std::string& sql, stores::SqlParameters parameters) override {
    const auto numbered = stores::number_parameters(sql, parameters);
    return stores::cells_of(connection_.query(numbered.sql, numbered.values));
  }
  std::uint64_t change(const std::string& sql, stores::SqlParameters parameters) override {
    const auto numbered = stores::number_parameters(sql, parameters);
    return connection_.query(numbered.sql, numbered.values).affected();
  }
  std::uint64_t change_binary(const std::string& sql, std::span<const std::string> values) override {
    return connection_.query_binary(sql, values).affected();
  }
  void scan(const std::string& select, const stores::RawRow& row) override {
    stores::scan_postgres(connection_, select, row);
  }
  void script(const std::string& sql) override {
    forget_schema();
    connection_.execute(sql);
  }

  std::string check_constraints() override {
    std::optional<stores::PostgresComplaint> complaint;
    connection_.execute("SAVEPOINT etl_constraints");
    connection_.try_query("SET CONSTRAINTS ALL IMMEDIATE", {}, complaint);
    if (!complaint) {
      connection_.execute("RELEASE SAVEPOINT etl_constraints");
      return {};
    }
    connection_.execute("ROLLBACK TO SAVEPOINT etl_constraints; RELEASE SAVEPOINT etl_constraints");
    return fmt::format("{}: a row {}", complaint->table, stores::clause_of(*complaint));
  }

 private:
  static Rows rows_of(const stores::PostgresRows& found, std::size_t limit) {
    Rows out;
    out.count = found.size();
    for (std::size_t column = 0; column < found.columns(); ++column) {
      out.columns.emplace_back(found.column_name(column));
    }
    for (std::size_t row = 0; row < std::min(found.size(), limit); ++row) {
      auto& cells = out.rows.emplace_back();
      for (std::size_t column = 0; column < found.columns(); ++column) {
        cells.emplace_back(found.is_null(row, column) ? "NULL" : found.text(row, column));
      }
    }
    return out;
  }

  void take_default(const stores::PostgresRows& rows, std::size_t row, const schema::Table& table,
                    const schema::Column& column, Column& made, Arena& arena) const {
    if (rows.is_null(row, 0)) {
      throw Error{Error::Kind::schema,
                  fmt::format("{}: the default of {}.{} gives NULL", connection_.place(), table.name, column.name),
                  "give the column a default or a sequence, or fill it in the mapping"};
    }
    if (auto reason = stores::set_from_text(made, row, rows.text(row, 0), arena)) {
      throw Error{Error::Kind::type, fmt::format("{}: the default of {}.{} cannot be read: {}", connection_.place(),
                                                 table.name, column.name, *reason)};
    }
  }

  // Never lowered: only where the largest key is above what the sequence would give next.
  void advance(const schema::Table& table, const std::string& column) {
    const auto owned = connection_.query(
        fmt::format("SELECT pg_get_serial_sequence({}, {})", quote_literal(quote_table(table)), quote_literal(column)));
    if (owned.size() == 0 || owned.is_null(0, 0)) return;
    const std::string sequence{owned.text(0, 0)};
    connection_.query(fmt::format(
        "SELECT setval({0}, m.largest) FROM (SELECT max({1})::bigint AS largest FROM {2}) m, {3} s, pg_sequence p "
        "WHERE p.seqrelid = {0}::regclass AND p.seqincrement > 0 AND m.largest >= p.seqmin AND "
        "(m.largest > s.last_value OR (m.largest = s.last_value AND NOT s.is_called))",
        quote_literal(sequence), quote_identifier(column), quote_table(table), sequence));
  }

  void forget_schema() {
    catalog_.forget();
    types_.forget();
  }

  stores::PostgresConnection connection_;
  ServerTypes types_;
  PostgresKeys keys_;
  LiveCatalog catalog_;
};

}  // namespace

TargetKind postgres_target() {
  return {.kind = stores::Kind::postgresql,
          .name = "postgresql",
          .doc = "PostgreSQL 11 or newer, written by COPY BINARY in one transaction per connection.",
          .open = [](const stores::ConnectionInfo& info, const TargetOptions&) -> std::unique_ptr<Target> {
            return std::make_unique<PostgresTarget>(info);
          }};
}

}  // namespace etl::writers
