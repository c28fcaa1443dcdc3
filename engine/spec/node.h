// A YAML document as a tree: raw scalars (rule 3 of the language), a place on every node, nothing resolved.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/source_text.h"

namespace etl::spec {

struct Member;

struct Node {
  enum class Kind : std::uint8_t { null, scalar, list, map };
  Kind kind = Kind::null;
  bool quoted = false;   // A scalar in quotes, or a block scalar.
  bool written = false;  // A null that was written (`null`, `~`), not left out.
  // Part of the value is missing, and that was reported: an alias, a merge key, a value cut by a comma.
  bool damaged = false;
  std::string text;      // A scalar's text, quotes and folding removed; for a written null its spelling.
  std::string original;  // The text before ${...} was replaced in it; empty when it was not.
  std::vector<Node> items;
  std::vector<Member> members;  // In the order of the file; each key once.
  // A scalar with its quotes, or the `|` of a block scalar; the first character of a list or map; for a value
  // that was left out the key.
  Span at;

  bool is_null() const { return kind == Kind::null; }
  bool is_scalar() const { return kind == Kind::scalar; }
  bool is_list() const { return kind == Kind::list; }
  bool is_map() const { return kind == Kind::map; }

  // The value of a key, or nullptr.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Member {
  std::string key;
  Span key_at;
  Node value;
};

inline const Node* Node::find(std::string_view key) const {
  for (const Member& member : members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

inline Node* Node::find(std::string_view key) { return const_cast<Node*>(static_cast<const Node*>(this)->find(key)); }

}  // namespace etl::spec
