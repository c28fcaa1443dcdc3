// PostgreSQL's own parser and scanner (libpg_query 15): parse trees and tokens of SQL text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace etl::schema::pg {

// A node of the parse tree. Field names are those of PostgreSQL's src/include/nodes/parsenodes.h; fields that are
// zero, false or empty are absent from the tree, and reading them gives an empty node.
class Node {
 public:
  // A field of an object; an empty node when it is absent.
  const Node& operator[](std::string_view field) const;
  // Members of a list; empty for anything else.
  const std::vector<Node>& items() const { return items_; }

  // Nodes of the tree are wrapped in their type: {"ColumnRef": {...}}. "" when this is no such wrapper.
  std::string_view kind() const;
  // What the wrapper holds. REQUIRES: !kind().empty().
  const Node& body() const { return fields_.front().second; }

  explicit operator bool() const { return !text_.empty() || !items_.empty() || !fields_.empty() || present_; }
  const std::string& text() const { return text_; }  // Of strings; digits of numbers; "true".
  int number() const;                                // 0 when absent.
  bool truth() const { return text_ == "true"; }

  // The last name of a list of String nodes: {"pg_catalog", "int4"} gives "int4"; the first of two as schema.
  std::string last_name() const;
  std::string schema_name() const;
  // Calls `visit` with each node directly below.
  template <class Visit>
  void for_each(const Visit& visit) const {
    for (const Node& item : items_) visit(item);
    for (const auto& [name, field] : fields_) visit(field);
  }
  // The text of a {"String": {"sval": ...}} wrapper.
  const std::string& string() const;

 private:
  friend class TreeBuilder;
  std::string text_;
  std::vector<Node> items_;
  std::vector<std::pair<std::string, Node>> fields_;
  bool present_ = false;  // {} stands in the tree: a constant zero, for instance.
};

struct Statement {
  Node tree;  // A wrapper: tree.kind() is "CreateStmt".
  std::uint32_t begin = 0;
  std::uint32_t end = 0;  // Without the semicolon.
};

struct Fault {
  std::string message;       // PostgreSQL's own words: syntax error at or near "x".
  std::uint32_t offset = 0;  // In bytes.
};

struct Parsed {
  std::vector<Statement> statements;
  std::optional<Fault> fault;  // Then there are no statements: the parser stops at the first.
};

// With `without_rows` the trees of INSERT statements are left empty: a dump can hold very many.
Parsed parse(std::string_view sql, bool without_rows = false);

// The tree of one expression, and nothing when it is none.
std::optional<Node> parse_expression(std::string_view sql);

struct Token {
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  // Comments are tokens too; a single character is its own code; anything else is above 255.
  int kind = 0;
  bool is_comment = false;
};
// Nothing when the text cannot be cut into tokens (an unclosed string).
std::optional<std::vector<Token>> scan(std::string_view sql);

// `text` without blanks and comments at its ends.
std::string_view trim(std::string_view text);

}  // namespace etl::schema::pg
