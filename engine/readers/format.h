// Formats of text that rows are read from, and what a mapping may say about them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace etl::readers {

enum class Format : std::uint8_t { none, csv, json, ndjson, django, markdown_table, markdown_sections, lines };
// "markdown_table" and so on; nothing for a word that is no format.
std::optional<Format> format_named(std::string_view name);
std::string_view name(Format format);
// By the file's ending: .csv and .tsv, .json, .ndjson and .jsonl, .md and .markdown (tables), .txt and .log (lines).
Format format_of_file(std::string_view file);

// By the file that holds the table in the folder: users.csv for users. `none` when there is no such file.
Format format_of_table(const std::string& folder, const std::string& table);

// A column that the mapping declares.
struct DeclaredColumn {
  std::string name;
  std::string from;  // Its header or JSON path; empty: the name says it.
};

// As the language describes them (connections and sources), with the format's own defaults where nothing is said.
struct FormatOptions {
  Format format = Format::none;  // none: the source is a database.
  std::string file;              // File or glob, relative to the connection; empty: the table's, or the connection's.
  std::string encoding;          // Empty: UTF-8.
  std::optional<std::string> delimiter;  // Empty: a comma, in .tsv files a tab.
  std::string quote = "\"";
  std::string escape;            // Empty: the quote.
  int header = 1;
  std::optional<bool> trim;
  std::string records;           // JSON path; empty or ".": the document.
  int level = 2;
  std::string under;
  std::vector<DeclaredColumn> declared;  // Empty: discovered.
};

// The tokens that mean NULL when the mapping names none (language.md, 14.9).
std::vector<std::string> default_null_tokens(Format format);

}  // namespace etl::readers
