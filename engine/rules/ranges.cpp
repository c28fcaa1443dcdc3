#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "engine/rules/families.h"

namespace etl::rules {

namespace {

constexpr TypeSet kOrdered = {Type::integer, Type::decimal,   Type::float64,    Type::date,
                              Type::time,    Type::timestamp, Type::timestamptz};

enum class Bound : bool { min, max };

// Whether the value lies on the right side. NaN is above every number.
template <Bound bound, class T>
bool within(const T& value, const T& limit) {
  if constexpr (std::same_as<T, double>) {
    if (value != value) return bound == Bound::min || limit != limit;
    return bound == Bound::min ? !(value < limit) : !(value > limit);
  } else if constexpr (std::same_as<T, Decimal>) {
    const auto order = compare(value, limit);
    return bound == Bound::min ? order >= 0 : order <= 0;
  } else {
    return bound == Bound::min ? value >= limit : value <= limit;
  }
}

template <Bound bound>
std::string outside(const Value& value, const Value& limit) {
  return fmt::format("{} is {} {}", to_text(value), bound == Bound::min ? "below" : "above", to_text(limit));
}

template <Bound bound, class T>
Kernel typed_bound(const Value& limit) {
  static constexpr std::string_view kRule = bound == Bound::min ? "min" : "max";
  return [limit = std::get<T>(limit)](const Column& column, const Present&, Failures& failures) {
    check_each<T>(
        column, kRule, failures, [&limit](const T& value) { return within<bound>(value, limit); },
        [&limit](const T& value) { return outside<bound>(Value{value}, Value{limit}); });
  };
}

// Compares values of any type, where the literal has another type than the column.
template <Bound bound>
Kernel loose_bound(const Value& limit) {
  static constexpr std::string_view kRule = bound == Bound::min ? "min" : "max";
  return [limit](const Column& column, const Present&, Failures& failures) {
    for (std::size_t row = 0; row < column.size(); ++row) {
      const Value value = column.at(row);
      if (is_null(value)) continue;
      const auto order = compare(value, limit);
      if (bound == Bound::min ? order >= 0 : order <= 0) continue;
      failures.push_back(
          {static_cast<std::uint32_t>(row), kRule,
           order == std::partial_ordering::unordered
               ? fmt::format("{} cannot be compared with {}", quote_for_message(to_text(value)), to_text(limit))
               : outside<bound>(value, limit)});
    }
  };
}

template <Bound bound>
Kernel bind_bound(const Use& use) {
  if (is_null(use.value)) return no_check();
  if (type_of(use.value) != use.type) return loose_bound<bound>(use.value);
  switch (use.type) {
    case Type::integer:
      return typed_bound<bound, std::int64_t>(use.value);
    case Type::decimal:
      return typed_bound<bound, Decimal>(use.value);
    case Type::float64:
      return typed_bound<bound, double>(use.value);
    case Type::date:
      return typed_bound<bound, Date>(use.value);
    case Type::time:
      return typed_bound<bound, Time>(use.value);
    case Type::timestamp:
      return typed_bound<bound, Timestamp>(use.value);
    case Type::timestamptz:
      return typed_bound<bound, Instant>(use.value);
    default:
      return loose_bound<bound>(use.value);
  }
}

// ---- one_of

// Lists longer than this are not printed in full.
constexpr std::size_t kListed = 12;

std::string not_listed(const Value& value, const std::vector<std::string>& allowed) {
  std::string reason = quote_for_message(to_text(value)) + " is not one of ";
  for (std::size_t i = 0; i < std::min(allowed.size(), kListed); ++i) {
    if (i != 0) reason += ", ";
    reason += allowed[i];
  }
  return allowed.size() > kListed ? fmt::format("{} and {} more", reason, allowed.size() - kListed) : reason;
}

struct Allowed {
  std::vector<std::string> texts;        // As written, for messages.
  std::vector<std::string_view> sorted;  // Views into `texts`.
};

std::shared_ptr<const Allowed> allowed_texts(const Use& use) {
  auto allowed = std::make_shared<Allowed>();
  for (const Value& value : use.values) allowed->texts.push_back(to_text(value));
  allowed->sorted.assign(allowed->texts.begin(), allowed->texts.end());
  std::ranges::sort(allowed->sorted);
  return allowed;
}

bool has_text(const Allowed& allowed, std::string_view text) {
  // Few texts are found sooner one by one.
  if (allowed.sorted.size() <= 8) return std::ranges::find(allowed.sorted, text) != allowed.sorted.end();
  return std::ranges::binary_search(allowed.sorted, text);
}

Kernel bind_one_of(const Use& use) {
  const auto allowed = allowed_texts(use);
  if (use.type == Type::text) {
    return [allowed](const Column& column, const Present&, Failures& failures) {
      check_each<std::string_view>(
          column, "one_of", failures, [&](std::string_view text) { return has_text(*allowed, text); },
          [&](std::string_view text) { return not_listed(Value{text}, allowed->texts); });
    };
  }
  return [allowed, values = use.values](const Column& column, const Present&, Failures& failures) {
    for (std::size_t row = 0; row < column.size(); ++row) {
      const Value value = column.at(row);
      if (is_null(value)) continue;
      const auto equals = [&value](const Value& other) { return compare(value, other) == 0; };
      if (std::ranges::any_of(values, equals) || has_text(*allowed, to_text(value))) continue;
      failures.push_back({static_cast<std::uint32_t>(row), "one_of", not_listed(value, allowed->texts)});
    }
  };
}

}  // namespace

std::vector<Rule> range_rules() {
  return {
      {.name = "min",
       .doc = "The value is this or greater.",
       .argument = Argument::value,
       .types = kOrdered,
       .examples = {{"10", "10", true}, {"10", "9", false}, {"10", "null", true}},
       .bind = bind_bound<Bound::min>},
      {.name = "max",
       .doc = "The value is this or smaller.",
       .argument = Argument::value,
       .types = kOrdered,
       .examples = {{"1000", "1000", true}, {"1000", "1850", false}, {"1000", "null", true}},
       .bind = bind_bound<Bound::max>},
      {.name = "one_of",
       .doc = "The value is one of these.",
       .argument = Argument::value_list,
       .types = TypeSet::all(),
       .examples = {{"[email, sms]", "'sms'", true}, {"[email, sms]", "'fax'", false}, {"[1, 2]", "null", true}},
       .check = [](const Use& use) { return use.values.empty() ? std::string{"the list is empty"} : std::string{}; },
       .bind = bind_one_of},
  };
}

}  // namespace etl::rules
