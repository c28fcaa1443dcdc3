#include "engine/spec/mapping.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <unordered_set>

#include "engine/base/error.h"
#include "engine/base/suggest.h"
#include "engine/spec/check.h"
#include "engine/spec/environment.h"
#include "engine/spec/include.h"
#include "engine/spec/part.h"
#include "engine/spec/read.h"
#include "engine/spec/text_map.h"
#include "engine/spec/values.h"
#include "engine/spec/yaml.h"

namespace etl::spec {

namespace {

// Takes a section out of the tree; a section that is not there is empty.
Node take_section(Node& root, std::string_view key) {
  const auto is_section = [key](const Member& member) { return member.key == key; };
  const auto found = std::find_if(root.members.begin(), root.members.end(), is_section);
  Node section;
  if (found == root.members.end()) return section;
  section = std::move(found->value);
  root.members.erase(found);
  return section;
}

std::vector<std::string> names_in(const Node& map) {
  std::vector<std::string> names;
  for (const Member& member : map.members) names.push_back(member.key);
  return names;
}

const Key& spec_key(std::string_view name) { return *find_key(block_named("spec"), name); }

// Puts the members of `over` in place of those of `base`, key by key.
void overlay(Node& base, const Node& over) {
  for (const Member& member : over.members) {
    if (Node* own = base.find(member.key)) {
      *own = member.value;
    } else {
      base.members.push_back(member);
    }
  }
}

// A connection in its long form: {url: ...}.
void lengthen(Node& connection) {
  if (!connection.is_scalar()) return;
  Node map;
  map.kind = Node::Kind::map;
  map.at = connection.at;
  map.members.push_back({"url", connection.at, connection});
  connection = std::move(map);
}

class MappingReader {
 public:
  MappingReader(const SourceTextPtr& text, const ParseOptions& options, bool parts, Diagnostics& diagnostics)
      : text_{text},
        parts_{parts},
        options_{options},
        diagnostics_{diagnostics},
        environment_{options.resolve_environment, diagnostics},
        check_{environment_, diagnostics} {}

  std::optional<Mapping> read() {
    auto document = parse_yaml(text_, diagnostics_);
    if (!document) return std::nullopt;
    Node& root = document->root;
    if (!root.is_map()) {
      if (!document->refused) {
        diagnostics_.add(110, root.at, fmt::format("a spec is a block of keys, not {}", describe(root)),
                         "version: 1 and tables: are the least it holds");
      }
      return std::nullopt;
    }
    mapping_.included = include_files(root, check_, diagnostics_);
    const Node profiles = check_profiles(root);
    read_params(root, profiles);
    apply_profile(root, profiles);
    const bool part = is_part(root, profiles);
    check_.block(root, block_named(part ? "include" : "spec"), {"the spec", root.at});
    environment_.report_missing();
    if (part && !parts_) {
      diagnostics_.add(112, root.at, "this file has no tables: it is a part for other mappings",
                       fmt::format("name it in a mapping: include: {}", text_->name()));
    }
    if (root.find("tables") == nullptr && !(part && parts_)) return std::nullopt;
    read_sections(root);
    if (document->refused) return std::nullopt;
    return std::move(mapping_);
  }

 private:
  // Whether the file holds what an included file may hold, and nothing else.
  bool is_part(const Node& root, const Node& profiles) const {
    static const Block& included = block_named("include");
    const auto fits = [](const Member& member) { return find_key(included, member.key) != nullptr; };
    const bool holds_section = profiles.is_map() || !mapping_.params.empty() || std::ranges::any_of(root.members, [](const Member& member) {
      return member.key != "version" && member.key != "description" && find_key(included, member.key) != nullptr;
    });
    return holds_section && std::ranges::all_of(root.members, fits);
  }

  // ---- profiles

  // Reports what is wrong with any of them; gives them as they were written.
  Node check_profiles(Node& root) {
    Node profiles = take_section(root, "profiles");
    Environment none{false, diagnostics_};  // Those that are not in use need nothing from the environment.
    Node copy = profiles;
    if (!copy.is_null() || copy.at) Check{none, diagnostics_}.value(copy, spec_key("profiles"), {"profiles", copy.at});
    for (const Member& profile : copy.members) {
      const Node* connections = profile.value.find("connections");
      for (const Member& connection : connections == nullptr ? std::vector<Member>{} : connections->members) {
        warn_of_written_secrets(connection.value, diagnostics_);
      }
    }
    return profiles;
  }

  const Node* chosen(const Node& profiles) const {
    return options_.profile.empty() ? nullptr : profiles.find(options_.profile);
  }

  void apply_profile(Node& root, const Node& profiles) {
    if (options_.profile.empty()) return;
    const Node* profile = chosen(profiles);
    if (profile == nullptr) {
      diagnostics_.add(111, profiles.at, fmt::format("there is no profile {}", options_.profile),
                       did_you_mean(options_.profile, names_in(profiles)));
      return;
    }
    if (const Node* settings = profile->find("settings")) overlay(own_map(root, "settings", *settings), *settings);
    const Node* connections = profile->find("connections");
    if (connections == nullptr) return;
    Node& own = own_map(root, "connections", *connections);
    for (const Member& member : connections->members) overlay_connection(own, member);
  }

  static Node& own_map(Node& root, const std::string& key, const Node& like) {
    if (root.find(key) == nullptr) root.members.push_back({key, like.at, {}});
    Node& own = *root.find(key);
    if (own.is_null()) {
      own.kind = Node::Kind::map;
      own.at = like.at;
    }
    return own;
  }

  static void overlay_connection(Node& connections, Member member) {
    lengthen(member.value);
    Node* own = connections.find(member.key);
    if (own == nullptr) {
      connections.members.push_back(std::move(member));
      return;
    }
    lengthen(*own);
    overlay(*own, member.value);
  }

  // ---- params

  void read_params(Node& root, const Node& profiles) {
    Node params = take_section(root, "params");
    if (params.is_null() && !params.at) params.kind = Node::Kind::map;
    Node no_params;
    const Node* profile = chosen(profiles);
    Node profile_params =
        profile != nullptr && profile->find("params") != nullptr ? *profile->find("params") : no_params;
    if (!params.is_map()) {
      Node copy = params;
      check_.value(copy, spec_key("params"), {"params", params.at});
    }
    for (Member& member : params.members) read_param_of(member, profile_params);
    refuse_undeclared(params, profile_params);
  }

  void read_param_of(Member& member, Node& profile_params) {
    refuse_bad_name(member);
    check_.block(member.value, block_named("param"), {member.key, member.key_at});
    ParamSpec spec = read_param(member.value);
    const bool known = spec.fallback && !is_unresolved(*spec.fallback);
    if (spec.fallback && !known) spec.fallback.reset();
    if (spec.secret && known) warn_of_written_default(member);
    Node* from_profile = profile_params.find(member.key);
    const auto given = options_.params.find(member.key);
    if (given != options_.params.end()) {
      mapping_.param_values[member.key] = given_value(spec, *given, member);
    } else if (from_profile != nullptr) {
      if (from_profile->is_scalar()) environment_.replace(*from_profile);
      mapping_.param_values[member.key] = to_literal(*from_profile);
    } else if (spec.fallback) {
      mapping_.param_values[member.key] = *spec.fallback;
    }
    declare(member.key, spec.secret);
    mapping_.params.push_back({{member.key, member.key_at}, std::move(spec)});
  }

  // Lint knows no environment: such a default is known only when the mapping runs.
  bool is_unresolved(const Literal& literal) const {
    return !options_.resolve_environment && literal.text.find("${") != std::string::npos;
  }

  void warn_of_written_default(const Member& member) {
    const Node& value = *member.value.find("default");
    if (!value.is_scalar() || !value.original.empty() || value.text.empty()) return;
    diagnostics_.add(501, value.at, fmt::format("the value of the secret param {} is written in the spec", member.key),
                     "use ${VAR} or ${file:/run/secrets/...}");
  }

  Literal given_value(const ParamSpec& spec, const std::pair<const std::string, std::string>& given,
                      const Member& member) {
    if (spec.secret) {
      diagnostics_.add(
          113, member.key_at, fmt::format("{} is secret: it is never given on the command line", given.first),
          fmt::format("write {}: {{type: {}, secret: true, default: \"${{VAR}}\"}}", given.first, spec.type.value));
    }
    Literal literal;
    literal.kind = Literal::Kind::scalar;
    literal.quoted = true;
    literal.text = given.second;
    return literal;
  }

  void declare(const std::string& name, bool is_secret) {
    const auto value = mapping_.param_values.find(name);
    const bool has_text = value != mapping_.param_values.end() && value->second.kind == Literal::Kind::scalar;
    environment_.declare(name, has_text ? std::optional{value->second.text} : std::nullopt);
    if (is_secret && has_text && options_.resolve_environment) register_secret(value->second.text);
  }

  std::string listed_params() const {
    std::vector<std::string> all;
    for (const auto& [name, spec] : mapping_.params) all.push_back(fmt::format("{} ({})", name.value, to_string(spec)));
    return all.empty() ? "it has none" : fmt::format("it has {}", fmt::join(all, ", "));
  }

  void refuse_undeclared(const Node& params, const Node& profile_params) {
    const auto names = names_in(params);
    for (const auto& [name, value] : options_.params) {
      if (params.find(name) != nullptr) continue;
      const std::string meant = did_you_mean(name, names);
      diagnostics_.add(302, params.at, fmt::format("--param {}: the spec has no such param", name),
                       meant.empty() ? listed_params() : meant);
    }
    for (const Member& member : profile_params.members) {
      if (params.find(member.key) != nullptr) continue;
      diagnostics_.add(302, member.key_at, fmt::format("no param {}", member.key), did_you_mean(member.key, names));
    }
  }

  void refuse_bad_name(const Member& member) {
    if (is_identifier(member.key)) return;
    diagnostics_.add(113, member.key_at, fmt::format("{} is not a name that expressions can use", member.key),
                     "write letters, digits and _, a letter first");
  }

  void refuse_dotted_name(const Member& member) {
    if (member.key.find('.') == std::string::npos) return;
    diagnostics_.add(113, member.key_at, fmt::format("the connection {} has a dot in its name", member.key),
                     "the dot stands between connection and table");
  }

  // ---- sections

  void read_sections(const Node& root) {
    const ReadContext context{diagnostics_, options_.resolve_environment};
    mapping_.text = text_;
    mapping_.path = text_->name();
    mapping_.profile = options_.profile;
    mapping_.name = text_of(root, "name", std::filesystem::path{text_->name()}.stem().string());
    mapping_.description = text_of(root, "description").value;
    for_each(root, "connections", [&](const Member& member) {
      refuse_dotted_name(member);
      mapping_.connections.push_back({{member.key, member.key_at}, read_connection(member, context)});
    });
    for_each(root, "sources", [&](const Member& member) {
      mapping_.sources.push_back({{member.key, member.key_at}, read_source(member, context)});
    });
    for_each(root, "lookups", [&](const Member& member) {
      refuse_bad_name(member);
      mapping_.lookups.push_back({{member.key, member.key_at}, read_lookup(member, context)});
    });
    for_each(root, "converters", [&](const Member& member) { read_converter(member); });
    for_each(root, "tables", [&](const Member& member) { mapping_.tables.push_back(read_table(member, context)); });
    read_run_sections(root);
    refuse_shared_names();
  }

  void read_run_sections(const Node& root) {
    mapping_.check = sql_entries(root, "check");
    mapping_.warn = sql_entries(root, "warn");
    mapping_.before = read_hooks(root, "before");
    mapping_.after = read_hooks(root, "after");
    if (const Node* settings = root.find("settings")) mapping_.settings = read_settings(*settings);
    if (const Node* tests = root.find("tests")) {
      for (const Node& test : tests->items) mapping_.tests.push_back(read_test(test));
    }
  }

  template <class Visit>
  static void for_each(const Node& root, std::string_view section, Visit visit) {
    const Node* map = root.find(section);
    if (map == nullptr) return;
    for (const Member& member : map->members) visit(member);
  }

  void read_converter(const Member& member) {
    refuse_bad_name(member);
    const Node& text = member.value;
    ExpressionPtr expression = text.damaged ? nullptr : parse_converter(text.text, TextMap::of(text), diagnostics_);
    mapping_.converters.push_back({{member.key, member.key_at}, std::move(expression)});
  }

  // `x[key]` could not tell a table from a lookup of its name.
  void refuse_shared_names() {
    std::unordered_set<std::string_view> tables;
    for (const TableSpec& table : mapping_.tables) tables.insert(table.name.value);
    for (const auto& [name, lookup] : mapping_.lookups) {
      if (!tables.contains(name.value)) continue;
      diagnostics_.add(123, name.at, fmt::format("{} is the name of a table and of a lookup", name.value),
                       "rename the lookup");
    }
  }

  const SourceTextPtr& text_;
  const bool parts_;  // Included files are read by themselves too.
  const ParseOptions& options_;
  Diagnostics& diagnostics_;
  Environment environment_;
  Check check_;
  Mapping mapping_;
};

}  // namespace

std::string to_string(const ParamSpec& param) {
  const std::string type = param.type.value + (param.secret ? ", secret" : "");
  if (!param.fallback) return type + ", required";
  const bool shown = !param.secret && param.fallback->kind == Literal::Kind::scalar;
  return type + (shown ? ", default " + param.fallback->text : ", with a default");
}

std::optional<Mapping> parse_mapping(const SourceTextPtr& text, const ParseOptions& options, Diagnostics& diagnostics) {
  return MappingReader{text, options, false, diagnostics}.read();
}

std::optional<Mapping> parse_mapping_or_part(const SourceTextPtr& text, const ParseOptions& options,
                                             Diagnostics& diagnostics) {
  return MappingReader{text, options, true, diagnostics}.read();
}

SourceTextPtr read_file(const std::string& path) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  constexpr std::uintmax_t kLargest = std::uintmax_t{1} << 30;
  constexpr std::uintmax_t kLargestStream = std::uintmax_t{1} << 26;  // Of a pipe or a device, which may never end.
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (std::filesystem::is_directory(path)) {
    throw Error{Error::Kind::environment, fmt::format("{} is a folder, not a file", path)};
  }
  if (!error && size > kLargest) throw Error{Error::Kind::environment, fmt::format("{} is larger than 1 GB", path)};
  errno = 0;
  std::ifstream file{path, std::ios::binary};
  if (!file) throw Error{Error::Kind::environment, fmt::format("cannot read {}: {}", path, std::strerror(errno))};
  const std::uintmax_t most = std::filesystem::is_regular_file(path, error) ? kLargest : kLargestStream;
  std::string bytes;
  for (std::array<char, 1 << 16> piece{}; file.read(piece.data(), piece.size()) || file.gcount() > 0;) {
    bytes.append(piece.data(), static_cast<std::size_t>(file.gcount()));
    if (bytes.size() <= most) continue;
    throw Error{Error::Kind::environment, fmt::format("{} gives more than {} MB", path, most >> 20)};
  }
  if (file.bad()) throw Error{Error::Kind::environment, fmt::format("cannot read {}", path)};
  if (bytes.starts_with(kByteOrderMark)) bytes.erase(0, kByteOrderMark.size());
  return std::make_shared<const SourceText>(path, std::move(bytes));
}

}  // namespace etl::spec
