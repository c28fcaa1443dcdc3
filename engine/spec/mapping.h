// A mapping as written: typed, complete, every value with its place; no behaviour.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/base/secret.h"
#include "engine/base/source_text.h"
#include "engine/spec/expression.h"

namespace etl::spec {

// Something written, and where.
template <class T>
struct At {
  T value{};
  Span at;
};

// Entries in the order of the file. An expression among them that did not parse is nullptr.
template <class T>
using Entries = std::vector<std::pair<At<std::string>, T>>;

// A literal: its raw text (rule 3: the place of use gives the type), a YAML null, or a list or map of literals.
struct Literal {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;  // A scalar in quotes.
  std::string text;
  std::vector<Literal> items;
  struct Entry;  // A std::pair asks for its size before Literal is complete, which Clang refuses.
  std::vector<Entry> members;
  Span at;
};
struct Literal::Entry {
  At<std::string> name;
  Literal value;
};

// SQL, and the connection it runs on (empty: the place's default).
struct Sql {
  At<std::string> text;
  At<std::string> connection;
};

// Rules as written: name and literal, in order. The names are checked against rules/catalog.h by plan.
using RulesSpec = Entries<Literal>;

struct ParamSpec {
  At<std::string> type;
  std::optional<Literal> fallback;  // `default`.
  bool secret = false;
  std::string description;
  RulesSpec rules;
  Span at;  // Its block, or its type in the short form.
};

// What may be given for it: "date, required", "int, default 10", "text, secret".
std::string to_string(const ParamSpec& param);

struct AuthSpec {
  std::string kind;  // bearer, basic, header, query, oauth2.
  // bearer, basic: one entry of that name; header, query: name and value; oauth2: its keys.
  Entries<At<std::string>> settings;
  Span at;
};

struct RetrySpec {
  int attempts = 5;
  std::string backoff = "1s";
  std::string max = "60s";
};

struct PaginateSpec {
  std::string offset, page, cursor, next, limit;
  bool link = false;
  int size = 100;
  std::optional<int> start;
  ExpressionPtr until;
  Span at;
};

struct CursorSpec {
  At<std::string> column;
  std::string lag;
};

// The options that a connection gives and a source may override.
struct FormatSpec {
  std::optional<At<std::string>> format;
  std::optional<std::vector<At<std::string>>> nulls;
  std::optional<At<std::string>> encoding, delimiter, quote, escape, records;
  std::optional<At<int>> header;
  std::optional<bool> trim;
  // ${cursor}, ${cursor:-text} and $${ still stand in the values, for the reader that sends them.
  std::optional<Entries<At<std::string>>> params;
  std::optional<PaginateSpec> paginate;
  std::optional<std::vector<At<std::string>>> key;
  std::optional<CursorSpec> cursor;
};

struct ConnectionSpec {
  At<std::string> url;      // After ${...}.
  std::string written_url;  // Before it, for messages and the dialect (hard-parts.md 30).
  Secret password;
  std::optional<At<std::string>> schema;  // Path as written, relative to the file it stands in.
  bool create = false;
  Entries<Literal> pragmas;
  Entries<Literal> session;
  std::optional<AuthSpec> auth;
  Entries<At<std::string>> headers;
  std::string rate, timeout = "30s";
  RetrySpec retry;
  FormatSpec format;
  Span at;  // The name.
};

struct ColumnsSpec {
  std::vector<At<std::string>> names;            // In order.
  std::vector<std::optional<std::string>> from;  // Header or JSON path of each, when given as a map.
};

struct SourceSpec {
  At<std::string> connection;
  std::optional<At<std::string>> table, path, file;
  std::optional<Sql> query;
  std::optional<ColumnsSpec> columns;
  std::vector<At<std::string>> order;
  std::optional<At<std::string>> partition;
  int level = 2;
  std::string under;
  std::vector<At<std::string>> fill_down;
  std::optional<At<std::string>> each;
  Entries<ExpressionPtr> exports;
  FormatSpec format;
  Span at;
};

struct LookupSpec {
  std::optional<Entries<Literal>> map;
  std::optional<At<std::string>> file, from, id_map;
  ExpressionPtr key;
  std::optional<At<std::string>> value;
  bool ignore_case = false;
  Span at;
};

struct FieldSpec {
  At<std::string> column;
  // At most one of the two; neither: the source column of the same name.
  ExpressionPtr from;
  bool from_failed = false;  // `from` was written but did not parse: say nothing more about it.
  std::optional<Literal> constant;
  std::optional<Literal> fallback;  // `default`.
  std::optional<At<std::string>> type;
  bool sensitive = false;
  std::string description;
  RulesSpec rules, warn, abort;
  Span at;
};

enum class OnConflict : std::uint8_t { reject, skip, update, newest };
enum class OnMissing : std::uint8_t { insert, skip, reject };

// 10 rows, or a share of the rows read.
struct Threshold {
  double amount = 0;  // Rows, or 0.01 for 1%.
  bool share = false;
};

// A sentence and its condition; `condition` is nullptr when it did not parse.
struct SentenceSpec {
  At<std::string> sentence;
  ExpressionPtr condition;
};

struct TableSpec {
  At<std::string> name;
  std::string description;
  At<std::string> from;
  std::optional<At<std::string>> into;
  ExpressionPtr where;
  Entries<ExpressionPtr> explode;
  std::vector<ExpressionPtr> group_by;  // nullptr: did not parse.
  std::vector<FieldSpec> fields;
  bool rest_copy = false;
  Span rest_at;
  std::vector<At<std::string>> ignore;
  std::vector<At<std::string>> key;
  std::optional<OnConflict> on_conflict;
  At<std::string> newest;  // Column, with OnConflict::newest.
  Span on_conflict_at;
  bool replace = false;
  ExpressionPtr replace_where;
  Span replace_at;
  OnMissing on_missing = OnMissing::insert;
  Span on_missing_at;
  std::optional<std::int64_t> min_rows, max_rows;
  std::vector<SentenceSpec> check, warn, abort;
  std::vector<At<std::string>> needs;
  std::optional<Threshold> max_rejects;
};

struct SettingsSpec {
  std::optional<OnConflict> on_conflict;
  Threshold max_rejects;
  std::string atomic = "run";
  std::int64_t batch = 10'000;
  std::optional<int> workers;                       // Empty: auto.
  std::uint64_t memory = std::uint64_t{512} << 20;  // Bytes.
  At<std::string> timezone{"UTC", {}};
  std::optional<bool> backup;
  bool rollback = true;
  At<std::string> verify{"counts", {}};
  std::string snapshot_dir, snapshot_format;
  std::string reports = "reports/";  // Relative to the working directory.
  std::optional<std::string> seed;
  // Keys that were written, with their places, for "not available yet".
  Entries<Span> written;
};

struct HookSpec {
  std::optional<Sql> sql;
  At<std::string> http;
  int expect = 200;
  Span at;
};

struct TestSpec {
  At<std::string> name;
  // Rows as lists of maps, or a block of text in the source's own format.
  struct Given {
    At<std::string> source;
    std::optional<Literal> rows;
    std::optional<At<std::string>> text;
  };
  std::vector<Given> given;
  Entries<Literal> expect;  // Table: list of maps.
  std::optional<Literal> rejects;
  Entries<Literal> params;
  std::optional<Literal> now;
  Span at;
};

struct Mapping {
  SourceTextPtr text;
  std::vector<SourceTextPtr> included;  // The files under `include`, in order.
  std::string path;                     // As given.
  std::string profile;                  // As given; "" without.
  At<std::string> name;  // `name:`, else the file's name without extension (then `at` is empty).
  std::string description;
  Entries<ParamSpec> params;
  Entries<ConnectionSpec> connections;
  Entries<SourceSpec> sources;
  Entries<LookupSpec> lookups;
  Entries<ExpressionPtr> converters;  // A pipeline on `it`: `trim | squeeze` has `it` as its first argument.
  std::vector<TableSpec> tables;
  Entries<Sql> check, warn;
  std::vector<HookSpec> before, after;
  SettingsSpec settings;
  std::vector<TestSpec> tests;
  // Values of params after defaults, profile and --param: raw texts. Absent: not given and no default.
  std::map<std::string, Literal> param_values;
};

// What the caller brings: --param, --profile, the environment.
struct ParseOptions {
  std::map<std::string, std::string> params;
  std::string profile;
  // Lint does not look at the environment: ${NAME} without a default stays as it is and is no error.
  bool resolve_environment = true;
};

// Reads a mapping and the files that it includes. Every finding goes to `diagnostics`. What can be read is kept
// whatever else is wrong; nothing only when the text is not the YAML of the language (E101 to E105, E110 for the
// whole) or `tables` is missing altogether.
std::optional<Mapping> parse_mapping(const SourceTextPtr& text, const ParseOptions& options, Diagnostics& diagnostics);

// True for names like `password_hash` or `api_token`: one of their words is a secret's.
bool looks_secret(std::string_view name);

// Reads a whole file. Throws Error (environment) when it cannot be read.
SourceTextPtr read_file(const std::string& path);

}  // namespace etl::spec
