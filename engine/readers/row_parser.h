// One text becomes rows of raw cells: what each format of text has to say.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/data/batch.h"
#include "engine/readers/reader.h"

namespace etl::readers {

// A cell as the text holds it.
struct RawCell {
  enum class Kind : std::uint8_t { missing, text, json };
  Kind kind = Kind::missing;
  std::string_view raw = {};   // What null tokens are compared with.
  std::string_view text = {};  // The cell's text; with `json`, canonical JSON.
};

struct RawRow {
  std::uint64_t line = 0;  // Where it starts, from 1; 0: not known.
  std::vector<RawCell> cells;  // In the order of the request's columns.
  std::string_view broken_rule = {};  // Not empty: the row cannot be read, and `cells` means nothing.
  std::string broken;          // Why, one clause.
  HeadingsPtr headings;        // Markdown only.
};

class RowParser {
 public:
  virtual ~RowParser() = default;
  // The next row; false behind the last. Views are good until the next call.
  // Throws Error when the text as a whole cannot be read.
  virtual bool next(RawRow& row) = 0;
  // The names of all columns that the rows so far have; of JSON only when the request names none. Empty where rows
  // to come may have others.
  virtual std::vector<std::string> names() const { return {}; }
};

// `text` and `request` must outlive the parser; `file` is the name for messages.
using OpenParser = std::unique_ptr<RowParser>(std::string_view text, const ReadRequest& request, const std::string& file);
OpenParser open_csv;
OpenParser open_json;      // One document.
OpenParser open_ndjson;
OpenParser open_django;
OpenParser open_markdown_table;
OpenParser open_markdown_sections;
OpenParser open_lines;
// The parser of `request.format.format`, behind a byte order mark. Throws Error (schema) when there is none.
OpenParser open_parser;

}  // namespace etl::readers
