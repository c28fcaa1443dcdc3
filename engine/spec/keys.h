// Every key of the language (language.md, sections 4 and 7) in one table: the reader, the messages about unknown
// keys, the reference pages and the JSON Schema are driven by it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace etl::spec {

// How one value is written.
enum class ValueKind : std::uint8_t {
  text,                   // Any scalar, as its characters.
  prose,                  // Text for people: never looked into.
  name,                   // The name of something.
  integer,                // A whole number, 0 or more, without leading zeros.
  boolean,                // true or false.
  choice,                 // One of `of`.
  choice_or_block,        // One of `of`, or a block `block`.
  threshold,              // A count (50) or a share (1%).
  duration,               // 500ms, 30s, 5m, 1h, 1d.
  rate,                   // 10/s, 600/min, 1000/h.
  size,                   // 512MB.
  workers,                // A whole number, or auto.
  literal,                // Anything; its type comes from where it is used.
  expression,             // language.md, section 5.
  expression_or_null,     // The same; null is a value of its own.
  boolean_or_expression,  // true, false, or a condition.
  sql,                    // SQL, or {sql: ..., connection: ...}.
  sql_text,               // SQL; ${...} is refused.
  columns,                // A list of names, or a map of name: header or path.
  row_count,              // A whole number, or a block `block`.
  given,                  // A list of rows, or text in the source's own format.
  rows,                   // A list of rows.
  block,                  // A block `block`.
  partial_block,          // The same; no key is required.
};

enum class Shape : std::uint8_t { one, list, map };

struct Key {
  std::string_view name;
  Shape shape = Shape::one;  // A bare item stands for a list of one.
  ValueKind value = ValueKind::text;
  std::string_view of = {};     // Choices, "csv | json".
  std::string_view block = {};  // The block's name.
  bool required = false;
  bool environment = false;        // ${...} is replaced in it.
  std::string_view fallback = {};  // The default, as the reference shows it.
  std::string_view doc = {};
};

struct Block {
  std::string_view name;              // "connection".
  std::string_view title;             // "a connection".
  bool short_form = false;            // A scalar stands for the block that has only its first key.
  bool environment = false;           // ${...} is replaced in all that stands below it.
  std::string_view also = {};         // A block whose keys this one takes too.
  std::string_view exactly_one = {};  // Keys of which one must be written: "sql | http".
  std::vector<Key> keys = {};
};

const std::vector<Block>& blocks();
// REQUIRES: the name of a row of `blocks()`.
const Block& block_named(std::string_view name);
// A key of the block or of its `also`; nullptr when there is none.
const Key* find_key(const Block& block, std::string_view name);
// Its keys, those of `also` included, in the order of the table.
std::vector<std::string> key_names(const Block& block);
// "format belongs to a field": the blocks that have such a key, "" when none has it.
std::string owners_of(std::string_view key);
// The items of "a | b | c".
std::vector<std::string> split_choices(std::string_view choices);

}  // namespace etl::spec
