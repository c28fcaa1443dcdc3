// Aggregates, only with group_by: many rows in, one value per group out.
#include <fmt/format.h>

#include <cmath>
#include <string>
#include <unordered_set>
#include <vector>

#include "engine/converters/bind.h"
#include "engine/converters/families.h"

namespace etl::converters {

namespace {

// A value that keeps its own views.
class Held {
 public:
  const Value& value() const { return value_; }
  bool empty() const { return is_null(value_); }

  void set(const Value& value) {
    value_ = value;
    std::visit([this](const auto& held) { own(held); }, value);
  }
  std::size_t bytes() const { return bytes_.capacity(); }

 private:
  // A vector's memory stays where it is when the vector is moved; a string's may not.
  std::string_view store(std::string_view view) {
    bytes_.assign(view.begin(), view.end());
    return {bytes_.data(), bytes_.size()};
  }
  template <class T>
  void own(const T& held) {
    if constexpr (std::is_same_v<T, std::string_view>) {
      value_ = store(held);
    } else if constexpr (std::is_same_v<T, Bytes> || std::is_same_v<T, Json> || std::is_same_v<T, List>) {
      value_ = T{store(held.view)};
    }
  }

  Value value_;
  std::vector<char> bytes_;
};

Value copy_into(const Value& value, Arena& arena) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return arena.copy(*text);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return Bytes{arena.copy(bytes->view)};
  if (const auto* json = std::get_if<Json>(&value)) return Json{arena.copy(json->view)};
  if (const auto* list = std::get_if<List>(&value)) return List{arena.copy(list->view)};
  return value;
}

// One state per group. `Fold` says what a state is, how it takes a value (a reason when it cannot), what it gives and
// how many bytes it holds beside itself.
template <class Fold>
class Folding : public Aggregation {
 public:
  explicit Folding(Fold fold, Type result) : fold_{std::move(fold)}, result_{result} {}

  void add(std::span<const ColumnPtr> arguments, std::span<const std::uint32_t> groups,
           KernelContext& context) override {
    for (std::size_t row = 0; row < context.rows; ++row) {
      if (!context.is_active(row)) continue;
      if (groups[row] >= states_.size()) states_.resize(groups[row] + 1);
      State& state = states_[groups[row]];
      const std::size_t before = Fold::bytes(state);
      const Value value = arguments.empty() ? Value{true} : arguments[0]->at(row);
      if (is_null(value)) continue;
      const Value second = arguments.size() < 2 ? Value{} : arguments[1]->at(row);
      std::string reason = fold_.take(state, value, second);
      bytes_ += Fold::bytes(state) - before;
      if (!reason.empty()) {
        context.failures.push_back({static_cast<std::uint32_t>(row), "convert", std::move(reason)});
      }
    }
  }

  ColumnPtr finish(std::size_t first, std::size_t count, KernelContext& context) override {
    auto out = std::make_shared<Column>(result_, count);
    const State none{};
    for (std::size_t i = 0; i < count; ++i) {
      const State& state = first + i < states_.size() ? states_[first + i] : none;
      const Value value = fold_.give(state, context.arena);
      if constexpr (requires { Fold::must_give(state); }) {
        if (is_null(value) && Fold::must_give(state)) {
          context.failures.push_back({static_cast<std::uint32_t>(i), "convert", "the mean is out of range for decimal"});
        }
      }
      if (is_null(value)) {
        out->set_null(i);
      } else {
        out->set(i, value);
      }
    }
    return out;
  }

  std::size_t bytes() const override { return bytes_ + states_.capacity() * sizeof(State); }

 private:
  using State = typename Fold::State;

  Fold fold_;
  Type result_;
  std::vector<State> states_;
  std::size_t bytes_ = 0;
};

struct Count {
  using State = std::int64_t;
  static std::string take(State& state, const Value&, const Value&) {
    ++state;
    return {};
  }
  static Value give(const State& state, Arena&) { return state; }
  static std::size_t bytes(const State&) { return 0; }
};

// Equal values give equal texts: 1, 1.0 and 1.00; 0.0 and -0.0.
std::string distinct_key(const Value& value) {
  std::optional<Decimal> number;
  if (const auto* whole = std::get_if<std::int64_t>(&value)) number = Decimal::of(*whole);
  if (const auto* decimal = std::get_if<Decimal>(&value)) number = *decimal;
  if (const auto* real = std::get_if<double>(&value)) number = to_decimal(*real);
  if (!number) return std::to_string(value.index()) + ":" + to_text(value);
  while (number->scale > 0 && number->coefficient % 10 == 0) {
    number->coefficient /= 10;
    --number->scale;
  }
  return "n:" + to_string(*number);
}

struct CountDistinct {
  struct State {
    std::unordered_set<std::string> seen;
    std::size_t bytes = 0;
  };
  static std::string take(State& state, const Value& value, const Value&) {
    std::string key = distinct_key(value);
    const std::size_t size = key.size() + sizeof(std::string) + 32;
    if (state.seen.insert(std::move(key)).second) state.bytes += size;
    return {};
  }
  static Value give(const State& state, Arena&) { return static_cast<std::int64_t>(state.seen.size()); }
  static std::size_t bytes(const State& state) { return state.bytes; }
};

// The sum of two numbers of any two number types, as wide as the wider one; NULL when it does not fit.
Value sum_of(const Value& left, const Value& right) {
  const auto* a = std::get_if<std::int64_t>(&left);
  const auto* b = std::get_if<std::int64_t>(&right);
  if (a != nullptr && b != nullptr) {
    std::int64_t sum = 0;
    return __builtin_add_overflow(*a, *b, &sum) ? Value{} : Value{sum};
  }
  const auto real = [](const Value& value) {
    if (const auto* whole = std::get_if<std::int64_t>(&value)) return static_cast<double>(*whole);
    if (const auto* decimal = std::get_if<Decimal>(&value)) return to_double(*decimal);
    return std::get<double>(value);
  };
  if (std::holds_alternative<double>(left) || std::holds_alternative<double>(right)) {
    const double sum = real(left) + real(right);
    return std::isinf(sum) && std::isfinite(real(left)) && std::isfinite(real(right)) ? Value{} : Value{sum};
  }
  const auto exact = [](const Value& value) {
    const auto* whole = std::get_if<std::int64_t>(&value);
    return whole != nullptr ? Decimal::of(*whole) : std::get<Decimal>(value);
  };
  const auto sum = etl::add(exact(left), exact(right));
  return sum ? Value{*sum} : Value{};
}

struct Sum {
  struct State {
    Value sum;
    std::int64_t count = 0;
  };
  std::string_view name;

  std::string take(State& state, const Value& value, const Value&) const {
    if (!is_number(type_of(value))) {
      return fmt::format("{} needs a number, but {} is {}", name, quote_for_message(to_text(value)),
                         etl::name(type_of(value)));
    }
    const Value sum = state.count == 0 ? value : sum_of(state.sum, value);
    if (is_null(sum)) return fmt::format("the sum is out of range at {}", to_text(value));
    state.sum = sum;
    ++state.count;
    return {};
  }
  static Value give(const State& state, Arena&) { return state.sum; }
  static std::size_t bytes(const State&) { return 0; }
};

// Whole numbers are summed as decimals, so that only the mean has to fit.
struct Mean : Sum {
  std::string take(State& state, const Value& value, const Value& none) const {
    const auto* whole = std::get_if<std::int64_t>(&value);
    return Sum::take(state, whole != nullptr ? Value{Decimal::of(*whole)} : value, none);
  }
  static Value give(const State& state, Arena&) {
    if (state.count == 0) return {};
    if (const auto* real = std::get_if<double>(&state.sum)) {
      const auto mean = to_decimal(*real / static_cast<double>(state.count));
      return mean ? Value{*mean} : Value{};
    }
    const auto mean = divide(std::get<Decimal>(state.sum), Decimal::of(state.count));
    return mean ? Value{*mean} : Value{};
  }
  static bool must_give(const State& state) { return state.count != 0; }
};

struct Chosen {
  using State = Held;
  static Value give(const State& state, Arena& arena) { return copy_into(state.value(), arena); }
  static std::size_t bytes(const State& state) { return state.bytes(); }
};

struct First : Chosen {
  static std::string take(State& state, const Value& value, const Value&) {
    if (state.empty()) state.set(value);
    return {};
  }
};

struct Last : Chosen {
  static std::string take(State& state, const Value& value, const Value&) {
    state.set(value);
    return {};
  }
};

struct Extreme : Chosen {
  bool greatest = false;

  std::string take(State& state, const Value& value, const Value&) const {
    if (state.empty()) {
      state.set(value);
      return {};
    }
    const Type held = type_of(state.value());
    const Type met = type_of(value);
    if (held != met && !(is_number(held) && is_number(met))) {
      return fmt::format("{} cannot compare {} with {}", greatest ? "max" : "min", etl::name(held), etl::name(met));
    }
    const auto order = compare(value, state.value());
    if (greatest ? order > 0 : order < 0) state.set(value);
    return {};
  }
};

struct Collected {
  using State = std::string;
  static std::string take(State& state, const Value& value, const Value&) {
    if (!state.empty()) state += ',';
    append_json(value, state);
    return {};
  }
  static Value give(const State& state, Arena& arena) { return List{arena.copy("[" + state + "]")}; }
  static std::size_t bytes(const State& state) { return state.capacity(); }
};

struct Joined {
  struct State {
    std::string text;
    bool any = false;
  };
  static std::string take(State& state, const Value& value, const Value& separator) {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text == nullptr) {
      return fmt::format("string_agg needs text, but {} is {}", quote_for_message(to_text(value)),
                         etl::name(type_of(value)));
    }
    if (const auto* between = std::get_if<std::string_view>(&separator); between != nullptr && state.any) {
      state.text += *between;
    }
    state.text += *text;
    state.any = true;
    return {};
  }
  static Value give(const State& state, Arena& arena) {
    return state.any ? Value{arena.copy(state.text)} : Value{};
  }
  static std::size_t bytes(const State& state) { return state.text.capacity(); }
};

// `any` is decided by a true value, `all` by a false one.
struct Truth {
  struct State {
    bool some = false;
    bool decided = false;
  };
  bool deciding = true;

  std::string take(State& state, const Value& value, const Value&) const {
    const auto* truth = std::get_if<bool>(&value);
    if (truth == nullptr) {
      return fmt::format("{} needs true/false, but {} is {}", deciding ? "any" : "all",
                         quote_for_message(to_text(value)), etl::name(type_of(value)));
    }
    state.some = true;
    state.decided = state.decided || *truth == deciding;
    return {};
  }
  Value give(const State& state, Arena&) const {
    return state.some ? Value{state.decided ? deciding : !deciding} : Value{};
  }
  static std::size_t bytes(const State&) { return 0; }
};

template <class Fold>
std::function<std::unique_ptr<Aggregation>(const Use&)> folding(Fold fold, Type fixed) {
  return [fold, fixed](const Use&) { return std::make_unique<Folding<Fold>>(fold, fixed); };
}

// The result has the type of the argument.
template <class Fold>
std::function<std::unique_ptr<Aggregation>(const Use&)> folding(Fold fold) {
  return [fold](const Use& use) { return std::make_unique<Folding<Fold>>(fold, use.types.at(0)); };
}

Function aggregate(std::string_view name, std::string_view doc, TypeSet types, Result result,
                   std::function<std::unique_ptr<Aggregation>(const Use&)> fold, std::string_view fails = "never") {
  return {.name = name,
          .family = "aggregate",
          .doc = doc,
          .parameters = {{.name = "value", .types = types}},
          .result = result,
          .fails = fails,
          .on_null = OnNull::is_called,
          .aggregate = true,
          .fold = std::move(fold)};
}

}  // namespace

std::vector<Function> aggregate_functions() {
  constexpr TypeSet kAny = TypeSet::all();
  constexpr Result kSame{.kind = Result::Kind::same};
  constexpr Result kInteger{.type = Type::integer};
  constexpr Result kBool{.type = Type::boolean};
  Function count = aggregate("count", "How many rows, or values that are not NULL.", kAny, kInteger,
                             folding(Count{}, Type::integer));
  count.parameters[0].optional = true;
  Function string_agg = aggregate("string_agg", "All texts that are not NULL, with the separator between them.",
                                  Type::text, {.type = Type::text}, folding(Joined{}, Type::text));
  string_agg.parameters.push_back({.name = "separator", .types = Type::text});
  Extreme least;
  Extreme most;
  most.greatest = true;
  return {
      count,
      aggregate("count_distinct", "How many different values, NULL apart.", kAny, kInteger,
                folding(CountDistinct{}, Type::integer)),
      aggregate("sum", "The sum of all values that are not NULL; NULL for none.", kNumbers, kSame,
                folding(Sum{"sum"}), "overflow"),
      aggregate("avg", "The mean of all values that are not NULL; NULL for none.", kNumbers, {.type = Type::decimal},
                folding(Mean{{"avg"}}, Type::decimal)),
      aggregate("min", "The smallest value.", kAny, kSame, folding(least)),
      aggregate("max", "The greatest value.", kAny, kSame, folding(most)),
      aggregate("first", "The first value in source order that is not NULL.", kAny, kSame, folding(First{})),
      aggregate("last", "The last value in source order that is not NULL.", kAny, kSame, folding(Last{})),
      aggregate("collect", "A list of all values that are not NULL.", kAny, {.type = Type::list},
                folding(Collected{}, Type::list)),
      string_agg,
      aggregate("any", "Whether any value is true.", Type::boolean, kBool, folding(Truth{true}, Type::boolean)),
      aggregate("all", "Whether every value is true.", Type::boolean, kBool, folding(Truth{false}, Type::boolean)),
  };
}

}  // namespace etl::converters
