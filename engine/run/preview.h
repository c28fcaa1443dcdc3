// `etl preview`: the first source rows beside the rows they become, through the run's own stages, into memory.
#pragma once

#include <string>
#include <vector>

#include "engine/run/run.h"

namespace etl::run {

struct PreviewOptions {
  std::string table;      // Of the mapping; "": all of them.
  std::size_t rows = 10;  // Source rows shown of each table.
  // Source rows of a table that others refer to which are loaded, so that references find their parents.
  std::size_t most_parents = 100'000;
  Instant started;
  const std::atomic<int>* interrupt = nullptr;
};

// One target field of one source row.
struct PreviewedField {
  std::string name;
  std::string from;  // "email = ' Ada@x.co '", the expression where it reads no column.
  std::string becomes;
};

struct PreviewedRow {
  SeenRow seen;
  std::vector<PreviewedField> fields;
};

struct PreviewedTable {
  std::string name;
  std::string source;
  std::string target;
  std::vector<std::string> columns;  // Fields, in order.
  std::vector<PreviewedRow> rows;    // In source order.
};

struct Preview {
  std::vector<PreviewedTable> tables;
  std::vector<std::string> notes;  // What a run does that this does not.
  std::optional<report::Failure> failure;
};

// Reads from `live`, whose targets are not opened; nothing is written. Throws Error (schema) for an unknown table.
Preview preview(const plan::Plan& plan, Connections& live, const PreviewOptions& options);

std::string to_text(const Preview& preview);
std::string to_json(const Preview& preview);

}  // namespace etl::run
