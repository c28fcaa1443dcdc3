#include "tests/support/vectors.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>

#include "engine/data/value.h"
#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {

namespace fs = std::filesystem;

namespace {

std::string column_name(std::size_t index) { return std::string(1, static_cast<char>('a' + index)); }

std::string mapping_of(const Question& question) {
  return "version: 1\nname: vectors\nconnections:\n"
         "  source: {url: 'sqlite:source.db', schema: source.sql}\n"
         "  target: {url: '${TARGET_URL}', schema: target.sql, create: true}\n" +
         question.sections +
         "tables:\n  t:\n    from: source.t\n    key: [id]\n    fields:\n      id:\n      result: " + question.field +
         "\nsettings:\n  max_rejects: 100%\n";
}

void write_schemas(const fs::path& folder, const Question& question) {
  std::string columns;
  for (std::size_t i = 0; i < question.rows.front().size(); ++i) columns += ", " + column_name(i) + " TEXT";
  write_whole(folder / "source.sql", "CREATE TABLE t (id INTEGER PRIMARY KEY" + columns + ");\n");
  write_whole(folder / "target.sql", "CREATE TABLE t (id bigint PRIMARY KEY, result text);\n");
  for (const auto& [name, text] : question.files) write_whole(folder / name, text);
}

void write_source(const fs::path& folder, const Question& question) {
  SQLite::Database database{(folder / "source.db").string(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  database.exec(read_whole(folder / "source.sql"));
  database.exec("BEGIN");
  std::string places = "?";
  for (std::size_t i = 0; i < question.rows.front().size(); ++i) places += ", CAST(? AS TEXT)";
  SQLite::Statement insert{database, "INSERT INTO t VALUES (" + places + ")"};
  for (std::size_t row = 0; row < question.rows.size(); ++row) {
    insert.bind(1, static_cast<std::int64_t>(row));
    for (std::size_t i = 0; i < question.rows[row].size(); ++i) {
      const std::string& cell = question.rows[row][i];
      insert.bind(static_cast<int>(i) + 2, cell.data(), static_cast<int>(cell.size()));
    }
    insert.exec();
    insert.reset();
  }
  database.exec("COMMIT");
}

// YAML's double-quoted style (YAML 1.2, 5.7): what cannot be seen is escaped.
std::string yaml_text(std::string_view text) {
  std::string out = "\"";
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    char escape[8] = "";
    if (byte == '"' || byte == '\\') {
      std::snprintf(escape, sizeof escape, "\\%c", byte);
    } else if (byte == '$') {  // ${...} would be replaced.
      std::snprintf(escape, sizeof escape, "\\x24");
    } else if (byte < 0x20 || byte == 0x7F) {
      std::snprintf(escape, sizeof escape, "\\x%02X", byte);
    } else if (byte == 0xC2 && next < 0xA0) {  // U+0080 to U+009F.
      std::snprintf(escape, sizeof escape, "\\x%02X", next);
      ++i;
    } else if (text.substr(i).starts_with("\uFEFF") || text.substr(i).starts_with("\uFFFE")) {
      std::snprintf(escape, sizeof escape, byte == 0xEF && next == 0xBB ? "\\uFEFF" : "\\uFFFE");
      i += 2;
    }
    if (escape[0] != '\0') {
      out += escape;
    } else {
      out += text[i];
    }
  }
  return out + '"';
}

Answers answers_of(const Question& question, TestTarget& target) {
  Answers answers(question.rows.size());
  // In hex, since `query` spells values of both databases alike.
  const std::string hex = target.dialect() == "sqlite" ? "hex(result)" : "encode(convert_to(result, 'UTF8'), 'hex')";
  for (const auto& row : target.query("SELECT id, 'x' || " + hex + " FROM t")) {
    std::string& answer = answers[std::stoul(row[0])].emplace(row[1] == "NULL" ? "NULL" : "");
    for (std::size_t i = 1; answer != "NULL" && i + 1 < row[1].size(); i += 2) {
      answer += static_cast<char>(std::stoul(row[1].substr(i, 2), nullptr, 16));
    }
  }
  return answers;
}

}  // namespace

std::optional<fs::path> vectors_folder() {
  const fs::path folder = fs::current_path().parent_path() / "shared" / "data";
  if (fs::is_directory(folder)) return folder;
  MESSAGE("skipped: the conformance sets are not at ", folder.string());
  return std::nullopt;
}

std::vector<std::vector<std::string>> query_json(const std::string& sql, const std::string& json) {
  const SQLite::Database database{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  SQLite::Statement statement{database, sql};
  statement.bind(1, json);
  std::vector<std::vector<std::string>> rows;
  while (statement.executeStep()) {
    auto& row = rows.emplace_back();
    for (int i = 0; i < statement.getColumnCount(); ++i) {
      const auto cell = statement.getColumn(i);
      row.emplace_back(cell.getText(), static_cast<std::size_t>(cell.getBytes()));
    }
  }
  return rows;
}

std::vector<int> exits(const Question& question) {
  const Scratch scratch;
  write_schemas(scratch.path(), question);
  write_source(scratch.path(), question);
  write_whole(scratch.path() / "mapping.yaml",
              mapping_of(question) + "tests:\n  - {name: none, given: {source.t: [{id: 0}]}}\n");
  const std::map<std::string, std::string> environment{{"TARGET_URL", "sqlite:target.db"}};
  return {run_etl({"run", "mapping.yaml"}, scratch.path(), environment).exit,
          run_etl({"test", "mapping.yaml"}, scratch.path(), environment).exit};
}

Answers answers_of_run(const Question& question, Targets targets) {
  const Scratch scratch;
  write_schemas(scratch.path(), question);
  write_source(scratch.path(), question);
  write_whole(scratch.path() / "mapping.yaml", mapping_of(question));
  std::optional<Answers> first;
  for (const auto& target : all_targets(scratch.path())) {
    if (targets == Targets::sqlite && target->dialect() != "sqlite") continue;
    const Finished run = run_etl({"run", "mapping.yaml"}, scratch.path(), {{"TARGET_URL", target->url()}});
    REQUIRE_MESSAGE((run.exit == 0 || run.exit == 1), run.out, run.err);
    const Answers answers = answers_of(question, *target);
    CHECK((run.exit == 1) == (std::ranges::any_of(answers, [](const auto& a) { return !a; })));
    if (!first) first = answers;
    for (std::size_t row = 0; row < answers.size(); ++row) {
      CHECK_MESSAGE(answers[row] == (*first)[row], target->dialect(), " differs in row ", row);
    }
  }
  return *first;
}

std::string judged_by_test(const Question& question, const Answers& answers, const std::string& pattern) {
  const Scratch scratch;
  write_schemas(scratch.path(), question);
  std::string given;
  std::string expected;
  std::string rejects;
  for (std::size_t row = 0; row < question.rows.size(); ++row) {
    const auto& cells = question.rows[row];
    if (!std::ranges::all_of(cells, [](const auto& c) { return find_invalid_utf8(c) == std::string::npos; })) continue;
    const std::string id = "id: " + std::to_string(row);
    given += "        - {" + id;
    for (std::size_t i = 0; i < cells.size(); ++i) given += ", " + column_name(i) + ": " + yaml_text(cells[i]);
    given += "}\n";
    if (answers[row]) {
      const std::string result = pattern.empty() ? yaml_text(*answers[row]) : "{pattern: " + yaml_text(pattern) + "}";
      expected += "        - {" + id + ", result: " + result + "}\n";
    } else {
      rejects += "      - {table: t, field: result, rule: " + question.rule + "}\n";
    }
  }
  const auto block = [](std::string name, const std::string& lines) {
    return name + (lines.empty() ? ": []\n" : ":\n" + lines);
  };
  const std::string test = "tests:\n  - name: vectors\n    given:\n" + block("      source.t", given) +
                           "    expect:\n" + block("      t", expected) + block("    rejects", rejects);
  write_whole(scratch.path() / "mapping.yaml", mapping_of(question) + test);
  const Finished done = run_etl({"test", "mapping.yaml"}, scratch.path(), {{"TARGET_URL", "sqlite:target.db"}});
  return done.exit == 0 ? "" : "exit code " + std::to_string(done.exit) + "\n" + done.out + done.err;
}

}  // namespace etl::testing
