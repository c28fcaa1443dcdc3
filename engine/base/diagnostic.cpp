#include "engine/base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace etl {

const std::vector<CodeInfo>& diagnostic_codes() {
  static const std::vector<CodeInfo> table = {
      {101, "not YAML"},
      {102, "duplicate key"},
      {103, "anchor, alias or tag"},
      {104, "second document"},
      {105, "comma that splits an expression"},
      {110, "block expected"},
      {111, "unknown key"},
      {112, "missing key"},
      {113, "wrong kind of value"},
      {114, "null among texts"},
      {115, "from and const together"},
      {120, "missing file"},
      {121, "name defined twice"},
      {122, "exactly one of several keys"},
      {123, "table and lookup of one name"},
      {201, "expression syntax"},
      {202, "${...} in an expression"},
      {203, "operator after a pipe"},
      {204, "foreign operator"},
      {205, "comparison with null"},
      {301, "unknown column"},
      {302, "unknown param"},
      {303, "unknown lookup, table or source"},
      {304, "number of key values"},
      {305, "reference to an exploded table"},
      {306, "unknown function"},
      {307, "number of arguments"},
      {308, "key that is no secret param"},
      {309, "bad constant argument"},
      {310, "column that is not grouped"},
      {311, "aggregate outside groups"},
      {320, "argument of the wrong type"},
      {321, "branches of different types"},
      {322, "comparison of different types"},
      {323, "rule that does not fit the type"},
      {324, "min above max"},
      {325, "literal that does not fit the column"},
      {330, "unknown target table"},
      {331, "unknown source table"},
      {332, "unknown target column"},
      {333, "type that does not become the column's"},
      {334, "value that is not in the enum"},
      {335, "source column without a home"},
      {336, "NOT NULL column that nothing fills"},
      {340, "cycle of tables"},
      {401, "environment"},
      {402, "lookup that is not unique"},
      {403, "constant lookup that fails"},
      {404, "live schema that differs"},
      {501, "password in the spec"},
      {502, "unknown columns"},
      {503, "pattern that is not anchored"},
      {504, "value that looks secret"},
      {505, "key without a unique index"},
      {506, "unused column"},
      {507, "unused source"},
      {508, "unused param"},
      {509, "digits that may be lost"},
  };
  return table;
}

namespace {

std::string code_name(const Diagnostic& diagnostic) {
  return fmt::format("{}{}", diagnostic.severity() == Severity::error ? 'E' : 'W', diagnostic.code);
}

// True when the line says `# etl-lint: ignore W506` (several codes: with commas or blanks between).
bool is_silenced(const Diagnostic& diagnostic) {
  if (!diagnostic.at || diagnostic.severity() == Severity::error) return false;
  constexpr std::string_view kMark = "# etl-lint: ignore";
  const auto position = diagnostic.at.source->position(diagnostic.at.begin);
  const std::string_view line = diagnostic.at.source->line(position.line);
  const std::size_t mark = line.find(kMark);
  if (mark == std::string_view::npos) return false;
  const std::string code = code_name(diagnostic);
  const std::string_view codes = line.substr(mark + kMark.size());
  const std::size_t found = codes.find(code);
  return found != std::string_view::npos && (found + code.size() == codes.size() ||
                                             std::isalnum(static_cast<unsigned char>(codes[found + code.size()])) == 0);
}

// The characters (code points) of a line, for counting columns.
std::vector<std::string_view> characters(std::string_view line) {
  std::vector<std::string_view> all;
  for (std::size_t at = 0; at < line.size();) {
    std::size_t end = at + 1;
    while (end < line.size() && (static_cast<unsigned char>(line[end]) & 0xC0U) == 0x80U) ++end;
    all.push_back(line.substr(at, end - at));
    at = end;
  }
  return all;
}

// A source line and the part of it to mark, in characters: [begin, end).
struct Excerpt {
  std::vector<std::string_view> line;
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string_view before, behind;  // "..." where the line was cut.
};

constexpr std::size_t kWidestLine = 120;
constexpr std::string_view kCut = "...";

// Keeps the part of a long line around the mark.
void cut(Excerpt& excerpt) {
  if (excerpt.line.size() <= kWidestLine) return;
  constexpr std::size_t kLead = 40;
  const std::size_t last_start = excerpt.line.size() - std::min(excerpt.line.size(), kWidestLine);
  const std::size_t first = std::min(excerpt.begin > kLead ? excerpt.begin - kLead : 0, last_start);
  const std::size_t past = std::min(first + kWidestLine, excerpt.line.size());
  if (first > 0) excerpt.before = kCut;
  if (past < excerpt.line.size()) excerpt.behind = kCut;
  excerpt.line = {excerpt.line.begin() + static_cast<std::ptrdiff_t>(first),
                  excerpt.line.begin() + static_cast<std::ptrdiff_t>(past)};
  excerpt.begin -= first;
  excerpt.end = std::min(excerpt.end - first, excerpt.line.size());
}

Excerpt excerpt_of(const Span& span, const SourceText::Position& start) {
  Excerpt excerpt{characters(span.source->line(start.line)), start.column - 1, 0, {}, {}};
  const auto stop = span.source->position(std::max(span.begin, span.end));
  excerpt.end = stop.line == start.line ? stop.column - 1 : excerpt.line.size();
  cut(excerpt);
  excerpt.end = std::max(excerpt.end, excerpt.begin + 1);
  return excerpt;
}

// Control characters would move the terminal's cursor away.
std::string printable(const std::vector<std::string_view>& line) {
  std::string out;
  for (const std::string_view character : line) {
    const bool control =
        character.size() == 1 && (static_cast<unsigned char>(character[0]) < 0x20 || character[0] == 0x7F);
    out += control ? std::string_view{" "} : character;
  }
  return out;
}

std::string render_excerpt(const Span& span) {
  const auto start = span.source->position(span.begin);
  const Excerpt excerpt = excerpt_of(span, start);
  const std::string number = std::to_string(start.line);
  return fmt::format("  {} | {}{}{}\n  {:{}} | {:{}}{:^>{}}\n", number, excerpt.before, printable(excerpt.line),
                     excerpt.behind, "", number.size(), "", excerpt.begin + excerpt.before.size(), "",
                     excerpt.end - excerpt.begin);
}

}  // namespace

void Diagnostics::add(Code code, const Span& at, std::string message, std::string help) {
  Diagnostic diagnostic{code, at, std::move(message), std::move(help)};
  if (is_silenced(diagnostic)) return;
  const void* source = at.source.get();
  if (!seen_.insert(fmt::format("{} {} {} {}", source, at.begin, code, diagnostic.message)).second) return;
  if (diagnostic.severity() == Severity::error) ++error_count_;
  all_.push_back(std::move(diagnostic));
}

std::vector<Diagnostic> Diagnostics::sorted() const {
  std::vector<Diagnostic> sorted = all_;
  const auto file = [](const Diagnostic& diagnostic) {
    return diagnostic.at ? std::string_view{diagnostic.at.source->name()} : std::string_view{};
  };
  std::stable_sort(sorted.begin(), sorted.end(), [&file](const Diagnostic& a, const Diagnostic& b) {
    if (file(a) != file(b)) return file(a) < file(b);
    if (a.at.begin != b.at.begin) return a.at.begin < b.at.begin;
    return a.code < b.code;
  });
  return sorted;
}

std::string render(const Diagnostic& diagnostic) {
  const std::string place = to_string(diagnostic.at);
  std::string out = fmt::format("{}{}{}[{}]: {}\n", place, place.empty() ? "" : ": ",
                                diagnostic.severity() == Severity::error ? "error" : "warning", code_name(diagnostic),
                                diagnostic.message);
  std::size_t margin = 3;
  if (diagnostic.at) {
    out += render_excerpt(diagnostic.at);
    margin = 3 + std::to_string(diagnostic.at.source->position(diagnostic.at.begin).line).size();
  }
  if (!diagnostic.help.empty()) out += fmt::format("{:{}}= {}\n", "", margin, diagnostic.help);
  return out;
}

}  // namespace etl
