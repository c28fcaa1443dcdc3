// Reads YAML 1.2 as far as the language allows it (language.md, section 3).
#pragma once

#include <optional>

#include "engine/base/diagnostic.h"
#include "engine/spec/node.h"

namespace etl::spec {

struct YamlDocument {
  Node root;
  bool refused = false;  // It holds something of E102 to E105; the tree still has all that could be read.
};

// Reads one document. Reports what section 3 refuses: text that is not YAML (E101), duplicate keys (E102), anchors,
// aliases, merge keys and tags (E103), a second document (E104), commas that split an expression (E105). Nothing
// when the text is not YAML at all.
std::optional<YamlDocument> parse_yaml(const SourceTextPtr& source, Diagnostics& diagnostics);

}  // namespace etl::spec
