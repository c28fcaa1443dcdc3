#include "engine/base/diagnostic.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace etl {

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

bool continues_character(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

std::size_t count_characters(std::string_view bytes) {
  return bytes.size() - static_cast<std::size_t>(std::count_if(bytes.begin(), bytes.end(), continues_character));
}

// The offset `count` characters behind `at`, at most the end.
std::size_t forward(std::string_view line, std::size_t at, std::size_t count) {
  for (; count > 0 && at < line.size(); --count) {
    for (++at; at < line.size() && continues_character(line[at]);) ++at;
  }
  return at;
}

// The offset `count` characters before `at`, at least 0.
std::size_t backward(std::string_view line, std::size_t at, std::size_t count) {
  for (; count > 0 && at > 0; --count) {
    for (--at; at > 0 && continues_character(line[at]);) --at;
  }
  return at;
}

// What is shown of a source line, and the part of it to mark, in characters.
struct Excerpt {
  std::string_view text;
  bool cut_before = false;
  bool cut_behind = false;
  std::size_t lead = 0;  // Characters before the mark.
  std::size_t mark = 1;  // Characters marked.
};

// The line around the mark: all of it, unless it is very long.
Excerpt excerpt_of(std::string_view line, std::size_t begin, std::size_t end) {
  constexpr std::size_t kWidest = 120;
  constexpr std::size_t kLead = 40;
  const bool fits = line.size() <= kWidest || forward(line, 0, kWidest) == line.size();
  const std::size_t first = fits ? 0 : std::min(backward(line, begin, kLead), backward(line, line.size(), kWidest));
  const std::size_t last = fits ? line.size() : forward(line, first, kWidest);
  Excerpt excerpt{line.substr(first, last - first), first > 0, last < line.size(), 0, 1};
  excerpt.lead = count_characters(line.substr(first, begin - first));
  end = std::min(end, last);
  if (end > begin) excerpt.mark = count_characters(line.substr(begin, end - begin));
  return excerpt;
}

// Control characters would move the terminal's cursor away.
std::string printable(std::string_view text) {
  std::string out{text};
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
  std::replace_if(out.begin(), out.end(), is_control, ' ');
  return out;
}

// Messages hold names as they were written, and a name may be anything.
std::string one_line(std::string text) {
  constexpr std::size_t kLongest = 1000;
  if (text.size() > kLongest) text = text.substr(0, forward(text, 0, kLongest / 4)) + "...";
  return printable(text);
}

std::string render_excerpt(const Span& span, std::uint32_t line_number) {
  const std::string_view line = span.source->line(line_number);
  const std::uint32_t start = span.source->line_start(line_number);
  const std::size_t begin = std::min<std::size_t>(span.begin - start, line.size());
  const Excerpt excerpt = excerpt_of(line, begin, std::max(span.begin, span.end) - start);
  constexpr std::string_view kCut = "...";
  const std::string_view before = excerpt.cut_before ? kCut : "";
  const std::string number = std::to_string(line_number);
  return fmt::format("  {} | {}{}{}\n  {:{}} | {:{}}{:^>{}}\n", number, before, printable(excerpt.text),
                     excerpt.cut_behind ? kCut : "", "", number.size(), "", excerpt.lead + before.size(), "",
                     excerpt.mark);
}

}  // namespace

void Diagnostics::add(Code code, const Span& at, std::string message, std::string help) {
  Diagnostic diagnostic{code, at, one_line(std::move(message)), one_line(std::move(help))};
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
  std::size_t margin = 4;
  if (diagnostic.at) {
    const auto line = diagnostic.at.source->position(diagnostic.at.begin).line;
    out += render_excerpt(diagnostic.at, line);
    margin = 3 + std::to_string(line).size();
  }
  if (!diagnostic.help.empty()) out += fmt::format("{:{}}= {}\n", "", margin, diagnostic.help);
  return out;
}

}  // namespace etl
