// SQLite's SQL cut into tokens, and what its catalogue does not tell about a CREATE TABLE.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/schema/catalog.h"

namespace etl::schema {

struct SqliteToken {
  enum class Kind : std::uint8_t { word, quoted, string, number, blob, parameter, symbol };
  Kind kind = Kind::symbol;
  std::string_view text;    // As written.
  std::uint32_t begin = 0;  // In the text that was cut.

  std::uint32_t end() const { return begin + static_cast<std::uint32_t>(text.size()); }
  bool is(std::string_view word) const;  // Case is ignored; `word` in upper case.
};
// Rules of sqlite.org/lang_keywords.html and src/tokenize.c; blanks and comments are left out. An unclosed quote
// ends with the text.
std::vector<SqliteToken> sqlite_tokens(std::string_view sql);

// The name that a word or quoted word means: "a ""b""", [a b], `a`.
std::string unquoted(const SqliteToken& token);
// The value of a literal (a string, a number with its sign, x'..' as \x..), nothing for any other expression.
std::optional<std::string> sqlite_constant(std::string_view expression);

// What the text of a CREATE TABLE says beyond the pragmas.
struct CreateTableText {
  struct Place {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  struct Reference {
    std::string name;
    bool deferrable = false;
    bool initially_deferred = false;
  };
  std::string table;
  Place at;
  std::vector<std::pair<std::string, Place>> columns;
  std::map<std::string, std::string> generated;  // Column to expression.
  std::vector<Check> checks;
  std::vector<Reference> references;  // In the order of the text.
};
// Nothing when `sql` is no CREATE TABLE with columns in parentheses.
std::optional<CreateTableText> read_create_table(std::string_view sql);

// The column and the values of CHECK (column IN (...)).
std::optional<std::pair<std::string, std::vector<std::string>>> sqlite_one_of(std::string_view check);

}  // namespace etl::schema
