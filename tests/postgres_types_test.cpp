// PostgreSQL as a target: a value of every built-in type, and those that it would alter.
#include "tests/support/scratch.h"

namespace etl::writers {
namespace {

using tests::all_rows;
using tests::column_of;
using tests::PostgresDatabase;
using tests::request_of;

// A value written into a column of the type reads back as the text.
struct TypeCase {
  const char* declared;
  Type type;
  Value value;
  const char* text;
};

Decimal dec(std::string_view text) { return parse_decimal(text).value(); }
Instant at(std::string_view text) {
  const auto parsed = parse_timestamp_with_offset(text).value.value();
  return Instant{parsed.local.micros - parsed.offset_micros.value_or(0)};
}

const std::vector<TypeCase>& type_cases() {
  static const Uuid uuid = *parse_uuid("00112233-4455-6677-8899-aabbccddeeff").value;
  static const std::vector<TypeCase> cases = {
      {"boolean", Type::boolean, true, "t"},
      {"smallint", Type::integer, std::int64_t{-32768}, "-32768"},
      {"integer", Type::integer, std::int64_t{2147483647}, "2147483647"},
      {"bigint", Type::integer, std::int64_t{-9223372036854775807 - 1}, "-9223372036854775808"},
      {"oid", Type::integer, std::int64_t{4294967295}, "4294967295"},
      {"real", Type::float64, 0.5, "0.5"},
      {"double precision", Type::float64, 0.1, "0.1"},
      {"double precision", Type::float64, std::numeric_limits<double>::quiet_NaN(), "NaN"},
      {"double precision", Type::float64, -std::numeric_limits<double>::infinity(), "-Infinity"},
      {"numeric", Type::decimal, dec("0"), "0"},
      {"numeric", Type::decimal, dec("0.00"), "0.00"},
      {"numeric", Type::decimal, dec("1.10"), "1.10"},
      {"numeric", Type::decimal, dec("-0.0001"), "-0.0001"},
      {"numeric", Type::decimal, dec("0.00000001"), "0.00000001"},
      {"numeric", Type::decimal, dec("10000"), "10000"},
      {"numeric", Type::decimal, dec("100000000"), "100000000"},
      {"numeric", Type::decimal, dec("12345.6789"), "12345.6789"},
      {"numeric", Type::decimal, dec("18446744073709551615"), "18446744073709551615"},
      {"numeric", Type::decimal, dec("18446744073709551616.5"), "18446744073709551616.5"},
      {"numeric", Type::decimal, dec("99999999999999999999999999999999999999"),
       "99999999999999999999999999999999999999"},
      {"numeric", Type::decimal, dec("-0.99999999999999999999999999999999999999"),
       "-0.99999999999999999999999999999999999999"},
      {"numeric", Type::decimal, dec("123456789012345678.901234567890123456"), "123456789012345678.901234567890123456"},
      {"numeric", Type::decimal, dec("NaN"), "NaN"},
      {"numeric", Type::decimal, dec("-Infinity"), "-Infinity"},
      {"numeric(12,2)", Type::decimal, dec("7"), "7.00"},
      {"text", Type::text, "Zoë \\N \t", "Zoë \\N \t"},
      {"varchar(5)", Type::text, "fünf5", "fünf5"},
      {"char(5)", Type::text, "ab", "ab   "},
      {"name", Type::text, "pg", "pg"},
      {"\"char\"", Type::text, "x", "x"},
      {"bytea", Type::bytes, Bytes{std::string_view{"\0\xff", 2}}, "\\x00ff"},
      {"bytea", Type::bytes, Bytes{""}, "\\x"},
      {"date", Type::date, *parse_date("0044-03-15 BC").value, "0044-03-15 BC"},
      {"date", Type::date, Date{kDateInfinity}, "infinity"},
      {"time", Type::time, *parse_time("24:00:00").value, "24:00:00"},
      {"time(0)", Type::time, *parse_time("12:30").value, "12:30:00"},
      {"timetz", Type::text, "12:30:00+02", "12:30:00+02"},
      {"timestamp", Type::timestamp, *parse_timestamp("2024-02-29T12:30:00.123456").value,
       "2024-02-29 12:30:00.123456"},
      {"timestamptz", Type::timestamptz, at("2024-03-01T09:30:00+02:00"), "2024-03-01 07:30:00+00"},
      {"timestamptz", Type::timestamptz, Instant{kTimeMinusInfinity}, "-infinity"},
      {"interval", Type::text, "1 mon 2 days 03:00:00", "1 mon 2 days 03:00:00"},
      {"uuid", Type::uuid, uuid, "00112233-4455-6677-8899-aabbccddeeff"},
      {"json", Type::json, Json{R"({"b":1})"}, R"({"b":1})"},
      {"jsonb", Type::json, Json{R"({"b":[1,"x\ny"]})"}, R"({"b": [1, "x\ny"]})"},
      {"xml", Type::text, "<a>ü</a>", "<a>ü</a>"},
      {"inet", Type::text, "10.0.0.1/8", "10.0.0.1/8"},
      {"cidr", Type::text, "10.0.0.0/8", "10.0.0.0/8"},
      {"macaddr", Type::text, "08:00:2b:01:02:03", "08:00:2b:01:02:03"},
      {"point", Type::text, "(1,2)", "(1,2)"},
      {"money", Type::text, "$1.50", "$1.50"},
      {"bit(3)", Type::text, "101", "101"},
      {"tsvector", Type::text, "'a' 'b'", "'a' 'b'"},
      {"int4range", Type::text, "[1,5)", "[1,5)"},
      {"mood", Type::text, "good", "good"},
      {"positive", Type::integer, std::int64_t{5}, "5"},
      {"integer[]", Type::list, List{"[1,null,3]"}, "{1,NULL,3}"},
      {"integer[]", Type::list, List{"[]"}, "{}"},
      {"integer[]", Type::list, List{"[[1,2],[3,4],[5,6]]"}, "{{1,2},{3,4},{5,6}}"},
      {"text[]", Type::list, List{R"(["a,b","say \"hi\"","\\",null,"NULL","","\u0001"])"},
       "{\"a,b\",\"say \\\"hi\\\"\",\"\\\\\",NULL,\"NULL\",\"\",\x01}"},
      {"numeric(5,2)[]", Type::list, List{"[1.5,2]"}, "{1.50,2.00}"},
      {"timestamptz[]", Type::list, List{R"(["2024-03-01T09:30:00Z"])"}, "{\"2024-03-01 09:30:00+00\"}"},
      {"uuid[]", Type::list, List{R"(["00112233-4455-6677-8899-aabbccddeeff"])"},
       "{00112233-4455-6677-8899-aabbccddeeff}"},
      {"jsonb[]", Type::list, List{R"([{"a":[1]},[2]])"}, R"({"{\"a\": [1]}",[2]})"},
      {"mood[]", Type::list, List{R"(["good","bad"])"}, "{good,bad}"},
      {"positive[]", Type::list, List{"[1,2]"}, "{1,2}"},
      {"inet[]", Type::list, List{R"(["10.0.0.1",null])"}, "{10.0.0.1,NULL}"},
      {"boolean[]", Type::list, List{"[true,false]"}, "{t,f}"},
  };
  return cases;
}

constexpr const char* kTypes =
    "CREATE TYPE mood AS ENUM ('good', 'bad'); CREATE DOMAIN positive AS integer CHECK (VALUE > 0);";

// Writes one value into a table of one column and gives what is read back.
std::string round_trip(Target& target, const schema::Table& table, const std::string& column, const TypeCase& given) {
  const auto writer = target.open(request_of(table, {column}));
  const std::vector<ColumnPtr> columns = {column_of(given.type, {given.value})};
  Failures failures;
  writer->check(0, *columns[0], failures);
  if (!failures.empty()) return std::string{failures[0].rule} + ": " + failures[0].reason;
  const auto result = writer->write(columns, all_rows(1));
  if (result.refusal) return result.refusal->code + ": " + result.refusal->message;
  const auto rows = target.query("SELECT " + column + " FROM " + table.name, {}, 5);
  target.execute("DELETE FROM " + table.name, {});
  return rows.count == 1 ? rows.rows[0][0] : "no row";
}

TEST_CASE("a value of every built-in PostgreSQL type is read back as it was written, binary or as text") {
  const PostgresDatabase database;
  if (!database) return;
  std::string ddl = kTypes;
  for (std::size_t i = 0; i < type_cases().size(); ++i) {
    ddl += "CREATE TABLE t" + std::to_string(i) + " (v " + type_cases()[i].declared + ");";
  }
  database.run(ddl);
  const auto target = open_target(database.info());
  target->begin();
  for (std::size_t i = 0; i < type_cases().size(); ++i) {
    const TypeCase& given = type_cases()[i];
    CAPTURE(given.declared);
    const std::string table = "t" + std::to_string(i);
    CHECK(round_trip(*target, *target->catalog().table(table), "v", given) == given.text);
  }
}

TEST_CASE("all types in one table: one column without an encoder makes its COPY text, the values are the same") {
  const PostgresDatabase database;
  if (!database) return;
  const auto load = [&](bool with_inet) {
    std::string ddl = "DROP TABLE IF EXISTS t CASCADE; CREATE TABLE t (id int";
    std::vector<std::string> names = {"id"};
    std::vector<ColumnPtr> columns = {column_of(Type::integer, {std::int64_t{1}, std::int64_t{2}})};
    for (std::size_t i = 0; i < type_cases().size(); ++i) {
      const TypeCase& given = type_cases()[i];
      const bool binary = given.type != Type::text || std::string_view{given.declared} == "text";
      if (!binary || std::string_view{given.declared} == "inet[]") continue;
      if (std::string_view{given.declared}.find("positive") != std::string_view::npos) continue;
      if (std::string_view{given.declared}.find("mood") != std::string_view::npos) continue;
      names.push_back("c" + std::to_string(i));
      ddl += ", " + names.back() + " " + given.declared;
      columns.push_back(column_of(given.type, {given.value, Value{}}));
    }
    if (with_inet) {
      names.push_back("address");
      ddl += ", address inet";
      columns.push_back(column_of(Type::text, {"10.0.0.1", Value{}}));
    }
    database.run(ddl + ")");
    const auto target = open_target(database.info());
    target->begin();
    const auto result = target->open(request_of(*target->catalog().table("t"), names))->write(columns, all_rows(2));
    CHECK(result.written == 2);
    CHECK_MESSAGE(!result.refusal, result.refusal.value_or(Refusal{}).message);
    if (with_inet) target->execute("ALTER TABLE t DROP address", {});
    return target->query("SELECT * FROM t ORDER BY id", {}, 5).rows;
  };
  const auto binary = load(false);
  CHECK(binary == load(true));
  CHECK(binary.at(1).at(5) == "NULL");
}

TEST_CASE("values that PostgreSQL would round, cut or refuse are named by check") {
  const PostgresDatabase database;
  if (!database) return;
  database.run(
      std::string{kTypes} +
      "CREATE TABLE t (i2 smallint, n numeric(6,2), m numeric(3,5), h numeric(5,-2), f real, v varchar(3), c char(3),"
      " ts timestamptz(0), tm time(3), d date, mood mood, a smallint[], p positive, o oid)");
  const auto target = open_target(database.info());
  const auto failure = [&](const std::string& column, Type type, const Value& value) {
    Failures failures;
    target->open(request_of(*target->catalog().table("t"), {column}))->check(0, *column_of(type, {value}), failures);
    return failures.empty() ? std::string{} : std::string{failures[0].rule} + ": " + failures[0].reason;
  };
  CHECK(failure("i2", Type::integer, std::int64_t{32768}) == "convert: 32768 is out of range for smallint");
  CHECK(failure("o", Type::integer, std::int64_t{-1}) == "convert: -1 is out of range for oid");
  CHECK(failure("n", Type::decimal, dec("1.005")) ==
        "precision: 1.005 has more digits behind the point than numeric(6,2)");
  CHECK(failure("n", Type::decimal, dec("10000")) == "precision: 10000 has more digits than numeric(6,2)");
  CHECK(failure("n", Type::decimal, dec("9999.990")).empty());
  CHECK(failure("n", Type::decimal, dec("Infinity")) == "precision: Infinity does not fit numeric(6,2)");
  CHECK(failure("n", Type::decimal, dec("NaN")).empty());
  CHECK(failure("m", Type::decimal, dec("0.00123")).empty());
  CHECK(failure("m", Type::decimal, dec("0.01")).starts_with("precision: "));
  CHECK(failure("h", Type::decimal, dec("1234500")).empty());
  CHECK(failure("h", Type::decimal, dec("1234550")).starts_with("precision: "));
  CHECK(failure("f", Type::float64, 0.1) == "precision: 0.1 has more digits than real holds");
  CHECK(failure("f", Type::float64, 0.5).empty());
  CHECK(failure("v", Type::text, "abc ") == "max_length: 'abc ' has 4 characters, more than 3");
  CHECK(failure("c", Type::text, "äöü").empty());
  CHECK(failure("ts", Type::timestamptz, at("2024-03-01T09:30:00.5Z"))
            .starts_with("precision: 2024-03-01T09:30:00.5Z has a finer"));
  CHECK(failure("tm", Type::time, *parse_time("12:30:00.1234").value).starts_with("precision: "));
  CHECK(failure("tm", Type::time, *parse_time("12:30:00.123").value).empty());
  CHECK(failure("d", Type::date, Date{-2'451'546}).starts_with("convert: "));
  CHECK(failure("mood", Type::text, "ugly") == "one_of: 'ugly' is no value of mood");
  CHECK(failure("a", Type::list, List{"[1,40000]"}) == "convert: 40000 is out of range for smallint");
  CHECK(failure("a", Type::list, List{R"([1,"x"])"}).starts_with("convert: "));
  CHECK(failure("a", Type::list, List{"[[1,2],[3]]"}) == "convert: the inner lists differ in length");
  CHECK(failure("a", Type::list, List{"[1,[3]]"}) == "convert: lists and single items are mixed");
}

TEST_CASE("what the limits of check let through, PostgreSQL takes; what they stop, it does not") {
  const PostgresDatabase database;
  if (!database) return;
  database.run("CREATE TABLE t (d date, ts timestamp, n numeric(3,5), h numeric(5,-2))");
  const auto target = open_target(database.info());
  target->begin();
  const schema::Table& table = *target->catalog().table("t");
  const auto sent = [&](const std::string& column, Type type, const Value& value) {
    const auto writer = target->open(request_of(table, {column}));
    Failures failures;
    const std::vector<ColumnPtr> columns = {column_of(type, {value})};
    writer->check(0, *columns[0], failures);
    const bool refused = writer->write(columns, all_rows(1)).refusal.has_value();
    CHECK(refused == !failures.empty());
    return !refused;
  };
  CHECK(sent("d", Type::date, Date{2'145'031'948}));
  CHECK_FALSE(sent("d", Type::date, Date{2'145'031'949}));
  CHECK(sent("d", Type::date, Date{-2'451'545}));
  CHECK_FALSE(sent("d", Type::date, Date{-2'451'546}));
  CHECK(sent("ts", Type::timestamp, Timestamp{9'223'371'331'199'999'999}));
  CHECK_FALSE(sent("ts", Type::timestamp, Timestamp{9'223'371'331'200'000'000}));
  CHECK(sent("ts", Type::timestamp, Timestamp{-211'813'488'000'000'000}));
  CHECK_FALSE(sent("ts", Type::timestamp, Timestamp{-211'813'488'000'000'001}));
  CHECK(sent("n", Type::decimal, dec("-0.00999")));
  CHECK_FALSE(sent("n", Type::decimal, dec("0.01")));
  CHECK(sent("h", Type::decimal, dec("9999900")));
  CHECK_FALSE(sent("h", Type::decimal, dec("10000000")));
}

}  // namespace
}  // namespace etl::writers
