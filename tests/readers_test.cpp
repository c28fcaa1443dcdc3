// What every reader promises, asked of every reader; then what is special about SQLite.
#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <functional>

#include "engine/readers/catalog.h"
#include "engine/readers/inline_reader.h"
#include "engine/readers/text_reader.h"
#include "engine/stores/sql_text.h"
#include "tests/support/scratch.h"

namespace etl::readers {
namespace {

using tests::error_of;
using tests::Folder;
using tests::run_sqlite;
using tests::sqlite_at;

using Texts = std::vector<std::optional<std::string>>;

const std::vector<Texts> kAwkwardRows = {
    {},
    {std::nullopt},
    {""},
    {"a", std::nullopt, "b"},
    {"it's \"quoted\"", "two\nlines\r\n", "tab\there", "back\\slash"},
    {"Zoë", "日本語", "👩‍👩‍👧", "e\u0301"},
    {std::string(100'000, 'x'), "short", std::string(100'000, 'y')},
    {"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15"},
};

Texts texts_of(Reader& reader, std::size_t most_rows) {
  Texts out;
  while (const BatchPtr batch = reader.next()) {
    CHECK(batch->rows > 0);
    CHECK(batch->rows <= most_rows);
    CHECK(batch->first_row == out.size() + 1);
    CHECK(batch->faults.empty());
    const auto& column = *batch->columns.at(0);
    REQUIRE(column.size() == batch->rows);
    for (std::size_t row = 0; row < batch->rows; ++row) {
      const auto text =
          column.is_null(row) ? std::nullopt : std::optional{std::string{column.values<std::string_view>()[row]}};
      out.push_back(text);
    }
  }
  CHECK(reader.next() == nullptr);
  return out;
}

ReadRequest request_for(const std::string& table, std::vector<ReadColumn> columns) {
  ReadRequest request;
  request.table = table;
  request.columns = std::move(columns);
  return request;
}
const ReadRequest kNames = request_for("people", {{"name", Type::text}});

Texts read_sqlite(const Texts& rows, BatchLimits limits) {
  const Folder folder;
  std::string sql = "CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);";
  for (const auto& row : rows) {
    sql += "INSERT INTO people (name) VALUES (" + (row ? stores::quote_literal(*row) : "NULL") + ");";
  }
  run_sqlite(folder / "a.db", sql);
  const auto source = open_source(sqlite_at(folder / "a.db"));
  const auto reader = source->open(kNames, limits);
  CHECK(reader->estimated_rows() == rows.size());
  return texts_of(*reader, limits.rows);
}

Texts read_inline(const Texts& rows, BatchLimits limits) {
  auto given = std::make_shared<InlineRows>();
  given->columns = {"name"};
  for (const auto& row : rows) given->rows.push_back({row ? Value{std::string_view{*row}} : Value{}});
  return texts_of(*open_inline(given, kNames, limits), limits.rows);
}

// One column of text in a format, as a writer of the format would put it.
Texts read_text(Format format, const std::string& text, BatchLimits limits) {
  ReadRequest request = kNames;
  request.format.format = format;
  if (format == Format::csv) request.null_tokens = {""};
  return texts_of(*open_text(text, "people", request, limits), limits.rows);
}

Texts read_csv(const Texts& rows, BatchLimits limits) {
  std::string text = "name\n";
  for (const auto& row : rows) {
    if (row) {
      text += '"';
      for (const char c : *row) text += c == '"' ? std::string{"\"\""} : std::string{c};
      text += '"';
    }
    text += '\n';
  }
  return read_text(Format::csv, text, limits);
}

std::string json_of(const std::optional<std::string>& row) {
  std::string text = "{\"name\": ";
  if (row) {
    append_json_string(*row, text);
  } else {
    text += "null";
  }
  return text + "}";
}

Texts read_ndjson(const Texts& rows, BatchLimits limits) {
  std::string text;
  for (const auto& row : rows) text += json_of(row) + "\n";
  return read_text(Format::ndjson, text, limits);
}

Texts read_json(const Texts& rows, BatchLimits limits) {
  std::string text;
  for (const auto& row : rows) text += (text.empty() ? "[" : ",") + json_of(row);
  return read_text(Format::json, text.empty() ? "[]" : text + "]", limits);
}

Texts read_django(const Texts& rows, BatchLimits limits) {
  std::string text;
  for (const auto& row : rows) {
    text += (text.empty() ? "[" : ",") + fmt::format(R"({{"model": "people", "pk": 1, "fields": {}}})", json_of(row));
  }
  return read_text(Format::django, text.empty() ? "[]" : text + "]", limits);
}

TEST_CASE("a reader yields the stored rows in order, whatever the batch size") {
  const std::vector<std::pair<const char*, Texts (*)(const Texts&, BatchLimits)>> subjects = {{"sqlite", read_sqlite},
                                                                                              {"inline", read_inline},
                                                                                              {"csv", read_csv},
                                                                                              {"ndjson", read_ndjson},
                                                                                              {"json", read_json},
                                                                                              {"django", read_django}};
  for (const auto& [kind, read] : subjects) {
    for (const Texts& rows : kAwkwardRows) {
      for (const std::size_t batch_rows : {1, 7, 1024}) {
        CAPTURE(kind);
        CAPTURE(batch_rows);
        CHECK(read(rows, {.rows = batch_rows}) == rows);
      }
    }
  }
}

TEST_CASE("a batch of a SQLite reader is bounded by bytes") {
  const Texts rows(50, std::string(10'000, 'x'));
  const Folder folder;
  run_sqlite(folder / "a.db",
             "CREATE TABLE people (name TEXT);"
             "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)"
             "INSERT INTO people SELECT printf('%.10000c', 'x') FROM n;");
  const auto source = open_source(sqlite_at(folder / "a.db"));
  const auto reader = source->open(kNames, {.rows = 1000, .bytes = 50'000});
  CHECK(texts_of(*reader, 6) == rows);
}

// Reads one column of one row, gives its text or the fault.
std::string cell(const std::string& declared, const std::string& literal, Type type,
                 const std::vector<std::string>& nulls = {}) {
  const Folder folder;
  run_sqlite(folder / "a.db", "CREATE TABLE t (v " + declared + "); INSERT INTO t VALUES (" + literal + ");");
  const auto source = open_source(sqlite_at(folder / "a.db"));
  ReadRequest request = request_for("t", {{"v", type}});
  request.null_tokens = nulls;
  const auto reader = source->open(request, {});
  const BatchPtr batch = reader->next();
  REQUIRE(batch != nullptr);
  if (!batch->faults.empty()) {
    CHECK(batch->columns[0]->is_null(0));
    const auto& fault = batch->faults.front();
    return std::string{fault.rule} + ": " + fault.reason + " [" + fault.raw + "]";
  }
  const Value value = batch->columns[0]->at(0);
  return is_null(value) ? "NULL" : std::string{name(type_of(value))} + " " + to_text(value);
}

TEST_CASE("SQLite's dynamic typing is caught") {
  CHECK(cell("INTEGER", "42", Type::integer) == "int 42");
  CHECK(cell("INTEGER", "-9223372036854775808", Type::integer) == "int -9223372036854775808");
  CHECK(cell("INTEGER", "'abc'", Type::integer) == "type: 'abc' is text, not an int [abc]");
  CHECK(cell("INTEGER", "1.5", Type::integer) == "type: 1.5 is a floating-point number, not an int [1.5]");
  CHECK(cell("INTEGER", "x'00ff'", Type::integer) == "type: x'00ff' is a blob, not an int [x'00ff']");
  CHECK(cell("REAL", "5", Type::float64) == "float 5");
  CHECK(cell("", "5", Type::float64) == "float 5");
  CHECK(cell("REAL", "'much'", Type::float64) == "type: 'much' is text, not a float [much]");
  CHECK(cell("BOOLEAN", "1", Type::boolean) == "bool true");
  CHECK(cell("BOOLEAN", "2", Type::boolean) == "type: 2 is neither 0 nor 1 [2]");
  CHECK(cell("BOOLEAN", "'yes'", Type::boolean) == "type: 'yes' is text, not a bool [yes]");
  CHECK(cell("", "7", Type::text) == "type: 7 is a whole number, not a text [7]");
  CHECK(cell("TEXT", "7", Type::text) == "text 7");
  CHECK(cell("BLOB", "'abc'", Type::bytes) == "type: 'abc' is text, not a bytes [abc]");
  CHECK(cell("TEXT", "NULL", Type::text) == "NULL");
}

TEST_CASE("SQLite values of a type of ours are read exactly") {
  CHECK(cell("DECIMAL(12,2)", "'12.50'", Type::decimal) == "decimal 12.5");
  CHECK(cell("DECIMAL(12,2)", "0.1", Type::decimal) == "decimal 0.1");
  CHECK(cell("DECIMAL(12,2)", "7", Type::decimal) == "decimal 7");
  CHECK(cell("TEXT", "'12345678901234567890.12'", Type::decimal) == "decimal 12345678901234567890.12");
  CHECK(cell("DECIMAL", "'12,5'", Type::decimal).starts_with("type: '12,5'"));
  CHECK(cell("NUMERIC", "3", Type::any) == "int 3");
  CHECK(cell("NUMERIC", "3.25", Type::any) == "float 3.25");
  CHECK(cell("DATE", "'2024-02-29'", Type::any) == "text 2024-02-29");
  CHECK(cell("DATE", "'2024-02-29'", Type::date) == "date 2024-02-29");
  CHECK(cell("DATE", "'2025-02-29'", Type::date).starts_with("type: "));
  CHECK(cell("DATE", "20250229", Type::date).starts_with("type: 20250229 is a whole number"));
  CHECK(cell("TEXT", "'2024-03-01T09:30:00+02:00'", Type::timestamptz) == "timestamptz 2024-03-01T07:30:00Z");
  CHECK(cell("BLOB", "x'00112233445566778899aabbccddeeff'", Type::uuid) == "uuid 00112233-4455-6677-8899-aabbccddeeff");
  CHECK(cell("TEXT", "'{\"b\":1, \"a\":2}'", Type::json) == "json {\"a\":2,\"b\":1}");
  CHECK(cell("TEXT", "'{broken'", Type::json).starts_with("type: "));
}

TEST_CASE("text that is no UTF-8 is a fault, NUL too") {
  CHECK(cell("TEXT", "CAST(x'61ff62' AS TEXT)", Type::text) ==
        "encoding: byte 2 of the text is not valid UTF-8 [a\\xffb]");
  CHECK(cell("TEXT", "CAST(x'610062' AS TEXT)", Type::text) == "encoding: the text holds a NUL byte [a\\x00b]");
  CHECK(cell("TEXT", "CAST(x'61ff62' AS TEXT)", Type::any).starts_with("encoding: "));
  CHECK(cell("INTEGER", "CAST(x'ff' AS TEXT)", Type::integer).starts_with("encoding: "));
}

TEST_CASE("null tokens are compared with the raw text") {
  CHECK(cell("TEXT", "'N/A'", Type::text, {"", "N/A"}) == "NULL");
  CHECK(cell("TEXT", "''", Type::text, {"", "N/A"}) == "NULL");
  CHECK(cell("TEXT", "'n/a'", Type::text, {"", "N/A"}) == "text n/a");
  CHECK(cell("INTEGER", "'N/A'", Type::integer, {"N/A"}) == "NULL");
  CHECK(cell("DATE", "'0000-00-00'", Type::date, {"0000-00-00"}) == "NULL");
}

TEST_CASE("SQLite tables are read in rowid order, in key order without one, or as asked") {
  const Folder folder;
  run_sqlite(folder / "a.db",
             "CREATE TABLE people (name TEXT); INSERT INTO people (rowid, name) VALUES (3, 'c'), (1, 'a'), (2, 'b');"
             "CREATE INDEX by_name ON people (name DESC);"
             "CREATE TABLE keyed (name TEXT, k TEXT PRIMARY KEY) WITHOUT ROWID;"
             "INSERT INTO keyed VALUES ('second', 'b'), ('first', 'a');"
             "CREATE TABLE hidden (rowid TEXT, name TEXT); INSERT INTO hidden VALUES ('z', 'one'), ('a', 'two');");
  const auto source = open_source(sqlite_at(folder / "a.db"));
  ReadRequest request = kNames;
  CHECK(texts_of(*source->open(request, {}), 9) == Texts{"a", "b", "c"});
  request.order = {"name"};
  CHECK(texts_of(*source->open(request, {}), 9) == Texts{"a", "b", "c"});
  request.order.clear();
  request.table = "keyed";
  CHECK(texts_of(*source->open(request, {}), 9) == Texts{"first", "second"});
  request.table = "hidden";
  CHECK(texts_of(*source->open(request, {}), 9) == Texts{"one", "two"});
}

TEST_CASE("a SQLite query takes parameters by name and gives columns by name") {
  const Folder folder;
  run_sqlite(folder / "a.db",
             "CREATE TABLE people (id INTEGER, name TEXT, at TEXT);"
             "INSERT INTO people VALUES (1, 'a', '2024-01-01'), (2, 'b', '2024-06-01');");
  const auto source = open_source(sqlite_at(folder / "a.db"));
  ReadRequest request = request_for("", {{"name", Type::text}});
  request.query = "SELECT at, upper(name) AS name FROM people WHERE id > $low; ";
  request.parameters = {{"low", std::int64_t{1}}};
  CHECK(texts_of(*source->open(request, {}), 9) == Texts{"B"});
  CHECK(source->describe("SELECT id, name, 1 + 1 AS two FROM people", {}).at(2).name == "two");
  CHECK(source->describe("SELECT id FROM people", {}).at(0).type == Type::integer);
  request.columns = {{"nam", Type::text}};
  CHECK(error_of([&] { source->open(request, {}); }).remedy() == "did you mean name?");
  request.query = "SELECT $missing";
  CHECK(error_of([&] { source->open(request, {}); }).kind() == Error::Kind::schema);
  request.query = "SELECT 1; DELETE FROM people";
  CHECK(error_of([&] { source->open(request, {}); }).kind() == Error::Kind::schema);
}

TEST_CASE("names that a SQLite source lacks are errors with a suggestion") {
  const Folder folder;
  run_sqlite(folder / "a.db", "CREATE TABLE people (name TEXT);");
  const auto source = open_source(sqlite_at(folder / "a.db"));
  ReadRequest request = kNames;
  request.table = "peple";
  CHECK(error_of([&] { source->open(request, {}); }).remedy() == "did you mean people?");
  request = kNames;
  request.columns[0].name = "nmae";
  CHECK(error_of([&] { source->open(request, {}); }).remedy() == "did you mean name?");
}

TEST_CASE("a source is one snapshot, and is never written") {
  const Folder folder;
  run_sqlite(folder / "a.db",
             "PRAGMA journal_mode = WAL; CREATE TABLE people (name TEXT); INSERT INTO people VALUES ('a');");
  const auto source = open_source(sqlite_at(folder / "a.db"));
  run_sqlite(folder / "a.db", "INSERT INTO people VALUES ('b');");
  CHECK(texts_of(*source->open(kNames, {}), 9) == Texts{"a"});
  ReadRequest request = kNames;
  request.table.clear();
  request.query = "INSERT INTO people VALUES ('c') RETURNING name";
  error_of([&] {
    const auto reader = source->open(request, {});
    reader->next();
  });
  request.query = "ATTACH 'other.db' AS other";
  request.columns.clear();
  error_of([&] { source->open(request, {}); });
  CHECK(texts_of(*open_source(sqlite_at(folder / "a.db"))->open(kNames, {}), 9) == Texts{"a", "b"});
}

TEST_CASE("sources that cannot be opened say what and where, and what to do") {
  const Folder folder;
  std::ofstream{folder / "text.db"} << std::string(5'000, 'x');
  run_sqlite(folder / "locked.db", "CREATE TABLE t (a);");
  const Error missing = error_of([&] { open_source(sqlite_at(folder / "no.db")); });
  CHECK(missing.what() == "shop (" + (folder / "no.db") + ") does not exist");
  CHECK(missing.kind() == Error::Kind::connection);
  CHECK_FALSE(missing.remedy().empty());
  CHECK(std::string{error_of([&] { open_source(sqlite_at(folder / "text.db")); }).what()}.ends_with(
      "is not a SQLite database"));
  CHECK(std::string{error_of([&] { open_source(sqlite_at(folder.path().string())); }).what()}.ends_with(
      "is a folder, not a database"));
  CHECK_FALSE(std::filesystem::exists(folder / "no.db"));
  stores::ConnectionInfo web;
  web.name = "api";
  web.kind = stores::Kind::http;
  CHECK(std::string{error_of([&] { open_source(web); }).what()}.find("not available yet") != std::string::npos);
}

TEST_CASE("a locked SQLite source is an error with a remedy") {
  const Folder folder;
  run_sqlite(folder / "a.db", "CREATE TABLE people (name TEXT);");
  sqlite3* other = nullptr;
  REQUIRE(sqlite3_open((folder / "a.db").c_str(), &other) == SQLITE_OK);
  REQUIRE(sqlite3_exec(other, "BEGIN EXCLUSIVE", nullptr, nullptr, nullptr) == SQLITE_OK);
  const Error locked = error_of([&] { open_source(sqlite_at(folder / "a.db")); });
  CHECK(std::string{locked.what()}.find("locked") != std::string::npos);
  CHECK_FALSE(locked.remedy().empty());
  sqlite3_close(other);
}

// The folder's permissions mean nothing to root, so this test steps down to another user in a child process.
TEST_CASE("a WAL database in a read-only folder is read, with what stands only in its -wal") {
  const Folder folder;
  sqlite3* writer = nullptr;
  REQUIRE(sqlite3_open((folder / "a.db").c_str(), &writer) == SQLITE_OK);
  sqlite3_exec(writer,
               "PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; CREATE TABLE people (name TEXT);"
               "INSERT INTO people VALUES ('only in wal');",
               nullptr, nullptr, nullptr);
  std::filesystem::create_directory(folder / "locked");
  std::filesystem::copy_file(folder / "a.db", folder / "locked/a.db");
  std::filesystem::copy_file(folder / "a.db-wal", folder / "locked/a.db-wal");
  sqlite3_close(writer);
  std::filesystem::permissions(folder.path(), std::filesystem::perms::all);
  chmod((folder / "locked").c_str(), 0555);
  const auto read = [&] {
    return texts_of(*open_source(sqlite_at(folder / "locked/a.db"))->open(kNames, {}), 9) == Texts{"only in wal"};
  };
  bool same = false;
  if (geteuid() == 0) {
    REQUIRE(seteuid(65534) == 0);
    same = read();
    REQUIRE(seteuid(0) == 0);
  } else {
    same = read();
  }
  chmod((folder / "locked").c_str(), 0755);
  CHECK(same);
  CHECK_FALSE(std::filesystem::exists(folder / "locked/a.db-shm"));
}

TEST_CASE("inline rows take the type that is asked for") {
  auto rows = std::make_shared<InlineRows>();
  rows->columns = {"id", "zip"};
  rows->rows = {{std::string_view{"1"}, std::string_view{"010"}}, {std::string_view{"x"}}, {std::int64_t{3}, Value{}}};
  const ReadRequest request = request_for("", {{"zip", Type::text}, {"id", Type::integer}, {"absent", Type::date}});
  const BatchPtr batch = open_inline(rows, request, {})->next();
  REQUIRE(batch->rows == 3);
  CHECK(to_text(batch->columns[0]->at(0)) == "010");
  CHECK(batch->columns[0]->is_null(1));
  CHECK(to_text(batch->columns[1]->at(0)) == "1");
  CHECK(to_text(batch->columns[1]->at(2)) == "3");
  CHECK(batch->columns[2]->null_count() == 3);
  REQUIRE(batch->faults.size() == 1);
  CHECK(batch->faults[0].row == 1);
  CHECK(batch->faults[0].rule == "type");
  CHECK(batch->faults[0].raw == "x");
}

}  // namespace
}  // namespace etl::readers
