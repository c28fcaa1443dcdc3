// The number family.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

using Int = std::int64_t;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// ---- number('$1,200.50')

// Finds the first number in a text. A separator of thousands stands between groups of three digits; a comma or point
// that is neither that nor the decimal mark makes the number ambiguous.
class NumberFinder {
 public:
  NumberFinder(std::string_view text, char mark) : text_{text}, mark_{mark}, separator_{mark == ',' ? '.' : ','} {}

  Outcome<Decimal> find() {
    while (at_ < text_.size() && !starts_number()) ++at_;
    if (at_ == text_.size()) return fail("holds no number");
    std::string digits;
    if (is_negative()) digits += '-';
    if (!whole_part(digits) || !fraction(digits)) return fail("holds an ambiguous number");
    exponent(digits);
    if (const auto number = parse_decimal(digits)) return *number;
    return fail("needs more than 38 digits");
  }

 private:
  Outcome<Decimal> fail(std::string_view why) const {
    return Outcome<Decimal>::fail(fmt::format("{} {}", quote_for_message(text_), why));
  }

  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  bool starts_number() const {
    if (is_digit(peek())) return true;
    return peek() == mark_ && is_digit(peek(1)) && (at_ == 0 || (!is_digit(text_[at_ - 1]) && text_[at_ - 1] != mark_));
  }

  // A minus in front, perhaps with a currency between; in "10-20" and "A-5" it is a hyphen.
  bool is_negative() const {
    std::string_view before = text_.substr(0, at_);
    constexpr std::string_view kCurrencies[] = {"$", "€", "£", "¥", "₹", " "};
    for (const std::string_view currency : kCurrencies) {
      if (before.ends_with(currency)) {
        before.remove_suffix(currency.size());
        break;
      }
    }
    constexpr std::string_view kMinus = "−";
    const bool sign = before.ends_with(kMinus);
    if (!sign && !before.ends_with('-')) return false;
    if (at_ > before.size() && text_[at_ - 1] == ' ' && before.size() > 1) return false;  // "Total - 5"
    before.remove_suffix(sign ? kMinus.size() : 1);
    return before.empty() || !std::isalnum(static_cast<unsigned char>(before.back()));
  }

  // The bytes of a separator of thousands at this place, 0 for none.
  std::size_t separator_size() const {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with(separator_) || rest.starts_with('\'')) return 1;
    for (const std::string_view blank : {"\u00A0", "\u202F", "\u2009", "’"}) {
      if (rest.starts_with(blank)) return blank.size();
    }
    return 0;
  }

  bool whole_part(std::string& digits) {
    std::size_t group = 0;
    std::size_t groups = 1;
    for (;;) {
      if (is_digit(peek())) {
        digits += text_[at_++];
        ++group;
        continue;
      }
      const std::size_t size = separator_size();
      if (size == 0 || !is_digit(peek(size))) break;
      if (group > 3 || (groups > 1 && group != 3) || group == 0) return false;
      at_ += size;
      group = 0;
      ++groups;
    }
    return groups == 1 || group == 3;
  }

  bool fraction(std::string& digits) {
    if (peek() != mark_ || !is_digit(peek(1))) return true;
    digits += '.';
    for (++at_; is_digit(peek()); ++at_) digits += peek();
    // "1.200,50" or "1.2.3" read with a decimal point.
    return !((peek() == separator_ || peek() == mark_) && is_digit(peek(1)));
  }

  // 1.5e+20, but not the e of a unit.
  void exponent(std::string& digits) {
    if (peek() != 'e' && peek() != 'E') return;
    std::size_t size = peek(1) == '+' || peek(1) == '-' ? 2 : 1;
    if (!is_digit(peek(size))) return;
    const std::size_t begin = at_;
    while (is_digit(peek(size))) ++size;
    if (std::isalpha(static_cast<unsigned char>(peek(size)))) return;
    digits.append(text_, begin, size);
    at_ += size;
  }

  std::string_view text_;
  char mark_;
  char separator_;
  std::size_t at_ = 0;
};

std::string check_mark(const Use& use, std::size_t& index) {
  index = 1;
  const auto mark = constant_text(use, 1);
  return !mark || *mark == "." || *mark == "," ? "" : "the decimal mark must be '.' or ','";
}

Kernel bind_number(const Use& use) {
  if (use.types[0] != Type::text) {
    static const RunContext kAnywhere;
    return conversion(use.types[0], Type::decimal, kAnywhere);
  }
  const auto mark = has_argument(use, 1) ? constant_text(use, 1) : ".";
  if (!mark) return null_kernel(Type::decimal);
  return lift<std::string_view>([mark = (*mark)[0]](Arena&, std::string_view text) {
    return NumberFinder{text, mark}.find();
  });
}

// ---- rounding

Outcome<Int> round_integer(Int value, Int digits) {
  if (digits >= 0) return value;
  if (digits < -19) return Int{0};
  const auto rounded = round(Decimal::of(value), static_cast<int>(digits));
  const auto whole = rounded ? to_integer(*rounded) : std::nullopt;
  if (whole) return *whole;
  return Outcome<Int>::fail(fmt::format("{} rounded is out of range for int", value));
}

Outcome<Decimal> round_decimal(const Decimal& value, Int digits) {
  const auto rounded = round(value, static_cast<int>(std::clamp<Int>(digits, -100, 100)));
  if (rounded) return *rounded;
  return Outcome<Decimal>::fail(to_string(value) + " rounded needs more than 38 digits");
}

// By the decimal digits that the number shows, so that 2.675 is halfway although its double is not.
double round_float(double value, Int digits) {
  if (digits == 0) return std::nearbyint(value);
  if (!std::isfinite(value)) return value;
  const auto exact = to_decimal(value);
  if (!exact) return std::abs(value) < 1 && digits < 38 ? 0.0 : value;
  const auto rounded = round(*exact, static_cast<int>(std::clamp<Int>(digits, -100, 100)));
  return rounded ? to_double(*rounded) : value;
}

Kernel bind_round(const Use& use) {
  const bool digits = has_argument(use, 1);
  switch (use.types[0]) {
    case Type::integer:
      if (!digits) return identity_kernel();
      return lift<Int, Int>([](Arena&, Int value, Int places) { return round_integer(value, places); });
    case Type::decimal:
      if (digits) {
        return lift<Decimal, Int>(
            [](Arena&, const Decimal& value, Int places) { return round_decimal(value, places); });
      }
      return lift<Decimal>([](Arena&, const Decimal& value) { return round_decimal(value, 0); });
    default:
      if (digits) return lift<double, Int>([](Arena&, double value, Int places) { return round_float(value, places); });
      return lift<double>([](Arena&, double value) { return std::nearbyint(value); });
  }
}

Kernel bind_floor(const Use& use) {
  if (use.types[0] == Type::integer) return identity_kernel();
  if (use.types[0] == Type::decimal) return lift<Decimal>([](Arena&, const Decimal& value) { return floor(value); });
  return lift<double>([](Arena&, double value) { return std::floor(value); });
}

Kernel bind_ceil(const Use& use) {
  if (use.types[0] == Type::integer) return identity_kernel();
  if (use.types[0] == Type::decimal) return lift<Decimal>([](Arena&, const Decimal& value) { return ceil(value); });
  return lift<double>([](Arena&, double value) { return std::ceil(value); });
}

Kernel bind_abs(const Use& use) {
  if (use.types[0] == Type::integer) {
    return lift<Int>([](Arena&, Int value) -> Outcome<Int> {
      if (value != std::numeric_limits<Int>::min()) return std::abs(value);
      return Outcome<Int>::fail(fmt::format("abs({}) is out of range for int", value));
    });
  }
  if (use.types[0] == Type::decimal) {
    return lift<Decimal>([](Arena&, const Decimal& value) {
      const bool negative = value.coefficient < 0 || value.special == Decimal::Special::minus_infinity;
      return negative ? negate(value) : value;
    });
  }
  return lift<double>([](Arena&, double value) { return std::abs(value); });
}

Kernel bind_clamp(const Use& use) {
  return with_storage(use.types[0], []<class T>() -> Kernel {
    if constexpr (std::is_same_v<T, Decimal>) {
      return lift<T, T, T>([](Arena&, const T& value, const T& low, const T& high) {
        return compare(value, low) < 0 ? low : compare(value, high) > 0 ? high : value;
      });
    } else if constexpr (std::is_same_v<T, Int> || std::is_same_v<T, double>) {
      return lift<T, T, T>([](Arena&, T value, T low, T high) {
        return value < low ? low : value > high ? high : value;
      });
    } else {
      return {};
    }
  });
}

}  // namespace

std::vector<Function> number_functions() {
  using enum Inverse;
  const Parameter number{.name = "number", .types = kNumbers};
  const Result same{.kind = Result::Kind::same};
  return {
      {.name = "number",
       .family = "number",
       .doc = "The first number in a text such as '$1,200.50', '18.5%' or '~350 kcal'; the second argument is the "
              "decimal mark, '.' (default) or ','.",
       .parameters = {{.name = "text", .types = TypeSet{Type::text} | kNumbers},
                      {.name = "mark", .types = Type::text, .optional = true, .constant = true}},
       .result = {.type = Type::decimal},
       .inverse = canonical,
       .fails = "no number in the text, or an ambiguous one",
       .examples = {{"number('$1,200.50')", "1200.50"},
                    {"number('-1.200,5 kg', ',')", "-1200.5"},
                    {"number('~350 kcal')", "350"},
                    {"number('1,5')", "fails: ambiguous"},
                    {"number('none')", "fails: holds no number"}},
       .check_constants = check_mark,
       .bind = bind_number},
      {.name = "round",
       .family = "number",
       .doc = "Rounded half to even, to so many digits behind the point (default 0).",
       .parameters = {number, {.name = "digits", .types = Type::integer, .optional = true}},
       .result = same,
       .inverse = canonical,
       .examples =
           {{"round(2.675, 2)", "2.68"}, {"round(2.5)", "2"}, {"round(1250, -2)", "1200"}, {"round(null)", "null"}},
       .bind = bind_round},
      {.name = "floor",
       .family = "number",
       .doc = "The next whole number below.",
       .parameters = {number},
       .result = same,
       .inverse = canonical,
       .examples = {{"floor(-1.5)", "-2"}, {"floor(null)", "null"}},
       .bind = bind_floor},
      {.name = "ceil",
       .family = "number",
       .doc = "The next whole number above.",
       .parameters = {number},
       .result = same,
       .inverse = canonical,
       .examples = {{"ceil(1.2)", "2"}, {"ceil(null)", "null"}},
       .bind = bind_ceil},
      {.name = "abs",
       .family = "number",
       .doc = "Without its sign.",
       .parameters = {number},
       .result = same,
       .inverse = canonical,
       .fails = "out of range",
       .examples = {{"abs(-1.50)", "1.50"}, {"abs(null)", "null"}},
       .bind = bind_abs},
      {.name = "clamp",
       .family = "number",
       .doc =
           "The number, or the nearer of two bounds when it is outside. Use a rule instead unless the loss is wanted.",
       .parameters = {number, {.name = "low", .types = kNumbers}, {.name = "high", .types = kNumbers}},
       .result = same,
       .inverse = canonical,
       .examples = {{"clamp(120, 0, 100)", "100"}, {"clamp(-0.5, 0, 1)", "0"}, {"clamp(null, 0, 1)", "null"}},
       .bind = bind_clamp},
  };
}

}  // namespace etl::converters
