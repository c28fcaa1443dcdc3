// Published test vectors: what the language promises of dates, zones, passwords, JSON, YAML and formats, judged by
// others. Where it differs on purpose, the difference stands in a table here with its reason.
#include <crypt.h>
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/spec/yaml.h"
#include "tests/support/command.h"
#include "tests/support/rejects.h"
#include "tests/support/vectors.h"

namespace etl::testing {
namespace {

namespace fs = std::filesystem;

// Where we differ from a set, and why a user would want that.
using Exceptions = std::map<std::string, std::string>;

// Collects differences; each needs an exception, and each exception a difference.
class Verdict {
 public:
  explicit Verdict(Exceptions exceptions) : exceptions_{std::move(exceptions)} {}
  ~Verdict() {
    for (const auto& [name, reason] : exceptions_) {
      CHECK_MESSAGE(met_.contains(name), "no longer an exception: ", name, " (", reason, ")");
    }
  }
  Verdict(const Verdict&) = delete;
  Verdict& operator=(const Verdict&) = delete;

  void judge(const std::string& name, bool as_published, const std::string& difference) {
    if (as_published) return;
    met_.insert(name);
    CHECK_MESSAGE(exceptions_.contains(name), name, ": ", difference);
  }

 private:
  Exceptions exceptions_;
  std::set<std::string> met_;
};

std::string shown(const std::optional<std::string>& answer) { return answer ? "'" + *answer + "'" : "rejected"; }

// Whether the language's date patterns have all that a pattern of Ruby's strptime uses.
bool is_of_the_language(const std::string& pattern) {
  static constexpr std::string_view kLetters = "YymdHIpMSfzZbBaAj";
  for (std::size_t at = 0; (at = pattern.find('%', at)) != std::string::npos; at += 2) {
    if (at + 1 >= pattern.size() || kLetters.find(pattern[at + 1]) == std::string_view::npos) return false;
  }
  return true;
}

// What lint demands of a pattern for instants.
bool names_an_instant(const std::string& pattern) {
  const auto has = [&](const char* letter) { return pattern.find(letter) != std::string::npos; };
  if (has("%I") != has("%p")) return false;
  const bool month = has("%m") || has("%b") || has("%B");
  return (has("%Y") || has("%y")) && ((month && has("%d")) || has("%j"));
}

// A scalar or container of the YAML reader against SQLite's reading of JSON.
bool same_value(const spec::Node& node, const std::string& type, const std::string& json);

bool same_items(const spec::Node& node, const std::string& json) {
  const auto items = query_json("SELECT type, CASE WHEN type IN ('array', 'object') THEN json(value) ELSE value END, key "
                                "FROM json_each(?1)", json);
  const std::size_t count = node.is_map() ? node.members.size() : node.items.size();
  if (items.size() != count) return false;
  for (std::size_t i = 0; i < count; ++i) {
    if (node.is_map() && node.members[i].key != items[i][2]) return false;
    if (!same_value(node.is_map() ? node.members[i].value : node.items[i], items[i][0], items[i][1])) return false;
  }
  return true;
}

bool same_value(const spec::Node& node, const std::string& type, const std::string& json) {
  if (type == "array") return node.is_list() && same_items(node, json);
  if (type == "object") return node.is_map() && same_items(node, json);
  if (type == "null") return node.is_null();
  if (!node.is_scalar()) return false;
  if (type == "true" || type == "false") return node.text == type;
  if (type == "integer" || type == "real") return std::stod(node.text) == std::stod(json);
  return node.text == json;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
    text.replace(at, what.size(), by);
  }
  return text;
}

// The suite shows blanks, tabs, ends without line break, ... as characters that can be seen (its ReadMe).
std::string unmarked(std::string text) {
  text = replaced(std::move(text), "\u2423", " ");
  for (const char* tab : {"\u2014\u2014\u2014\u2014\u00bb", "\u2014\u2014\u2014\u00bb", "\u2014\u2014\u00bb", "\u2014\u00bb", "\u00bb"}) {
    text = replaced(std::move(text), tab, "\t");
  }
  text = replaced(std::move(text), "\u21d4", "\uFEFF");
  text = replaced(std::move(text), "\u21b5", "");
  text = replaced(std::move(text), "\u2190", "\r");
  return replaced(std::move(text), "\u220e\n", "");
}

struct YamlCase {
  std::string yaml;
  std::string json;  // "" when the suite gives none.
  bool fails = false;
};

// The cases of the suite by name: "236B-0".
std::map<std::string, YamlCase> yaml_cases(const fs::path& folder) {
  std::map<std::string, YamlCase> cases;
  for (const auto& entry : fs::directory_iterator(folder)) {
    Diagnostics own;
    const auto suite =
        spec::parse_yaml(std::make_shared<const SourceText>(entry.path().string(), read_whole(entry.path())), own);
    REQUIRE_MESSAGE((suite && suite->root.is_list()), entry.path().string());
    int number = 0;
    for (const spec::Node& test : suite->root.items) {
      const spec::Node* yaml = test.find("yaml");
      if (yaml == nullptr) continue;
      const spec::Node* json = test.find("json");
      const spec::Node* fail = test.find("fail");
      cases[fmt::format("{}-{}", entry.path().stem().string(), number++)] = {
          unmarked(yaml->text), json == nullptr ? "" : json->text, fail != nullptr && fail->text == "true"};
    }
  }
  return cases;
}

// A case as the file of a lookup, through `etl run` and `etl test`: a map of texts answers for every key what the
// reader saw, all else is refused by both. Gives the number of keys.
std::size_t look_up_in(const std::string& yaml, const spec::Node* map) {
  const bool is_flat = map != nullptr && std::ranges::all_of(map->members, [](const spec::Member& member) {
    return member.value.is_scalar() || member.value.is_null();
  });
  Question question{.field = "doc[a]", .rows = {}};
  question.files["case.yaml"] = yaml;
  question.sections = "lookups: {doc: {file: case.yaml}}\n";
  if (!is_flat) {
    question.rows.push_back({"a"});
    CHECK(exits(question) == std::vector<int>{2, 2});
    return 0;
  }
  Answers expected;
  for (const spec::Member& member : map->members) {
    if (member.value.is_null()) continue;
    question.rows.push_back({member.key});
    expected.emplace_back(member.value.text);
  }
  if (question.rows.empty()) return 0;
  const Answers answers = answers_of_run(question, Targets::sqlite);
  CHECK(answers == expected);
  CHECK(judged_by_test(question, answers) == "");
  return question.rows.size();
}

}  // namespace

TEST_CASE("conformance: what clocks show at every transition of 23 zones") {
  const auto folder = vectors_folder();
  if (!folder) return;
  // The published time of day and offset in seconds; the date follows from both.
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> expected;
  const std::string text = read_whole(*folder / "tz-moment" / "transitions_D.csv");
  Question question{.field = "\"format(to_zone(timestamptz(a), b), '%H:%M:%S') || ' ' || "
                             "text(diff(to_zone(timestamptz(a), b), to_zone(timestamptz(a), 'UTC'), 'second'))\"", .rows = {}};
  for (const auto& line : read_csv(text)) {
    if (line[0] == "zone") continue;
    question.rows.push_back({line[1], line[0]});
    expected.push_back(line[2] + " " + line[4]);
  }
  REQUIRE(question.rows.size() > 4000);
  const Answers answers = answers_of_run(question);
  for (std::size_t i = 0; i < expected.size(); ++i) {
    CHECK_MESSAGE(answers[i] == expected[i], question.rows[i][1], " ", question.rows[i][0], ": ", shown(answers[i]));
  }
  CHECK(judged_by_test(question, answers) == "");
}

TEST_CASE("conformance: dates in patterns of strptime") {
  const auto folder = vectors_folder();
  if (!folder) return;
  // Left out: Java's patterns, another notation; patterns with letters that the language does not have (%C, %s, %U, ...),
  // which lint refuses with E309; patterns that lint refuses because they do not
  // name an instant: a year alone, a time alone, %I without %p.
  Verdict verdict{{
      {"sUnDay oCtoBer 31 01 as %A %B %d %y",
       "2001-10-31 was no Sunday; the set does not look at the day's name"},
      {"12006 333 as %Y %j",
       "%j is read as the day of the year; the set leaves it aside"},
      {"2006333 as %Y%j",
       "%j is read as the day of the year; the set leaves it aside"},
      {"12006-333 as %Y-%j",
       "%j is read as the day of the year; the set leaves it aside"},
      {"2001-02-03T23:59:60 as %Y-%m-%dT%H:%M:%S",
       "no database keeps a second 60"},
      {"2001-02-03T23:59:60+09:00 as %Y-%m-%dT%H:%M:%S%Z",
       "no database keeps a second 60"},
      {"-2001-02-03T23:59:60+09:00 as %Y-%m-%dT%H:%M:%S%Z",
       "no database keeps a second 60"},
      {"+012345-02-03T23:59:60+09:00 as %Y-%m-%dT%H:%M:%S%Z",
       "no database keeps a second 60"},
      {"-012345-02-03T23:59:60+09:00 as %Y-%m-%dT%H:%M:%S%Z",
       "no database keeps a second 60"},
      {"20069333 as %Y9%j",
       "%j is read as the day of the year; the set leaves it aside"},
      {"Thu Jul 29 16:39:41 MET DST 1999 as %a %b %d %H:%M:%S %Z %Y",
       "abbreviations mean several zones; the set reads those it does not know as UTC, which moves the instant"},
      {"Thu Jul 29 16:39:41 AMT 1999 as %a %b %d %H:%M:%S %Z %Y",
       "abbreviations mean several zones; the set reads those it does not know as UTC, which moves the instant"},
      {"Thu Jul 29 16:39:41 AMT -1999 as %a %b %d %H:%M:%S %Z %Y",
       "abbreviations mean several zones; the set reads those it does not know as UTC, which moves the instant"},
      {"Thu Jul 29 16:39:41 AST 1999 as %a %b %d %H:%M:%S %Z %Y",
       "abbreviations mean several zones; the set reads those it does not know as UTC, which moves the instant"},
      {"Thu Jul 29 16:39:41 AST -1999 as %a %b %d %H:%M:%S %Z %Y",
       "abbreviations mean several zones; the set reads those it does not know as UTC, which moves the instant"},
      {"Thu Jul 29 16:39:41 GMT+09 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 GMT+0908 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 GMT+090807 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 GMT-09 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 GMT-09:08 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 GMT-09:08:07 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 GMT-3.5 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 GMT-3,5 1999 as %a %b %d %H:%M:%S %Z %Y",
       "%Z is Z, UTC or an offset; the set reads GMT+09 as GMT"},
      {"Thu Jul 29 16:39:41 Mountain Daylight Time 1999 as %a %b %d %H:%M:%S %Z %Y",
       "abbreviations mean several zones; the set reads those it does not know as UTC, which moves the instant"},
      {"Thu Jul 29 16:39:41 E. Australia Standard Time 1999 as %a %b %d %H:%M:%S %Z %Y",
       "abbreviations mean several zones; the set reads those it does not know as UTC, which moves the instant"},
      {"Thu, 29 Jul 1999 09:54:21 UT as %a, %d %b %Y %H:%M:%S %Z",
       "%Z is Z, UTC or an offset"},
      {"Thu, 29 Jul 1999 09:54:21 PDT as %a, %d %b %Y %H:%M:%S %Z",
       "abbreviations mean several zones, so %Z is Z, UTC or an offset"},
      {"Thu, 29 Jul 1999 09:54:21 z as %a, %d %b %Y %H:%M:%S %Z",
       "%Z is Z, UTC or an offset"},
      {"Thu, 29 Jul -1999 09:54:21 -0430 as %a, %d %b %Y %H:%M:%S %Z",
       "years before 1 are written with BC"},
  }};
  std::map<std::string, std::vector<std::vector<std::string>>> by_pattern;
  for (const auto& line : read_csv(read_whole(*folder / "date-parsing" / "embulk_strptime.csv"))) {
    if (line[0] != "ruby" || !is_of_the_language(line[2])) continue;
    if (!names_an_instant(line[2])) continue;
    by_pattern[line[2]].push_back(line);
  }
  Question question{.field = "case b", .rows = {}};
  std::vector<std::vector<std::string>> lines;
  for (const auto& [pattern, vectors] : by_pattern) {
    question.field += fmt::format(" when '{0}' then text(to_unix(timestamptz(a, '{0}')))", pattern);
    for (const auto& line : vectors) {
      question.rows.push_back({line[1], pattern});
      lines.push_back(line);
    }
  }
  question.field = "\"" + question.field + " end\"";
  REQUIRE(lines.size() > 50);
  const Answers answers = answers_of_run(question);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto& line = lines[i];
    const bool fails = line[5] == "true";
    const bool good = fails ? !answers[i] : answers[i] == line[3];
    verdict.judge(line[1] + " as " + line[2], good, (fails ? "rejected" : line[3]) + " wanted, got " + shown(answers[i]));
  }
  CHECK(judged_by_test(question, answers) == "");
}

TEST_CASE("conformance: passwords become bcrypt hashes that others verify, and theirs are kept") {
  const auto folder = vectors_folder();
  if (!folder) return;
  const auto vectors = query_json(
      "SELECT value ->> 'password_utf8', value ->> 'hash', value ->> 'libxcrypt_agrees' FROM json_each(?1)",
      read_whole(*folder / "password-hash-vectors" / "bcrypt_pyca.json"));
  REQUIRE(vectors.size() >= 28);

  Question kept{.field = "bcrypt(a)", .rows = {}};
  Question made{.field = "bcrypt(a, 4)", .rows = {}};
  for (const auto& vector : vectors) {
    kept.rows.push_back({vector[1]});
    if (vector[2] == "1") made.rows.push_back({vector[0]});
  }
  made.rows.push_back({std::string(72, 'x')});
  made.rows.push_back({std::string(73, 'x')});
  made.rows.push_back({"\u00fc" + std::string(71, 'x')});
  const Answers same = answers_of_run(kept);
  for (std::size_t i = 0; i < same.size(); ++i) CHECK(same[i] == kept.rows[i][0]);
  CHECK(judged_by_test(kept, same) == "");

  // PostgreSQL's hashes have other salts than SQLite's, so one target is asked.
  const Answers hashes = answers_of_run(made, Targets::sqlite);
  for (std::size_t i = 0; i < hashes.size(); ++i) {
    const std::string& password = made.rows[i][0];
    CAPTURE(password);
    REQUIRE(hashes[i].has_value() == (password.size() <= 72));
    if (!hashes[i]) continue;
    CHECK(hashes[i]->starts_with("$2b$04$"));
    crypt_data data{};
    CHECK(*hashes[i] == crypt_r(password.c_str(), hashes[i]->c_str(), &data));
  }
  // `etl test` salts anew, so it is asked for hashes and for the same rejects.
  CHECK(judged_by_test(made, hashes, R"(^\$2b\$04\$[./A-Za-z0-9]{53}$)") == "");
}

TEST_CASE("conformance: naughty strings arrive as they left") {
  const auto folder = vectors_folder();
  if (!folder) return;
  Question question{.field = "a", .rows = {}};
  for (auto& row : query_json("SELECT value FROM json_each(?1)", read_whole(*folder / "blns" / "blns.json"))) {
    question.rows.push_back(std::move(row));
  }
  REQUIRE(question.rows.size() > 500);
  const Answers answers = answers_of_run(question);
  for (std::size_t i = 0; i < answers.size(); ++i) CHECK(answers[i] == question.rows[i][0]);
  CHECK(judged_by_test(question, answers) == "");
}

TEST_CASE("conformance: JSON is accepted and refused as RFC 8259 says") {
  const auto folder = vectors_folder();
  if (!folder) return;
  Verdict verdict{{
      {"y_string_null_escape.json", "PostgreSQL's jsonb and text cannot hold the character U+0000"},
      {"y_object_escaped_null_in_key.json", "PostgreSQL's jsonb and text cannot hold the character U+0000"},
  }};
  Question question{.field = "text(json(a))", .rows = {}};
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(*folder / "json-testsuite" / "test_parsing")) {
    names.push_back(entry.path().filename().string());
    question.rows.push_back({read_whole(entry.path())});
  }
  REQUIRE(names.size() > 300);
  const Answers answers = answers_of_run(question);
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].starts_with("i_")) continue;  // Left to the reader; that nothing breaks is enough.
    const bool good = names[i].starts_with("y_");
    verdict.judge(names[i], answers[i].has_value() == good, shown(answers[i]));
  }
  CHECK(judged_by_test(question, answers) == "");
}

TEST_CASE("conformance: formats of JSON Schema") {
  const auto folder = vectors_folder();
  if (!folder) return;
  // Left out: duration, idn-email, json-pointer and regex, which have no counterpart in the language; time, which has an
  // offset there and none here, as in SQL. Texts with U+0000, which SQLite's JSON functions cut, are left out too.
  const std::map<std::string, std::string> fields = {
      {"date", "text(date(a))"},
      {"date-time", "text(timestamptz(a))"},
      {"email", "{from: a, format: email}"},
      {"uuid", "{from: a, format: uuid}"},
      {"ipv4", "{from: a, format: ip}"},
      {"ipv6", "{from: a, format: ip}"},
      {"hostname", "{from: a, format: hostname}"},
      {"uri", "{from: a, format: url}"},
  };
  Verdict verdict{{
      {"date: invalid: five-digit year (N+1 digits)", "years after 9999 are dates in PostgreSQL, and so here"},
      {"date-time: a valid date-time with a leap second, UTC", "no database keeps a second 60"},
      {"date-time: a valid date-time with a leap second, with minus offset", "no database keeps a second 60"},
      {"date-time: an invalid hour in date-time string", "ISO 8601 and PostgreSQL read 24:00 as the end of the day"},
      {"date-time: a numeric offset without minutes is invalid", "ISO 8601 allows +01, and PostgreSQL prints it"},
      {"date-time: a second fraction of fifteen nines is valid", "digits after microseconds would be lost unsaid"},
      {"email: a quoted string with a space in the local part is valid", "no provider gives out such an address"},
      {"email: a quoted string with a double dot in the local part is valid", "no provider gives out such an address"},
      {"email: a quoted string with a @ in the local part is valid", "no provider gives out such an address"},
      {"email: an IPv4-address-literal after the @ is valid", "mail cannot be sent there from outside"},
      {"email: an IPv6-address-literal after the @ is valid", "mail cannot be sent there from outside"},
      {"ipv4: an IPv4-mapped IPv6 address is invalid", "the format ip takes both families"},
      {"ipv6: ipv4 is not ipv6", "the format ip takes both families"},
      {"uri: a valid mailto URI", "the format url wants a scheme and a host"},
      {"uri: a valid newsgroup URI", "the format url wants a scheme and a host"},
      {"uri: a valid tel URI", "the format url wants a scheme and a host"},
      {"uri: a valid URN", "the format url wants a scheme and a host"},
  }};
  for (const auto& [format, field] : fields) {
    CAPTURE(format);
    const auto tests = query_json(
        "SELECT test.value ->> 'data', test.value ->> 'valid', test.value ->> 'description' FROM json_each(?1) AS part, "
        "json_each(part.value, '$.tests') AS test WHERE json_type(test.value, '$.data') = 'text' AND part.key = 0 "
        "AND instr(test.value -> 'data', '\\u0000') = 0",
        read_whole(*folder / "json-schema-formats" / (format + ".json")));
    REQUIRE(tests.size() > 4);
    Question question{.field = field, .rows = {}, .rule = field.starts_with("{") ? "format" : "convert"};
    for (const auto& test : tests) question.rows.push_back({test[0]});
    const Answers answers = answers_of_run(question);
    for (std::size_t i = 0; i < tests.size(); ++i) {
      const bool valid = tests[i][1] == "1";
      verdict.judge(format + ": " + tests[i][2], answers[i].has_value() == valid, tests[i][0] + " " + shown(answers[i]));
    }
    CHECK(judged_by_test(question, answers) == "");
  }
}

TEST_CASE("conformance: YAML is read as the suite says, or refused") {
  const auto folder = vectors_folder();
  if (!folder) return;
  // What the language leaves out of YAML: anchors, aliases, tags (E103), further documents (E104).
  const std::set<int> left_out = {102, 103, 104, 105};
  Verdict verdict{{
      {"236B-0", "a word alone below a map is read as a key without value; no section has such keys, so E110 says it"},
      {"652Z-0", "yaml-cpp 0.7 wants quotes around a key that begins with ? within { }"},
      {"4MUZ-0", "yaml-cpp 0.7 wants the colon on the line of its key; the place is shown"},
      {"4MUZ-1", "as 4MUZ-0"},
      {"4MUZ-2", "as 4MUZ-0"},
      {"5MUD-0", "as 4MUZ-0"},
      {"6PBE-0", "keys of a mapping file are texts, never lists or maps"},
      {"4FJ6-0", "as 6PBE-0"},
  }};
  std::size_t judged = 0;
  std::size_t looked_up = 0;
  for (const auto& [name, test] : yaml_cases(*folder / "yaml-test-suite" / "cases")) {
    CAPTURE(name);
    Diagnostics diagnostics;
    const auto document = spec::parse_yaml(std::make_shared<const SourceText>("case.yaml", test.yaml), diagnostics);
    ++judged;
    if (test.fails) {
      verdict.judge(name, !document || diagnostics.has_errors(), "accepted, but is not YAML");
    } else if (!document || diagnostics.has_errors()) {
      bool ours = false;
      std::string message;
      for (const auto& diagnostic : diagnostics.sorted()) {
        ours = ours || left_out.contains(diagnostic.code);
        message = diagnostic.message;
      }
      verdict.judge(name, ours, "refused: " + message);
    } else if (!test.json.empty()) {
      const auto value = query_json("SELECT json_type(?1), CASE WHEN json_type(?1) IN ('array', 'object') THEN "
                                    "json(?1) ELSE json_extract(?1, '$') END", test.json);
      verdict.judge(name, same_value(document->root, value[0][0], value[0][1]), test.json);
    }
    const bool readable = document && !diagnostics.has_errors();
    looked_up += look_up_in(test.yaml, readable && document->root.is_map() ? &document->root : nullptr);
  }
  CHECK(judged > 80);
  CHECK(looked_up > 10);
}

}  // namespace etl::testing
