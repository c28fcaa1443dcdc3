// Holds a tree against the table of keys, and brings it into its long form.
#pragma once

#include "engine/base/diagnostic.h"
#include "engine/spec/environment.h"
#include "engine/spec/keys.h"
#include "engine/spec/node.h"

namespace etl::spec {

// Whose block it is: its name, and the place where a missing key is reported.
struct Owner {
  std::string name;
  Span at;
};

// Reports blocks that are none (E110), unknown keys (E111), missing keys (E112), values of the wrong kind (E113), null
// among texts (E114), and keys of which exactly one must stand (E122); replaces ${...} where it may stand.
//
// Afterwards the tree holds only keys of the table, with values of their kind, in long form: a block is a map (also
// where a scalar stood for its first key or where it was left empty), a list is a list, SQL is a block `sql`. What was
// wrong is left out. Two things stay as they were written: a field that is null, and damaged expressions.
class Check {
 public:
  Check(Environment& environment, Diagnostics& diagnostics) : environment_{environment}, diagnostics_{diagnostics} {}

  // False when the node is no such block at all; it is then empty.
  bool block(Node& node, const Block& block, const Owner& owner);
  // A map of such blocks, or whatever the key holds. False when it is to be left out.
  bool value(Node& node, const Key& key, const Owner& owner);
  // Reports a key that the block does not have.
  void unknown_key(const Member& member, const Block& block);

 private:
  struct Context {
    bool replaces = false;  // ${...} is replaced here.
    bool partial = false;   // No key is required.
    bool cursor = false;    // ${cursor} stays.
  };
  bool block(Node& node, const Block& block, const Owner& owner, Context context);
  bool as_map(Node& node, const Block& block, const Owner& owner);
  void members(Node& node, const Block& block, const Owner& owner, Context context);
  void required(const Node& node, const Block& block, const Owner& owner, const Context& context);
  void exactly_one(const Node& node, const Block& block, const Owner& owner);
  bool value(Node& node, const Key& key, const Owner& owner, Context context);
  bool list(Node& node, const Key& key, const Owner& owner, const Context& context);
  bool map(Node& node, const Key& key, const Owner& owner, const Context& context);
  bool one(Node& node, const Key& key, const Owner& owner, const Context& context);
  bool scalar(Node& node, const Key& key, const Owner& owner, const Context& context);
  bool characters(Node& node, const Key& key, const Owner& owner, const Context& context);
  bool choice(const Node& node, const Key& key, const Owner& owner);
  bool literal(Node& node, const Context& context);
  bool columns(Node& node, const Key& key, const Owner& owner, const Context& context);
  bool rows(Node& node, const Owner& owner);
  void torn_items(Node& list);
  bool wrong(const Node& node, const Owner& owner, std::string_view wanted, std::string help = {});

  Environment& environment_;
  Diagnostics& diagnostics_;
};

// "a list", "a block", "nothing", or the scalar itself.
std::string describe(const Node& node);

}  // namespace etl::spec
