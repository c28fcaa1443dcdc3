#include "engine/writers/sqlite_target.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "engine/base/fault.h"
#include "engine/schema/ddl.h"
#include "engine/schema/live.h"
#include "engine/stores/sql_text.h"
#include "engine/stores/sqlite.h"
#include "engine/writers/live_catalog.h"
#include "engine/writers/sqlite_defaults.h"
#include "engine/writers/sqlite_keys.h"
#include "engine/writers/sqlite_writer.h"

namespace etl::writers {

namespace {

// A file that nobody else knows yet is synced once, before it gets its name. The journal stays in memory: savepoints
// need one.
constexpr std::string_view kBuildPragmas =
    "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE; "
    "PRAGMA cache_size = -32768; PRAGMA foreign_keys = OFF";

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

bool is_off(std::string_view value) {
  const std::string text = lower(value);
  return text == "off" || text == "0" || text == "no" || text == "false";
}

// Pragmas that would give away the safety of a database that holds other rows (hard-parts.md 7).
bool is_unsafe(std::string_view name, std::string_view value) {
  const std::string mode = lower(value);
  if (lower(name) == "synchronous") return is_off(value);
  return lower(name) == "journal_mode" && (mode == "off" || mode == "memory");
}

class SqliteTarget : public Target {
 public:
  SqliteTarget(const stores::ConnectionInfo& info, const TargetOptions& options)
      : info_{info},
        declared_{options.declared},
        file_{info},
        database_{stores::SqliteDatabase::open_for_writing(info, file_.file())},
        defaults_{database_} {
    prepare_connection();
  }

  ~SqliteTarget() override {
    try {
      roll_back();
    } catch (const std::exception&) {  // Closing rolls back as well.
    }
    close_writers();
  }

  schema::Dialect dialect() const override { return schema::Dialect::sqlite; }

  const schema::Catalog& catalog() override {
    return catalog_.get([this] { return schema::read_live_sqlite(database_.handle()); });
  }

  bool is_building() const override { return file_.is_new(); }

  void begin() override {
    database_.execute("BEGIN IMMEDIATE");
    database_.execute("PRAGMA defer_foreign_keys = ON");
  }

  void create(const schema::Catalog& catalog) override {
    for (const std::string& statement : schema::render(catalog, schema::Dialect::sqlite)) {
      database_.execute(statement);
      fault_point("created");
    }
    catalog_.forget();
  }

  void commit() override {
    database_.execute("COMMIT");
    if (!file_.is_new()) return;
    close_writers();
    database_.close();
    file_.publish();
    database_ = stores::SqliteDatabase::open_for_writing(info_, file_.file());
    prepare_connection();
  }

  void roll_back() override {
    if (database_.is_open() && sqlite3_get_autocommit(database_.handle()) == 0) database_.execute("ROLLBACK");
    catalog_.forget();
  }

  std::unique_ptr<TableWriter> open(const WriteRequest& request) override {
    std::vector<std::string> names;
    for (const std::size_t place : request.columns) names.push_back(request.table->columns[place].name);
    auto writer = std::make_unique<SqliteWriter>(database_, live(*request.table), declared(*request.table), names,
                                                 request.journal);
    writer->on_close = [this](SqliteWriter* closed) { std::erase(writers_, closed); };
    writers_.push_back(writer.get());
    return writer;
  }

  bool is_empty(const schema::Table& table) override {
    return database_.number(fmt::format("SELECT EXISTS (SELECT 1 FROM {})", stores::quote_table(live(table)))) == 0;
  }

  std::vector<bool> find(const schema::Table& table, std::span<const std::string> columns,
                         std::span<const ColumnPtr> keys) override {
    return keys_of(table, columns).find(keys);
  }
  std::vector<ColumnPtr> fetch(const schema::Table& table, std::span<const std::string> columns,
                               std::span<const ColumnPtr> keys, std::span<const std::string> wanted,
                               std::span<const Type> types, Arena& arena) override {
    for (const std::string& name : wanted) key_column(table, name);
    return keys_of(table, columns).fetch(keys, wanted, types, arena);
  }
  void update(const schema::Table& table, std::span<const std::string> key_columns, std::span<const ColumnPtr> keys,
              const std::string& column, const Column& values) override {
    keys_of(table, key_columns).update(keys, key_column(table, column), values);
  }
  std::uint64_t remove(const schema::Table& table, std::span<const std::string> key_columns,
                       std::span<const ColumnPtr> keys) override {
    return keys_of(table, key_columns).remove(keys);
  }

  ColumnPtr make_defaults(const schema::Table& table, const schema::Column& column, std::size_t count,
                          Arena& arena) override {
    return defaults_.make(live(table), column, count, arena);
  }

  std::string literal(const schema::Table& table, const schema::Column& column, const Value& value) override;
  std::uint64_t remove_where(const schema::Table& table, const Condition& condition) override {
    return change(fmt::format("DELETE FROM {} AS t WHERE {}", stores::quote_table(live(table)),
                              to_sql(condition, table, "t", *this)),
                  {});
  }

  // INTEGER PRIMARY KEY and AUTOINCREMENT count on from the largest key by themselves.
  void advance_sequences(const schema::Table&, std::span<const std::size_t>) override {}

  Rows query(const std::string& sql, stores::Parameters parameters, std::size_t limit) override;

  void prepare(const std::string& sql, stores::Parameters parameters) override {
    const auto statement = database_.prepare(sql);
    stores::bind_parameters(database_, statement.handle(), parameters);
  }

  void execute(const std::string& sql, stores::Parameters parameters) override {
    catalog_.forget();
    if (stores::find_parameters(sql).empty()) return database_.execute(sql);
    const auto statement = database_.prepare(sql);
    stores::bind_parameters(database_, statement.handle(), parameters);
    int code = SQLITE_ROW;
    while (code == SQLITE_ROW) code = sqlite3_step(statement.handle());
    if (code != SQLITE_DONE) {
      stores::throw_sqlite_error(database_.handle(), database_.place(), "the SQL failed", Error::Kind::insertion);
    }
  }

  std::vector<stores::SqlRow> read(const std::string& sql, stores::SqlParameters parameters) override;
  std::uint64_t change(const std::string& sql, stores::SqlParameters parameters) override;
  void scan(const std::string& select, const stores::RawRow& row) override;
  void script(const std::string& sql) override {
    catalog_.forget();
    database_.execute(sql);
  }

  std::string check_constraints() override;

 private:
  void prepare_connection() {
    sqlite3_db_config(database_.handle(), SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
    const auto foreign_keys =
        std::ranges::find(info_.pragmas, "foreign_keys", [](const auto& pair) { return lower(pair.first); });
    checks_references_ = foreign_keys == info_.pragmas.end() || !is_off(foreign_keys->second);
    database_.execute(checks_references_ ? "PRAGMA foreign_keys = ON" : "PRAGMA foreign_keys = OFF");
    for (const auto& [name, value] : info_.pragmas) apply(name, value);
    // References in a file of our own are checked as a whole before COMMIT, not row by row.
    if (file_.is_new()) database_.execute(std::string{kBuildPragmas});
  }

  void apply(const std::string& name, const std::string& value) {
    if (lower(name) == "foreign_keys") return;
    if (file_.is_new() && (lower(name) == "journal_mode" || lower(name) == "locking_mode")) return;
    if (!file_.is_new() && info_.path != ":memory:" && is_unsafe(name, value)) {
      throw Error{
          Error::Kind::environment,
          fmt::format("{}: pragma {} = {} could damage a database that holds rows", database_.place(), name, value),
          "leave it out: a new database is built fast without it"};
    }
    const bool is_name = std::ranges::all_of(name, [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; });
    if (!is_name) throw Error{Error::Kind::schema, fmt::format("{}: {} is no pragma", database_.place(), name)};
    database_.execute(fmt::format("PRAGMA {} = {}", name, stores::quote_literal(value)));
  }

  void close_writers() {
    for (SqliteWriter* writer : writers_) writer->close();
  }

  // The table as SQLite has it; the plan may hold the one of the DDL that it was made from.
  const schema::Table& live(const schema::Table& table) {
    if (const schema::Table* found = catalog().table(table.name)) return *found;
    throw Error{Error::Kind::schema, fmt::format("{} has no table {}", database_.place(), table.name),
                "create it, or set create: true on the connection"};
  }

  const schema::Table* declared(const schema::Table& table) const {
    const bool rendered = declared_ != nullptr && declared_->dialect == schema::Dialect::postgresql;
    return rendered ? declared_->table(table.name) : nullptr;
  }

  SqliteKeyColumn key_column(const schema::Table& table, const std::string& name) {
    const schema::Table& held = live(table);
    const schema::Column* column = held.column(name);
    if (column == nullptr) {
      throw Error{Error::Kind::schema,
                  fmt::format("{}: table {} has no column {}", database_.place(), table.name, name)};
    }
    const schema::Table* rendered_from = declared(table);
    return {name, stores::sqlite_column(held, *column, rendered_from ? rendered_from->column(name) : nullptr)};
  }

  SqliteKeys keys_of(const schema::Table& table, std::span<const std::string> columns) {
    std::vector<SqliteKeyColumn> forms;
    for (const std::string& name : columns) forms.push_back(key_column(table, name));
    return {database_, stores::quote_table(live(table)), std::move(forms)};
  }

  stores::ConnectionInfo info_;
  const schema::Catalog* declared_;
  stores::SqliteTargetFile file_;  // Goes after the connection: it removes what was not published.
  stores::SqliteDatabase database_;
  SqliteDefaults defaults_;
  LiveCatalog catalog_;
  std::vector<SqliteWriter*> writers_;
  bool checks_references_ = true;
};

std::string shown(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return "NULL";
    case SQLITE_FLOAT:
      return to_text(sqlite3_column_double(statement, column));
    case SQLITE_BLOB:
      return fmt::format("({} bytes)", sqlite3_column_bytes(statement, column));
    default:
      return reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
  }
}

Target::Rows SqliteTarget::query(const std::string& sql, stores::Parameters parameters, std::size_t limit) {
  const auto statement = database_.prepare(sql);
  stores::bind_parameters(database_, statement.handle(), parameters);
  Rows out;
  const int columns = sqlite3_column_count(statement.handle());
  for (int i = 0; i < columns; ++i) out.columns.emplace_back(sqlite3_column_name(statement.handle(), i));
  while (out.count <= limit) {
    const int code = sqlite3_step(statement.handle());
    if (code == SQLITE_DONE) break;
    if (code != SQLITE_ROW) {
      stores::throw_sqlite_error(database_.handle(), database_.place(), "the SQL failed", Error::Kind::schema);
    }
    if (++out.count > limit) break;
    auto& row = out.rows.emplace_back();
    for (int i = 0; i < columns; ++i) row.push_back(shown(statement.handle(), i));
  }
  return out;
}

// Numbers as SQLite prints them, blobs as their bytes.
std::vector<stores::SqlRow> SqliteTarget::read(const std::string& sql, stores::SqlParameters parameters) {
  const auto statement = database_.prepare(sql);
  stores::bind_parameters(database_, statement.handle(), parameters);
  std::vector<stores::SqlRow> rows;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.handle())) == SQLITE_ROW) {
    auto& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement.handle()); ++i) {
      if (sqlite3_column_type(statement.handle(), i) == SQLITE_NULL) {
        row.emplace_back();
        continue;
      }
      const auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement.handle(), i));
      row.emplace_back(std::string{bytes == nullptr ? "" : bytes,
                                   static_cast<std::size_t>(sqlite3_column_bytes(statement.handle(), i))});
    }
  }
  if (code != SQLITE_DONE) {
    stores::throw_sqlite_error(database_.handle(), database_.place(), "the SQL failed", Error::Kind::insertion);
  }
  return rows;
}

// SQLite itself quotes what would be bound.
std::string SqliteTarget::literal(const schema::Table& table, const schema::Column& column, const Value& value) {
  Column values{type_of(value) == Type::any ? column.type.type : type_of(value), 1};
  values.set(0, value);
  const auto statement = database_.prepare("SELECT quote(?1)");
  SqliteBinder binder{1, key_column(table, column.name).form};
  binder.use(values);
  binder.bind(statement.handle(), 0);
  if (sqlite3_step(statement.handle()) != SQLITE_ROW) {
    stores::throw_sqlite_error(database_.handle(), database_.place(), "a value cannot be written as SQL",
                               Error::Kind::type);
  }
  return reinterpret_cast<const char*>(sqlite3_column_text(statement.handle(), 0));
}

stores::RawCell raw_cell(sqlite3_stmt* statement, int column) {
  using Kind = stores::RawCell::Kind;
  const auto view = [&](const void* bytes) -> std::string_view {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
    return {static_cast<const char*>(bytes), size};
  };
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return {.kind = Kind::integer, .integer = sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return {.kind = Kind::real, .real = sqlite3_column_double(statement, column)};
    case SQLITE_TEXT:
      return {.kind = Kind::text, .bytes = view(sqlite3_column_text(statement, column))};
    case SQLITE_BLOB:
      return {.kind = Kind::blob, .bytes = view(sqlite3_column_blob(statement, column))};
    default:
      return {};
  }
}

void SqliteTarget::scan(const std::string& select, const stores::RawRow& row) {
  const auto statement = database_.prepare(select);
  std::vector<stores::RawCell> cells(static_cast<std::size_t>(sqlite3_column_count(statement.handle())));
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.handle())) == SQLITE_ROW) {
    for (std::size_t i = 0; i < cells.size(); ++i) cells[i] = raw_cell(statement.handle(), static_cast<int>(i));
    row(cells);
  }
  if (code != SQLITE_DONE) {
    stores::throw_sqlite_error(database_.handle(), database_.place(), "reading failed", Error::Kind::connection);
  }
}

std::uint64_t SqliteTarget::change(const std::string& sql, stores::SqlParameters parameters) {
  read(sql, parameters);
  return static_cast<std::uint64_t>(sqlite3_changes64(database_.handle()));
}

// In a database that was there before, only references that this transaction broke count; SQLite knows their number.
std::string SqliteTarget::check_constraints() {
  if (!checks_references_) return {};
  if (!file_.is_new()) {
    int broken = 0;
    int ignored = 0;
    sqlite3_db_status(database_.handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &broken, &ignored, 0);
    if (broken == 0) return {};
  }
  const Rows broken = query("SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2", {}, 10);
  std::string out;
  for (const auto& row : broken.rows) {
    out += fmt::format("{}{} rows of {} refer to rows that {} lacks", out.empty() ? "" : "; ", row[2], row[0], row[1]);
  }
  return out;
}

}  // namespace

TargetKind sqlite_target() {
  return {
      .kind = stores::Kind::sqlite,
      .name = "sqlite",
      .doc = "A SQLite database, written by prepared inserts in one transaction; a new one is built beside its name.",
      .open = [](const stores::ConnectionInfo& info, const TargetOptions& options) -> std::unique_ptr<Target> {
        return std::make_unique<SqliteTarget>(info, options);
      }};
}

}  // namespace etl::writers
