// Formats of text: what each reads from small texts, from files, and from published sets of awkward files.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "engine/data/value.h"
#include "engine/readers/catalog.h"
#include "engine/readers/file_source.h"
#include "engine/readers/header.h"
#include "engine/readers/text_reader.h"
#include "tests/support/command.h"
#include "tests/support/scratch.h"

namespace etl::readers {
namespace {

namespace fs = std::filesystem;
using tests::error_of;

const fs::path kData = "../shared/data";

// False, with a word about it, where the published sets are not at hand.
bool has(const std::string& set) {
  if (fs::exists(kData / set)) return true;
  std::cout << "skipped: no " << (kData / set).string() << "\n";
  return false;
}

ReadRequest request_of(Format format, const std::vector<std::string>& columns, Type type = Type::text) {
  ReadRequest request;
  request.format.format = format;
  request.null_tokens = default_null_tokens(format);
  for (const std::string& column : columns) request.columns.push_back({column, type});
  return request;
}

std::string shown(const Value& value) { return is_null(value) ? "NULL" : to_text(value); }

// "line: a|b" per row; rows that are broken as "line! reason", cells with a fault as "<reason>".
std::string rows_of(Reader& reader, bool lines = true) {
  std::string out;
  while (const BatchPtr batch = reader.next()) {
    for (std::uint32_t row = 0; row < batch->rows; ++row) {
      if (lines && !batch->lines.empty()) out += std::to_string(batch->lines[row]);
      std::string broken;
      for (const Failure& failure : batch->broken_rows) {
        if (failure.row == row) broken = fmt::format("! {}: {}\n", failure.rule, failure.reason);
      }
      if (!broken.empty()) {
        out += broken;
        continue;
      }
      if (lines) out += ": ";
      for (std::uint32_t i = 0; i < batch->columns.size(); ++i) {
        if (i > 0) out += '|';
        std::string cell = shown(batch->columns[i]->at(row));
        for (const Batch::Fault& fault : batch->faults) {
          if (fault.row == row && fault.column == i) cell = fmt::format("<{}: {}>", fault.rule, fault.reason);
        }
        out += cell;
      }
      out += '\n';
    }
  }
  return out;
}

std::string read(const ReadRequest& request, const std::string& text) {
  return rows_of(*open_text(text, "a.file", request, {}));
}

std::string whole(const fs::path& path) { return testing::read_whole(path); }

TEST_CASE("formats: headers become names") {
  CHECK(snake_case("Weight (lbs)") == "weight_lbs");
  CHECK(snake_case("Body Fat %") == "body_fat");
  CHECK(snake_case("FirstName") == "first_name");
  CHECK(snake_case("userID") == "user_id");
  CHECK(snake_case("_id") == "id");
  CHECK(snake_case("Größe") == "größe");
  CHECK(Header{{"a", "", "A", " a ", "a_2"}}.names() == std::vector<std::string>{"a", "column_2", "a_2", "a_3", "a_2_2"});
}

TEST_CASE("formats: CSV cells") {
  const ReadRequest request = request_of(Format::csv, {"a", "b"});
  CHECK(read(request, "a,b\n1,2\n") == "2: 1|2\n");
  CHECK(read(request, "b,a\r\n1,2") == "2: 2|1\n");
  CHECK(read(request, "\xEF\xBB\xBF" "a,b\n1,2") == "2: 1|2\n");
  CHECK(read(request, "a,b\r1,2\r3,4\r") == "2: 1|2\n3: 3|4\n");
  CHECK(read(request, "a,b\n\"x,\"\"y\"\"\",\"two\nlines\"\nlast,\n") == "2: x,\"y\"|two\nlines\n4: last|NULL\n");
  CHECK(read(request, "a,b\n\n1,2\n\n") == "3: 1|2\n");
  CHECK(read(request, "a,b\n,\"\"\n") == "2: NULL|NULL\n");
  CHECK(read(request, "a,b\n x , \"y\"\n") == "2:  x | \"y\"\n");
}

TEST_CASE("formats: CSV rows that cannot be read are rejected with their cells counted") {
  const ReadRequest request = request_of(Format::csv, {"a", "b"});
  CHECK(read(request, "a,b\n1\n1,2,3\n4,5\n") ==
        "2! cells: 1 cell where 2 are expected\n3! cells: 3 cells where 2 are expected\n4: 4|5\n");
  CHECK(read(request, "a,b\n1,2\n\"x,2\n3,4\n") == "2: 1|2\n3! cells: the quote of cell 1 in line 3 is never closed\n");
  CHECK(read(request, "a,b\n\"x\"y,2\n3,4\n") == "2! cells: text behind the closing quote of cell 1\n3: 3|4\n");
  CHECK(read(request, std::string{"a,b\n\xff,1\0\n", 9}) ==
        "2: <encoding: byte 1 of the text is not valid UTF-8>|<encoding: the text holds a NUL byte>\n");
}

TEST_CASE("formats: CSV takes its options") {
  ReadRequest request = request_of(Format::csv, {"a", "b"});
  request.format.delimiter = "||";
  CHECK(read(request, "a||b\n1|2||3") == "2: 1|2|3\n");
  request.format.delimiter = ";";
  request.format.quote = "'";
  request.format.escape = "\\";
  CHECK(read(request, "a;b\n'it\\'s; ''\n';\\N\\;\n").starts_with("2! cells"));
  CHECK(read(request, "a;b\n'it\\'s; \\\\';x\\;y\n") == "2: it's; \\|x;y\n");
  request.null_tokens = {"\\N"};
  CHECK(read(request, "a;b\n\\N;'\\N'\n") == "2: NULL|N\n");
  request = request_of(Format::csv, {"a", "b"});
  request.format.quote = "";
  CHECK(read(request, "a,b\n\"1,2\"\n") == "2: \"1|2\"\n");
  request = request_of(Format::csv, {"a", "b"});
  request.format.header = 3;
  CHECK(read(request, "made by X\n\"\na,b\n1,2\n") == "4: 1|2\n");
  request.format.header = 0;
  request.format.declared = {{"a", ""}, {"b", ""}};
  CHECK(read(request, "1,2\n") == "1: 1|2\n");
  request = request_of(Format::csv, {"a", "b"});
  request.format.trim = true;
  CHECK(read(request, "a,b\n  x  , \" y \" \n   ,z\n") == "2: x|y\n3: NULL|z\n");
  request = request_of(Format::csv, {"a", "b"});
  request.null_tokens = {"", "N/A"};
  CHECK(read(request, "a,b\nN/A,\"N/A\"\n,\"\"\n") == "2: NULL|N/A\n3: NULL|\n");
  request = request_of(Format::csv, {"weight", "n"});
  request.format.declared = {{"weight", "Weight (lbs)"}, {"n", "column_2"}};
  CHECK(read(request, "Weight (lbs),\n1,2\n") == "2: 1|2\n");
}

TEST_CASE("formats: a column that the file lacks is said with those it has") {
  const Error error = error_of([] { read(request_of(Format::csv, {"email"}), "name,mail\n1,2\n"); });
  CHECK(error.what() == std::string{"a.file: there is no column email"});
  CHECK(error.remedy() == "its columns are name, mail");
  CHECK(error_of([] { read(request_of(Format::csv, {"a"}), ""); }).what() ==
        std::string{"a.file: line 1 should hold the names of the columns, but the file ends before"});
}

TEST_CASE("formats: Markdown tables") {
  const ReadRequest request = request_of(Format::markdown_table, {"a", "b"});
  CHECK(read(request, "| A | B |\n|---|:-:|\n| 1 \\| 2 | |\n 3 | 4\n| 5\n| 6 | 7 | 8 |\n\n| 9 | 9 |\n") ==
        "3: 1 | 2|NULL\n4: 3|4\n5: 5|NULL\n6: 6|7\n");
  CHECK(read(request, "A | B\n- | -\n1 | 2\n# x\n3 | 4\n\nB | A\n--|--\n5 | 6\n") == "3: 1|2\n9: 6|5\n");
  CHECK(read(request, "```\n| A | B |\n|---|---|\n| 1 | 2 |\n```\n") == "");
  CHECK(error_of([&] { read(request, "text\n\n| A | C |\n|---|---|\n"); }).what() ==
        std::string{"a.file, table in line 3: there is no column b"});
  ReadRequest under = request;
  under.format.under = "Log";
  const std::string text = "# Other\n| X |\n|---|\n| 0 |\n## Log\n### 2025\n| A | B |\n|---|---|\n| 1 | 2 |\n## More\n| Y |\n|--|\n| 0 |\n";
  CHECK(read(under, text) == "9: 1|2\n");
  under.format.under = "Nothing";
  CHECK(error_of([&] { read(under, text); }).what() == std::string{"a.file: there is no heading Nothing"});
}

TEST_CASE("formats: the headings above a row of Markdown") {
  const std::string table = "| A |\n|---|\n| 1 |\n";
  const auto reader = open_text("# Top\n## Day 1 ##\n" + table + "\nSecond\n===\n" + table, "a.md",
                                request_of(Format::markdown_table, {"a"}), {});
  const BatchPtr batch = reader->next();
  REQUIRE(batch->headings.size() == 2);
  CHECK((*batch->headings[0])[0] == "Top");
  CHECK((*batch->headings[0])[1] == "Day 1");
  CHECK((*batch->headings[1])[0] == "Second");
  CHECK((*batch->headings[1])[1].empty());
}

TEST_CASE("formats: Markdown sections") {
  const std::string text = "---\ntitle: \"Log: a\"\nTags: [x, 'y']\npeople:\n- Ada\n- Bob\n---\nintro\n## One\n\nfirst\n### deeper\nmore\n\n## Two\n# End\n## Three\nlast\n";
  CHECK(read(request_of(Format::markdown_sections, {"heading", "body", "title", "tags", "people", "none"}, Type::any), text) ==
        "9: One|first\n### deeper\nmore|Log: a|[\"x\",\"y\"]|[\"Ada\",\"Bob\"]|NULL\n"
        "15: Two|NULL|Log: a|[\"x\",\"y\"]|[\"Ada\",\"Bob\"]|NULL\n"
        "17: Three|last|Log: a|[\"x\",\"y\"]|[\"Ada\",\"Bob\"]|NULL\n");
  ReadRequest file = request_of(Format::markdown_sections, {"heading", "body"});
  file.format.level = 0;
  CHECK(read(file, "# Title\ntext\n") == "1: Title|# Title\ntext\n");
}

TEST_CASE("formats: JSON, lines of JSON, fixtures and lines") {
  ReadRequest request = request_of(Format::json, {"id", "email", "list", "none"}, Type::any);
  request.format.records = "response.results";
  request.format.declared = {{"id", "_id"}, {"email", "auth.email[0]"}, {"list", "A B"}, {"none", ""}};
  CHECK(read(request, R"({"response": {"results": [{"_id": 1, "auth": {"email": ["a", "b"]}, "A B": [1]}, {"_id": "x"}, 3]}})") ==
        ": 1|a|[1]|NULL\n: x|NULL|NULL|NULL\n! json: '3' is not an object\n");
  CHECK(error_of([&] { read(request, "{}"); }).what() == std::string{"a.file has no list of records at response.results"});
  CHECK(std::string{error_of([&] { read(request, "{\"a\": "); }).what()}.starts_with("a.file is not JSON: "));
  const std::string lines = read(request_of(Format::ndjson, {"a"}, Type::any), "{\"a\": 1.50}\n\n{\"a\": nul}\n{\"a\": true}");
  CHECK(lines.starts_with("1: 1.50\n3! json: "));
  CHECK(lines.ends_with("\n4: true\n"));
  ReadRequest fixture = request_of(Format::django, {"pk", "name"}, Type::any);
  fixture.table = "auth.user";
  CHECK(read(fixture, R"([{"model": "auth.user", "pk": 7, "fields": {"name": "Ada"}}, {"model": "x.y", "pk": 1, "fields": {}}])") ==
        ": 7|Ada\n");
  CHECK(read(request_of(Format::lines, {"line"}), "a\r\n\nb") == "1: a\n2: \n3: b\n");
}

TEST_CASE("formats: cells are read as the type that is asked for") {
  CHECK(read(request_of(Format::csv, {"n"}, Type::integer), "n\n12\nx\n") == "2: 12\n3: <type: 'x' is not a whole number>\n");
  CHECK(read(request_of(Format::json, {"n"}, Type::text), R"([{"n": 12}, {"n": "a"}, {"n": {"b": 1}}])") ==
        ": 12\n: a\n: {\"b\":1}\n");
}

TEST_CASE("formats: fill_down repeats the value above, and what is not known") {
  const tests::Folder folder;
  testing::write_whole(folder / "a.csv", "day,n\n1,a\n,b\n\n\xff,c\n,d\n2,e\n");
  testing::write_whole(folder / "b.csv", "day,n\n,f\n");
  stores::ConnectionInfo info;
  info.kind = stores::Kind::file;
  info.path = folder.path();
  ReadRequest request = request_of(Format::csv, {"day", "n"});
  request.format.file = "*.csv";
  request.fill_down = {"day"};
  const auto source = open_source(info);
  for (const std::size_t rows : {1, 2, 100}) {
    CHECK(rows_of(*open_rows(*source, request, {.rows = rows})) ==
          "2: 1|a\n3: 1|b\n5: <encoding: byte 1 of the text is not valid UTF-8>|c\n"
          "6: <encoding: byte 1 of the text is not valid UTF-8>|d\n7: 2|e\n2: NULL|f\n");
  }
}

TEST_CASE("formats: globs") {
  CHECK(matches_glob("a.csv", "*.csv"));
  CHECK_FALSE(matches_glob("b/a.csv", "*.csv"));
  CHECK(matches_glob("b/a.csv", "**/*.csv"));
  CHECK(matches_glob("a.csv", "**/*.csv"));
  CHECK(matches_glob("b/c/a.csv", "b/**"));
  CHECK(matches_glob("2024-01.md", "202?-0[123].md"));
  CHECK_FALSE(matches_glob("2024-04.md", "202?-0[123].md"));
}

TEST_CASE("formats: tables of a folder, and encodings") {
  const tests::Folder folder;
  fs::create_directories(folder.path() / "sub");
  testing::write_whole(folder / "users.csv", "name\nZo\xEB\n");
  testing::write_whole(folder / "sub/more.tsv", "name\tx\nAda\t1\n");
  stores::ConnectionInfo info;
  info.name = "exports";
  info.kind = stores::Kind::file;
  info.path = folder.path();
  const auto source = open_source(info);
  ReadRequest request = request_of(Format::csv, {"name"});
  request.table = "users";
  request.format.encoding = "latin-1";
  CHECK(rows_of(*source->open(request, {})) == "2: Zoë\n");
  request.format.encoding = "us-ascii";
  CHECK(error_of([&] { rows_of(*source->open(request, {})); }).what() == std::string{"users.csv: byte 8 is not us-ascii"});
  request.format.encoding = "klingon";
  CHECK(error_of([&] { rows_of(*source->open(request, {})); }).what() == std::string{"users.csv: the encoding klingon is not known"});
  request.format.encoding = "";
  request.format.file = "**/*.tsv";
  const BatchPtr batch = source->open(request, {})->next();
  CHECK(batch->file == "sub/more.tsv");
  request.format.file = "none*.csv";
  CHECK(std::string{error_of([&] { source->open(request, {}); }).what()}.ends_with(" matches none*.csv"));
  info.path = folder / "nothing";
  CHECK(std::string{error_of([&] { open_source(info); }).what()}.ends_with("nothing does not exist"));
}

TEST_CASE("formats: a run reads files of several formats, and says which line is wrong") {
  const testing::Scratch scratch;
  const fs::path folder = scratch.path();
  fs::create_directories(folder / "in/logs");
  testing::write_whole(folder / "schema.sql", R"(-- dialect: sqlite
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT NOT NULL, file TEXT, line INTEGER);
CREATE TABLE logs (day TEXT, note TEXT);
CREATE TABLE things (k TEXT, v TEXT, w TEXT);
)");
  testing::write_whole(folder / "in/people.csv", "Id,Name\n1,Ada\n2,\"Bob, jr\"\n3\nx,Dan\n5,\"Eve \"\"E\"\"\"\n");
  testing::write_whole(folder / "in/logs/one.md", "## Mon\n|Note|\n|--|\n|a|\n|b|\n## Tue\n|Note|\n|--|\n|c|\n");
  testing::write_whole(folder / "things.json", R"([{"k": "a", "v": {"b": [1, 2]}, "w": 1.5}])");
  testing::write_whole(folder / "mapping.yaml", R"(version: 1
connections:
  source: file:in
  target: {url: sqlite:out.db, schema: schema.sql, create: true}
sources:
  people: {connection: source, table: people, columns: [id, name]}
  logs: {connection: source, file: '**/*.md', columns: {note: Note}}
  things: {file: things.json, columns: [k, v, w]}
tables:
  people:
    from: people
    fields: {id: id | int, name: name, file: file_name(), line: line_number()}
  logs:
    from: logs
    fields: {day: heading(2), note: note}
  things:
    from: things
    rest: copy
settings: {max_rejects: 100%}
)");
  const testing::Finished run = testing::run_etl({"run", "mapping.yaml"}, folder);
  CAPTURE(run.out);
  CAPTURE(run.err);
  CHECK(run.exit == 1);
  CHECK(run.out.find("line 4: [cells] 1 cell where 2 are expected") != std::string::npos);
  CHECK(run.out.find("line 5: id [convert] 'x' is not a whole number") != std::string::npos);
  const auto source = open_source(tests::sqlite_at((folder / "out.db").string()));
  const auto table = [&](const std::string& name, const std::vector<std::string>& columns) {
    ReadRequest request = request_of(Format::none, columns, Type::any);
    request.table = name;
    return rows_of(*source->open(request, {}), false);
  };
  CHECK(table("people", {"id", "name", "file", "line"}) ==
        "1|Ada|people.csv|2\n2|Bob, jr|people.csv|3\n5|Eve \"E\"|people.csv|6\n");
  CHECK(table("logs", {"day", "note"}) == "Mon|a\nMon|b\nTue|c\n");
  CHECK(table("things", {"k", "v", "w"}) == "a|{\"b\":[1,2]}|1.5\n");
}

TEST_CASE("formats: csv-spectrum equals its JSON twins") {
  if (!has("csv-spectrum")) return;
  const std::map<std::string, std::vector<std::string>> columns = {
      {"comma_in_quotes", {"first", "last", "address", "city", "zip"}}, {"escaped_quotes", {"a", "b"}}, {"json", {"key", "val"}},
      {"quotes_and_newlines", {"a", "b"}}};
  int count = 0;
  for (const auto& entry : fs::directory_iterator{kData / "csv-spectrum/csvs"}) {
    const std::string name = entry.path().stem().string();
    CAPTURE(name);
    const auto known = columns.find(name);
    const auto names = known == columns.end() ? std::vector<std::string>{"a", "b", "c"} : known->second;
    ReadRequest csv = request_of(Format::csv, names);
    csv.null_tokens.clear();
    const auto twin = open_text(whole(kData / "csv-spectrum/json" / (name + ".json")), name, request_of(Format::json, names), {});
    const auto rows = open_text(whole(entry.path()), name, csv, {});
    const std::string expected = rows_of(*twin, false);
    CHECK(rows_of(*rows, false) == expected);
    CHECK_FALSE(expected.empty());
    ++count;
  }
  CHECK(count == 11);
}

TEST_CASE("formats: awkward files of csvkit") {
  if (!has("csvkit-examples")) return;
  const auto file = [](const std::string& name) { return whole(kData / "csvkit-examples/examples" / name); };
  const ReadRequest abc = request_of(Format::csv, {"a", "b", "c"});
  CHECK(read(abc, file("mac_newlines.csv")) == "2: 1|2|3\n3: Once upon\ra time|5|6\n");
  CHECK(read(abc, file("null_byte.csv")) == "2: <encoding: the text holds a NUL byte>|2|3\n");
  CHECK(read(request_of(Format::csv, {"foo", "baz"}), file("test_utf8_bom.csv")) == "2: 1|3\n3: 4|ʤ\n");
  for (const std::string name : {"test_utf16_big.csv", "test_utf16_little.csv"}) {
    CHECK(read(abc, decode_text(file(name), "utf-16", name)) == "2: 1|2|3\n3: 4|5|ʤ\n");
  }
  CHECK(read(abc, decode_text(file("test_latin1.csv"), "latin-1", "")) == "2: 1|2|3\n3: 4|5|©\n");
  const std::string bad = read(request_of(Format::csv, {"column_a", "column_b", "column_c"}), file("bad.csv"));
  CHECK(bad == "2! cells: 4 cells where 3 are expected\n3! cells: 2 cells where 3 are expected\n4: 0|mixed types.... uh oh|17\n");
}

TEST_CASE("formats: tables of a tracker in Obsidian") {
  if (!has("markdown-obsidian-tracker")) return;
  const std::string text = whole(kData / "markdown-obsidian-tracker/examples/data/Tables.md");
  ReadRequest request = request_of(Format::markdown_table, {"date", "anne_kg"});
  request.format.under = "Weight Table";
  const std::string weights = read(request, text);
  CHECK(weights.starts_with("6: 2021-05-01|18.2\n7: 2021-05-02|18.1\n"));
  CHECK(std::ranges::count(weights, '\n') == 10);
  request = request_of(Format::markdown_table, {"date", "km_min_km"});
  request.format.under = "Running Records";
  CHECK(std::ranges::count(read(request, text), '\n') == 10);
}

TEST_CASE("formats: Django fixtures give as many rows as their notes say") {
  const auto count = [](const std::string& file, const std::string& model) {
    ReadRequest request = request_of(Format::django, {"pk"}, Type::any);
    request.table = model;
    return std::ranges::count(read(request, whole(kData / file)), '\n');
  };
  if (has("swapi-fixtures")) {
    CHECK(count("swapi-fixtures/films.json", "resources.film") == 6);
    CHECK(count("swapi-fixtures/people.json", "resources.people") == 82);
    CHECK(count("swapi-fixtures/transport.json", "resources.transport") == 75);
    CHECK(count("swapi-fixtures/starships.json", "resources.starship") == 36);
  }
  if (has("bakerydemo-fixture")) {
    CHECK(count("bakerydemo-fixture/bakerydemo.json", "breads.breadingredient") == 50);
    CHECK(count("bakerydemo-fixture/bakerydemo.json", "auth.user") == 6);
  }
}

}  // namespace
}  // namespace etl::readers
