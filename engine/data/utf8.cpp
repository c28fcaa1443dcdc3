// UTF-8 (RFC 3629), and text as messages show it.
#include <fmt/format.h>

#include <cstring>

#include "engine/data/value.h"

namespace etl {

namespace {

constexpr std::uint64_t kHighBits = 0x8080808080808080;

// Bytes of the character that starts at `at`, 0 when it is not valid. REQUIRES: at != end.
std::size_t character_size(const unsigned char* at, const unsigned char* end) {
  const unsigned first = *at;
  if (first < 0x80) return 1;
  const auto continues = [&](std::size_t i, unsigned low, unsigned high) {
    return static_cast<std::size_t>(end - at) > i && at[i] >= low && at[i] <= high;
  };
  if (first >= 0xC2 && first <= 0xDF) return continues(1, 0x80, 0xBF) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const unsigned low = first == 0xE0 ? 0xA0 : 0x80;
    const unsigned high = first == 0xED ? 0x9F : 0xBF;
    return continues(1, low, high) && continues(2, 0x80, 0xBF) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const unsigned low = first == 0xF0 ? 0x90 : 0x80;
    const unsigned high = first == 0xF4 ? 0x8F : 0xBF;
    return continues(1, low, high) && continues(2, 0x80, 0xBF) && continues(3, 0x80, 0xBF) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  const auto* const begin = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = begin + text.size();
  const auto* at = begin;
  while (at != end) {
    std::uint64_t word = 0;
    while (end - at >= 8) {
      std::memcpy(&word, at, 8);
      if ((word & kHighBits) != 0) break;
      at += 8;
    }
    if (at == end) break;
    const std::size_t size = character_size(at, end);
    if (size == 0) return static_cast<std::size_t>(at - begin);
    at += size;
  }
  return std::string_view::npos;
}

std::size_t count_characters(std::string_view utf8) {
  std::size_t continuations = 0;
  std::size_t i = 0;
  for (; i + 8 <= utf8.size(); i += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, utf8.data() + i, 8);
    // A continuation byte is 10xxxxxx.
    const std::uint64_t marks = (word >> 7) & (~word >> 6) & 0x0101010101010101;
    continuations += (marks * 0x0101010101010101) >> 56;
  }
  for (; i < utf8.size(); ++i) continuations += (static_cast<unsigned char>(utf8[i]) & 0xC0) == 0x80 ? 1 : 0;
  return utf8.size() - continuations;
}

std::string quote_for_message(std::string_view text) {
  constexpr std::size_t kLongest = 60;
  std::string quoted = "'";
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  const auto* const end = at + text.size();
  for (std::size_t count = 0; at != end; ++count) {
    if (count == kLongest) {
      quoted += "...";
      break;
    }
    const std::size_t size = character_size(at, end);
    if (size == 0 || *at < 0x20 || *at == 0x7F) {
      quoted += fmt::format("\\x{:02x}", *at++);
      continue;
    }
    quoted.append(reinterpret_cast<const char*>(at), size);
    at += size;
  }
  quoted += '\'';
  return quoted;
}

}  // namespace etl
