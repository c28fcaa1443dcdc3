// Values as canonical text: RFC 4122, ISO 8601, plain digits, compact JSON.
#include <charconv>
#include <cmath>
#include <cstring>

#include "engine/data/json.h"
#include "engine/data/value.h"

namespace etl {

namespace {

// "00" to "99".
constexpr std::array<char, 200> kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* put(char* out, std::string_view word) {
  std::memcpy(out, word.data(), word.size());
  return out + word.size();
}

char* put_pair(char* out, std::int64_t number) {
  std::memcpy(out, &kPairs[static_cast<std::size_t>(number) * 2], 2);
  return out + 2;
}

// The date without its era; `year` is the one written.
char* put_civil(char* out, std::int32_t year, const CivilDate& civil) {
  if (year < 10'000) {
    out = put_pair(put_pair(out, year / 100), year % 100);
  } else {
    out = std::to_chars(out, out + 8, year).ptr;
  }
  *out++ = '-';
  out = put_pair(out, civil.month);
  *out++ = '-';
  return put_pair(out, civil.day);
}

char* put_clock(char* out, std::int64_t micros) {
  const std::int64_t seconds = micros / kMicrosPerSecond;
  auto fraction = static_cast<std::int32_t>(micros % kMicrosPerSecond);
  out = put_pair(out, seconds / 3600);
  *out++ = ':';
  out = put_pair(out, seconds / 60 % 60);
  *out++ = ':';
  out = put_pair(out, seconds % 60);
  if (fraction == 0) return out;
  *out++ = '.';
  for (std::int32_t unit = 100'000; fraction != 0; unit /= 10) {
    *out++ = static_cast<char>('0' + fraction / unit);
    fraction %= unit;
  }
  return out;
}

char* put_infinity(char* out, bool positive) { return put(out, positive ? "infinity" : "-infinity"); }

char* put_timestamp(char* out, std::int64_t micros, bool utc) {
  if (micros == kTimeInfinity || micros == kTimeMinusInfinity) return put_infinity(out, micros > 0);
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t clock = micros % kMicrosPerDay;
  if (clock < 0) {
    clock += kMicrosPerDay;
    --days;
  }
  const CivilDate civil = civil_of({static_cast<std::int32_t>(days)});
  out = put_civil(out, civil.year > 0 ? civil.year : 1 - civil.year, civil);
  *out++ = 'T';
  out = put_clock(out, clock);
  if (utc) *out++ = 'Z';
  return civil.year > 0 ? out : put(out, " BC");
}

std::size_t length(const char* buffer, const char* end) { return static_cast<std::size_t>(end - buffer); }

// "d.ddde-XX" as plain digits. `digits` come without the point.
char* put_plain(char* out, std::string_view digits, int exponent) {
  const int count = static_cast<int>(digits.size());
  if (exponent < 0) {
    out = put(out, "0.");
    for (int i = -1; i > exponent; --i) *out++ = '0';
    return put(out, digits);
  }
  for (int i = 0; i <= exponent; ++i) *out++ = i < count ? digits[static_cast<std::size_t>(i)] : '0';
  if (count <= exponent + 1) return out;
  *out++ = '.';
  return put(out, digits.substr(static_cast<std::size_t>(exponent) + 1));
}

}  // namespace

// Shortest digits, with an exponent below 1e-04 and from 1e+15 on, as PostgreSQL prints float8.
std::size_t format_float(double value, char* buffer) {
  if (std::isnan(value)) return length(buffer, put(buffer, "NaN"));
  if (std::isinf(value)) return length(buffer, put(buffer, value > 0 ? "Infinity" : "-Infinity"));
  char text[32];
  char* const end = std::to_chars(text, text + sizeof text, value, std::chars_format::scientific).ptr;
  char* const mark = static_cast<char*>(std::memchr(text, 'e', length(text, end)));
  int exponent = 0;
  std::from_chars(mark[1] == '+' ? mark + 2 : mark + 1, end, exponent);
  if (exponent < -4 || exponent >= 15) return length(buffer, put(buffer, {text, length(text, end)}));

  char* out = buffer;
  char* first = text;
  if (*first == '-') *out++ = *first++;
  if (mark - first > 1) {  // Close the gap of the point.
    first[1] = first[0];
    ++first;
  }
  return length(buffer, put_plain(out, {first, length(first, mark)}, exponent));
}

std::size_t format_uuid(const Uuid& value, char* buffer) {
  constexpr char kHex[] = "0123456789abcdef";
  char* out = buffer;
  for (std::size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
    *out++ = kHex[value.bytes[i] >> 4];
    *out++ = kHex[value.bytes[i] & 15];
  }
  return 36;
}

std::size_t format_date(Date value, char* buffer) {
  if (value.days == kDateInfinity || value.days == kDateMinusInfinity) {
    return length(buffer, put_infinity(buffer, value.days > 0));
  }
  const CivilDate civil = civil_of(value);
  if (civil.year > 0) return length(buffer, put_civil(buffer, civil.year, civil));
  return length(buffer, put(put_civil(buffer, 1 - civil.year, civil), " BC"));
}

std::size_t format_time(Time value, char* buffer) { return length(buffer, put_clock(buffer, value.micros)); }

std::size_t format_timestamp(Timestamp value, char* buffer) {
  return length(buffer, put_timestamp(buffer, value.micros, false));
}

std::size_t format_instant(Instant value, char* buffer) {
  return length(buffer, put_timestamp(buffer, value.micros, true));
}

namespace {

// Appends what a fixed buffer is enough for.
template <class Format>
void append_formatted(std::string& out, Format format) {
  char buffer[64];
  out.append(buffer, format(buffer));
}

void append_bytes(std::string_view bytes, std::string& out) {
  constexpr char kHex[] = "0123456789abcdef";
  out += "\\x";
  for (const char c : bytes) {
    out += kHex[static_cast<unsigned char>(c) >> 4];
    out += kHex[static_cast<unsigned char>(c) & 15];
  }
}

struct TextAppender {
  std::string& out;

  void operator()(std::monostate) const {}
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(std::int64_t value) const {
    append_formatted(out, [&](char* buffer) { return length(buffer, std::to_chars(buffer, buffer + 24, value).ptr); });
  }
  void operator()(const Decimal& value) const {
    append_formatted(out, [&](char* buffer) { return format_decimal(value, buffer); });
  }
  void operator()(double value) const {
    append_formatted(out, [&](char* buffer) { return format_float(value, buffer); });
  }
  void operator()(std::string_view value) const { out += value; }
  void operator()(const Bytes& value) const { append_bytes(value.view, out); }
  void operator()(Date value) const {
    append_formatted(out, [&](char* buffer) { return format_date(value, buffer); });
  }
  void operator()(Time value) const {
    append_formatted(out, [&](char* buffer) { return format_time(value, buffer); });
  }
  void operator()(Timestamp value) const {
    append_formatted(out, [&](char* buffer) { return format_timestamp(value, buffer); });
  }
  void operator()(Instant value) const {
    append_formatted(out, [&](char* buffer) { return format_instant(value, buffer); });
  }
  void operator()(const Uuid& value) const {
    append_formatted(out, [&](char* buffer) { return format_uuid(value, buffer); });
  }
  void operator()(const Json& value) const { out += value.view; }
  void operator()(const List& value) const { out += value.view; }
};

}  // namespace

void append_text(const Value& value, std::string& out) { std::visit(TextAppender{out}, value); }

std::string to_text(const Value& value) {
  std::string text;
  append_text(value, text);
  return text;
}

void append_json(const Value& value, std::string& out) {
  switch (type_of(value)) {
    case Type::any:
      out += "null";
      return;
    case Type::text:
      append_json_string(std::get<std::string_view>(value), out);
      return;
    case Type::boolean:
    case Type::integer:
    case Type::json:
    case Type::list:
      append_text(value, out);
      return;
    case Type::decimal:
      if (std::get<Decimal>(value).is_finite()) return append_text(value, out);
      break;
    case Type::float64:
      if (std::isfinite(std::get<double>(value))) {
        char buffer[32];
        append_json_number({buffer, format_float(std::get<double>(value), buffer)}, out);
        return;
      }
      break;
    default:
      break;
  }
  append_json_string(to_text(value), out);
}

}  // namespace etl
