// The operators of the language as loops over typed columns.
#include <fmt/format.h>

#include <cmath>
#include <cstring>

#include "engine/converters/bind.h"

namespace etl::converters {

namespace {

// The rows in which a result is NULL because an argument is, or because nobody asks for the row.
void spread_nulls(Column& out, std::span<const ColumnPtr> arguments, const KernelContext& context) {
  bool any = context.active != nullptr;
  for (const auto& argument : arguments) any |= argument->null_count() != 0;
  if (!any || context.rows == 0) return;
  Bitmap nulls(context.rows);
  const auto words = nulls.words();
  for (const auto& argument : arguments) {
    if (argument->null_count() == 0) continue;
    const auto from = argument->nulls()->words();
    for (std::size_t i = 0; i < words.size(); ++i) words[i] |= from[i];
  }
  if (context.active != nullptr) {
    const auto active = context.active->words();
    for (std::size_t i = 0; i < words.size(); ++i) words[i] |= ~active[i];
  }
  out.set_nulls(std::move(nulls));
}

// For functions that never fail and may be asked about any value: computes all rows, then marks the NULLs.
template <class R, class T, class Function>
Kernel total(Function function) {
  return [function](std::span<const ColumnPtr> arguments, KernelContext& context) -> ColumnPtr {
    auto out = std::make_shared<Column>(type_for<R>, context.rows);
    const auto left = arguments[0]->template values<T>();
    const auto right = arguments[1]->template values<T>();
    const auto to = out->template values<R>();
    for (std::size_t row = 0; row < context.rows; ++row) to[row] = function(left[row], right[row]);
    spread_nulls(*out, arguments.first(2), context);
    return out;
  };
}

// ---- arithmetic

template <class T>
Outcome<T> overflow(std::string_view op, const T& left, const T& right) {
  return Outcome<T>::fail(fmt::format("{} {} {} is out of range for {}", to_text(Value{left}), op,
                                      to_text(Value{right}), name(type_for<T>)));
}

template <class T>
Outcome<T> no_division() {
  return Outcome<T>::fail("division by zero");
}

Kernel integer_arithmetic(char op) {
  using Int = std::int64_t;
  const auto checked = [](auto compute, std::string_view sign) {
    return lift<Int, Int>([compute, sign](Arena&, Int left, Int right) -> Outcome<Int> {
      Int result = 0;
      return compute(left, right, result) ? overflow<Int>(sign, left, right) : Outcome<Int>{result};
    });
  };
  switch (op) {
    case '+':
      return checked([](Int a, Int b, Int& r) { return __builtin_add_overflow(a, b, &r); }, "+");
    case '-':
      return checked([](Int a, Int b, Int& r) { return __builtin_sub_overflow(a, b, &r); }, "-");
    case '*':
      return checked([](Int a, Int b, Int& r) { return __builtin_mul_overflow(a, b, &r); }, "*");
    case '%':
      return lift<Int, Int>([](Arena&, Int left, Int right) -> Outcome<Int> {
        if (right == 0) return no_division<Int>();
        return right == -1 ? 0 : left % right;
      });
    default:
      return {};
  }
}

Kernel decimal_arithmetic(char op) {
  const auto checked = [](auto compute, std::string_view sign) {
    return lift<Decimal, Decimal>(
        [compute, sign](Arena&, const Decimal& left, const Decimal& right) -> Outcome<Decimal> {
          if (const auto result = compute(left, right)) return *result;
          const bool division = sign == "/" || sign == "%";
          return division && right.is_finite() && right.coefficient == 0 ? no_division<Decimal>()
                                                                         : overflow<Decimal>(sign, left, right);
        });
  };
  switch (op) {
    case '+':
      return checked([](const Decimal& a, const Decimal& b) { return add(a, b); }, "+");
    case '-':
      return checked([](const Decimal& a, const Decimal& b) { return subtract(a, b); }, "-");
    case '*':
      return checked([](const Decimal& a, const Decimal& b) { return multiply(a, b); }, "*");
    case '/':
      return checked([](const Decimal& a, const Decimal& b) { return divide(a, b); }, "/");
    case '%':
      return checked([](const Decimal& a, const Decimal& b) { return remainder(a, b); }, "%");
    default:
      return {};
  }
}

Kernel float_arithmetic(char op) {
  const auto checked = [](auto compute, std::string_view sign) {
    return lift<double, double>([compute, sign](Arena&, double left, double right) -> Outcome<double> {
      if ((sign == "/" || sign == "%") && right == 0) return no_division<double>();
      const double result = compute(left, right);
      if (std::isinf(result) && std::isfinite(left) && std::isfinite(right)) return overflow(sign, left, right);
      return result;
    });
  };
  switch (op) {
    case '+':
      return checked([](double a, double b) { return a + b; }, "+");
    case '-':
      return checked([](double a, double b) { return a - b; }, "-");
    case '*':
      return checked([](double a, double b) { return a * b; }, "*");
    case '/':
      return checked([](double a, double b) { return a / b; }, "/");
    case '%':
      return checked([](double a, double b) { return std::fmod(a, b); }, "%");
    default:
      return {};
  }
}

// ---- comparison

// Order as the language has it: NaN equals itself and is above all else; text, bytes and JSON by their bytes.
template <class T>
auto order(const T& left, const T& right) {
  if constexpr (std::is_same_v<T, double>) {
    const bool left_nan = left != left;
    const bool right_nan = right != right;
    return left_nan || right_nan ? std::partial_ordering{left_nan <=> right_nan} : left <=> right;
  } else if constexpr (std::is_same_v<T, Decimal>) {
    return compare(left, right);
  } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Json> || std::is_same_v<T, List>) {
    return left.view <=> right.view;
  } else {
    return left <=> right;
  }
}

template <class T>
bool equal(const T& left, const T& right) {
  if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Json> || std::is_same_v<T, List>) {
    return left.view == right.view;
  } else if constexpr (std::is_same_v<T, double> || std::is_same_v<T, Decimal>) {
    return order(left, right) == 0;
  } else {
    return left == right;
  }
}

template <class T>
Kernel typed_comparison(std::string_view op) {
  if (op == "=") return total<bool, T>([](const T& a, const T& b) { return equal(a, b); });
  if (op == "!=") return total<bool, T>([](const T& a, const T& b) { return !equal(a, b); });
  if (op == "<") return total<bool, T>([](const T& a, const T& b) { return order(a, b) < 0; });
  if (op == "<=") return total<bool, T>([](const T& a, const T& b) { return order(a, b) <= 0; });
  if (op == ">") return total<bool, T>([](const T& a, const T& b) { return order(a, b) > 0; });
  return total<bool, T>([](const T& a, const T& b) { return order(a, b) >= 0; });
}

bool holds(std::string_view op, std::partial_ordering order) {
  if (op == "=") return order == 0;
  if (op == "!=") return order != 0;
  if (op == "<") return order < 0;
  if (op == "<=") return order <= 0;
  if (op == ">") return order > 0;
  return order >= 0;
}

// Values whose types cannot be compared fail, rather than being called different.
Kernel any_comparison(std::string_view op) {
  return lift<Value, Value>([op = std::string{op}](Arena&, const Value& left, const Value& right) -> Outcome<bool> {
    const auto order = compare(left, right);
    if (order != std::partial_ordering::unordered) return holds(op, order);
    return Outcome<bool>::fail(fmt::format("{} {} cannot be compared with {} {}", name(type_of(left)),
                                           quote_for_message(to_text(left)), name(type_of(right)),
                                           quote_for_message(to_text(right))));
  });
}

// ---- like

// The bytes of the character that starts with `first`.
std::size_t character_size(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0xC0 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

// A pattern, cut at its %: between them stand pieces of literal bytes and single-character gaps.
class LikePattern {
 public:
  explicit LikePattern(std::string_view pattern) {
    pieces_.emplace_back();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      const bool escapes =
          pattern[i] == '\\' && i + 1 < pattern.size() && (pattern[i + 1] == '%' || pattern[i + 1] == '_');
      if (escapes) {
        pieces_.back().add(pattern[++i], false);
      } else if (pattern[i] == '%') {
        pieces_.emplace_back();
      } else {
        pieces_.back().add(pattern[i], pattern[i] == '_');
      }
    }
  }

  bool matches(std::string_view text) const {
    if (pieces_.size() == 1) return pieces_[0].at_start(text) == text.size();
    const auto first = pieces_.front().at_start(text);
    if (!first) return false;
    text.remove_prefix(*first);
    for (std::size_t i = 1; i + 1 < pieces_.size(); ++i) {
      if (!pieces_[i].take_first(text)) return false;
    }
    return pieces_.back().at_end(text);
  }

 private:
  struct Piece {
    std::string bytes;
    std::string gaps;  // 1 where a byte of `bytes` stands for any one character.
    bool has_gaps = false;

    void add(char c, bool gap) {
      bytes += c;
      gaps += static_cast<char>(gap);
      has_gaps |= gap;
    }
    // The bytes that the piece takes at the start of the text.
    std::optional<std::size_t> at_start(std::string_view text) const {
      if (!has_gaps) return text.starts_with(bytes) ? std::optional{bytes.size()} : std::nullopt;
      std::size_t at = 0;
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (at >= text.size() || (gaps[i] == 0 && text[at] != bytes[i])) return std::nullopt;
        at += gaps[i] == 0 ? 1 : character_size(text[at]);
      }
      return std::min(at, text.size());
    }
    bool take_first(std::string_view& text) const {
      if (!has_gaps) {
        const std::size_t found = text.find(bytes);
        if (found == std::string_view::npos) return false;
        text.remove_prefix(found + bytes.size());
        return true;
      }
      for (;; text.remove_prefix(std::min(character_size(text[0]), text.size()))) {
        if (const auto size = at_start(text)) {
          text.remove_prefix(*size);
          return true;
        }
        if (text.empty()) return false;
      }
    }
    bool at_end(std::string_view text) const {
      if (!has_gaps) return text.ends_with(bytes);
      for (;; text.remove_prefix(std::min(character_size(text[0]), text.size()))) {
        if (at_start(text) == text.size()) return true;
        if (text.empty()) return false;
      }
    }
  };

  std::vector<Piece> pieces_;
};

}  // namespace

Kernel arithmetic(char op, Type type) {
  switch (type) {
    case Type::integer:
      return integer_arithmetic(op);
    case Type::decimal:
      return decimal_arithmetic(op);
    case Type::float64:
      return float_arithmetic(op);
    default:
      return {};
  }
}

Kernel negation(Type type) {
  switch (type) {
    case Type::integer:
      return lift<std::int64_t>([](Arena&, std::int64_t value) -> Outcome<std::int64_t> {
        if (value != std::numeric_limits<std::int64_t>::min()) return -value;
        return Outcome<std::int64_t>::fail(fmt::format("-({}) is out of range for int", value));
      });
    case Type::decimal:
      return lift<Decimal>([](Arena&, const Decimal& value) { return negate(value); });
    case Type::float64:
      return lift<double>([](Arena&, double value) { return -value; });
    default:
      return {};
  }
}

Kernel comparison(std::string_view op, Type type) {
  if (type == Type::any) return any_comparison(op);
  return with_storage(type, [op]<class T>() -> Kernel {
    if constexpr (std::is_same_v<T, Value>) {
      return {};
    } else {
      return typed_comparison<T>(op);
    }
  });
}

Kernel concatenation() {
  using Text = std::string_view;
  return lift<Text, Text>([](Arena& arena, Text left, Text right) -> Text {
    if (left.empty()) return right;
    if (right.empty()) return left;
    char* const out = arena.allocate(left.size() + right.size());
    std::memcpy(out, left.data(), left.size());
    std::memcpy(out + left.size(), right.data(), right.size());
    return {out, left.size() + right.size()};
  });
}

Kernel like(std::string_view pattern) {
  return lift<std::string_view>(
      [compiled = LikePattern{pattern}](Arena&, std::string_view text) { return compiled.matches(text); });
}

Kernel like() {
  return lift<std::string_view, std::string_view>(
      [](Arena&, std::string_view text, std::string_view pattern) { return LikePattern{pattern}.matches(text); });
}

}  // namespace etl::converters
