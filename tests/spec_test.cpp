// Stage 1 as its author sees it: what a mapping says, and what is said about what is wrong with it.
#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/suggest.h"
#include "engine/spec/keys.h"
#include "engine/spec/mapping.h"

namespace {

namespace fs = std::filesystem;
using etl::Diagnostics;
using etl::spec::Literal;
using etl::spec::Mapping;
using etl::spec::ParseOptions;

const ParseOptions kLint{.params = {}, .profile = {}, .resolve_environment = false};

std::optional<Mapping> parse(const std::string& yaml, Diagnostics& diagnostics, const ParseOptions& options = kLint) {
  return etl::spec::parse_mapping(std::make_shared<const etl::SourceText>("m.yaml", yaml), options, diagnostics);
}

// A mapping without a fault.
Mapping clean(const std::string& yaml, const ParseOptions& options = kLint) {
  Diagnostics diagnostics;
  auto mapping = parse(yaml, diagnostics, options);
  for (const auto& diagnostic : diagnostics.sorted()) FAIL_CHECK(render(diagnostic));
  REQUIRE(mapping);
  return std::move(*mapping);
}

// "3:1 E111 message (help)", one for each finding.
std::vector<std::string> lines_of(const Diagnostics& diagnostics) {
  std::vector<std::string> lines;
  for (const auto& diagnostic : diagnostics.sorted()) {
    const auto place =
        diagnostic.at ? diagnostic.at.source->position(diagnostic.at.begin) : etl::SourceText::Position{};
    lines.push_back(std::to_string(place.line) + ":" + std::to_string(place.column) +
                    (diagnostic.severity() == etl::Severity::error ? " E" : " W") + std::to_string(diagnostic.code) +
                    " " + diagnostic.message + (diagnostic.help.empty() ? "" : " (" + diagnostic.help + ")"));
  }
  return lines;
}

std::vector<std::string> findings(const std::string& yaml, const ParseOptions& options = kLint) {
  Diagnostics diagnostics;
  parse(yaml, diagnostics, options);
  return lines_of(diagnostics);
}

// What is found in a mapping whose table has this field.
std::vector<std::string> field_findings(const std::string& field) {
  return findings("version: 1\ntables:\n  t:\n    from: a\n    fields:\n      " + field + "\n");
}

using Lines = std::vector<std::string>;

// A folder that goes away with the test.
class Folder {
 public:
  Folder() : path_{fs::temp_directory_path() / ("etl-spec-" + std::to_string(getpid()))} {
    fs::create_directories(path_);
  }
  ~Folder() { fs::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream{path_ / name} << text;
    return (path_ / name).string();
  }
  Lines findings_in(const std::string& file) const {
    Diagnostics diagnostics;
    etl::spec::parse_mapping(etl::spec::read_file(file), kLint, diagnostics);
    return lines_of(diagnostics);
  }

 private:
  fs::path path_;
};

const etl::spec::FieldSpec& field(const Mapping& mapping, std::size_t index) {
  return mapping.tables.at(0).fields.at(index);
}

}  // namespace

// ---- files

TEST_CASE("spec: the mappings of the project are clean without an environment") {
  for (const char* name : {"culturebridge", "health", "mingus", "theprogram", "workout", "workout_sync"}) {
    CAPTURE(name);
    Diagnostics diagnostics;
    const auto mapping =
        etl::spec::parse_mapping(etl::spec::read_file("mappings/" + std::string{name} + ".yaml"), kLint, diagnostics);
    CHECK(lines_of(diagnostics) == Lines{});
    REQUIRE(mapping);
    CHECK(mapping->name.value == name);
    CHECK_FALSE(mapping->tables.empty());
  }
}

TEST_CASE("spec: the faults that this stage finds stand where the language says") {
  struct Case {
    const char* file;
    Lines places;
  };
  const std::vector<Case> cases = {
      {"semantic",
       {"3:1 E111", "13:27 W501", "21:16 E113", "22:11 E113", "31:52 E113", "47:38 E204", "57:44 E201", "62:27 E205"}},
      {"export", {"20:28 E203", "22:54 E201", "31:21 E202"}},
      {"flow", {"6:32 E105"}},
      {"env", {"3:18 E101"}},
      {"quote", {"6:22 E101"}},
      {"anchor", {"3:6 E103", "5:5 E102", "8:1 E104"}},
      {"nulls", {"3:35 E114"}},
      {"cycle", {}},
      {"rest", {}},
  };
  for (const Case& one : cases) {
    CAPTURE(one.file);
    Diagnostics diagnostics;
    etl::spec::parse_mapping(etl::spec::read_file("tests/lint/" + std::string{one.file} + ".yaml"), kLint, diagnostics);
    Lines places;
    for (const std::string& line : lines_of(diagnostics))
      places.push_back(line.substr(0, line.find(' ', line.find(' ') + 1)));
    CHECK(places == one.places);
  }
}

TEST_CASE("spec: a file that cannot be read is the operator's to mend") {
  CHECK_THROWS_AS(etl::spec::read_file("no/such/file.yaml"), etl::Error);
  CHECK_THROWS_AS(etl::spec::read_file("tests"), etl::Error);
}

TEST_CASE("spec: a finding is printed with its line, a mark and a remedy") {
  Diagnostics diagnostics;
  etl::spec::parse_mapping(etl::spec::read_file("tests/lint/semantic.yaml"), kLint, diagnostics);
  const auto sorted = diagnostics.sorted();
  CHECK(render(sorted.at(0)) ==
        "tests/lint/semantic.yaml:3:1: error[E111]: desciption is not a key of a spec\n"
        "  3 | desciption: Five SQLite databases\n"
        "    | ^^^^^^^^^^\n"
        "    = did you mean description?\n");
  CHECK(render(sorted.at(3)) ==
        "tests/lint/semantic.yaml:22:11: error[E113]: backup: write true or false, not yes\n"
        "  22 |   backup: yes\n"
        "     |           ^^^\n");
}

TEST_CASE("spec: marks stand under characters, and long lines are cut around them") {
  Diagnostics diagnostics;
  const std::string blanks(200, ' ');
  parse("version: 1\ntables: {t: {from: '💪💪', oops: 1}}\n", diagnostics);
  CHECK(render(diagnostics.sorted().at(0))
            .find("\n  2 | tables: {t: {from: '💪💪', oops: 1}}\n    |" + std::string(26, ' ') + "^^^^\n") !=
        std::string::npos);
  Diagnostics wide;
  parse("version: 1\ntables: {t: {from: a," + blanks + "oops: 1," + blanks + "rest: copy}}\n", wide);
  const std::string text = render(wide.sorted().at(0));
  CHECK(text.find("| ..." + std::string(40, ' ') + "oops: 1,") != std::string::npos);
  CHECK(text.find("| " + std::string(43, ' ') + "^^^^\n") != std::string::npos);
}

TEST_CASE("spec: a comment silences one warning on its line") {
  const std::string head = "version: 1\ntables: {}\nconnections:\n  a: postgresql://u:secret@h/d";
  CHECK(findings(head + "\n").size() == 1);
  CHECK(findings(head + "  # etl-lint: ignore W501\n").empty());
  CHECK(findings(head + "  # etl-lint: ignore W506\n").size() == 1);
}

// ---- YAML

TEST_CASE("spec: YAML that the language refuses is named with its remedy") {
  CHECK(findings("version: 1\ntables: {t: {from: roles[a]}}\n") ==
        Lines{"2:25 E101 not valid YAML: expected a comma or } (inside { } a value with [ must be quoted as a whole: "
              "{from: "
              "\"roles[role]\"})"});
  CHECK(field_findings("x: @y") ==
        Lines{"6:10 E101 not valid YAML: no value starts with @ (a value that starts with @ must be quoted)"});
  CHECK(field_findings("x: {from: 'x' || y}").front().find("(an expression that starts with ' must be quoted") !=
        std::string::npos);
  CHECK(field_findings("x: a: b") ==
        Lines{"6:11 E101 not valid YAML: a colon and a blank inside a value (quote a value that holds \": \")"});
  CHECK(findings("version: 1\n\ttables: {}\n") ==
        Lines{"2:1 E101 not valid YAML: a tab indents this line (indent with blanks)"});
  CHECK(findings("version: 'x\ntables: {}\n") ==
        Lines{"1:10 E101 not valid YAML: the quote ' is never closed (close it; inside '...' a quote is written '')"});
  CHECK(findings("version: 1\ntables: \xFF\n") ==
        Lines{"2:9 E101 not valid YAML: not UTF-8, byte 0xFF (save the file as UTF-8)"});
  CHECK(findings("version: 1\ntables: {t: {from: a\n").front().find("the { of line 2 is not closed") !=
        std::string::npos);
  CHECK(field_findings("x: !!str 1").front().starts_with("6:10 E103 YAML tags"));
  CHECK(
      field_findings("x: {from: concat(a, ' ', b), min: 1}") ==
      Lines{
          "6:17 E105 the comma ends the value here: inside { } an expression with a comma must be quoted (write {from: "
          "\"concat(a, ' ', b)\"}, or use one line per key)"});
  CHECK(field_findings("x: {from: replace(a, ',', ''), min: 1}").front().starts_with("6:17 E105 "));
  CHECK(findings("version: 1\ntables: {t: {from: a, group_by: [f(a, b), c]}}\n").front().starts_with("2:34 E105 "));
}

TEST_CASE("spec: nothing and everything else that is no spec") {
  CHECK(findings("") ==
        Lines{"1:1 E110 a spec is a block of keys, not nothing (version: 1 and tables: are the least it holds)"});
  CHECK(findings("- a\n").front().starts_with("1:1 E110 "));
  CHECK(findings("version: 1\n") ==
        Lines{"1:1 E112 a spec needs tables (tables: the mappings: one entry per table written)"});
}

TEST_CASE("spec: whatever is thrown at it, it answers soon") {
  std::string bytes;
  unsigned state = 1;
  for (int index = 0; index < (1 << 20); ++index) {
    state = state * 1664525U + 1013904223U;
    bytes += static_cast<char>(state >> 24U);
  }
  CHECK_FALSE(findings(bytes).empty());
  for (char& byte : bytes) byte = "\n :-[]{}'\"|>&*!%@#,?ab1"[static_cast<unsigned char>(byte) % 23];
  CHECK_FALSE(findings(bytes).empty());
  for (const std::string piece : {"[", "{", "- ", "a: {", "${", "'", "\"", "? "}) {
    std::string text;
    while (text.size() < (1U << 18U)) text += piece;
    CAPTURE(piece);
    CHECK_FALSE(findings(text).empty());
    CHECK_FALSE(field_findings("x: " + text).empty());
  }
}

// ---- keys and values

TEST_CASE("spec: unknown keys are answered with the nearest, or with their owner") {
  CHECK(field_findings("x: {form: a}") == Lines{"6:11 E111 form is not a key of a field (did you mean from?)"});
  CHECK(findings("version: 1\ntables: {t: {from: a, format: csv}}\n") ==
        Lines{"2:23 E111 format is not a key of a table (format belongs to a connection or a source, a field or "
              "snapshot)"});
  CHECK(findings("version: 1\nsettings: {where: a}\ntables: {}\n") ==
        Lines{"2:12 E111 where is not a key of settings (where belongs to a table)"});
}

TEST_CASE("spec: values of the wrong kind are told what to write") {
  const std::string tables = "tables: {}\n";
  const auto settings = [&](const std::string& text) {
    return findings("version: 1\n" + tables + "settings:\n  " + text + "\n");
  };
  CHECK(settings("max_rejects: 0.01") == Lines{"4:16 E113 max_rejects: write a count (50) or a share (1%), not 0.01"});
  CHECK(settings("max_rejects: 1.5%").empty());
  CHECK(settings("max_rejects: 101%").size() == 1);
  CHECK(settings("backup: yes") == Lines{"4:11 E113 backup: write true or false, not yes"});
  CHECK(settings("batch: 010") == Lines{"4:10 E113 batch: write a whole number, not 010"});
  CHECK(settings("batch: 0x1F").size() == 1);
  CHECK(settings("batch: -1").size() == 1);
  CHECK(settings("batch:") == Lines{"4:3 E113 batch: write a whole number, not nothing"});
  CHECK(settings("memory: 512") == Lines{"4:11 E113 memory: write a size (512MB, 2GB), not 512"});
  CHECK(settings("workers: many") == Lines{"4:12 E113 workers: write auto or a whole number above 0, not many"});
  CHECK(settings("verify: ful") ==
        Lines{"4:11 E113 verify: ful is not one of counts, sample, full, none (did you mean full?)"});
  CHECK(settings("reports: [a]") == Lines{"4:12 E113 reports: write a text, not a list"});
  CHECK(findings("version: 2\n" + tables) == Lines{"1:10 E113 version: write 1, not 2"});
  CHECK(findings("version: 1\ntables: [a]\n").front() ==
        "2:9 E110 tables: write a block of names, not a list (tables: {name: ...})");
  CHECK(findings("version: 1\ntables: {t: source.a}\n")
            .front()
            .starts_with("2:13 E110 t: write a block of keys, not source.a"));
  CHECK(findings("version: 1\ntables: {t: {from: a, ignore: {a: b}}}\n") ==
        Lines{"2:31 E113 ignore: write a list, not a block"});
  CHECK(findings("version: 1\ntables: {t: {from: a, where: }}\n") ==
        Lines{"2:23 E113 where: write an expression, not nothing"});
  CHECK(findings("version: 1\ntables: {t: {into: ${X}}}\n").front().find("E101") != std::string::npos);
  CHECK(findings("version: 1\ntables: {t: {from: a, into: '${X}'}}\n") ==
        Lines{"2:29 E113 into: ${...} is not replaced here (it works in connections, settings, files and defaults of "
              "params)"});
  CHECK(findings("version: 1\ntables: {}\ncheck: {a: 'SELECT ${X}'}\n").front().starts_with("3:12 E202 "));
}

TEST_CASE("spec: keys that must stand, and keys that exclude each other") {
  CHECK(findings("version: 1\ntables: {t: {rest: copy}}\n") ==
        Lines{"2:10 E112 a table needs from (from: source, or connection.table)"});
  CHECK(findings("version: 1\ntables: {}\nsources: {a: {file: x, table: y}}\n") ==
        Lines{"3:24 E122 a source takes exactly one of table, query, path, file; file and table are written"});
  CHECK(findings("version: 1\ntables: {}\nlookups: {a: {ignore_case: true}}\n") ==
        Lines{"3:11 E122 a lookup takes exactly one of map, file, from, id_map; none is written"});
  CHECK(field_findings("x: {from: a, const: b}") ==
        Lines{"6:27 E115 from and const exclude each other (keep one of the two)"});
  CHECK(findings("version: 1\ntables: {a: {from: s}}\nlookups: {a: {map: {x: y}}}\n") ==
        Lines{"3:11 E123 a is the name of a table and of a lookup (rename the lookup)"});
  CHECK(findings("version: 1\ntables: {}\nlookups: {a-b: {map: {x: y}}}\n")
            .front()
            .starts_with("3:11 E113 a-b is not a name"));
  CHECK(findings("version: 1\ntables: {t: {from: a, rows: {min: 3, max: 2}}}\n") ==
        Lines{"2:35 E324 min 3 is above max 2"});
}

TEST_CASE("spec: one fault does not hide the others") {
  Diagnostics diagnostics;
  const auto mapping = parse(
      "version: 1\ntables:\n  t:\n    from: a\n    rest: cpoy\n    fields:\n      x: a +\n      y: {mni: 1, from: b}\n",
      diagnostics);
  CHECK(lines_of(diagnostics).size() == 3);
  REQUIRE(mapping);
  CHECK(field(*mapping, 0).from_failed);
  CHECK(to_string(*field(*mapping, 1).from) == "b");
}

// ---- what is read

TEST_CASE("spec: short forms stand for the long ones") {
  const Mapping mapping = clean(
      "version: 1\nparams: {since: date}\nconnections: {source: sqlite:a.db}\n"
      "sources: {a: {file: a.csv, key: id, cursor: modified, columns: [id, modified]}}\n"
      "check: {a sentence: SELECT 1}\n"
      "tables:\n  t:\n    from: a\n    ignore: x\n    group_by: id\n    fields:\n"
      "      id:\n      gone: null\n      none: {const: null}\n      y: a | trim\n      z: {from: b, one_of: c}\n");
  CHECK(mapping.params.at(0).second.type.value == "date");
  CHECK(mapping.connections.at(0).second.url.value == "sqlite:a.db");
  CHECK(mapping.sources.at(0).second.format.key->at(0).value == "id");
  CHECK(mapping.sources.at(0).second.format.cursor->column.value == "modified");
  CHECK(mapping.check.at(0).second.text.value == "SELECT 1");
  CHECK(mapping.tables.at(0).ignore.at(0).value == "x");
  CHECK(mapping.tables.at(0).group_by.size() == 1);
  CHECK_FALSE(field(mapping, 0).from);
  CHECK_FALSE(field(mapping, 0).constant);
  CHECK(field(mapping, 1).constant->kind == Literal::Kind::null);
  CHECK(field(mapping, 2).constant->kind == Literal::Kind::null);
  CHECK(to_string(*field(mapping, 3).from) == "a | trim");
  CHECK(field(mapping, 4).rules.at(0).second.items.at(0).text == "c");
}

TEST_CASE("spec: a value left out is no null, whatever comes next") {
  const Mapping mapping = clean(
      "version: 1\ntables:\n  t:\n    from: a\n    fields:\n      a:\n      nullable: x\n      b:\n      'nil': y\n"
      "      c:\n      null : z\n      d: null\n      e: ~  # nothing\n");
  for (const std::size_t index : {0, 2, 4}) CHECK_FALSE(field(mapping, index).constant);
  for (const std::size_t index : {1, 3, 5}) CHECK(field(mapping, index).from);
  for (const std::size_t index : {6, 7}) CHECK(field(mapping, index).constant);
  CHECK(field(mapping, 5).column.value == "null");
}

TEST_CASE("spec: line ends of Windows and a byte order mark change nothing") {
  const std::string yaml =
      "\xEF\xBB\xBFversion: 1\r\ntables:\r\n  t:\r\n    from: a\r\n    fields:\r\n      x: a\r\n        || b\r\n      "
      "y: |\r\n        a\r\n        || c +\r\n";
  CHECK(findings(yaml) == Lines{"10:15 E201 expected a value but found the end"});
}

TEST_CASE("spec: a literal keeps its characters, and its key says what it is") {
  const Mapping mapping = clean(
      "version: 1\ntables:\n  t:\n    from: a\n    fields:\n      a: {const: no}\n      b: {const: 010}\n"
      "      c: {const: 1.10}\n      d: {const: 12:30}\n      e: {const: 'null'}\n      f: {default: [a, {b: 1}]}\n");
  CHECK(field(mapping, 0).constant->text == "no");
  CHECK(field(mapping, 1).constant->text == "010");
  CHECK(field(mapping, 2).constant->text == "1.10");
  CHECK(field(mapping, 3).constant->text == "12:30");
  CHECK(field(mapping, 4).constant->text == "null");
  CHECK(field(mapping, 4).constant->kind == Literal::Kind::scalar);
  CHECK(field(mapping, 5).fallback->items.at(1).members.at(0).value.text == "1");
}

TEST_CASE("spec: an expression is read wherever its YAML puts it, and its places are the file's") {
  const std::string head = "version: 1\ntables:\n  t:\n    from: a\n    fields:\n      x: ";
  const auto place = [&](const std::string& yaml) {
    Diagnostics diagnostics;
    const auto mapping = parse(head + yaml + "\n", diagnostics);
    REQUIRE(mapping);
    REQUIRE(field(*mapping, 0).from);
    const auto& name = *field(*mapping, 0).from->arguments.at(1);
    return to_string(name) + " " + to_string(name.at) + " " + std::string{name.at.text()};
  };
  CHECK(place("a || target") == "target m.yaml:6:15 target");
  CHECK(place("'''é'' || target'") == "target m.yaml:6:20 target");
  CHECK(place("\"'\\u00e9\\t' || target\"") == "target m.yaml:6:25 target");
  CHECK(place("a\n          || target") == "target m.yaml:7:14 target");
  CHECK(place("a\n\n\n          || target") == "target m.yaml:9:14 target");
  CHECK(place("|\n        a\n          || target\n") == "target m.yaml:8:14 target");
  CHECK(place(">-\n        a\n        || target\n") == "target m.yaml:8:12 target");
  CHECK(place("\"a \\\n          || target\"") == "target m.yaml:7:14 target");
}

TEST_CASE("spec: what a table says arrives") {
  const Mapping mapping = clean(
      "version: 1\ntables:\n  t:\n    from: source.a\n    into: other.t\n    where: a > 1\n    explode: {x: list}\n"
      "    rest: copy\n    key: [id]\n    on_conflict: {newest: updated_at}\n    on_missing: skip\n    replace: a = 1\n"
      "    rows: {max: 3}\n    max_rejects: 2.5%\n    needs: u\n    check: {a is set: a is not null}\n"
      "    fields: {a: {min: 1, warn: {max: 5}, abort: {required: true}, sensitive: true}}\n");
  const auto& table = mapping.tables.at(0);
  CHECK(table.into->value == "other.t");
  CHECK(to_string(*table.where) == "a > 1");
  CHECK(table.explode.at(0).first.value == "x");
  CHECK(table.rest_copy);
  CHECK(table.on_conflict == etl::spec::OnConflict::newest);
  CHECK(table.newest.value == "updated_at");
  CHECK(table.on_missing == etl::spec::OnMissing::skip);
  CHECK(table.replace);
  CHECK(to_string(*table.replace_where) == "a = 1");
  CHECK_FALSE(table.min_rows);
  CHECK(table.max_rows == 3);
  CHECK(table.max_rejects->share);
  CHECK(table.max_rejects->amount == doctest::Approx(0.025));
  CHECK(table.check.at(0).sentence.value == "a is set");
  CHECK(table.fields.at(0).rules.at(0).first.value == "min");
  CHECK(table.fields.at(0).warn.at(0).first.value == "max");
  CHECK(table.fields.at(0).abort.at(0).first.value == "required");
  CHECK(table.fields.at(0).sensitive);
}

TEST_CASE("spec: settings arrive, and their defaults stand") {
  const Mapping plain = clean("version: 1\ntables: {}\n");
  CHECK(plain.name.value == "m");
  CHECK(plain.settings.batch == 10'000);
  CHECK_FALSE(plain.settings.max_rejects.share);
  const Mapping mapping = clean(
      "version: 1\nname: n\ntables: {}\nsettings: {batch: 7, memory: 64MB, workers: auto, atomic: table, snapshot: "
      "dir, "
      "on_conflict: skip}\nafter: [{http: 'http://x', expect: 204}]\n");
  CHECK(mapping.name.value == "n");
  CHECK(mapping.settings.batch == 7);
  CHECK(mapping.settings.memory == (std::uint64_t{64} << 20U));
  CHECK_FALSE(mapping.settings.workers);
  CHECK(mapping.settings.snapshot_dir == "dir");
  CHECK(mapping.settings.written.size() == 6);
  CHECK(mapping.after.at(0).expect == 204);
}

// ---- environment, params, profiles

TEST_CASE("spec: ${...} is replaced after parsing, params first") {
  setenv("ETL_SPEC_HOST", "h: [x", 1);
  unsetenv("ETL_SPEC_NONE");
  ParseOptions options;
  options.params = {{"dir", "given"}};
  const Mapping mapping = clean(
      "version: 1\nparams:\n  dir: {type: text, default: unused}\n  ETL_SPEC_HOST2: {type: text, default: "
      "'${ETL_SPEC_HOST}!'}\n"
      "connections:\n  a: file:${dir}/${ETL_SPEC_HOST2}\n  b: x-${ETL_SPEC_NONE:-def}-$${ETL_SPEC_NONE}\n"
      "sources: {s: {connection: a, path: p, params: {since: '${cursor:-0}', id: '${dir}'}}}\n"
      "settings: {batch: '${ETL_SPEC_NONE:-12}'}\ntables: {}\n",
      options);
  CHECK(mapping.connections.at(0).second.url.value == "file:given/h: [x!");
  CHECK(mapping.connections.at(0).second.written_url == "file:${dir}/${ETL_SPEC_HOST2}");
  CHECK(mapping.connections.at(1).second.url.value == "x-def-${ETL_SPEC_NONE}");
  CHECK(mapping.sources.at(0).second.format.params->at(0).second.value == "${cursor:-0}");
  CHECK(mapping.sources.at(0).second.format.params->at(1).second.value == "given");
  CHECK(mapping.settings.batch == 12);
  CHECK(mapping.param_values.at("dir").text == "given");
  unsetenv("ETL_SPEC_HOST");
}

TEST_CASE("spec: all that is missing is named at once, and only when the mapping runs") {
  const std::string yaml =
      "version: 1\nconnections:\n  a: ${ETL_SPEC_A}\n  b: {url: x, password: '${ETL_SPEC_B}'}\n  c: ${ETL_SPEC_A}\n"
      "settings: {batch: '${ETL_SPEC_C}'}\ntables: {}\n";
  CHECK(findings(yaml).empty());
  const Lines lines = findings(yaml, ParseOptions{});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].starts_with("3:6 E401 ETL_SPEC_A, ETL_SPEC_B, ETL_SPEC_C are not set"));
  CHECK(findings("version: 1\nconnections: {a: 'x${file:/no/such}'}\ntables: {}\n", ParseOptions{}).front() ==
        "2:20 E401 the file /no/such cannot be read (create it, or give it to the user that runs etl)");
}

TEST_CASE("spec: a secret file gives its text without the line end, and is not shown") {
  const Folder folder;
  const std::string secret = folder.write("key", "s3cr3t-value\n");
  const Mapping mapping =
      clean("version: 1\nconnections: {a: {url: 'sqlite:x', password: '${file:" + secret + "}'}}\ntables: {}\n",
            ParseOptions{});
  CHECK(mapping.connections.at(0).second.password.reveal() == "s3cr3t-value");
  CHECK(etl::redact("login with s3cr3t-value failed") == "login with *** failed");
}

TEST_CASE("spec: passwords that are written out are warned of") {
  const auto url = [](const std::string& text) {
    return findings("version: 1\nconnections:\n  a: " + text + "\ntables: {}\n");
  };
  CHECK(url("postgresql://u:pw@h/d") ==
        Lines{"3:21 W501 a password is written in the spec (use password: ${VAR} or ${file:/run/secrets/...})"});
  CHECK(url("postgresql://u:${PW}@h/d").empty());
  CHECK(url("postgresql://${U:-x}@h/d").empty());
  CHECK(url("{url: x, password: abc}").size() == 1);
  CHECK(url("{url: x, auth: {bearer: abc}}").size() == 1);
  CHECK(url("{url: x, auth: {bearer: \"${T}\"}}").empty());
  CHECK(field_findings("password_hash: a").front().starts_with("6:7 W504 password_hash looks secret"));
  CHECK(field_findings("password_hash: {from: a, sensitive: true}").empty());
}

TEST_CASE("spec: params are given by profile or command line, and only such as there are") {
  const std::string yaml =
      "version: 1\nparams: {a: int, b: {type: int, default: 1}, key: {type: text, secret: true, default: "
      "'${ETL_SPEC_KEY:-k}'}}\n"
      "profiles: {dev: {params: {a: 2, b: 3}}, bad: {params: {c: 1}}}\ntables: {}\n";
  CHECK(clean(yaml).param_values.size() == 2);
  CHECK(clean(yaml, {{}, "dev", false}).param_values.at("a").text == "2");
  CHECK(clean(yaml, {{{"b", "9"}}, "dev", false}).param_values.at("b").text == "9");
  CHECK(findings(yaml, {{{"bb", "1"}}, "", false}) ==
        Lines{"2:9 E302 --param bb: the spec has no such param (did you mean b?)"});
  CHECK(findings(yaml, {{}, "bad", false}).front().starts_with("3:56 E302 no param c"));
  CHECK(findings(yaml, {{}, "dve", false}) == Lines{"3:11 E111 there is no profile dve (did you mean dev?)"});
  CHECK(findings(yaml, {{{"key", "x"}}, "", false}).front().find("E113 key is secret") != std::string::npos);
}

TEST_CASE("spec: a profile changes connections key by key, and is looked at even when it is not in use") {
  const std::string yaml =
      "version: 1\nconnections: {a: {url: x, schema: s.sql}, b: y}\nsettings: {batch: 1, atomic: table}\n"
      "profiles:\n  p:\n    connections: {a: {url: z}, b: w}\n    settings: {batch: 2}\n";
  const Mapping mapping = clean(yaml + "tables: {}\n", {{}, "p", false});
  CHECK(mapping.connections.at(0).second.url.value == "z");
  CHECK(mapping.connections.at(0).second.schema->value == "s.sql");
  CHECK(mapping.connections.at(1).second.url.value == "w");
  CHECK(mapping.settings.batch == 2);
  CHECK(mapping.settings.atomic == "table");
  CHECK(findings(yaml + "  q: {connections: {a: {ulr: x}}, tables: {}}\ntables: {}\n") ==
        Lines{"8:25 E111 ulr is not a key of a connection (did you mean url?)",
              "8:35 E111 tables is not a key of a profile (tables belongs to a spec)"});
}

// ---- include

TEST_CASE("spec: included files add what they may hold") {
  const Folder folder;
  folder.write("common.yaml", "version: 1\nconverters: {clean: trim | lower}\nlookups: {l: {map: {a: b}}}\n");
  const std::string file =
      folder.write("m.yaml", "version: 1\ninclude: common.yaml\nconverters: {own: trim}\ntables: {}\n");
  Diagnostics diagnostics;
  const auto mapping = etl::spec::parse_mapping(etl::spec::read_file(file), kLint, diagnostics);
  CHECK(lines_of(diagnostics).empty());
  REQUIRE(mapping);
  CHECK(mapping->converters.size() == 2);
  CHECK(to_string(*mapping->converters.at(1).second) == "it | trim | lower");
  CHECK(mapping->lookups.at(0).second.at.source->name().ends_with("common.yaml"));
}

TEST_CASE("spec: included files that are missing, clash or hold too much") {
  const Folder folder;
  folder.write("c.yaml", "version: 1\nconverters: {clean: trim}\ntables: {}\n");
  const std::string file =
      folder.write("m.yaml", "version: 1\ninclude: [c.yaml, d.yaml]\nconverters: {clean: trim}\ntables: {}\n");
  const Lines lines = folder.findings_in(file);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] ==
        "3:1 E111 tables is not a key of an included file (an included file holds params, connections, lookups, "
        "converters, profiles)");
  CHECK(lines[1].starts_with("2:19 E120 cannot read "));
  CHECK(lines[2].starts_with("3:14 E121 clean is defined twice (also in "));
}

// ---- the tables themselves

TEST_CASE("spec: the table of keys is sound") {
  for (const auto& block : etl::spec::blocks()) {
    CAPTURE(block.name);
    CHECK_FALSE(block.keys.empty());
    std::vector<std::string> names = etl::spec::key_names(block);
    std::sort(names.begin(), names.end());
    const bool is_override =
        block.name == "connection" || block.name == "source" || block.name == "field" || block.name == "param";
    if (!is_override) CHECK(std::adjacent_find(names.begin(), names.end()) == names.end());
    for (const auto& key : block.keys) {
      CAPTURE(key.name);
      CHECK(key.doc.size() > 3);
      const bool needs_block =
          key.value == etl::spec::ValueKind::block || key.value == etl::spec::ValueKind::partial_block;
      CHECK((!needs_block || !etl::spec::block_named(key.block).keys.empty()));
      CHECK((key.value != etl::spec::ValueKind::choice || !etl::spec::split_choices(key.of).empty()));
    }
  }
}

TEST_CASE("suggest: the nearest name, if it is near") {
  const std::vector<std::string> names = {"email", "users", "description", "id"};
  CHECK(etl::nearest("emial", names) == "email");
  CHECK(etl::nearest("user", names) == "users");
  CHECK(etl::nearest("DESCRIPTION", names) == "description");
  CHECK(etl::nearest("telephone", names).empty());
  CHECK(etl::nearest("x", names).empty());
  CHECK(etl::did_you_mean("mail", names) == "did you mean email?");
}

TEST_CASE("secret: passwords in URLs are hidden") {
  CHECK(etl::redact_url("postgresql://u:pw@h:5432/d?sslmode=require") == "postgresql://u:***@h:5432/d?sslmode=require");
  CHECK(etl::redact_url("postgresql://u@h/d?password=pw&x=1") == "postgresql://u@h/d?password=***&x=1");
  CHECK(etl::redact_url("sqlite:a.db") == "sqlite:a.db");
  CHECK(etl::redact_url("https://h/p?api_key=k#f") == "https://h/p?api_key=***#f");
  CHECK(etl::redact_url("postgresql://u:p/w@h/d") == "postgresql://u:***@h/d");
}
