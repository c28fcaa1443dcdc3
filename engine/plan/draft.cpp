#include "engine/plan/draft.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <set>
#include <vector>

#include "engine/converters/function.h"
#include "engine/spec/mapping.h"

namespace etl::plan {

namespace {

using schema::Column;
using schema::Table;

// "AlbumId", "album_id" and "ALBUM-ID" are the same name.
std::string plain(std::string_view name) {
  std::string out;
  for (const char letter : name) {
    const auto code = static_cast<unsigned char>(letter);
    if (std::isalnum(code) != 0 || code >= 0x80) out += static_cast<char>(std::tolower(code));
  }
  return out;
}

std::string singular(std::string name) {
  const auto ends = [&](std::string_view end) { return name.size() > end.size() + 1 && name.ends_with(end); };
  if (ends("ies")) return name.substr(0, name.size() - 3) + "y";
  if (ends("sses") || ends("xes") || ends("ches") || ends("shes")) return name.substr(0, name.size() - 2);
  if (ends("s") && !ends("ss")) name.pop_back();
  return name;
}

// Without what many schemas put around every name.
std::string bare_table(std::string name) {
  for (const std::string_view prefix : {"tbl", "tb"}) {
    if (name.size() > prefix.size() + 2 && name.starts_with(prefix)) return singular(name.substr(prefix.size()));
  }
  for (const std::string_view suffix : {"table", "tbl"}) {
    if (name.size() > suffix.size() + 2 && name.ends_with(suffix)) {
      return singular(name.substr(0, name.size() - suffix.size()));
    }
  }
  return singular(std::move(name));
}

std::string bare_column(const std::string& name, const std::string& table) {
  std::string out = name;
  if (out.size() > table.size() && out.starts_with(table)) out.erase(0, table.size());
  for (const std::string_view suffix : {"datetime", "date", "time", "at", "on", "id", "number", "no"}) {
    if (out.size() > suffix.size() + 2 && out.ends_with(suffix)) return out.substr(0, out.size() - suffix.size());
  }
  return out;
}

// How alike two names are: 0 the same, more is less; nothing when they are not.
std::optional<int> table_distance(const Table& source, const Table& target) {
  if (source.name == target.name) return 0;
  const std::string left = plain(source.name);
  const std::string right = plain(target.name);
  if (left == right) return 1;
  if (singular(left) == singular(right)) return 2;
  if (bare_table(left) == bare_table(right)) return 3;
  return std::nullopt;
}

std::optional<int> column_distance(const Table& from, const Column& source, const Table& into, const Column& target) {
  if (source.name == target.name) return 0;
  const std::string left = plain(source.name);
  const std::string right = plain(target.name);
  if (left == right) return 1;
  if (singular(left) == singular(right)) return 2;
  const std::string source_table = singular(plain(from.name));
  const std::string target_table = singular(plain(into.name));
  if (source_table + left == right || left == target_table + right) return 3;
  if (bare_column(left, source_table) == bare_column(right, target_table)) return 4;
  return std::nullopt;
}

// Whether an expression can name the column.
bool is_name(std::string_view name) {
  static constexpr std::array<std::string_view, 16> kKeywords = {"and",  "or",   "not",  "in",   "is",   "like",  "between", "case",
                                                                 "when", "then", "else", "end",  "null", "true",  "false",   "row"};
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name.front())) != 0) return false;
  const bool letters = std::ranges::all_of(
      name, [](unsigned char letter) { return std::isalnum(letter) != 0 || letter == '_' || letter >= 0x80; });
  std::string lower{name};
  std::ranges::transform(lower, lower.begin(), [](unsigned char letter) { return std::tolower(letter); });
  return letters && std::ranges::find(kKeywords, lower) == kKeywords.end();
}

// A name as a YAML scalar: quoted where YAML would read something else.
std::string yaml(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kWords = {"null", "true", "false", "yes", "no", "on", "off", "~"};
  if (is_name(name) && std::ranges::find(kWords, name) == kWords.end()) return std::string{name};
  std::string out = "'";
  for (const char letter : name) out += letter == '\'' ? std::string{"''"} : std::string{letter};
  return out + "'";
}

struct ColumnMatch {
  const Column* source = nullptr;
  const Column* target = nullptr;
  int distance = 0;
};

struct TableMatch {
  const Table* source = nullptr;
  const Table* target = nullptr;
  std::vector<ColumnMatch> columns;  // In the target's order.

  const Column* source_of(std::string_view column) const {
    const auto found = std::ranges::find_if(columns, [&](const ColumnMatch& match) { return match.target->name == column; });
    return found == columns.end() ? nullptr : found->source;
  }
};

// Pairs each of `targets` with the nearest of `sources`, nearest pairs first; no source is taken twice.
template <class Source, class Target, class Distance>
std::vector<std::tuple<const Source*, const Target*, int>> pair_up(const std::vector<Source>& sources,
                                                                   const std::vector<Target>& targets,
                                                                   Distance distance) {
  std::set<const Source*> taken;
  std::set<const Target*> done;
  std::vector<std::tuple<const Source*, const Target*, int>> pairs;
  for (int wanted = 0; wanted <= 4; ++wanted) {
    for (const Target& target : targets) {
      for (const Source& source : sources) {
        if (done.contains(&target) || taken.contains(&source) || distance(source, target) != wanted) continue;
        taken.insert(&source);
        done.insert(&target);
        pairs.emplace_back(&source, &target, wanted);
      }
    }
  }
  std::ranges::sort(pairs, {}, [](const auto& pair) { return std::get<1>(pair); });
  return pairs;
}

bool is_made(const Column& column) {
  return column.default_sql || column.default_literal || column.default_is_now || column.serial || column.generated ||
         column.identity != Column::Identity::none;
}

bool is_key_of(const Table& table, std::string_view column) {
  const schema::UniqueKey* key = table.primary_key();
  return key && key->columns.size() == 1 && key->columns.front() == column;
}

struct Written {
  std::string value;
  std::string decide = {};  // "": nothing to decide.
  bool constant = false;    // A literal and no expression.
};

// What a NOT NULL column holds as long as nobody said better.
Written placeholder(const Column& column) {
  const std::string why = fmt::format("nothing of the source fills {}, which is NOT NULL", column.name);
  if (!column.type.labels.empty() && !column.type.array) return {yaml(column.type.labels.front()), why, true};
  if (!column.one_of.empty()) return {yaml(column.one_of.front()), why, true};
  switch (column.type.type) {
    case Type::integer:
    case Type::decimal:
    case Type::float64: return {"0", why, true};
    case Type::boolean: return {"false", why, true};
    case Type::uuid: return {"uuid4()", why};
    case Type::timestamptz: return {"now()", why};
    case Type::timestamp: return {"'1970-01-01 00:00:00'", why, true};
    case Type::date: return {"'1970-01-01'", why, true};
    case Type::time: return {"'00:00:00'", why, true};
    case Type::json: return {"{}", why, true};
    case Type::list: return {"[]", why, true};
    default: return {"''", why, true};
  }
}

class Draft {
 public:
  Draft(const DraftEnd& source, const DraftEnd& target) : source_{source}, target_{target} { match(); }

  std::string text(const std::string& name) {
    std::string out = "version: 1\n";
    out += fmt::format("name: {}\n", yaml(name));
    out += "# A draft. Lines with DECIDE ask for a decision; then: etl lint, etl preview, etl plan --scan.\n\n";
    out += "connections:\n";
    append_connection("source", source_, out);
    append_connection("target", target_, out);
    out += matches_.empty() ? "\n# DECIDE: no table of the source is like one of the target\ntables: {}\n" : "\ntables:\n";
    for (std::size_t i = 0; i < matches_.size(); ++i) {
      if (i > 0) out += '\n';
      append_table(matches_[i], out);
    }
    append_leftovers(out);
    return out;
  }

 private:
  void match() {
    const auto distance = [](const Table& source, const Table& target) {
      return source.is_view || target.is_view ? std::nullopt : table_distance(source, target);
    };
    for (const auto& [source, target, ignored] : pair_up(source_.catalog.tables, target_.catalog.tables, distance)) {
      TableMatch match{.source = source, .target = target, .columns = {}};
      const auto near = [&, from = source, into = target](const Column& left, const Column& right) -> std::optional<int> {
        if (right.generated) return std::nullopt;
        const auto how = column_distance(*from, left, *into, right);
        // Only a copy can carry a name that no expression can say.
        return is_name(left.name) || how == 0 ? how : std::nullopt;
      };
      for (const auto& [left, right, how] : pair_up(source->columns, target->columns, near)) {
        match.columns.push_back({left, right, how});
      }
      matches_.push_back(std::move(match));
    }
  }

  static void append_connection(std::string_view name, const DraftEnd& end, std::string& out) {
    out += fmt::format("  {}:\n    url: {}\n", name, end.url);
    if (end.has_password) {
      std::string variable{name};
      std::ranges::transform(variable, variable.begin(), [](unsigned char letter) { return std::toupper(letter); });
      out += fmt::format("    password: ${{{}_PASSWORD}}\n", variable);
    }
    if (!end.schema_path.empty()) out += fmt::format("    schema: {}\n", end.schema_path);
  }

  const TableMatch* written_to(std::string_view table) const {
    const auto found = std::ranges::find_if(matches_, [&](const TableMatch& match) { return match.target->name == table; });
    return found == matches_.end() ? nullptr : &*found;
  }

  // Whether t[key] of this table can be answered: its source rows have a key of one column, and its own key is filled.
  static bool can_be_referred_to(const TableMatch& match) {
    const schema::UniqueKey* from = match.source->primary_key();
    const schema::UniqueKey* into = match.target->primary_key();
    if (!from || !into || from->columns.size() != 1 || into->columns.size() != 1) return false;
    const Column* key = match.target->column(into->columns.front());
    return key && (match.source_of(key->name) || is_made(*key));
  }

  // The table that a column refers to, when its rows come with this mapping.
  const TableMatch* parent_of(const TableMatch& match, const Column& column) const {
    for (const schema::ForeignKey& key : match.target->foreign_keys) {
      if (key.columns.size() != 1 || key.columns.front() != column.name) continue;
      const TableMatch* parent = written_to(key.table);
      if (parent && can_be_referred_to(*parent) && is_key_of(*parent->target, key.target_columns.front())) return parent;
    }
    return nullptr;
  }

  Written expression(const TableMatch& match, const ColumnMatch& pair) const {
    const std::string& name = pair.source->name;
    const Type from = pair.source->type.type;
    const Type to = pair.target->type.type;
    if (const TableMatch* parent = parent_of(match, *pair.target)) {
      if (is_name(parent->target->name)) return {fmt::format("{}[{}]", parent->target->name, name)};
    }
    if (to == Type::uuid && from == Type::integer) {
      if (is_key_of(*match.target, pair.target->name)) return {fmt::format("uuid5({})", name)};
      return {fmt::format("uuid5({})", name), fmt::format("{} is a number and {} a UUID", name, pair.target->name)};
    }
    return convert(name, from, to, *pair.target);
  }

  static Written convert(const std::string& name, Type from, Type to, const Column& target) {
    using converters::Convertible;
    const Convertible how = converters::convertible_by_itself(from, to);
    if (how == Convertible::always || how == Convertible::may_fail) return {name};
    const std::string why = fmt::format("{} is {} and {} is {}", name, etl::name(from), target.name, target.type.declared);
    if (from == Type::float64 && to == Type::decimal) {
      return {fmt::format("{} | decimal | round({})", name, target.type.scale.value_or(6)), why + ": digits may be lost"};
    }
    if (to == Type::float64) return {fmt::format("{} | float", name), why + ": digits may be lost"};
    if (to == Type::integer && is_number(from)) return {fmt::format("{} | round | int", name), why + ": it is rounded"};
    if (from == Type::timestamptz && to == Type::timestamp) {
      return {fmt::format("{} | to_zone('UTC')", name), why + ": in which zone?"};
    }
    if (from == Type::integer && (to == Type::timestamptz || to == Type::timestamp || to == Type::date)) {
      const std::string instant = fmt::format("from_unix({})", name);
      const std::string unit = why + ": seconds since 1970, or 'ms'?";
      if (to == Type::timestamptz) return {instant, unit};
      return {fmt::format("{} | to_zone('UTC'){}", instant, to == Type::date ? " | date" : ""), unit};
    }
    const converters::RunContext anywhere;
    if (converters::conversion(from, to, anywhere)) return {fmt::format("{} | {}", name, etl::name(to)), why};
    Written none = target.not_null ? placeholder(target) : Written{"null", "", true};
    none.decide = why + ": nothing converts it";
    return none;
  }

  static void append_field(const std::string& name, const Written& written, std::string& out) {
    const bool sensitive = spec::looks_secret(name);
    const std::string comment = written.decide.empty() ? "" : fmt::format("  # DECIDE: {}", written.decide);
    if (sensitive && !(written.constant && written.value == "null")) {
      out += fmt::format("      {}:{}\n        {}: {}\n        sensitive: true\n", yaml(name), comment,
                         written.constant ? "const" : "from", written.value);
    } else if (written.constant && written.value != "null") {
      out += fmt::format("      {}: {{const: {}}}{}\n", yaml(name), written.value, comment);
    } else {
      out += fmt::format("      {}: {}{}\n", yaml(name), written.value, comment);
    }
  }

  // Whether `rest: copy` does the same.
  bool is_copy(const TableMatch& match, const ColumnMatch& pair) const {
    if (pair.distance != 0 || spec::looks_secret(pair.target->name)) return false;
    const Written written = expression(match, pair);
    return written.value == pair.source->name && written.decide.empty();
  }

  void append_table(const TableMatch& match, std::string& out) const {
    out += fmt::format("  {}:\n    from: {}\n", yaml(match.target->name), yaml_source(*match.source));
    std::set<const Column*> used;
    std::string fields;
    bool copies = false;
    for (const Column& column : match.target->columns) {
      const auto pair = std::ranges::find(match.columns, &column, &ColumnMatch::target);
      if (pair == match.columns.end()) {
        if (column.not_null && !is_made(column)) append_field(column.name, placeholder(column), fields);
        if (!column.not_null && !column.generated) {
          fields += fmt::format("      # {}: nothing of the source is like it; it stays NULL\n", column.name);
        }
        continue;
      }
      used.insert(pair->source);
      if (is_copy(match, *pair)) {
        copies = true;
        continue;
      }
      Written written = expression(match, *pair);
      const bool keys = is_key_of(*match.target, column.name) && is_key_of(*match.source, pair->source->name);
      if (pair->distance >= 3 && !keys && written.decide.empty()) written.decide = fmt::format("is {} the same?", pair->source->name);
      // A column that is not read is left behind.
      if (written.constant) used.erase(pair->source);
      append_field(column.name, written, fields);
    }
    if (copies) out += "    rest: copy\n";
    const bool any = std::ranges::any_of(lines(fields), [](std::string_view line) { return line.find("#") != 6; });
    if (any) out += "    fields:\n";
    out += fields;
    append_ignored(match, used, out);
  }

  static std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> all;
    while (!text.empty()) {
      const std::size_t end = text.find('\n');
      all.push_back(text.substr(0, end));
      text.remove_prefix(std::min(text.size(), end + 1));
    }
    return all;
  }

  // "source.Album", quoted as a whole where the name needs it.
  static std::string yaml_source(const Table& table) {
    const std::string name = "source." + (table.schema.empty() || table.schema == "public" ? table.name : table.schema + "." + table.name);
    return is_name(table.name) ? name : yaml(name);
  }

  static void append_ignored(const TableMatch& match, const std::set<const Column*>& used, std::string& out) {
    std::vector<std::string> ignored;
    const schema::UniqueKey* key = match.source->primary_key();
    for (const Column& column : match.source->columns) {
      const bool in_key = key && std::ranges::find(key->columns, column.name) != key->columns.end();
      if (!used.contains(&column) && !in_key) ignored.push_back(yaml(column.name));
    }
    if (ignored.empty()) return;
    out += fmt::format("    ignore: [{}]  # DECIDE: nothing in {} is like {}\n", fmt::join(ignored, ", "), match.target->name,
                       ignored.size() == 1 ? "it" : "them");
  }

  void append_leftovers(std::string& out) const {
    std::vector<std::string> sources;
    std::vector<std::string> targets;
    for (const Table& table : source_.catalog.tables) {
      const bool taken = std::ranges::find(matches_, &table, &TableMatch::source) != matches_.end();
      if (!taken && !table.is_view) sources.push_back(table.name);
    }
    for (const Table& table : target_.catalog.tables) {
      if (!written_to(table.name) && !table.is_view) targets.push_back(table.name);
    }
    if (!sources.empty() || !targets.empty()) out += '\n';
    if (!sources.empty()) out += fmt::format("# DECIDE: no table of the target is like {}\n", fmt::join(sources, ", "));
    if (!targets.empty()) out += fmt::format("# DECIDE: no table of the source is like {}\n", fmt::join(targets, ", "));
  }

  const DraftEnd& source_;
  const DraftEnd& target_;
  std::vector<TableMatch> matches_;
};

}  // namespace

std::string draft_mapping(const std::string& name, const DraftEnd& source, const DraftEnd& target) {
  return Draft{source, target}.text(name);
}

}  // namespace etl::plan
