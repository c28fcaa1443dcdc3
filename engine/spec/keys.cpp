#include "engine/spec/keys.h"

#include <algorithm>
#include <cassert>

namespace etl::spec {

namespace {

using enum ValueKind;
constexpr Shape kList = Shape::list;
constexpr Shape kMap = Shape::map;

constexpr std::string_view kTypes =
    "bool | int | decimal | float | text | bytes | date | time | timestamp | timestamptz | uuid | json | list | any";
constexpr std::string_view kFormats =
    "email | url | uuid | zip_us | phone | ip | hostname | country | currency | language | json | slug";

}  // namespace

const std::vector<Block>& blocks() {
  static const std::vector<Block> table = {
      {.name = "spec",
       .title = "a spec",
       .keys =
           {
               {.name = "version", .value = choice, .of = "1", .required = true, .doc = "Language version."},
               {.name = "name", .value = text, .fallback = "file name",
                .doc = "Name space of uuid5 keys, ID maps, reports, state; required with uuid5, cursor or id_map."},
               {.name = "description", .value = prose, .doc = "What this mapping is for."},
               {.name = "include", .shape = kList, .value = text, .fallback = "[]",
                .doc = "Files that add params, connections, lookups, converters, profiles."},
               {.name = "params", .shape = kMap, .value = block, .block = "param", .fallback = "{}",
                .doc = "Typed inputs: --param name=value, read as $name."},
               {.name = "connections", .shape = kMap, .value = block, .block = "connection", .fallback = "{}",
                .doc = "Where data lives; `target` and `source` are the defaults."},
               {.name = "sources", .shape = kMap, .value = block, .block = "source", .fallback = "{}",
                .doc = "Named row streams; only for sources that need options."},
               {.name = "lookups", .shape = kMap, .value = block, .block = "lookup", .fallback = "{}",
                .doc = "Tables of key and value, read as name[key]."},
               {.name = "converters", .shape = kMap, .value = expression, .fallback = "{}",
                .doc = "Named pipelines used after |, or an expression in which `it` is the value before |."},
               {.name = "tables", .shape = kMap, .value = block, .block = "table", .required = true,
                .doc = "The mappings: one entry per table written."},
               {.name = "check", .shape = kMap, .value = sql, .fallback = "{}",
                .doc = "After load: SQL that must return no row; a row fails the run."},
               {.name = "warn", .shape = kMap, .value = sql, .fallback = "{}", .doc = "The same, reported only."},
               {.name = "before", .shape = kList, .value = block, .block = "hook", .fallback = "[]",
                .doc = "Before the first read."},
               {.name = "after", .shape = kList, .value = block, .block = "hook", .fallback = "[]",
                .doc = "After the commit."},
               {.name = "settings", .value = block, .block = "settings", .fallback = "{}",
                .doc = "How to run; every setting has a default."},
               {.name = "profiles", .shape = kMap, .value = block, .block = "profile", .fallback = "{}",
                .doc = "--profile name overlays params, connections, settings."},
               {.name = "tests", .shape = kList, .value = block, .block = "test", .fallback = "[]",
                .doc = "Rows in, rows and rejects out; run by etl test."},
           }},
      {.name = "include",
       .title = "an included file",
       .keys =
           {
               {.name = "version", .value = choice, .of = "1", .required = true, .doc = "Language version."},
               {.name = "description", .value = prose, .doc = "What this file is for."},
               {.name = "params", .shape = kMap, .value = block, .block = "param", .fallback = "{}",
                .doc = "Added to the spec's params."},
               {.name = "connections", .shape = kMap, .value = block, .block = "connection", .fallback = "{}",
                .doc = "Added to the spec's connections."},
               {.name = "lookups", .shape = kMap, .value = block, .block = "lookup", .fallback = "{}",
                .doc = "Added to the spec's lookups."},
               {.name = "converters", .shape = kMap, .value = expression, .fallback = "{}",
                .doc = "Added to the spec's converters."},
               {.name = "profiles", .shape = kMap, .value = block, .block = "profile", .fallback = "{}",
                .doc = "Added to the spec's profiles."},
           }},
      {.name = "sql",
       .title = "SQL",
       .short_form = true,
       .keys =
           {
               {.name = "sql", .value = sql_text, .required = true, .doc = "One statement; $param is bound, never pasted."},
               {.name = "connection", .value = name, .fallback = "target", .doc = "Where it runs."},
           }},
      {.name = "param",
       .title = "a param",
       .short_form = true,
       .also = "rules",
       .keys =
           {
               {.name = "type", .value = choice, .of = "text | int | decimal | bool | date | timestamptz | uuid | bytes",
                .required = true, .doc = "Its type."},
               {.name = "default", .value = literal, .environment = true, .fallback = "must be given",
                .doc = "Its value when none is given."},
               {.name = "secret", .value = boolean, .fallback = "false",
                .doc = "Value from ${} only, never on the command line, never shown."},
               {.name = "description", .value = prose, .doc = "Shown by etl run --help."},
           }},
      {.name = "connection",
       .title = "a connection",
       .short_form = true,
       .environment = true,
       .also = "stream",
       .keys =
           {
               {.name = "url", .value = text, .required = true, .doc = "sqlite:, postgresql:, mysql:, file:, http(s):"},
               {.name = "password", .value = text, .fallback = "none", .doc = "Always redacted."},
               {.name = "schema", .value = text, .fallback = "none",
                .doc = "DDL file: types, NOT NULL, keys, enums, for lint and inference."},
               {.name = "create", .value = boolean, .fallback = "false",
                .doc = "Apply `schema` when the database is empty."},
               {.name = "pragmas", .shape = kMap, .value = literal, .fallback = "{foreign_keys: on}", .doc = "SQLite."},
               {.name = "auth", .value = block, .block = "auth", .fallback = "none", .doc = "HTTP."},
               {.name = "headers", .shape = kMap, .value = text, .fallback = "{}", .doc = "HTTP; redacted."},
               {.name = "rate", .value = rate, .fallback = "unlimited", .doc = "HTTP: 10/s, 600/min."},
               {.name = "timeout", .value = duration, .fallback = "30s", .doc = "For one request or connect."},
               {.name = "retry", .value = block, .block = "retry",
                .fallback = "{attempts: 5, backoff: 1s, max: 60s}",
                .doc = "Connect errors, deadlocks, HTTP 429/5xx; honours Retry-After."},
               {.name = "session", .shape = kMap, .value = literal, .fallback = "{}",
                .doc = "PostgreSQL, MySQL: SET name = value on every connection (search_path, "
                       "session_replication_role)."},
           }},
      {.name = "stream",
       .title = "a connection or a source",
       .keys =
           {
               {.name = "format", .value = choice,
                .of = "csv | json | ndjson | django | markdown_table | markdown_sections | lines",
                .fallback = "from the file name", .doc = "Files."},
               {.name = "nulls", .shape = kList, .value = text, .fallback = "csv, markdown: ['']; else []",
                .doc = "Texts that mean NULL."},
               {.name = "encoding", .value = text, .fallback = "utf-8", .doc = "Files."},
               {.name = "delimiter", .value = text, .fallback = ",", .doc = "CSV; one or more characters."},
               {.name = "quote", .value = text, .fallback = "\"", .doc = "CSV; empty: none."},
               {.name = "escape", .value = text, .fallback = "the quote", .doc = "CSV."},
               {.name = "header", .value = integer, .fallback = "1",
                .doc = "CSV: the line that holds the names, lines above it are skipped; 0: none, `columns` (a list) "
                       "names the cells in order."},
               {.name = "trim", .value = boolean, .fallback = "false; markdown true",
                .doc = "Cells and char(n) lose outer blanks before `nulls`."},
               {.name = "records", .value = text, .fallback = ".", .doc = "JSON: path of the record list."},
               {.name = "params", .shape = kMap, .value = text, .environment = true, .fallback = "{}",
                .doc = "HTTP query; an entry using ${cursor} is sent only when one is stored."},
               {.name = "paginate", .value = block, .block = "paginate", .fallback = "none", .doc = "HTTP."},
               {.name = "key", .shape = kList, .value = name,
                .fallback = "from DDL primary key; django: pk; else line_number()",
                .doc = "Source columns that identify a row."},
               {.name = "cursor", .value = block, .block = "cursor", .fallback = "none",
                .doc = "Read only rows above the last stored value of this column."},
           }},
      {.name = "auth",
       .title = "auth",
       .exactly_one = "bearer | basic | header | query | oauth2",
       .keys =
           {
               {.name = "bearer", .value = text, .doc = "A token, sent as Authorization: Bearer."},
               {.name = "basic", .value = text, .doc = "user:password."},
               {.name = "header", .shape = kMap, .value = text, .doc = "name: value."},
               {.name = "query", .shape = kMap, .value = text, .doc = "name: value."},
               {.name = "oauth2", .value = block, .block = "oauth2", .doc = "Client credentials."},
           }},
      {.name = "oauth2",
       .title = "oauth2",
       .keys =
           {
               {.name = "token_url", .value = text, .required = true, .doc = "Where tokens are given."},
               {.name = "client_id", .value = text, .required = true, .doc = "Who asks."},
               {.name = "client_secret", .value = text, .required = true, .doc = "Always redacted."},
               {.name = "scope", .value = text, .doc = "What the token is for."},
           }},
      {.name = "retry",
       .title = "retry",
       .short_form = true,
       .keys =
           {
               {.name = "attempts", .value = integer, .fallback = "5", .doc = "How often, the first time included."},
               {.name = "backoff", .value = duration, .fallback = "1s", .doc = "Doubles, with jitter."},
               {.name = "max", .value = duration, .fallback = "60s", .doc = "The longest pause."},
           }},
      {.name = "paginate",
       .title = "paginate",
       .keys =
           {
               {.name = "offset", .value = text, .doc = "Query parameter for the row offset."},
               {.name = "page", .value = text, .doc = "Query parameter for the page number."},
               {.name = "cursor", .value = text, .doc = "Query parameter for the token found at `next`."},
               {.name = "next", .value = text, .doc = "Path of the next token, or of the next URL when alone."},
               {.name = "link", .value = boolean, .fallback = "false", .doc = "Follow the Link header."},
               {.name = "limit", .value = text, .doc = "Query parameter for the page size."},
               {.name = "size", .value = integer, .fallback = "100", .doc = "Page size."},
               {.name = "start", .value = integer, .fallback = "0 (offset), 1 (page)", .doc = "First offset or page."},
               {.name = "until", .value = expression, .fallback = "page shorter than size",
                .doc = "Stop condition on the response."},
           }},
      {.name = "cursor",
       .title = "cursor",
       .short_form = true,
       .keys =
           {
               {.name = "column", .value = name, .required = true, .doc = "A column that only grows."},
               {.name = "lag", .value = text, .fallback = "0s", .doc = "Read this much again, for rows committed late."},
           }},
      {.name = "source",
       .title = "a source",
       .also = "stream",
       .exactly_one = "table | query | path | file",
       .keys =
           {
               {.name = "connection", .value = name, .fallback = "none (files: spec folder)", .doc = "Where it lives."},
               {.name = "table", .value = text,
                .doc = "Database table or file of a folder; exactly one of table, query, path, file."},
               {.name = "query", .value = sql, .doc = "SQL; $param is bound, never pasted."},
               {.name = "path", .value = text, .environment = true, .doc = "HTTP path."},
               {.name = "file", .value = text, .environment = true, .doc = "File or glob, relative to the connection."},
               {.name = "columns", .value = columns, .fallback = "discovered",
                .doc = "Names, or name: header or JSON path; complete when given."},
               {.name = "order", .shape = kList, .value = name, .fallback = "as stored",
                .doc = "For first(), last(), row_number()."},
               {.name = "partition", .value = name, .fallback = "integer primary key",
                .doc = "Split the table for parallel readers."},
               {.name = "level", .value = integer, .fallback = "2",
                .doc = "markdown_sections: heading level of a row; 0: one row per file; keys of YAML front matter are "
                       "columns of type any."},
               {.name = "under", .value = text, .fallback = "whole file",
                .doc = "markdown_table: only tables below this heading."},
               {.name = "fill_down", .shape = kList, .value = name, .fallback = "[]",
                .doc = "NULL takes the value of the row above."},
               {.name = "each", .value = name, .fallback = "none",
                .doc = "HTTP: one request per row of that source; {column} in path and params is its column; its "
                       "columns are readable as parent.name."},
               {.name = "export", .shape = kMap, .value = expression, .fallback = "{}",
                .doc = "Source columns the reverse run cannot derive, as expressions over target columns."},
           }},
      {.name = "lookup",
       .title = "a lookup",
       .exactly_one = "map | file | from | id_map",
       .keys =
           {
               {.name = "map", .shape = kMap, .value = literal,
                .doc = "Inline; exactly one of map, file, from, id_map."},
               {.name = "file", .value = text, .environment = true,
                .doc = "CSV with the columns key, value; or a YAML map."},
               {.name = "from", .value = text, .doc = "Source or connection.table."},
               {.name = "id_map", .value = text, .doc = "spec.table: keys another spec has written."},
               {.name = "key", .value = expression, .fallback = "key",
                .doc = "With file, from: expression over its columns."},
               {.name = "value", .value = name, .fallback = "value",
                .doc = "With file, from: column; without it read name[key].column."},
               {.name = "ignore_case", .value = boolean, .fallback = "false", .doc = "Keys match in any case."},
           }},
      {.name = "table",
       .title = "a table",
       .keys =
           {
               {.name = "description", .value = prose, .doc = "What the table holds."},
               {.name = "from", .value = text, .required = true, .doc = "Source, or connection.table."},
               {.name = "into", .value = text, .fallback = "target.<name>", .doc = "connection.table."},
               {.name = "where", .value = expression, .fallback = "all rows", .doc = "Source rows to take."},
               {.name = "explode", .shape = kMap, .value = expression, .fallback = "none",
                .doc = "name: list; one row per item, item readable as name."},
               {.name = "group_by", .shape = kList, .value = expression, .fallback = "none",
                .doc = "One row per group; other columns only inside aggregates."},
               {.name = "fields", .shape = kMap, .value = block, .block = "field", .fallback = "{}",
                .doc = "Target column: expression, or block; empty = same name."},
               {.name = "rest", .value = choice, .of = "copy | skip", .fallback = "skip",
                .doc = "copy: fill every target column not under fields from the source column of the same name."},
               {.name = "ignore", .shape = kList, .value = name, .fallback = "[]",
                .doc = "Source columns left behind on purpose."},
               {.name = "key", .shape = kList, .value = name, .fallback = "the primary key, when a field fills it",
                .doc = "Target columns that identify a row for on_conflict."},
               {.name = "on_conflict", .value = choice_or_block, .of = "reject | skip | update", .block = "newest",
                .fallback = "settings",
                .doc = "A row with this key exists in the target, or came earlier in the run."},
               {.name = "replace", .value = boolean_or_expression, .fallback = "false",
                .doc = "Empty the table first, in the same transaction; a condition on target columns removes only "
                       "those rows."},
               {.name = "on_missing", .value = choice, .of = "insert | skip | reject", .fallback = "insert",
                .doc = "No row with this key exists in the target; with skip or reject nothing is inserted, found "
                       "rows are updated."},
               {.name = "rows", .value = row_count, .block = "rows", .fallback = "any", .doc = "Rows that must come out."},
               {.name = "check", .shape = kMap, .value = expression, .fallback = "{}",
                .doc = "Sentence: condition on the target row; false rejects it."},
               {.name = "warn", .shape = kMap, .value = expression, .fallback = "{}", .doc = "False is reported."},
               {.name = "abort", .shape = kMap, .value = expression, .fallback = "{}", .doc = "False stops the run."},
               {.name = "needs", .shape = kList, .value = name, .fallback = "derived",
                .doc = "Tables to load first; [ ] references are found without it."},
               {.name = "max_rejects", .value = threshold, .fallback = "settings", .doc = "Count or share."},
           }},
      {.name = "newest",
       .title = "on_conflict",
       .keys = {{.name = "newest", .value = name, .required = true,
                 .doc = "Keep the row with the higher value in this column."}}},
      {.name = "rows",
       .title = "rows",
       .keys =
           {
               {.name = "min", .value = integer, .fallback = "0", .doc = "At least so many."},
               {.name = "max", .value = integer, .fallback = "any", .doc = "At most so many."},
           }},
      {.name = "field",
       .title = "a field",
       .short_form = true,
       .also = "rules",
       .keys =
           {
               {.name = "from", .value = expression_or_null, .fallback = "the column of the same name",
                .doc = "Expression over the source row."},
               {.name = "const", .value = literal, .doc = "A fixed value, taken literally."},
               {.name = "default", .value = literal, .fallback = "from DDL DEFAULT, when NOT NULL",
                .doc = "Used when the result is NULL."},
               {.name = "type", .value = choice, .of = kTypes, .fallback = "from DDL",
                .doc = "Only for targets without DDL."},
               {.name = "sensitive", .value = boolean, .fallback = "false",
                .doc = "Redact in logs, rejects, reports, test output."},
               {.name = "description", .value = prose, .doc = "What the column holds."},
               {.name = "warn", .value = block, .block = "rules", .fallback = "none",
                .doc = "The same rules, reported only."},
               {.name = "abort", .value = block, .block = "rules", .fallback = "none",
                .doc = "The same rules, stop the run."},
           }},
      {.name = "rules",
       .title = "a rule block",
       .keys =
           {
               {.name = "required", .value = boolean, .fallback = "from DDL NOT NULL",
                .doc = "The value may not be NULL."},
               {.name = "unique", .value = boolean, .fallback = "from DDL UNIQUE",
                .doc = "No two written rows share the value."},
               {.name = "min", .value = literal, .fallback = "none", .doc = "value >= this (numbers, dates, times)."},
               {.name = "max", .value = literal, .fallback = "none", .doc = "value <= this."},
               {.name = "min_length", .value = integer, .fallback = "none", .doc = "Characters."},
               {.name = "max_length", .value = integer, .fallback = "from DDL varchar(n)", .doc = "Characters."},
               {.name = "pattern", .value = prose, .fallback = "none", .doc = "RE2, searched: anchor it with ^ and $."},
               {.name = "format", .value = choice, .of = kFormats, .fallback = "none", .doc = "A well-known shape."},
               {.name = "one_of", .shape = kList, .value = literal, .fallback = "from DDL enum or CHECK",
                .doc = "Allowed values."},
               {.name = "past", .value = boolean, .fallback = "false",
                .doc = "Date or time not after the start of the run."},
               {.name = "future", .value = boolean, .fallback = "false",
                .doc = "Date or time not before the start of the run."},
               {.name = "shape", .value = literal, .fallback = "none",
                .doc = "JSON shape: {key: type, key?: type}, [type], any."},
               {.name = "min_items", .value = integer, .fallback = "none", .doc = "List length."},
               {.name = "max_items", .value = integer, .fallback = "none", .doc = "List length."},
               {.name = "exists", .value = text, .fallback = "from DDL REFERENCES",
                .doc = "connection.table.column that must hold the value."},
           }},
      {.name = "settings",
       .title = "settings",
       .environment = true,
       .keys =
           {
               {.name = "on_conflict", .value = choice, .of = "reject | skip | update", .fallback = "reject",
                .doc = "Default for every table."},
               {.name = "max_rejects", .value = threshold, .fallback = "0",
                .doc = "10 rows, or 1% of rows read; above it the run fails."},
               {.name = "atomic", .value = choice, .of = "run | table | batch", .fallback = "run",
                .doc = "What commits together."},
               {.name = "batch", .value = integer, .fallback = "10000", .doc = "Rows per write."},
               {.name = "workers", .value = workers, .fallback = "auto", .doc = "Lanes."},
               {.name = "memory", .value = size, .fallback = "512MB",
                .doc = "For ID maps and duplicate checks before they spill to disk."},
               {.name = "timezone", .value = text, .fallback = "UTC", .doc = "Zone of wall-clock text."},
               {.name = "backup", .value = boolean, .fallback = "when rows may be updated or removed",
                .doc = "Copy the tables to be written, first."},
               {.name = "rollback", .value = boolean, .fallback = "true", .doc = "Write the SQL that undoes the run."},
               {.name = "verify", .value = choice, .of = "counts | sample | full | none", .fallback = "counts",
                .doc = "Re-read the target and compare."},
               {.name = "snapshot", .value = block, .block = "snapshot", .fallback = "none",
                .doc = "Save source rows; --from-snapshot runs from them."},
               {.name = "reports", .value = text, .fallback = "reports/",
                .doc = "One folder per run: summary, rejects, report.json, ID maps, backup, rollback.sql."},
               {.name = "seed", .value = text, .fallback = "spec name", .doc = "For fake() and sampling."},
           }},
      {.name = "snapshot",
       .title = "snapshot",
       .short_form = true,
       .keys =
           {
               {.name = "dir", .value = text, .required = true, .doc = "Folder of the saved rows."},
               {.name = "format", .value = choice, .of = "ndjson | json | csv", .fallback = "ndjson",
                .doc = "With manifest.json: counts and SHA-256."},
           }},
      {.name = "profile",
       .title = "a profile",
       .keys =
           {
               {.name = "params", .shape = kMap, .value = literal, .environment = true, .fallback = "{}",
                .doc = "Values of params."},
               {.name = "connections", .shape = kMap, .value = partial_block, .block = "connection", .fallback = "{}",
                .doc = "Merged key by key."},
               {.name = "settings", .value = block, .block = "settings", .fallback = "{}", .doc = "Merged key by key."},
           }},
      {.name = "hook",
       .title = "a hook",
       .exactly_one = "sql | http",
       .keys =
           {
               {.name = "sql", .value = sql, .doc = "One of sql, http."},
               {.name = "connection", .value = name, .fallback = "target", .doc = "For sql."},
               {.name = "http", .value = text, .environment = true, .doc = "GET this URL."},
               {.name = "expect", .value = integer, .fallback = "200", .doc = "Status."},
           }},
      {.name = "test",
       .title = "a test",
       .keys =
           {
               {.name = "name", .value = prose, .required = true, .doc = "What it shows."},
               {.name = "given", .shape = kMap, .value = given, .required = true,
                .doc = "Source or connection.table: list of rows, or text in the source format."},
               {.name = "expect", .shape = kMap, .value = rows, .fallback = "{}",
                .doc = "Table: rows in order; only the columns written are compared; a value may be a rule block."},
               {.name = "rejects", .shape = kList, .value = block, .block = "reject", .fallback = "[]",
                .doc = "All rejects, in order."},
               {.name = "params", .shape = kMap, .value = literal, .fallback = "{}", .doc = "Values of params."},
               {.name = "now", .value = literal, .fallback = "run start", .doc = "Value of now()."},
           }},
      {.name = "reject",
       .title = "a reject",
       .keys =
           {
               {.name = "table", .value = name, .required = true, .doc = "Table that the row was for."},
               {.name = "field", .value = name, .doc = "Column."},
               {.name = "rule", .value = name, .required = true, .doc = "Rule that it broke."},
           }},
  };
  return table;
}

namespace {

const Key* own_key(const Block& block, std::string_view name) {
  const auto row = std::find_if(block.keys.begin(), block.keys.end(), [name](const Key& key) { return key.name == name; });
  return row == block.keys.end() ? nullptr : &*row;
}

}  // namespace

const Block& block_named(std::string_view name) {
  const auto row = std::find_if(blocks().begin(), blocks().end(), [name](const Block& block) { return block.name == name; });
  assert(row != blocks().end());
  return *row;
}

const Key* find_key(const Block& block, std::string_view name) {
  if (const Key* key = own_key(block, name)) return key;
  return block.also.empty() ? nullptr : own_key(block_named(block.also), name);
}

std::vector<std::string> key_names(const Block& block) {
  std::vector<std::string> names;
  for (const Key& key : block.keys) names.emplace_back(key.name);
  if (block.also.empty()) return names;
  for (const Key& key : block_named(block.also).keys) names.emplace_back(key.name);
  return names;
}

std::string owners_of(std::string_view key) {
  std::vector<std::string_view> titles;
  for (const Block& block : blocks()) {
    const bool shown = block.name != "include" && block.name != "reject";
    if (!shown || own_key(block, key) == nullptr) continue;
    titles.push_back(block.name == "rules" ? block_named("field").title : block.title);
  }
  std::string out;
  for (std::size_t index = 0; index < titles.size(); ++index) {
    out += index == 0 ? "" : index + 1 == titles.size() ? " or " : ", ";
    out += titles[index];
  }
  return out;
}

std::vector<std::string> split_choices(std::string_view choices) {
  std::vector<std::string> items;
  while (!choices.empty()) {
    const std::size_t bar = std::min(choices.find(" | "), choices.size());
    items.emplace_back(choices.substr(0, bar));
    choices.remove_prefix(std::min(bar + 3, choices.size()));
  }
  return items;
}

}  // namespace etl::spec
