#include "engine/spec/values.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace etl::spec {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number's digits at the start of `text`, moved off it; nothing when there are none or one is a leading zero.
std::optional<std::int64_t> take_integer(std::string_view& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !is_digit(text[0])) return std::nullopt;
  if (text[0] == '0' && end != text.data() + 1) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> choices) {
  return std::find(choices.begin(), choices.end(), text) != choices.end();
}

bool is_duration(std::string_view text) { return take_integer(text) && is_one_of(text, {"ms", "s", "m", "h", "d"}); }
bool is_rate(std::string_view text) { return take_integer(text) && is_one_of(text, {"/s", "/min", "/h"}); }

bool is_share(std::string_view number) {
  const std::size_t dot = std::min(number.find('.'), number.size());
  std::string_view whole = number.substr(0, dot);
  const std::string_view decimals = number.substr(std::min(dot + 1, number.size()));
  if (!take_integer(whole) || !whole.empty() || (dot < number.size() && decimals.empty())) return false;
  return std::all_of(decimals.begin(), decimals.end(), is_digit);
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) {
  const auto value = take_integer(text);
  return text.empty() ? value : std::nullopt;
}

std::optional<bool> parse_boolean(std::string_view text) {
  if (text == "true") return true;
  if (text == "false") return false;
  return std::nullopt;
}

std::optional<Threshold> parse_threshold(std::string_view text) {
  if (const auto count = parse_integer(text)) return Threshold{static_cast<double>(*count), false};
  if (!text.ends_with('%')) return std::nullopt;
  text.remove_suffix(1);
  if (!is_share(text)) return std::nullopt;
  double percent = 0;
  std::from_chars(text.data(), text.data() + text.size(), percent);
  if (percent > 100) return std::nullopt;
  return Threshold{percent / 100, true};
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::array<std::pair<std::string_view, unsigned>, 3> kUnits = {{{"KB", 10}, {"MB", 20}, {"GB", 30}}};
  const auto count = take_integer(text);
  for (const auto& [unit, shift] : kUnits) {
    constexpr std::int64_t kMost = std::int64_t{1} << 30;
    if (count && *count > 0 && *count <= kMost && text == unit) return static_cast<std::uint64_t>(*count) << shift;
  }
  return std::nullopt;
}

std::string fault_of(ValueKind kind, std::string_view text) {
  switch (kind) {
    case ValueKind::integer:
      return parse_integer(text) ? "" : "a whole number";
    case ValueKind::boolean:
      return parse_boolean(text) ? "" : "true or false";
    case ValueKind::threshold:
      return parse_threshold(text) ? "" : "a count (50) or a share (1%)";
    case ValueKind::duration:
      return is_duration(text) ? "" : "a duration (500ms, 30s, 5m, 1h)";
    case ValueKind::rate:
      return is_rate(text) ? "" : "a rate (10/s, 600/min)";
    case ValueKind::size:
      return parse_size(text) ? "" : "a size (512MB, 2GB)";
    case ValueKind::workers:
      return text == "auto" || parse_integer(text).value_or(0) > 0 ? "" : "auto or a whole number above 0";
    case ValueKind::row_count:
      return parse_integer(text) ? "" : "a whole number, or {min:, max:}";
    default:
      return "";
  }
}

bool is_identifier(std::string_view text) {
  const auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  };
  return !text.empty() && is_letter(text[0]) &&
         std::all_of(text.begin(), text.end(), [&is_letter](char c) { return is_letter(c) || is_digit(c); });
}

}  // namespace etl::spec
