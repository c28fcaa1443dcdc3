// Checks JSON text and brings it into the form that PostgreSQL's jsonb prints, without blanks.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <vector>

#include "engine/data/json.h"

namespace etl {

namespace {

// Shorter numbers in plain digits are within jsonb's limits whatever they are.
constexpr std::size_t kSurelyFits = 16'383;
constexpr int kDeepest = 1'000;

bool is_digit(char c) { return static_cast<unsigned char>(c) - unsigned{'0'} <= 9; }

constexpr std::string_view kUnexpected = "unexpected character";

// Bytes of a string that stand for themselves.
constexpr std::array<bool, 256> kPlain = [] {
  std::array<bool, 256> plain{};
  for (std::size_t c = 0x20; c < plain.size(); ++c) plain[c] = c != '"' && c != '\\';
  return plain;
}();

// A member of the object that is being read, as it stands in the output.
struct Member {
  std::size_t begin = 0;      // Of the quoted key.
  std::size_t key_end = 0;    // Behind its closing quote.
  std::size_t end = 0;        // Behind the value.
  std::size_t key_bytes = 0;  // Of the key without quotes and escapes.
};

class Canonicaliser {
 public:
  Canonicaliser(std::string_view text, std::string& out)
      : begin_{text.data()}, at_{text.data()}, end_{text.data() + text.size()}, out_{out}, size_{out.size()} {
    // All but numbers with exponents takes at most the room that it was read from.
    out_.resize(size_ + text.size());
    members_.clear();
    sorted_.clear();
  }

  bool run() {
    skip_blanks();
    if (!value(0)) return false;
    skip_blanks();
    if (at_ != end_) return fail("text follows the value");
    out_.resize(size_);
    return true;
  }

  // What is wrong, and the byte at which.
  std::string_view fault() const { return fault_; }
  std::size_t position() const { return static_cast<std::size_t>(at_ - begin_); }
  bool at_end() const { return at_ == end_; }

 private:
  bool fail(std::string_view why) {
    fault_ = why;
    return false;
  }

  void put(char c) { out_[size_++] = c; }
  void put(const char* text, std::size_t size) {
    std::memcpy(out_.data() + size_, text, size);
    size_ += size;
  }

  void skip_blanks() {
    while (at_ != end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\t' || *at_ == '\r')) ++at_;
  }

  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool value(int depth) {
    if (at_ == end_) return fail("the text ends too early");
    switch (*at_) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"': {
        std::size_t bytes = 0;
        return string(bytes);
      }
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool word(std::string_view expected) {
    if (static_cast<std::size_t>(end_ - at_) < expected.size() ||
        std::memcmp(at_, expected.data(), expected.size()) != 0) {
      return fail(kUnexpected);
    }
    at_ += expected.size();
    put(expected.data(), expected.size());
    return true;
  }

  bool array(int depth) {
    if (depth == kDeepest) return fail("it nests deeper than 1000 levels");
    ++at_;
    put('[');
    skip_blanks();
    if (take(']')) {
      put(']');
      return true;
    }
    for (;;) {
      skip_blanks();
      if (!value(depth + 1)) return false;
      skip_blanks();
      if (take(']')) break;
      if (!take(',')) return fail(at_ == end_ ? "the text ends too early" : "expected , or ]");
      put(',');
    }
    put(']');
    return true;
  }

  bool object(int depth) {
    if (depth == kDeepest) return fail("it nests deeper than 1000 levels");
    ++at_;
    const std::size_t begin = size_;
    const std::size_t first = members_.size();
    put('{');
    skip_blanks();
    if (take('}')) {
      put('}');
      return true;
    }
    for (;;) {
      if (!member(depth)) return false;
      skip_blanks();
      if (take('}')) break;
      if (!take(',')) return fail(at_ == end_ ? "the text ends too early" : "expected , or }");
      put(',');
    }
    if (!in_order(first)) put_in_order(begin + 1, first);
    members_.resize(first);
    put('}');
    return true;
  }

  bool member(int depth) {
    Member member;
    member.begin = size_;
    skip_blanks();
    if (at_ == end_ || *at_ != '"') return fail(at_ == end_ ? "the text ends too early" : "expected a name in quotes");
    if (!string(member.key_bytes)) return false;
    member.key_end = size_;
    skip_blanks();
    if (!take(':')) return fail(at_ == end_ ? "the text ends too early" : "expected :");
    put(':');
    skip_blanks();
    if (!value(depth + 1)) return false;
    member.end = size_;
    members_.push_back(member);
    return true;
  }

  std::string_view written_key(const Member& member) const {
    return std::string_view{out_}.substr(member.begin, member.key_end - member.begin);
  }

  // jsonb's order: by length in bytes, then by bytes.
  std::strong_ordering compare_keys(const Member& left, const Member& right) const {
    if (left.key_bytes != right.key_bytes) return left.key_bytes <=> right.key_bytes;
    const auto escaped = [](const Member& member) { return member.key_end - member.begin != member.key_bytes + 2; };
    if (!escaped(left) && !escaped(right)) return written_key(left) <=> written_key(right);
    std::string left_text;
    std::string right_text;
    append_json_text(written_key(left), left_text);
    append_json_text(written_key(right), right_text);
    return left_text <=> right_text;
  }

  bool in_order(std::size_t first) const {
    for (std::size_t i = first + 1; i < members_.size(); ++i) {
      if (compare_keys(members_[i - 1], members_[i]) >= 0) return false;
    }
    return true;
  }

  // Sorts the members that stand from `begin` on; of several with one key the last stays.
  void put_in_order(std::size_t begin, std::size_t first) {
    const auto from = members_.begin() + static_cast<std::ptrdiff_t>(first);
    std::sort(from, members_.end(), [this](const Member& left, const Member& right) {
      const auto order = compare_keys(left, right);
      return order == 0 ? left.begin < right.begin : order < 0;
    });
    sorted_.clear();
    for (auto member = from; member != members_.end(); ++member) {
      const auto following = std::next(member);
      if (following != members_.end() && compare_keys(*member, *following) == 0) continue;
      if (!sorted_.empty()) sorted_ += ',';
      sorted_.append(out_, member->begin, member->end - member->begin);
    }
    size_ = begin;
    put(sorted_.data(), sorted_.size());
  }

  // Appends the string at `at_` with its quotes and counts the bytes of its text.
  bool string(std::size_t& bytes) {
    ++at_;
    put('"');
    for (;;) {
      const char* const start = at_;
      while (at_ != end_ && kPlain[static_cast<unsigned char>(*at_)]) ++at_;
      put(start, static_cast<std::size_t>(at_ - start));
      bytes += static_cast<std::size_t>(at_ - start);
      if (at_ == end_) return fail("a string is not closed");
      if (*at_ == '"') break;
      if (*at_ != '\\') return fail("a control character must be escaped");
      if (!escape(bytes)) return false;
    }
    ++at_;
    put('"');
    return true;
  }

  bool escape(std::size_t& bytes) {
    if (end_ - at_ < 2) return fail("a string is not closed");
    const char c = at_[1];
    switch (c) {
      case '"':
      case '\\':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        put(at_, 2);
        break;
      case '/':
        put('/');
        break;
      case 'u':
        return unicode_escape(bytes);
      default:
        return fail("no such escape");
    }
    at_ += 2;
    ++bytes;
    return true;
  }

  // The four hexadecimal digits behind \u. REQUIRES: `at` stands on the backslash.
  bool code_unit(const char* at, unsigned& unit) const {
    if (end_ - at < 6 || at[0] != '\\' || at[1] != 'u') return false;
    const auto [stop, error] = std::from_chars(at + 2, at + 6, unit, 16);
    return error == std::errc{} && stop == at + 6;
  }

  bool unicode_escape(std::size_t& bytes) {
    unsigned code = 0;
    if (!code_unit(at_, code)) return fail("\\u needs four hexadecimal digits");
    if (code == 0) return fail("\\u0000 cannot be kept as text");
    if (code >= 0xDC00 && code <= 0xDFFF) return fail("half a surrogate pair");
    const char* next = at_ + 6;
    if (code >= 0xD800 && code <= 0xDBFF) {
      unsigned low = 0;
      if (!code_unit(next, low) || low < 0xDC00 || low > 0xDFFF) return fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
      next += 6;
    }
    at_ = next;
    char utf8[4];
    const std::size_t size = encode(code, utf8);
    bytes += size;
    put_escaped({utf8, size});
    return true;
  }

  static std::size_t encode(unsigned code, char* out) {
    const auto tail = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
    if (code < 0x80) {
      out[0] = static_cast<char>(code);
      return 1;
    }
    if (code < 0x800) {
      out[0] = static_cast<char>(0xC0 | code >> 6);
      out[1] = tail(code);
      return 2;
    }
    if (code < 0x10000) {
      out[0] = static_cast<char>(0xE0 | code >> 12);
      out[1] = tail(code >> 6);
      out[2] = tail(code);
      return 3;
    }
    out[0] = static_cast<char>(0xF0 | code >> 18);
    out[1] = tail(code >> 12);
    out[2] = tail(code >> 6);
    out[3] = tail(code);
    return 4;
  }

  void put_escaped(std::string_view text) {
    std::string quoted;
    append_json_string(text, quoted);
    put(quoted.data() + 1, quoted.size() - 2);
  }

  bool number() {
    const char* const start = at_;
    if (take('-') && at_ == end_) return fail("the text ends too early");
    if (at_ == end_ || !is_digit(*at_)) return fail(kUnexpected);
    const bool zero = *at_ == '0';
    ++at_;
    if (!zero) skip_digits();
    bool plain = true;
    if (take('.')) {
      plain = *start != '-' || !zero;
      if (at_ == end_ || !is_digit(*at_)) return fail("expected a digit");
      skip_digits();
    }
    if (at_ != end_ && (*at_ == 'e' || *at_ == 'E')) {
      plain = false;
      ++at_;
      if (!take('+')) take('-');
      if (at_ == end_ || !is_digit(*at_)) return fail("expected a digit");
      skip_digits();
    }
    const std::string_view text{start, static_cast<std::size_t>(at_ - start)};
    plain = plain && text.size() < kSurelyFits && text != "-0";
    if (plain) {
      put(text.data(), text.size());
      return true;
    }
    if (!fits_jsonb(text)) return fail("a number has too many digits");
    std::string digits;
    append_json_number(text, digits);
    if (digits.size() > text.size()) out_.resize(out_.size() + digits.size() - text.size());
    put(digits.data(), digits.size());
    return true;
  }

  void skip_digits() {
    while (at_ != end_ && is_digit(*at_)) ++at_;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  std::string& out_;
  std::size_t size_;  // Of what was written; `out_` is longer until the end.
  // Kept from call to call, for their memory. Members of outer objects stand in front of those of inner ones.
  static thread_local std::vector<Member> members_;
  static thread_local std::string sorted_;
  std::string_view fault_;
};

thread_local std::vector<Member> Canonicaliser::members_;
thread_local std::string Canonicaliser::sorted_;

}  // namespace

Outcome<bool> canonical_json(std::string_view text, std::string& out) {
  const std::size_t before = out.size();
  Canonicaliser canonicaliser{text, out};
  const std::size_t invalid = find_invalid_utf8(text);
  if (invalid == std::string_view::npos && canonicaliser.run()) return true;
  out.resize(before);
  if (invalid != std::string_view::npos) {
    return Outcome<bool>::fail(fmt::format("not JSON: invalid UTF-8 at byte {}", invalid + 1));
  }
  const std::string what = canonicaliser.fault() == kUnexpected
                               ? "unexpected " + quote_for_message(text.substr(canonicaliser.position(), 1))
                               : std::string{canonicaliser.fault()};
  return Outcome<bool>::fail(
      fmt::format("{} is not JSON: {} at byte {}", quote_for_message(text), what, canonicaliser.position() + 1));
}

}  // namespace etl
