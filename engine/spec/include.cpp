#include "engine/spec/include.h"

#include <fmt/format.h>

#include <filesystem>
#include <unordered_map>

#include "engine/base/error.h"
#include "engine/spec/mapping.h"
#include "engine/spec/yaml.h"

namespace etl::spec {

namespace {

namespace fs = std::filesystem;

class Includer {
 public:
  Includer(Node& spec, Check& check, Diagnostics& diagnostics)
      : spec_{spec}, check_{check}, diagnostics_{diagnostics} {}

  std::vector<SourceTextPtr> run(const Node& include) {
    if (include.is_scalar()) add_file(include);
    for (const Node& item : include.items) {
      if (item.is_scalar()) add_file(item);
    }
    return std::move(texts_);
  }

 private:
  // Names of one section that are taken, and where. What the spec itself defines was first.
  using Names = std::unordered_map<std::string, Span>;

  void add_file(const Node& item) {
    const auto text = read(item);
    if (!text) return;
    texts_.push_back(text);
    auto document = parse_yaml(text, diagnostics_);
    if (!document) return;
    static const Block& included = block_named("include");
    Node& root = document->root;
    if (!root.is_map()) {
      diagnostics_.add(110, root.at, fmt::format("an included file is a block of keys, not {}", describe(root)));
      return;
    }
    if (root.find("version") == nullptr) diagnostics_.add(112, root.at, "an included file needs version", "version: 1");
    for (Member& section : root.members) {
      if (find_key(included, section.key) == nullptr) {
        refuse(section, included);
      } else {
        add_section(section, *find_key(included, section.key));
      }
    }
  }

  void refuse(const Member& section, const Block& included) {
    if (find_key(block_named("spec"), section.key) == nullptr) return check_.unknown_key(section, included);
    diagnostics_.add(111, section.key_at, fmt::format("{} is not a key of an included file", section.key),
                     "an included file holds params, connections, lookups, converters, profiles");
  }

  SourceTextPtr read(const Node& item) {
    const auto path = fs::path{item.at.source->name()}.parent_path() / item.text;
    try {
      return read_file(path.generic_string());
    } catch (const Error& error) {
      diagnostics_.add(120, item.at, error.what(), "paths are relative to the file they are written in");
      return nullptr;
    }
  }

  void add_section(Member& section, const Key& key) {
    if (key.shape != Shape::map || !section.value.is_map()) {
      check_.value(section.value, key, {section.key, section.key_at});  // version, description, or no map at all.
      return;
    }
    Node& own = section_of(section);
    if (!own.is_map()) return;
    Names& names = names_of(section.key, own);
    for (Member& entry : section.value.members) {
      const auto [first, is_new] = names.try_emplace(entry.key, entry.key_at);
      if (is_new) {
        own.members.push_back(std::move(entry));
      } else {
        diagnostics_.add(121, first->second, fmt::format("{} is defined twice", entry.key),
                         "also in " + to_string(entry.key_at));
      }
    }
  }

  Node& section_of(const Member& section) {
    if (Node* own = spec_.find(section.key)) {
      if (own->is_null()) own->kind = Node::Kind::map;
      return *own;
    }
    Node map;
    map.kind = Node::Kind::map;
    map.at = section.value.at;
    spec_.members.push_back({section.key, section.key_at, std::move(map)});
    return spec_.members.back().value;
  }

  Names& names_of(const std::string& section, const Node& own) {
    const auto [names, is_new] = sections_.try_emplace(section);
    if (is_new) {
      for (const Member& member : own.members) names->second.emplace(member.key, member.key_at);
    }
    return names->second;
  }

  Node& spec_;
  Check& check_;
  Diagnostics& diagnostics_;
  std::unordered_map<std::string, Names> sections_;
  std::vector<SourceTextPtr> texts_;
};

}  // namespace

std::vector<SourceTextPtr> include_files(Node& spec, Check& check, Diagnostics& diagnostics) {
  const Node* include = spec.find("include");
  if (include == nullptr) return {};
  const Node files = *include;  // Sections are added to the spec while its files are read.
  return Includer{spec, check, diagnostics}.run(files);
}

}  // namespace etl::spec
