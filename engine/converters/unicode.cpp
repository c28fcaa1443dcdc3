#include "engine/converters/unicode.h"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstring>
#include <string>

namespace etl::converters {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }

// Unicode's White_Space beyond ASCII.
bool is_wide_space(UChar32 c) {
  return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 ||
         c == 0x202F || c == 0x205F || c == 0x3000;
}

// A letter, a digit, or a mark that belongs to one.
bool is_word_character(UChar32 c) { return u_isalnum(c) != 0 || (U_GET_GC_MASK(c) & U_GC_M_MASK) != 0; }

// The character that starts at `at`, which moves behind it.
UChar32 next_character(std::string_view text, std::size_t& at) {
  UChar32 c = 0;
  U8_NEXT_OR_FFFD(text.data(), at, text.size(), c);
  return c;
}

void append_character(UChar32 c, std::string& out) {
  char utf8[4];
  std::size_t size = 0;
  U8_APPEND_UNSAFE(utf8, size, c);
  out.append(utf8, size);
}

// A buffer that is used again and again: its contents go into an arena before the next call.
std::string& scratch() {
  thread_local std::string buffer;
  buffer.clear();
  return buffer;
}

enum class Case : bool { lower, upper };

// The bit that changes the case of those of eight ASCII letters that have the other case.
template <Case to>
std::uint64_t case_bits(std::uint64_t word) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kFirst = to == Case::lower ? 'A' : 'a';
  const std::uint64_t from_first = word + (0x80 - kFirst) * kOnes;
  const std::uint64_t behind_last = word + (0x80 - kFirst - 26) * kOnes;
  return ((from_first & ~behind_last) & kHighBits) >> 2;
}

// REQUIRES: ASCII.
template <Case to>
std::string_view change_ascii(Arena& arena, std::string_view text) {
  char* const out = arena.allocate(text.size());
  std::uint64_t changed = 0;
  for (std::size_t i = 0; i < text.size(); i += 8) {
    const std::size_t size = std::min<std::size_t>(8, text.size() - i);
    std::uint64_t word = 0;
    // Copies of a known size are one instruction.
    size == 8 ? std::memcpy(&word, text.data() + i, 8) : std::memcpy(&word, text.data() + i, size);
    const std::uint64_t bits = case_bits<to>(word);
    changed |= bits;
    word ^= bits;
    size == 8 ? std::memcpy(out + i, &word, 8) : std::memcpy(out + i, &word, size);
  }
  if (changed != 0) return {out, text.size()};
  arena.give_back(text.size());
  return text;
}

template <Case to>
std::string_view change_case(Arena& arena, std::string_view text) {
  if (is_ascii(text)) return change_ascii<to>(arena, text);
  std::string& changed = scratch();
  icu::StringByteSink<std::string> sink{&changed};
  UErrorCode error = U_ZERO_ERROR;
  const icu::StringPiece piece{text.data(), static_cast<std::int32_t>(text.size())};
  if constexpr (to == Case::lower) {
    icu::CaseMap::utf8ToLower("", 0, piece, sink, nullptr, error);
  } else {
    icu::CaseMap::utf8ToUpper("", 0, piece, sink, nullptr, error);
  }
  return arena.copy(changed);
}

enum class Form : bool { composed, decomposed };

void normalize_into(Form form, std::string_view text, std::string& out) {
  UErrorCode error = U_ZERO_ERROR;
  const auto* normalizer =
      form == Form::composed ? icu::Normalizer2::getNFCInstance(error) : icu::Normalizer2::getNFDInstance(error);
  icu::StringByteSink<std::string> sink{&out};
  normalizer->normalizeUTF8(0, {text.data(), static_cast<std::int32_t>(text.size())}, sink, nullptr, error);
}

bool is_unwanted_control(UChar32 c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  return c < 0x20 || (c >= 0x7F && c < 0xA0);
}

// Marks that sit on Latin, Greek and Cyrillic letters. Those of other scripts are vowels, not accents.
bool is_accent(UChar32 c) {
  return (c >= 0x300 && c <= 0x36F) || (c >= 0x1AB0 && c <= 0x1AFF) || (c >= 0x1DC0 && c <= 0x1DFF);
}

// Letters that do not decompose into a base and an accent.
std::string_view plain_letter(UChar32 c) {
  switch (c) {
    case 0xC6:
      return "AE";
    case 0xD0:
    case 0x110:
      return "D";
    case 0xD8:
      return "O";
    case 0xDE:
      return "TH";
    case 0xDF:
      return "ss";
    case 0xE6:
      return "ae";
    case 0xF0:
    case 0x111:
      return "d";
    case 0xF8:
      return "o";
    case 0xFE:
      return "th";
    case 0x126:
      return "H";
    case 0x127:
      return "h";
    case 0x131:
      return "i";
    case 0x141:
      return "L";
    case 0x142:
      return "l";
    case 0x14A:
      return "N";
    case 0x14B:
      return "n";
    case 0x152:
      return "OE";
    case 0x153:
      return "oe";
    case 0x166:
      return "T";
    case 0x167:
      return "t";
    case 0x1E9E:
      return "SS";
    default:
      return {};
  }
}

}  // namespace

bool is_ascii(std::string_view text) {
  std::size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data() + i, 8);
    if ((word & kHighBits) != 0) return false;
  }
  for (; i < text.size(); ++i) {
    if (static_cast<signed char>(text[i]) < 0) return false;
  }
  return true;
}

std::string_view trim(std::string_view text) {
  for (;;) {
    while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
    if (text.empty()) return text;
    if (static_cast<signed char>(text.front()) >= 0 && static_cast<signed char>(text.back()) >= 0) return text;
    std::size_t behind_first = 0;
    if (is_wide_space(next_character(text, behind_first))) {
      text.remove_prefix(behind_first);
      continue;
    }
    std::size_t last = suffix_begin(text, 1);
    const std::size_t size = last;
    if (!is_wide_space(next_character(text, last))) return text;
    text = text.substr(0, size);
  }
}

std::string_view squeeze(Arena& arena, std::string_view text) {
  char* const out = arena.allocate(text.size());
  std::size_t size = 0;
  bool changed = false;
  bool in_space = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t begin = at;
    const bool wide = static_cast<signed char>(text[at]) < 0;
    const bool space = wide ? is_wide_space(next_character(text, at)) : is_ascii_space(text[at++]);
    if (space) {
      changed |= in_space || text[begin] != ' ';
      if (!in_space) out[size++] = ' ';
    } else {
      std::memcpy(out + size, text.data() + begin, at - begin);
      size += at - begin;
    }
    in_space = space;
  }
  arena.give_back(text.size() - (changed ? size : 0));
  return changed ? std::string_view{out, size} : text;
}

std::string_view lower(Arena& arena, std::string_view text) { return change_case<Case::lower>(arena, text); }
std::string_view upper(Arena& arena, std::string_view text) { return change_case<Case::upper>(arena, text); }

std::string_view title(Arena& arena, std::string_view text) {
  std::string& out = scratch();
  bool in_word = false;
  for (std::size_t at = 0; at < text.size();) {
    const UChar32 c = next_character(text, at);
    if (is_word_character(c)) {
      append_character(in_word ? u_tolower(c) : u_totitle(c), out);
      in_word = true;
    } else {
      append_character(c, out);
      // In "o'neill's" the apostrophe is part of the word.
      in_word = in_word && (c == '\'' || c == 0x2019);
    }
  }
  return arena.copy(out);
}

std::string_view normalize(Arena& arena, std::string_view text) {
  bool plain = true;
  for (const char c : text) {
    plain &= (c >= 0x20 && c != 0x7F) || c == '\t' || c == '\n' || c == '\r';
  }
  if (plain) return text;
  std::string composed;
  normalize_into(Form::composed, text, composed);
  std::string& out = scratch();
  for (std::size_t at = 0; at < composed.size();) {
    const std::size_t begin = at;
    if (!is_unwanted_control(next_character(composed, at))) out.append(composed, begin, at - begin);
  }
  return arena.copy(out);
}

std::string_view unaccent(Arena& arena, std::string_view text) {
  if (is_ascii(text)) return text;
  std::string decomposed;
  normalize_into(Form::decomposed, text, decomposed);
  std::string bare;
  for (std::size_t at = 0; at < decomposed.size();) {
    const std::size_t begin = at;
    const UChar32 c = next_character(decomposed, at);
    if (is_accent(c)) continue;
    const std::string_view plain = plain_letter(c);
    if (plain.empty()) {
      bare.append(decomposed, begin, at - begin);
    } else {
      bare += plain;
    }
  }
  std::string& out = scratch();
  normalize_into(Form::composed, bare, out);
  return arena.copy(out);
}

std::string_view slug(Arena& arena, std::string_view text) {
  const std::string_view plain = lower(arena, unaccent(arena, text));
  std::string& out = scratch();
  bool gap = false;
  for (std::size_t at = 0; at < plain.size();) {
    const std::size_t begin = at;
    const bool wide = static_cast<signed char>(plain[at]) < 0;
    const bool word =
        wide ? is_word_character(next_character(plain, at)) : is_ascii_letter(plain[at]) || is_ascii_digit(plain[at]);
    if (!wide) ++at;
    if (word) {
      if (gap && !out.empty()) out += '-';
      out.append(plain, begin, at - begin);
    }
    gap = !word;
  }
  return arena.copy(out);
}

std::size_t prefix_size(std::string_view text, std::int64_t count) {
  if (count <= 0) return 0;
  if (static_cast<std::uint64_t>(count) >= text.size()) return text.size();
  std::size_t at = 0;
  for (; count > 0 && at < text.size(); --count) U8_FWD_1(text.data(), at, text.size());
  return at;
}

std::size_t suffix_begin(std::string_view text, std::int64_t count) {
  if (count <= 0) return text.size();
  if (static_cast<std::uint64_t>(count) >= text.size()) return 0;
  std::size_t at = text.size();
  for (; count > 0 && at > 0; --count) {
    do {
      --at;
    } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  }
  return at;
}

}  // namespace etl::converters
