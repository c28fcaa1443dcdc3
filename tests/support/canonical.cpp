#include "tests/support/canonical.h"

#include <cctype>

namespace etl::testing {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// YYYY-MM-DD, blank or T, HH:MM:SS, perhaps more.
bool looks_like_timestamp(std::string_view text) {
  return text.size() >= 19 && text.size() <= 35 && is_digit(text[0]) && text[4] == '-' && text[7] == '-' &&
         (text[10] == ' ' || text[10] == 'T') && text[13] == ':' && text[16] == ':';
}

std::string canonical_timestamp(std::string_view text) {
  std::string out{text.substr(0, 19)};
  out[10] = 'T';
  auto rest = text.substr(19);
  if (!rest.empty() && rest[0] == '.') {
    std::size_t end = 1;
    while (end < rest.size() && is_digit(rest[end])) ++end;
    auto fraction = rest.substr(0, end);
    while (fraction.ends_with('0')) fraction.remove_suffix(1);
    if (fraction != ".") out += fraction;
    rest.remove_prefix(end);
  }
  const bool is_utc = rest == "Z" || rest == "+00" || rest == "+00:00";
  return out + (is_utc ? "Z" : std::string{rest});
}

std::string without_blanks(std::string_view json) {
  std::string out;
  bool in_text = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!in_text && std::isspace(static_cast<unsigned char>(c)) != 0) continue;
    if (c == '"') in_text = !in_text;
    out += c;
    if (in_text && c == '\\' && i + 1 < json.size()) out += json[++i];
  }
  return out;
}

}  // namespace

std::string canonical(std::string_view text) {
  if (looks_like_timestamp(text)) return canonical_timestamp(text);
  std::string out = text.starts_with('{') || text.starts_with('[') ? without_blanks(text) : std::string{text};
  for (std::size_t at = 0; (at = out.find('\n', at)) != std::string::npos;) out.replace(at, 1, "\\n");
  return out;
}

std::string without_closing_zeros(std::string_view number) {
  if (number.find('.') == std::string_view::npos) return std::string{number};
  while (number.ends_with('0')) number.remove_suffix(1);
  if (number.ends_with('.')) number.remove_suffix(1);
  return std::string{number};
}

}  // namespace etl::testing
