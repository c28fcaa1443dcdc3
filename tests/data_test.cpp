// Values: reading, printing, exact arithmetic, canonical JSON, columns.
#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>

#include "engine/data/batch.h"
#include "engine/data/json.h"
#include "engine/data/value.h"

namespace {

using namespace etl;

Decimal decimal(std::string_view text) {
  const auto parsed = parse_decimal(text);
  REQUIRE_MESSAGE(parsed.has_value(), text);
  return *parsed;
}

std::string text(const std::optional<Decimal>& value) { return value ? to_string(*value) : "overflow"; }

std::string canonical(std::string_view json) {
  std::string out;
  const auto parsed = canonical_json(json, out);
  return parsed.value ? out : "refused: " + parsed.reason;
}

template <class T>
std::string shown(const Outcome<T>& outcome) {
  return outcome.value ? to_text(Value{*outcome.value}) : "fails: " + outcome.reason;
}

std::string instant(std::string_view iso) {
  const auto parsed = parse_timestamp_with_offset(iso);
  if (!parsed.value) return "fails: " + parsed.reason;
  if (!parsed.value->offset_micros) return to_text(Value{parsed.value->local}) + " local";
  return to_text(Value{Instant{parsed.value->local.micros - *parsed.value->offset_micros}});
}

}  // namespace

TEST_CASE("decimals keep their digits") {
  const std::string_view same[] = {"0",
                                   "-1",
                                   "1.10",
                                   "0.000",
                                   "-0.5",
                                   "99999999999999999999999999999999999999",
                                   "0.00000000000000000000000000000000000001",
                                   "NaN",
                                   "Infinity",
                                   "-Infinity"};
  for (const std::string_view number : same) CHECK(to_string(decimal(number)) == number);
  CHECK(to_string(decimal("+7")) == "7");
  CHECK(to_string(decimal("1e3")) == "1000");
  CHECK(to_string(decimal("1.10E+1")) == "11.0");
  CHECK(to_string(decimal("12.5e-3")) == "0.0125");
  CHECK(to_string(decimal(".5")) == "0.5");
  CHECK(to_string(decimal("007")) == "7");
  // Zeros that do not fit may go, digits may not.
  CHECK(to_string(decimal("1.0000000000000000000000000000000000000000")) == "1.0000000000000000000000000000000000000");
  for (const std::string_view wrong : {"", "-", ".", "1.2.3", "0x1F", "1e", "1e+", "1e+-2", " 1", "1 ", "1,5", "1_000",
                                       "999999999999999999999999999999999999999",
                                       "0.000000000000000000000000000000000000001", "1e99999999999999999999"}) {
    CHECK_MESSAGE(!parse_decimal(wrong), wrong);
  }
}

TEST_CASE("decimal arithmetic is exact") {
  CHECK(text(add(decimal("0.1"), decimal("0.2"))) == "0.3");
  CHECK(text(subtract(decimal("1"), decimal("0.01"))) == "0.99");
  CHECK(text(multiply(decimal("1.10"), decimal("3"))) == "3.30");
  CHECK(text(divide(decimal("10"), decimal("4"))) == "2.5");
  CHECK(text(divide(decimal("2"), decimal("3"))) == "0.6666666667");
  CHECK(text(divide(decimal("1"), decimal("0"))) == "overflow");
  CHECK(text(remainder(decimal("-7.5"), decimal("2"))) == "-1.5");
  CHECK(text(add(decimal("99999999999999999999999999999999999999"), decimal("1"))) == "overflow");
  CHECK(text(add(decimal("99999999999999999999999999999999999998"), decimal("1"))) ==
        "99999999999999999999999999999999999999");
  CHECK(text(add(decimal("99999999999999999999999999999999999998"), decimal("0.5"))) == "overflow");
  CHECK(text(multiply(decimal("1e37"), decimal("1e37"))) == "overflow");
  CHECK(text(add(decimal("Infinity"), decimal("-Infinity"))) == "NaN");
}

TEST_CASE("decimal arithmetic agrees with whole numbers of the machine") {
  std::mt19937_64 random{7};
  for (int i = 0; i < 20'000; ++i) {
    const auto a = static_cast<std::int64_t>(random()) >> (random() % 50);
    const auto b = static_cast<std::int64_t>(random()) >> (random() % 50);
    const auto scale = static_cast<std::uint8_t>(random() % 6);
    const Decimal left{.coefficient = a, .scale = scale};
    const Decimal right{.coefficient = b, .scale = scale};
    CHECK(add(left, right)->coefficient == Int128{a} + b);
    CHECK(subtract(left, right)->coefficient == Int128{a} - b);
    CHECK((compare(left, right) < 0) == (a < b));
    const auto product = multiply(left, right);
    const Int128 exact = Int128{a} * b;
    const UInt128 size = exact < 0 ? -static_cast<UInt128>(exact) : static_cast<UInt128>(exact);
    if (product && product->scale == 2 * scale) CHECK(product->coefficient == exact);
    CHECK((product.has_value() || size >= UInt128{10'000'000'000'000'000'000U} * 1'000'000'000'000'000'000U));
    if (b != 0) CHECK(remainder(left, right)->coefficient == a % b);
    CHECK(compare(*parse_decimal(to_string(left)), left) == 0);
  }
}

TEST_CASE("rounding is half to even") {
  CHECK(text(round(decimal("2.5"), 0)) == "2");
  CHECK(text(round(decimal("3.5"), 0)) == "4");
  CHECK(text(round(decimal("-2.675"), 2)) == "-2.68");
  CHECK(text(round(decimal("1250"), -2)) == "1200");
  CHECK(text(round(decimal("1.5"), 9)) == "1.5");
  CHECK(to_string(floor(decimal("-1.1"))) == "-2");
  CHECK(to_string(ceil(decimal("-1.1"))) == "-1");
  CHECK(text(rescale(decimal("1.50"), 1)) == "1.5");
  CHECK(text(rescale(decimal("1.55"), 1)) == "overflow");
  CHECK(integer_digits(decimal("0012.50")) == 2);
  CHECK(fraction_digits(decimal("12.50")) == 1);
  CHECK(integer_digits(decimal("0.5")) == 0);
}

TEST_CASE("numbers from text") {
  CHECK(shown(parse_integer(" +42 ")) == "42");
  CHECK(shown(parse_integer("-9223372036854775808")) == "-9223372036854775808");
  CHECK(shown(parse_integer("9223372036854775808")) == "fails: '9223372036854775808' is out of range for int");
  CHECK(shown(parse_integer("1.0")) == "fails: '1.0' is not a whole number");
  CHECK(shown(parse_integer("")) == "fails: '' is not a whole number");
  CHECK(shown(parse_integer("+-4")) == "fails: '+-4' is not a whole number");
  CHECK(shown(parse_float("1e400")) == "fails: '1e400' is out of range for float");
  CHECK(shown(parse_float("nan(x)")) == "fails: 'nan(x)' is not a number");
  CHECK(shown(parse_float("-inf")) == "-Infinity");
  CHECK(shown(parse_bool("ON")) == "true");
  CHECK(shown(parse_bool("n")) == "false");
  CHECK(shown(parse_bool("2")) == "fails: '2' is neither true nor false");
  CHECK(shown(parse_uuid("{6F9619FF-8B86-D011-B42D-00CF4FC964FF}")) == "6f9619ff-8b86-d011-b42d-00cf4fc964ff");
  CHECK(shown(parse_uuid("6f9619ff8b86d011b42d00cf4fc964f")) ==
        "fails: '6f9619ff8b86d011b42d00cf4fc964f' is not a UUID");
  CHECK(shown(parse_uuid("6f9619ff-8b86-d011-b42d00cf4fc964ff-")).starts_with("fails"));
}

TEST_CASE("floats read back as the same float") {
  CHECK(to_text(Value{0.1}) == "0.1");
  CHECK(to_text(Value{1e15}) == "1e+15");
  CHECK(to_text(Value{100000.0}) == "100000");
  CHECK(to_text(Value{-0.0}) == "-0");
  CHECK(to_text(Value{0.00001}) == "1e-05");
  std::mt19937_64 random{3};
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t bits = random();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (!std::isfinite(value)) continue;
    const auto back = parse_float(to_text(Value{value}));
    REQUIRE(back.value);
    CHECK(*back.value == value);
    if (const auto exact = to_decimal(value)) CHECK(to_double(*exact) == value);
  }
}

TEST_CASE("dates from text") {
  CHECK(shown(parse_date("2024-02-29")) == "2024-02-29");
  CHECK(shown(parse_date("0044-03-15 BC")) == "0044-03-15 BC");
  CHECK(shown(parse_date("5874897-12-31")) == "5874897-12-31");
  CHECK(shown(parse_date("4714-11-24 BC")) == "4714-11-24 BC");
  CHECK(shown(parse_date("infinity")) == "infinity");
  CHECK(shown(parse_date("2025-02-30")) == "fails: '2025-02-30': there is no such date");
  CHECK(shown(parse_date("4714-11-23 BC")) == "fails: '4714-11-23 BC' is out of range for date");
  for (const std::string_view wrong : {"", "2024", "2024-1-1", "24-01-01", "2024/01/01", "2024-01-01 ", "2024-00-10",
                                       "0000-01-01", "2024-01-01T00:00:00", "২024-01-01", "-infinit"}) {
    CHECK_MESSAGE(!parse_date(wrong).value, wrong);
  }
}

TEST_CASE("every day reads back") {
  const auto check = [](std::int32_t days) {
    const Date date{days};
    CHECK(date_of(civil_of(date)) == date);
    CHECK(parse_date(to_text(Value{date})).value == date);
  };
  for (std::int32_t days = -1'000'000; days < 1'000'000; days += 13) check(days);
  for (std::int64_t days = kFirstDay; days <= kLastDay; days += 1'000'003) check(static_cast<std::int32_t>(days));
  check(kFirstDay);
  check(kLastDay);
  CHECK(!date_of({.year = 5'874'898, .month = 1, .day = 1}));
}

TEST_CASE("times and timestamps from text") {
  CHECK(shown(parse_time("24:00:00")) == "24:00:00");
  CHECK(shown(parse_time("09:30")) == "09:30:00");
  CHECK(shown(parse_time("09:30:00.120000000")) == "09:30:00.12");
  CHECK(shown(parse_time("09:30:00.1234567")) == "fails: '09:30:00.1234567' has more than 6 digits of fraction");
  CHECK(shown(parse_time("24:00:01")) == "fails: '24:00:01': there is no such time");
  CHECK(shown(parse_timestamp("2024-03-01")) == "2024-03-01T00:00:00");
  CHECK(shown(parse_timestamp("2024-03-01 09:30:00.5")) == "2024-03-01T09:30:00.5");
  CHECK(shown(parse_timestamp("0044-03-15 09:30 BC")) == "0044-03-15T09:30:00 BC");
  CHECK(shown(parse_timestamp("294276-12-31T23:59:59.999999")) == "294276-12-31T23:59:59.999999");
  CHECK(shown(parse_timestamp("294277-01-01")) == "fails: '294277-01-01' is out of range for timestamp");
  CHECK(shown(parse_timestamp("2024-03-01T09:30:00Z")).find("has an offset") != std::string::npos);
  CHECK(instant("2024-03-01T09:30:00+02:00") == "2024-03-01T07:30:00Z");
  CHECK(instant("2024-03-01 09:30:00 -0530") == "2024-03-01T15:00:00Z");
  CHECK(instant("2024-03-01 09:30:00+01") == "2024-03-01T08:30:00Z");
  CHECK(instant("2024-03-01 09:30:00 UTC") == "2024-03-01T09:30:00Z");
  CHECK(instant("2024-03-01 09:30:00") == "2024-03-01T09:30:00 local");
  CHECK(instant("2024-03-01T09:30:00+16:00").find("no valid offset") != std::string::npos);
  CHECK(instant("2024-03-01T09:30:00 Berlin").starts_with("fails"));
}

TEST_CASE("every microsecond reads back") {
  std::mt19937_64 random{11};
  std::uniform_int_distribution<std::int64_t> micros{kFirstMicros, kLastMicros};
  for (int i = 0; i < 20'000; ++i) {
    const Timestamp moment{micros(random)};
    CHECK(parse_timestamp(to_text(Value{moment})).value == moment);
  }
}

TEST_CASE("JSON takes jsonb's form") {
  CHECK(canonical(" { \"bb\" : 1e2 , \"a\" : [ 1.10 , -0 , 1E-3 ] } ") == R"({"a":[1.10,0,0.001],"bb":100})");
  CHECK(canonical(R"({"b":1,"a":2,"b":3})") == R"({"a":2,"b":3})");
  CHECK(canonical(R"({"bb":1,"c":2})") == R"({"c":2,"bb":1})");
  CHECK(canonical(R"("\u0041\/\u00e9\ud83d\ude00\u000a\u0001")") == "\"A/é😀\\n\\u0001\"");
  CHECK(canonical("12345678901234567890123456789012345678901234567890.10") ==
        "12345678901234567890123456789012345678901234567890.10");
  CHECK(canonical("[-0.0,0e5,1.5e+1]") == "[0.0,0,15]");
  // Keys are ordered by their text, not by how it is escaped.
  CHECK(canonical(R"({"\n":1,"a":2})") == R"({"\n":1,"a":2})");
  CHECK(canonical(R"({"aa":1,"\u0062":2})") == R"({"b":2,"aa":1})");
}

TEST_CASE("what is not JSON is refused with its place") {
  const std::array<std::pair<std::string_view, std::string_view>, 14> cases = {
      {{"", "ends too early at byte 1"},
       {"[1,", "ends too early"},
       {"[1 2]", "expected , or ]"},
       {"{a:1}", "expected a name in quotes at byte 2"},
       {"{\"a\" 1}", "expected :"},
       {"[1]x", "text follows the value at byte 4"},
       {"01", "text follows the value"},
       {"NaN", "unexpected 'N'"},
       {"\"\\ud800\"", "half a surrogate pair"},
       {"\"\\u0000\"", "\\u0000 cannot be kept"},
       {"\"a\nb\"", "control character"},
       {"\"\xff\"", "invalid UTF-8 at byte 2"},
       {"1e131072", "too many digits"},
       {"'a'", "unexpected"}}};
  for (const auto& [json, reason] : cases) {
    const std::string got = canonical(json);
    CHECK_MESSAGE(got.starts_with("refused"), json);
    CHECK_MESSAGE(got.find(reason) != std::string::npos, got);
  }
  CHECK(canonical(std::string(1000, '[') + std::string(1000, ']')).starts_with("[["));
  CHECK(canonical(std::string(100'000, '[')).find("1000 levels") != std::string::npos);
}

TEST_CASE("canonical JSON is canonical") {
  std::mt19937_64 random{5};
  const std::string_view pieces[] = {"{",       "}",      "[",   "]",     ",",    ":",    "\"a\"",
                                     "\"\\n\"", "\"zz\"", "1e3", "-0.50", "true", "null", " "};
  std::string out;
  int accepted = 0;
  for (int i = 0; i < 200'000; ++i) {
    std::string json;
    for (std::uint64_t length = random() % 9 + 1; length > 0; --length) json += pieces[random() % std::size(pieces)];
    out.clear();
    if (!canonical_json(json, out).value) {
      CHECK(out.empty());
      continue;
    }
    ++accepted;
    CHECK(canonical(out) == out);
  }
  CHECK(accepted > 1000);
}

TEST_CASE("JSON items and members are found") {
  std::vector<std::string> seen;
  for (JsonItems item{R"({"a":[1,{"b":"]"}],"c":"x,\"y"})"}; item.next();) {
    seen.push_back(std::string{item.key()} + "=" + std::string{item.value()});
  }
  CHECK(seen == std::vector<std::string>{R"("a"=[1,{"b":"]"}])", R"("c"="x,\"y")"});
  CHECK(compare_json("10", "9.5") > 0);
  CHECK(compare_json("\"a\"", "1") < 0);
  CHECK(compare_json("1.0", "1") == 0);
}

TEST_CASE("values as JSON") {
  std::string out;
  append_json(Value{1e30}, out);
  CHECK(out == "1000000000000000000000000000000");
  out.clear();
  append_json(Value{std::numeric_limits<double>::infinity()}, out);
  CHECK(out == "\"Infinity\"");
  out.clear();
  append_json(Value{std::string_view{"a\"\x01"}}, out);
  CHECK(out == "\"a\\\"\\u0001\"");
  out.clear();
  append_json(Value{}, out);
  CHECK(out == "null");
}

TEST_CASE("values compare by number, not by type") {
  CHECK(compare(Value{std::int64_t{1}}, Value{decimal("1.0")}) == 0);
  CHECK(compare(Value{1.5}, Value{decimal("1.25")}) > 0);
  CHECK(compare(Value{std::nan("")}, Value{1e300}) > 0);
  CHECK(compare(Value{std::string_view{"1"}}, Value{std::int64_t{1}}) == std::partial_ordering::unordered);
}

TEST_CASE("UTF-8 is checked strictly") {
  CHECK(find_invalid_utf8("plain, Zürich, 日本, 😀") == std::string_view::npos);
  CHECK(find_invalid_utf8("eight bytes and\xC3") == 15);
  CHECK(find_invalid_utf8("\xC0\xAF") == 0);          // Overlong.
  CHECK(find_invalid_utf8("ab\xED\xA0\x80") == 2);    // A surrogate.
  CHECK(find_invalid_utf8("\xF4\x90\x80\x80") == 0);  // Above U+10FFFF.
  CHECK(count_characters("Zürich 日本 😀 and more") == 20);
  CHECK(quote_for_message("a\n\xff") == "'a\\x0a\\xff'");
  CHECK(quote_for_message(std::string(100, 'x')) == "'" + std::string(60, 'x') + "...'");
}

TEST_CASE("a column keeps values and NULLs apart") {
  Column column{Type::integer, 100};
  const auto values = column.values<std::int64_t>();
  for (std::size_t row = 0; row < 100; ++row) values[row] = static_cast<std::int64_t>(row);
  CHECK(column.null_count() == 0);
  column.set_null(7);
  column.set_null(7);
  CHECK(column.null_count() == 1);
  CHECK(is_null(column.at(7)));
  CHECK(values[7] == 0);
  column.set(7, Value{std::int64_t{70}});
  CHECK(column.null_count() == 0);
  CHECK(compare(column.at(7), Value{std::int64_t{70}}) == 0);

  Bitmap nulls(100);
  nulls.set(3);
  nulls.set(99);
  column.set_nulls(nulls);
  CHECK(column.null_count() == 2);
  CHECK(column.is_null(99));

  Column any{Type::any, 2};
  any.set(0, Value{std::string_view{"text"}});
  CHECK(is_null(any.at(1)));
  CHECK(any.text_bytes() == 4);
}

TEST_CASE("an arena keeps texts where they are") {
  Arena arena;
  std::vector<std::string_view> kept;
  for (int i = 0; i < 10'000; ++i) kept.push_back(arena.copy("text " + std::to_string(i)));
  for (int i = 0; i < 10'000; ++i) CHECK(kept[static_cast<std::size_t>(i)] == "text " + std::to_string(i));
  const std::size_t used = arena.used();
  arena.allocate(5'000'000);
  arena.give_back(4'999'999);
  CHECK(arena.used() == used + 1);
}

TEST_CASE("types have the names of the language") {
  for (std::size_t i = 0; i < kTypeCount; ++i) {
    const auto type = static_cast<Type>(i);
    CHECK(type_named(name(type)) == type);
  }
  CHECK(name(TypeSet{Type::text, Type::integer}) == "int|text");
  CHECK(name(TypeSet::all()) == "any");
  CHECK(!type_named("string"));
}
