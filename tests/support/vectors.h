// Published test vectors, sent through `etl run` and `etl test` as rows of a table.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace etl::testing {

// The folder with the sets, next to the project's; nothing when it is not there.
std::optional<std::filesystem::path> vectors_folder();

// Rows of a SQL query over a JSON text, which is the parameter ?1, as SQLite reads it. NULL is "".
std::vector<std::vector<std::string>> query_json(const std::string& sql, const std::string& json);

// A table of rows with the text columns a, b, ... and one field made from them.
struct Question {
  std::string field;  // The block of the field `result`, in YAML's flow style: "{from: json(a)}".
  std::vector<std::vector<std::string>> rows;
  std::string rule = "convert";                   // That rejected rows broke.
  std::string sections = {};                      // Further sections of the mapping.
  std::map<std::string, std::string> files = {};  // That stand beside it, by name.
};

// What became of each row, by its number from 0: the value of `result`, or nothing for a rejected row.
using Answers = std::vector<std::optional<std::string>>;

// The exit codes of `etl run` into SQLite and of `etl test`.
std::vector<int> exits(const Question& question);

enum class Targets { sqlite, all };
// Through `etl run`, from SQLite into the targets as far as they are to be had; all must answer alike.
Answers answers_of_run(const Question& question, Targets targets = Targets::all);
// Through `etl test`: the mapping with its rows in `given` and the answers in `expect` and `rejects`. What `etl test`
// says against it, "" when it passes. Rows that are not UTF-8 cannot stand in a mapping and are left out.
// With `pattern` an answer must match it instead.
std::string judged_by_test(const Question& question, const Answers& answers, const std::string& pattern = "");

}  // namespace etl::testing
