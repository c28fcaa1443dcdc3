#include "engine/spec/yaml_faults.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace etl::spec {

namespace {

// The YAML reader's words, and ours.
constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kWords = {{
    {"end of map flow not found", "expected a comma or }"},
    {"end of sequence flow not found", "expected a comma or ]"},
    {"end of map not found", "expected a key of the block above"},
    {"end of sequence not found", "expected - as in the list above"},
    {"illegal map value", "a colon and a blank inside a value"},
    {"illegal block entry", "a list starts inside a value"},
    {"unexpected character in block scalar", "expected the end of the line behind | or >"},
    {"the referenced anchor is not defined", "* stands for a YAML alias"},
    {"bad file", "nested too deeply"},
    {"illegal tab when looking for indentation", "a tab indents this line"},
}};

std::string in_our_words(std::string_view message) {
  for (const auto& [theirs, ours] : kWords) {
    if (message == theirs) return std::string{ours};
  }
  return std::string{message};
}

// The line of a fault, and where its first value starts: behind "key: " and "- ".
struct Line {
  std::string_view text;
  std::uint32_t begin = 0;  // In the source.
  std::size_t fault = 0;    // In `text`.
  std::size_t value = 0;

  char at_fault() const { return fault < text.size() ? text[fault] : '\0'; }
  char at_value() const { return value < text.size() ? text[value] : '\0'; }
};

std::size_t value_start(std::string_view text) {
  std::size_t at = std::min(text.find_first_not_of(" \t"), text.size());
  while (text.substr(at).starts_with("- ")) at = std::min(text.find_first_not_of(' ', at + 2), text.size());
  const std::size_t colon = text.find(": ", at);
  if (colon == std::string_view::npos || text.find_first_of("'\"{[", at) < colon) return at;
  return std::min(text.find_first_not_of(' ', colon + 2), text.size());
}

Line line_of(const SourceText& source, std::uint32_t at) {
  const auto number = source.position(at).line;
  Line line{source.line(number), source.line_start(number), 0, 0};
  line.fault = std::min<std::size_t>(at - line.begin, line.text.size());
  line.value = value_start(line.text);
  return line;
}

constexpr std::string_view kQuoteTheWhole = R"(an expression that starts with ' must be quoted as a whole: "'a' || b")";

// What to write when a value starts with a character that YAML keeps for itself.
std::string remedy_for_start(const Line& line) {
  const char first = line.at_value();
  const bool behind = line.fault > line.value;
  if (first == '\'' && behind) return std::string{kQuoteTheWhole};
  if (first == '"' && behind) return R"(write text as 'a' and quote the whole expression: "'a' || b")";
  if ((first == '[' || first == '{') && behind)
    return fmt::format("a value that starts with {} must be quoted as a whole", first);
  if (first != '\0' && std::string_view{"@`%*&!|>"}.find(first) != std::string_view::npos) {
    return fmt::format("a value that starts with {} must be quoted", first);
  }
  return {};
}

std::string remedy_in_flow(const SourceText& source, const YamlFault& fault, const Line& line) {
  const std::string_view braces = fault.open->is_map ? "{ }" : "[ ]";
  const char found = line.at_fault();
  if (found == '{' && line.fault > 0 && line.text[line.fault - 1] == '$') {
    return fault.open->is_map ? R"(inside { } quote it: {url: "${VAR}"})" : R"(inside [ ] quote it: ["${VAR}"])";
  }
  const std::size_t before = line.text.substr(0, line.fault).find_last_not_of(' ');
  if (before != std::string_view::npos && (line.text[before] == '\'' || line.text[before] == '"')) {
    return std::string{kQuoteTheWhole};
  }
  if (found == '[' || found == '{' || found == '\'' || found == '"') {
    return fmt::format("inside {} a value with {} must be quoted as a whole: {{from: \"roles[role]\"}}", braces, found);
  }
  return fmt::format("the {} of line {} is not closed", fault.open->is_map ? '{' : '[',
                     source.position(fault.open->begin).line);
}

std::string remedy(const SourceText& source, const YamlFault& fault) {
  const Line line = line_of(source, fault.at);
  if (fault.open) return remedy_in_flow(source, fault, line);
  if (fault.message == "illegal map value") {
    const bool has_value = line.value > 0 && line.fault > line.value &&
                           line.text.substr(0, line.value).find(": ") != std::string_view::npos;
    return has_value ? "quote a value that holds \": \"" : "check the indentation: the line above already has a value";
  }
  std::string help = remedy_for_start(line);
  if (help.empty() && fault.message.starts_with("end of ")) help = "check the indentation of this line";
  return help;
}

// The place of a tab that indents the line of the fault, or the end of the source.
std::optional<std::uint32_t> indenting_tab(const SourceText& source, std::uint32_t at) {
  const Line line = line_of(source, at);
  const std::size_t content = std::min(line.text.find_first_not_of(" \t"), line.text.size());
  const std::size_t tab = line.text.substr(0, content).find('\t');
  if (tab == std::string_view::npos) return std::nullopt;
  return line.begin + static_cast<std::uint32_t>(tab);
}

// The end of an expression that starts at `begin`: where its brackets are closed, within the line.
std::uint32_t expression_end(const SourceText& source, std::uint32_t begin) {
  const Line line = line_of(source, begin);
  int open = 0;
  char quote = '\0';
  for (std::size_t at = line.fault; at < line.text.size(); ++at) {
    const char c = line.text[at];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '(' || c == '[') {
      ++open;
    } else if ((c == ')' || c == ']') && --open == 0) {
      return line.begin + static_cast<std::uint32_t>(at) + 1;
    }
  }
  return line.begin + static_cast<std::uint32_t>(line.text.size());
}

// Length of the UTF-8 character at the start of `bytes`; 0 when it is none (RFC 3629).
std::size_t utf8_length(std::string_view bytes) {
  const auto byte = [bytes](std::size_t index) { return static_cast<unsigned char>(bytes[index]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || bytes.size() < size) return 0;
  for (std::size_t index = 1; index < size; ++index) {
    if ((byte(index) & 0xC0U) != 0x80U) return 0;
  }
  const unsigned char second = byte(1);
  const bool refused = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                       (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
  return refused ? 0 : size;
}

bool is_control(char byte) {
  const auto code = static_cast<unsigned char>(byte);
  return code < 0x20 && byte != '\t' && byte != '\n' && byte != '\r';
}

}  // namespace

int open_brackets(std::string_view piece) {
  int open = 0;
  bool quoted = false;
  for (const char c : piece) {
    if (c == '\'') quoted = !quoted;
    if (!quoted && (c == '(' || c == '[')) ++open;
    if (!quoted && (c == ')' || c == ']')) --open;
  }
  return open;
}

void report_torn_value(const Span& at, bool in_map, Diagnostics& diagnostics) {
  const std::string_view text = at.text();
  const bool single = text.find('\'') != std::string_view::npos;
  const bool unquotable =
      (single && text.find_first_of("\"\\") != std::string_view::npos) || text.find('\n') != std::string_view::npos;
  const std::string quoted = fmt::format("{0}{1}{0}", single ? '"' : '\'', text);
  const std::string written = unquotable ? "quote it as a whole"
                              : in_map   ? "write {from: " + quoted + "}"
                                         : "write [" + quoted + "]";
  diagnostics.add(105, at,
                  fmt::format("the comma ends the value here: inside {} an expression with a comma must be quoted",
                              in_map ? "{ }" : "[ ]"),
                  fmt::format("{}, or use one line per {}", written, in_map ? "key" : "item"));
}

void report_yaml_fault(const SourceTextPtr& source, const YamlFault& fault, Diagnostics& diagnostics) {
  if (fault.torn) {
    const std::uint32_t end = expression_end(*source, *fault.torn);
    if (source->bytes().substr(*fault.torn, end - *fault.torn).find(',') != std::string_view::npos) {
      report_torn_value({source, *fault.torn, end}, true, diagnostics);
      return;
    }
  }
  if (const auto tab = indenting_tab(*source, fault.at)) {
    diagnostics.add(101, {source, *tab, *tab + 1}, "not valid YAML: a tab indents this line", "indent with blanks");
    return;
  }
  std::string words = in_our_words(fault.message);
  const std::string_view found = source->bytes().substr(std::min<std::size_t>(fault.at, source->bytes().size()), 1);
  if (words == "unknown token") words = fmt::format("no value starts with {}", found);
  diagnostics.add(101, {source, fault.at, fault.at + 1}, "not valid YAML: " + words, remedy(*source, fault));
}

bool report_bad_bytes(const SourceTextPtr& source, Diagnostics& diagnostics) {
  const std::string_view bytes = source->bytes();
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = utf8_length(bytes.substr(at));
    if (length > 0 && !is_control(bytes[at])) {
      at += length;
      continue;
    }
    const auto begin = static_cast<std::uint32_t>(at);
    const std::string found = fmt::format("byte 0x{:02X}", static_cast<unsigned char>(bytes[at]));
    diagnostics.add(101, {source, begin, begin + 1},
                    length == 0 ? "not valid YAML: not UTF-8, " + found : "not valid YAML: control character, " + found,
                    length == 0 ? "save the file as UTF-8" : "remove it, or write it as an escape in double quotes");
    return true;
  }
  return false;
}

}  // namespace etl::spec
