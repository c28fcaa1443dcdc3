#include "engine/converters/encoding.h"

#include <array>

namespace etl::converters {

namespace {

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> kBase64Digits = [] {
  std::array<std::int8_t, 256> digits{};
  digits.fill(-1);
  for (std::size_t i = 0; i < kBase64.size(); ++i) {
    digits[static_cast<unsigned char>(kBase64[i])] = static_cast<std::int8_t>(i);
  }
  return digits;
}();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::optional<Encoding> encoding_named(std::string_view name) {
  if (name == "utf8") return Encoding::utf8;
  if (name == "hex") return Encoding::hex;
  if (name == "base64") return Encoding::base64;
  return std::nullopt;
}

std::string_view encode_hex(Arena& arena, std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  char* const out = arena.allocate(bytes.size() * 2);
  char* at = out;
  for (const char c : bytes) {
    *at++ = kDigits[static_cast<unsigned char>(c) >> 4];
    *at++ = kDigits[static_cast<unsigned char>(c) & 15];
  }
  return {out, bytes.size() * 2};
}

Outcome<Bytes> decode_hex(Arena& arena, std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with("\\x")) digits.remove_prefix(2);
  bool valid = digits.size() % 2 == 0;
  char* const out = arena.allocate(digits.size() / 2);
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    const int high = hex_digit(digits[i]);
    const int low = hex_digit(digits[i + 1]);
    valid &= high >= 0 && low >= 0;
    out[i / 2] = static_cast<char>((static_cast<unsigned>(high) << 4) | static_cast<unsigned>(low));
  }
  if (valid) return Bytes{{out, digits.size() / 2}};
  return Outcome<Bytes>::fail(quote_for_message(text) + " is not hexadecimal");
}

std::string_view encode_base64(Arena& arena, std::string_view bytes) {
  const std::size_t size = (bytes.size() + 2) / 3 * 4;
  char* const out = arena.allocate(size);
  char* at = out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t j) {
      return j < bytes.size() ? static_cast<unsigned>(static_cast<unsigned char>(bytes[j])) : 0U;
    };
    const unsigned word = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    *at++ = kBase64[word >> 18];
    *at++ = kBase64[word >> 12 & 63];
    *at++ = i + 1 < bytes.size() ? kBase64[word >> 6 & 63] : '=';
    *at++ = i + 2 < bytes.size() ? kBase64[word & 63] : '=';
  }
  return {out, size};
}

Outcome<Bytes> decode_base64(Arena& arena, std::string_view text) {
  const std::size_t room = text.size() / 4 * 3 + 3;
  char* const out = arena.allocate(room);
  std::size_t size = 0;
  unsigned word = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  bool valid = true;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    const int digit = kBase64Digits[static_cast<unsigned char>(c)];
    if (c == '=') {
      ++padding;
      continue;
    }
    valid &= digit >= 0 && padding == 0;
    word = word << 6 | (static_cast<unsigned>(digit) & 63);
    if (++digits % 4 != 0) continue;
    out[size++] = static_cast<char>(word >> 16);
    out[size++] = static_cast<char>(word >> 8);
    out[size++] = static_cast<char>(word);
  }
  const std::size_t rest = digits % 4;
  if (rest == 2) out[size++] = static_cast<char>(word >> 4);
  if (rest == 3) {
    out[size++] = static_cast<char>(word >> 10);
    out[size++] = static_cast<char>(word >> 2);
  }
  // Bits behind the last byte must be zero, or the text would not come back.
  const bool clean = rest == 0 || (word & (rest == 2 ? 15U : 3U)) == 0;
  const bool padded = padding == 0 || (digits + padding) % 4 == 0;
  arena.give_back(room - size);
  if (valid && clean && padded && rest != 1 && padding < 3) return Bytes{{out, size}};
  return Outcome<Bytes>::fail(quote_for_message(text) + " is not base64");
}

}  // namespace etl::converters
