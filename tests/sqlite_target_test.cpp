// SQLite as a target: files, pragmas, storage forms, triggers.
#include <fstream>

#include "engine/schema/ddl.h"
#include "tests/support/scratch.h"

namespace etl::writers {
namespace {

using tests::all_rows;
using tests::column_of;
using tests::error_of;
using tests::Folder;
using tests::request_of;
using tests::run_sqlite;
using tests::sqlite_at;

const schema::Table& table_of(Target& target, const std::string& name) {
  const schema::Table* table = target.catalog().table(name);
  REQUIRE(table != nullptr);
  return *table;
}

std::vector<ColumnPtr> numbers(const std::vector<std::int64_t>& values) {
  return {column_of(Type::integer, {values.begin(), values.end()})};
}

TEST_CASE("a new SQLite database is built beside and gets its name at commit") {
  const Folder folder;
  const std::string file = folder / "shop.db";
  {
    const auto target = open_target(sqlite_at(file));
    target->begin();
    target->execute("CREATE TABLE t (a INTEGER)", {});
    const auto writer = target->open(request_of(table_of(*target, "t"), {"a"}));
    CHECK(writer->write(numbers({1, 2}), all_rows(2)).written == 2);
    CHECK_FALSE(std::filesystem::exists(file));
    target->commit();
    CHECK(std::filesystem::exists(file));
    CHECK_FALSE(std::filesystem::exists(file + ".etl-new"));
    CHECK(target->query("SELECT sum(a) FROM t", {}, 1).rows.at(0).at(0) == "3");
    CHECK(target->query("PRAGMA synchronous", {}, 1).rows.at(0).at(0) != "0");
  }
  CHECK(open_target(sqlite_at(file))->is_empty(table_of(*open_target(sqlite_at(file)), "t")) == false);
}

TEST_CASE("a run that fails leaves no file; what a killed one left is removed; a running one is respected") {
  const Folder folder;
  const std::string file = folder / "shop.db";
  {
    const auto target = open_target(sqlite_at(file));
    target->begin();
    target->execute("CREATE TABLE t (a INTEGER)", {});
    CHECK(
        std::string{error_of([&] { open_target(sqlite_at(file)); }).what()}.ends_with("is being built by another run"));
  }
  CHECK(std::filesystem::is_empty(folder.path()));
  std::ofstream{file + ".etl-new"} << "half a database";
  {
    const auto target = open_target(sqlite_at(file));
    target->begin();
    target->execute("CREATE TABLE t (a INTEGER)", {});
    target->commit();
  }
  CHECK_FALSE(std::filesystem::exists(file + ".etl-new"));
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("a file that another program put in place meanwhile is not overwritten") {
  const Folder folder;
  const std::string file = folder / "shop.db";
  {
    const auto target = open_target(sqlite_at(file));
    target->begin();
    target->execute("CREATE TABLE t (a INTEGER)", {});
    std::ofstream{file} << "precious";
    CHECK(error_of([&] { target->commit(); }).kind() == Error::Kind::insertion);
  }
  CHECK(std::filesystem::file_size(file) == 8);
  CHECK_FALSE(std::filesystem::exists(file + ".etl-new"));
}

TEST_CASE("an existing SQLite database keeps its safety, a locked or unusable one says so") {
  const Folder folder;
  run_sqlite(folder / "a.db", "CREATE TABLE t (a INTEGER)");
  auto info = sqlite_at(folder / "a.db");
  info.pragmas = {{"synchronous", "OFF"}};
  CHECK(error_of([&] { open_target(info); }).kind() == Error::Kind::environment);
  info.pragmas = {{"journal_mode", "memory"}};
  CHECK(error_of([&] { open_target(info); }).kind() == Error::Kind::environment);
  info.pragmas = {{"cache_size", "-1000"}, {"journal_mode", "wal"}};
  CHECK(open_target(info)->query("PRAGMA journal_mode", {}, 1).rows.at(0).at(0) == "wal");
  info.pragmas = {{"bad; DROP TABLE t", "1"}};
  CHECK(error_of([&] { open_target(info); }).kind() == Error::Kind::schema);
  CHECK(std::string{error_of([&] { open_target(sqlite_at(folder / "no/such/a.db")); }).what()}.find("does not exist") !=
        std::string::npos);
  CHECK(error_of([&] { open_target(sqlite_at(folder.path().string())); }).kind() == Error::Kind::connection);
  std::ofstream{folder / "text.db"} << std::string(5'000, 'x');
  CHECK(std::string{error_of([&] { open_target(sqlite_at(folder / "text.db"))->catalog(); }).what()}.find(
            "not a SQLite database") != std::string::npos);
}

TEST_CASE("a full disk ends the run with a remedy") {
  const Folder folder;
  auto info = sqlite_at(folder / "a.db");
  info.pragmas = {{"max_page_count", "10"}};
  const auto target = open_target(info);
  target->begin();
  target->execute("CREATE TABLE t (a TEXT)", {});
  const auto writer = target->open(request_of(table_of(*target, "t"), {"a"}));
  const std::string text(60'000, 'x');
  const std::vector<ColumnPtr> columns = {column_of(Type::text, {std::string_view{text}})};
  const Error full = error_of([&] { writer->write(columns, all_rows(1)); });
  CHECK(full.kind() == Error::Kind::insertion);
  CHECK(std::string{full.what()}.find("disk is full") != std::string::npos);
  CHECK_FALSE(full.remedy().empty());
}

TEST_CASE("triggers of SQLite drop rows, refuse them, or end the run") {
  const Folder folder;
  run_sqlite(folder / "a.db",
             "CREATE TABLE t (a INTEGER); CREATE TABLE log (a);"
             "CREATE TRIGGER i BEFORE INSERT ON t WHEN NEW.a % 3 = 0 BEGIN SELECT RAISE(IGNORE); END;"
             "CREATE TRIGGER x BEFORE INSERT ON t WHEN NEW.a = 100 BEGIN SELECT RAISE(ABORT, 'secret'); END;"
             "CREATE TRIGGER f BEFORE INSERT ON t WHEN NEW.a = 101 BEGIN SELECT RAISE(FAIL, 'secret'); END;"
             "CREATE TRIGGER r BEFORE INSERT ON t WHEN NEW.a = 200 BEGIN SELECT RAISE(ROLLBACK, 'secret'); END;"
             "CREATE TRIGGER l AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.a), (NEW.a); END;");
  const auto target = open_target(sqlite_at(folder / "a.db"));
  target->begin();
  const auto writer = target->open(request_of(table_of(*target, "t"), {"a"}));
  const auto result = writer->write(numbers({1, 2, 3, 4, 5, 6}), all_rows(6));
  CHECK(result.written == 4);
  CHECK(result.dropped == std::vector<std::uint32_t>{2, 5});
  for (const std::int64_t bad : {100, 101}) {
    const auto refused = writer->write(numbers({7, bad, 8}), all_rows(3));
    REQUIRE(refused.refusal);
    CHECK(refused.refusal->message == "refused by a trigger");
    CHECK(target->query("SELECT count(*) FROM t", {}, 1).rows.at(0).at(0) == "4");
    CHECK(target->query("SELECT count(*) FROM log", {}, 1).rows.at(0).at(0) == "8");
  }
  const Error ended = error_of([&] { writer->write(numbers({10, 200}), all_rows(2)); });
  CHECK(std::string{ended.what()}.find("the whole transaction was ended") != std::string::npos);
  CHECK(std::string{ended.what()}.find("secret") == std::string::npos);
}

TEST_CASE("values that a SQLite column would alter are named by check") {
  const Folder folder;
  run_sqlite(folder / "a.db", "CREATE TABLE t (s STRING, d DECIMAL(20,2), r REAL, x TEXT, i INTEGER, n)");
  const auto target = open_target(sqlite_at(folder / "a.db"));
  target->begin();
  // What check lets through must rest as it is: it is written and compared.
  const auto failure = [&](const std::string& column, Type type, const Value& value) {
    Failures failures;
    const auto writer = target->open(request_of(table_of(*target, "t"), {column}));
    const std::vector<ColumnPtr> columns = {column_of(type, {value})};
    writer->check(0, *columns[0], failures);
    if (!failures.empty()) return std::string{failures[0].rule} + ": " + failures[0].reason;
    CHECK(writer->write(columns, all_rows(1)).written == 1);
    const auto rested = target->query("SELECT " + column + " FROM t", {}, 2).rows.at(0).at(0);
    target->execute("DELETE FROM t", {});
    return rested;
  };
  CHECK(failure("s", Type::text, "02139") == "precision: '02139' would be stored as the number 2139");
  CHECK(failure("s", Type::text, "2139") == "2139");
  CHECK(failure("s", Type::text, "1.50") == "precision: '1.50' would be stored as the number 1.5");
  CHECK(failure("s", Type::text, "1e3") == "precision: '1e3' would be stored as the number 1000");
  CHECK(failure("s", Type::text, " 7") == "precision: ' 7' would be stored as the number 7");
  CHECK(failure("s", Type::text, "0x10") == "0x10");
  CHECK(failure("s", Type::text, "2024-01-01") == "2024-01-01");
  CHECK(failure("s", Type::text, "").empty());
  CHECK(failure("s", Type::text, "9223372036854775808").starts_with("precision: "));
  CHECK(failure("s", Type::text, "1.5") == "1.5");
  CHECK(failure("x", Type::text, "02139") == "02139");
  CHECK(failure("n", Type::text, "02139") == "02139");
  CHECK(failure("d", Type::decimal, *parse_decimal("12.50")) == "12.5");
  CHECK(failure("d", Type::decimal, *parse_decimal("9007199254740993")) == "9007199254740993");
  CHECK(failure("d", Type::decimal, *parse_decimal("12345678901234567.89")) ==
        "precision: 12345678901234567.89 would be stored as a float");
  CHECK(failure("d", Type::decimal, *parse_decimal("NaN")).starts_with("precision: "));
  CHECK(failure("x", Type::decimal, *parse_decimal("12345678901234567.89")) == "12345678901234567.89");
  CHECK(failure("r", Type::float64, std::numeric_limits<double>::quiet_NaN()) ==
        "precision: NaN would be stored as NULL");
  CHECK(failure("r", Type::float64, 0.1) == "0.1");
  CHECK(failure("r", Type::float64, std::numeric_limits<double>::infinity()) == "Infinity");
  CHECK(failure("x", Type::timestamptz, Instant{0}) == "2000-01-01T00:00:00Z");
}

TEST_CASE("columns rendered from PostgreSQL hold values in the form of their type") {
  Diagnostics diagnostics;
  const auto ddl = std::make_shared<SourceText>(
      "t.sql",
      "CREATE TABLE t (u uuid, at timestamptz, n numeric(12,2), w numeric(18,0), m numeric, f boolean, j jsonb,"
      " b bytea, a int[], d date, s varchar(3), i smallint)");
  const schema::Catalog catalog = schema::read_ddl(ddl, schema::Dialect::postgresql, diagnostics);
  const Folder folder;
  const auto target = open_target(sqlite_at(folder / "a.db"), {.declared = &catalog});
  target->begin();
  target->create(catalog);
  const auto written = [&](const std::string& column, Type type, const Value& value) {
    Failures failures;
    const auto writer = target->open(request_of(*catalog.table("t"), {column}));
    const std::vector<ColumnPtr> columns = {column_of(type, {value})};
    writer->check(0, *columns[0], failures);
    if (!failures.empty()) return std::string{failures[0].rule};
    const auto result = writer->write(columns, all_rows(1));
    if (result.refusal) return result.refusal->message;
    const auto row = target
                         ->query(
                             "SELECT typeof(v) || ' ' || CASE typeof(v) WHEN 'blob' THEN hex(v) ELSE v END"
                             " FROM (SELECT " +
                                 column + " AS v FROM t)",
                             {}, 2)
                         .rows.at(0)
                         .at(0);
    target->execute("DELETE FROM t", {});
    return row;
  };
  CHECK(table_of(*target, "t").strict);
  CHECK(written("u", Type::uuid, *parse_uuid("00112233-4455-6677-8899-AABBCCDDEEFF").value) ==
        "text 00112233-4455-6677-8899-aabbccddeeff");
  CHECK(written("at", Type::timestamptz, Instant{1'500'000}) == "text 2000-01-01T00:00:01.5+00:00");
  CHECK(written("at", Type::timestamptz, Instant{kTimeInfinity}) == "text infinity");
  CHECK(written("n", Type::decimal, *parse_decimal("7")) == "text 7.00");
  CHECK(written("n", Type::decimal, *parse_decimal("7.125")) == "precision");
  CHECK(written("w", Type::decimal, *parse_decimal("123456789012345678")) == "integer 123456789012345678");
  CHECK(written("w", Type::decimal, *parse_decimal("NaN")) == "precision");
  CHECK(written("m", Type::decimal, *parse_decimal("7.10")) == "text 7.10");
  CHECK(written("f", Type::boolean, true) == "integer 1");
  CHECK(written("j", Type::json, Json{"{\"a\":1}"}) == "text {\"a\":1}");
  CHECK(written("b", Type::bytes, Bytes{std::string_view{"\0\xff", 2}}) == "blob 00FF");
  CHECK(written("b", Type::bytes, Bytes{}) == "blob ");
  CHECK(written("a", Type::list, List{"[1,2]"}) == "text [1,2]");
  CHECK(written("d", Type::date, Date{0}) == "text 2000-01-01");
  CHECK(written("s", Type::text, "") == "text ");
  CHECK(written("s", Type::text, "four") == "max_length");
  CHECK(written("i", Type::integer, std::int64_t{40'000}) == "convert");
}

TEST_CASE("references are checked before the commit; what was broken before the run is not its fault") {
  const Folder folder;
  run_sqlite(folder / "a.db",
             "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p INTEGER REFERENCES p);"
             "INSERT INTO c VALUES (99)");
  const auto target = open_target(sqlite_at(folder / "a.db"));
  target->begin();
  const auto writer = target->open(request_of(table_of(*target, "c"), {"p"}));
  CHECK(target->check_constraints().empty());
  CHECK(writer->write(numbers({1}), all_rows(1)).written == 1);
  CHECK(target->check_constraints() == "2 rows of c refer to rows that p lacks");
  CHECK(target->open(request_of(table_of(*target, "p"), {"id"}))->write(numbers({1}), all_rows(1)).written == 1);
  CHECK(target->check_constraints().empty());
  target->commit();
  CHECK(std::string{error_of([&] { target->execute("ATTACH '" + (folder / "other.db") + "' AS o", {}); }).what()}.find(
            "attach") != std::string::npos);
}

TEST_CASE("defaults of SQLite: AUTOINCREMENT counts on, expressions are evaluated per value") {
  const Folder folder;
  run_sqlite(folder / "a.db",
             "CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, token TEXT DEFAULT (lower(hex(randomblob(4)))), n "
             "INT DEFAULT 7);"
             "INSERT INTO t (id) VALUES (41); DELETE FROM t;");
  const auto target = open_target(sqlite_at(folder / "a.db"));
  target->begin();
  const schema::Table& table = table_of(*target, "t");
  Arena arena;
  CHECK(to_text(target->make_defaults(table, *table.column("id"), 1, arena)->at(0)) == "42");
  const auto tokens = target->make_defaults(table, *table.column("token"), 2, arena);
  CHECK(to_text(tokens->at(0)).size() == 8);
  CHECK(to_text(tokens->at(0)) != to_text(tokens->at(1)));
  CHECK(to_text(target->make_defaults(table, *table.column("n"), 1, arena)->at(0)) == "7");
}

}  // namespace
}  // namespace etl::writers
