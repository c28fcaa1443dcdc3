// The validation rules: the catalogue as a table, formats, and kernels on columns.
#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <set>

#include "engine/rules/format.h"
#include "engine/rules/rule.h"
#include "engine/rules/shape.h"

namespace {

using namespace etl;
using namespace etl::rules;

Value txt(std::string_view text) { return Value{text}; }
Value exact(std::string_view number) { return Value{*parse_decimal(number)}; }

// The reasons of all rows, "-" for rows that pass.
std::vector<std::string> reasons(std::string_view rule, const Use& use, const std::vector<Value>& values,
                                 const Present& present = {}) {
  Column column{use.type, values.size()};
  for (std::size_t row = 0; row < values.size(); ++row) column.set(row, values[row]);
  Failures failures;
  rule_named(rule)->bind(use)(column, present, failures);
  std::vector<std::string> all(values.size(), "-");
  for (const Failure& failure : failures) {
    CHECK(failure.rule == rule);
    all[failure.row] = failure.reason;
  }
  CHECK(std::ranges::is_sorted(failures, {}, &Failure::row));
  return all;
}

std::string shape_fault(std::string_view shape, std::string_view json) {
  std::string fault;
  const auto parsed = Shape::parse(shape, fault);
  return parsed ? parsed->fault_of(json) : "wrong: " + fault;
}

using Reasons = std::vector<std::string>;

}  // namespace

TEST_CASE("the catalogue of rules is complete and well written") {
  std::set<std::string_view> names;
  for (const Rule& rule : rules::rules()) {
    CAPTURE(rule.name);
    CHECK(names.insert(rule.name).second);
    CHECK(rule.doc.ends_with('.'));
    CHECK(!(rule.types == TypeSet{}));
    if (!rule.bind) continue;
    CHECK(rule.examples.size() >= 2);
    CHECK(std::ranges::any_of(rule.examples, [](const Example& example) { return !example.holds; }));
    CHECK(std::ranges::any_of(rule.examples, [](const Example& example) { return example.value == "null"; }));
  }
  const std::set<std::string_view> expected = {"required",   "unique",  "min",       "max",       "min_length",
                                               "max_length", "pattern", "format",    "one_of",    "past",
                                               "future",     "shape",   "min_items", "max_items", "exists"};
  CHECK(names == expected);
}

TEST_CASE("NULL breaks no rule but required") {
  for (const Rule& rule : rules::rules()) {
    if (!rule.bind || rule.name == "required") continue;
    CAPTURE(rule.name);
    Use use;
    for (std::size_t i = 1; i < kTypeCount; ++i) {
      if (rule.types.has(static_cast<Type>(i))) use.type = static_cast<Type>(i);
    }
    use.value = Value{std::int64_t{1}};
    use.values = {txt("a")};
    use.text = rule.argument == Argument::shape ? "{}" : rule.argument == Argument::choice ? "email" : "a";
    CHECK(reasons(rule.name, use, {Value{}, Value{}}) == Reasons{"-", "-"});
  }
  CHECK(reasons("required", {.type = Type::text, .value = Value{true}}, {txt(""), Value{}}) ==
        Reasons{"-", "a value is required"});
  CHECK(reasons("required", {.type = Type::text, .value = Value{false}}, {Value{}}) == Reasons{"-"});
}

TEST_CASE("bounds are inclusive and name both values") {
  const Use most{.type = Type::integer, .value = Value{std::int64_t{1000}}};
  CHECK(reasons("max", most, {Value{std::int64_t{1000}}, Value{std::int64_t{1850}}, Value{}}) ==
        Reasons{"-", "1850 is above 1000", "-"});
  const Use least{.type = Type::decimal, .value = exact("0.01")};
  CHECK(reasons("min", least, {exact("0.010"), exact("0.009"), exact("NaN")}) ==
        Reasons{"-", "0.009 is below 0.01", "-"});
  const Use real{.type = Type::float64, .value = Value{90.0}};
  CHECK(reasons("max", real, {Value{90.5}, Value{std::numeric_limits<double>::quiet_NaN()}}) ==
        Reasons{"90.5 is above 90", "NaN is above 90"});
  const Use day{.type = Type::date, .value = Value{*parse_date("2024-01-01").value}};
  CHECK(reasons("min", day, {Value{*parse_date("2023-12-31").value}}) == Reasons{"2023-12-31 is below 2024-01-01"});
  // A literal of another number type.
  CHECK(reasons("max", {.type = Type::decimal, .value = Value{std::int64_t{5}}}, {exact("5.1")}) ==
        Reasons{"5.1 is above 5"});
}

TEST_CASE("one_of lists what is allowed") {
  const Use use{.type = Type::text, .values = {txt("email"), txt("sms"), txt("push")}};
  CHECK(reasons("one_of", use, {txt("sms"), txt("SMS")}) == Reasons{"-", "'SMS' is not one of email, sms, push"});
  Use many{.type = Type::text, .values = {}};
  std::vector<std::string> words;
  for (int i = 0; i < 40; ++i) words.push_back("w" + std::to_string(i));
  for (const auto& word : words) many.values.push_back(txt(word));
  const auto got = reasons("one_of", many, {txt("w39"), txt("w40")});
  CHECK(got[0] == "-");
  CHECK(got[1].ends_with("w11 and 28 more"));
  const Use numbers{.type = Type::decimal, .values = {Value{std::int64_t{1}}, exact("2.50")}};
  CHECK(reasons("one_of", numbers, {exact("1.0"), exact("2.5"), exact("3")}) ==
        Reasons{"-", "-", "'3' is not one of 1, 2.50"});
}

TEST_CASE("lengths count characters") {
  const Use five{.type = Type::text, .value = Value{std::int64_t{5}}};
  CHECK(reasons("max_length", five, {txt("Züric"), txt("Zürich"), txt("日本語日本"), txt("123456")}) ==
        Reasons{"-", "'Zürich' has 6 characters, more than 5", "-", "'123456' has 6 characters, more than 5"});
  CHECK(reasons("min_length", five, {txt("日本語日本"), txt("日本語日"), txt("")}) ==
        Reasons{"-", "'日本語日' has 4 characters, fewer than 5", "'' has 0 characters, fewer than 5"});
}

TEST_CASE("patterns are searched") {
  CHECK(reasons("pattern", {.type = Type::text, .text = "\\d{3}"}, {txt("ab123c"), txt("12")}) ==
        Reasons{"-", "'12' does not match \\d{3}"});
  CHECK(reasons("pattern", {.type = Type::integer, .text = "^4"}, {Value{std::int64_t{42}}, Value{std::int64_t{24}}}) ==
        Reasons{"-", "'24' does not match ^4"});
  CHECK(rule_named("pattern")->check({.text = "("}).starts_with("the pattern is wrong"));
  CHECK(rule_named("pattern")->check({.text = "a"}).empty());
}

TEST_CASE("past and future include now") {
  const Timestamp clock = *parse_timestamp("2024-06-01 12:00").value;
  const Present now{Instant{clock.micros}, clock};
  const auto instant = [](std::string_view iso) { return Value{Instant{parse_timestamp(iso).value->micros}}; };
  CHECK(reasons("past", {.type = Type::timestamptz, .value = Value{true}},
                {instant("2024-06-01 12:00"), instant("2024-06-01 12:00:01")},
                now) == Reasons{"-", "2024-06-01T12:00:01Z is after the run's 2024-06-01T12:00:00Z"});
  const auto day = [](std::string_view iso) { return Value{*parse_date(iso).value}; };
  CHECK(reasons("past", {.type = Type::date, .value = Value{true}}, {day("2024-06-01"), day("2024-06-02")}, now) ==
        Reasons{"-", "2024-06-02 is after the run's 2024-06-01"});
  CHECK(reasons("future", {.type = Type::date, .value = Value{true}}, {day("2024-06-01"), day("2024-05-31")}, now) ==
        Reasons{"-", "2024-05-31 is before the run's 2024-06-01"});
  // 12:00 UTC, and 02:00 of the next day on the clocks of the mapping.
  const Present east{now.instant, *parse_timestamp("2024-06-02 02:00").value};
  CHECK(reasons("past", {.type = Type::date, .value = Value{true}}, {day("2024-06-02"), day("2024-06-03")}, east) ==
        Reasons{"-", "2024-06-03 is after the run's 2024-06-02"});
  const auto local = [](std::string_view iso) { return Value{*parse_timestamp(iso).value}; };
  CHECK(reasons("future", {.type = Type::timestamp, .value = Value{true}},
                {local("2024-06-02 02:00"), local("2024-06-02 01:59:59")},
                east) == Reasons{"-", "2024-06-02T01:59:59 is before the run's 2024-06-02T02:00:00"});
  CHECK(reasons("future", {.type = Type::timestamptz, .value = Value{true}}, {instant("2024-06-01 12:00")}, east) ==
        Reasons{"-"});
}

TEST_CASE("formats") {
  struct Case {
    std::string_view format;
    std::vector<std::string_view> good;
    std::vector<std::string_view> bad;
  };
  const std::string long_label(64, 'a');
  const std::string long_local = std::string(65, 'a') + "@b.co";
  const std::vector<Case> cases = {
      {"email",
       {"ana@mail.co", "a.b+tag@sub.example.org", "o'neil@x-y.museum", "1@2.co"},
       {"ana@mail", "ana", "@mail.co", "a@", "a b@c.de", ".a@b.co", "a..b@c.de", "a.@b.co", "a@b..co", "a@-b.co",
        "a@b.co ", "ä@b.co", "a@b@c.co", "a@[127.0.0.1]", "a@1.2.3.4", long_local}},
      {"url",
       {"https://example.com", "http://localhost:8080/a?b=c&d=%20#e", "ftp://user:pw@host/x", "https://[::1]/",
        "https://sub.example.com/~a/(b)"},
       {"example.com", "https://", "https:///x", "https://a b", "https://a/ b", "https://a/%2", "mailto:a@b.co",
        "https://-a.com", "https://a:99999", "https://a/<b>", "1http://a", "https://a/ü", "https://a#b#c"}},
      {"uuid",
       {"6f9619ff-8b86-d011-b42d-00cf4fc964ff", "6F9619FF-8B86-D011-B42D-00CF4FC964FF"},
       {"6f9619ff8b86d011b42d00cf4fc964ff", "6f9619ff-8b86-d011-b42d-00cf4fc964fg", ""}},
      {"zip_us", {"02139", "02139-4307"}, {"2139", "021394307", "02139-", "0213a", "02139-430"}},
      {"phone",
       {"+15550109999", "+4930123456"},
       {"15550109999", "+0155501", "+1 555 0109999", "+1234567890123456", "+1"}},
      {"ip",
       {"127.0.0.1", "::", "::1", "2001:db8::8a2e:370:7334", "::ffff:192.0.2.1", "1:2:3:4:5:6:7:8"},
       {"256.1.1.1", "1.2.3", "01.2.3.4", "1:2:3", "1::2::3", "12345::", "1:2:3:4:5:6:7:8:9", "::1%eth0",
        ":::", "1.2.3.4.5"}},
      {"hostname",
       {"localhost", "a-b.example.com", "xn--mnchen-3ya.de", "1.2"},
       {"", "-a", "a-", "a_b", "a..b", ".a", "a.", long_label, "ab--cd.com"}},
      {"country", {"US", "CH", "DE"}, {"us", "UK", "XX", "USA", ""}},
      {"currency", {"USD", "EUR", "CHF"}, {"usd", "US", "ABC", "DEM"}},
      {"language",
       {"en", "de-CH", "zh-Hant-TW", "sl-rozaj-biske", "es-419", "x-private", "en-u-ca-gregory", "de-1996"},
       {"", "e", "en_US", "en-", "toolongtag", "123", "en-x", "en-a"}},
      {"json", {"{}", "[1, 2]", "null", "\"a\""}, {"", "{", "{a:1}", "[1,]"}},
      {"slug", {"a", "a-b-2"}, {"", "-a", "a-", "a--b", "A", "a_b", "é"}},
  };
  std::size_t tested = 0;
  for (const Case& group : cases) {
    CAPTURE(group.format);
    const Format* format = format_named(group.format);
    REQUIRE(format != nullptr);
    for (const auto good : group.good) CHECK_MESSAGE(format->holds(good), good);
    for (const auto bad : group.bad) CHECK_MESSAGE(!format->holds(bad), bad);
    ++tested;
  }
  CHECK(tested == formats().size());
  CHECK(reasons("format", {.type = Type::text, .text = "email"}, {txt("ana@mail")}) ==
        Reasons{"'ana@mail' is not an email"});
}

TEST_CASE("shapes") {
  const std::string_view shape = R"({"theme":"text","sizes":["int"],"age?":"int","since?":"date"})";
  CHECK(shape_fault(shape, R"({"more":1,"sizes":[1,2],"theme":"dark"})").empty());
  CHECK(shape_fault(shape, R"({"age":null,"sizes":[],"theme":"dark"})").empty());
  CHECK(shape_fault(shape, R"({"sizes":[]})") == "theme is missing");
  CHECK(shape_fault(shape, R"({"sizes":[1,"x"],"theme":"dark"})") == "sizes[1] is text, not int");
  CHECK(shape_fault(shape, R"({"sizes":[1.5],"theme":"dark"})") == "sizes[0] is decimal, not int");
  CHECK(shape_fault(shape, R"({"age":"x","sizes":[],"theme":"dark"})") == "age is text, not int");
  CHECK(shape_fault(shape, R"({"since":"2024-02-30","sizes":[],"theme":"dark"})") == "since is text, not date");
  CHECK(shape_fault(shape, "[]") == "the value is a list, not an object");
  CHECK(shape_fault("{}", "{\"a\":1}").empty());
  CHECK(shape_fault("{}", "null") == "the value is null, not an object");
  CHECK(shape_fault("[\"any\"]", "[1,null]").empty());
  CHECK(shape_fault("[\"any\"]", "{}") == "the value is an object, not a list");
  CHECK(shape_fault(R"({"a":{"b":["text"]}})", R"({"a":{"b":["x",null]}})") == "a.b[1] is null, not text");
  CHECK(shape_fault("\"any\"", "5").empty());
  CHECK(shape_fault(R"({"a":"string"})", "{}") == "wrong: string is not a type");
  CHECK(shape_fault(R"(["int","text"])", "[]") == "wrong: a list shape has one item: [type]");
  CHECK(shape_fault("5", "[]") == "wrong: a shape is a type, [type] or {key: type}");
}

TEST_CASE("lists have so many items") {
  const Use two{.type = Type::list, .value = Value{std::int64_t{2}}};
  const std::vector<Value> lists = {Value{List{"[]"}}, Value{List{"[1,[2,3]]"}}, Value{List{"[1,2,3]"}}};
  CHECK(reasons("min_items", two, lists) == Reasons{"0 items are fewer than 2", "-", "-"});
  CHECK(reasons("max_items", two, lists) == Reasons{"-", "-", "3 items are more than 2"});
  CHECK(reasons("min_items", {.type = Type::json, .value = Value{std::int64_t{0}}}, {Value{Json{"{}"}}}) ==
        Reasons{"'{}' is not a list"});
}
