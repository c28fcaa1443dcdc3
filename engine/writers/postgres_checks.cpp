#include "engine/writers/postgres_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/schema/types.h"
#include "engine/stores/cell.h"
#include "engine/writers/checks.h"
#include "engine/writers/list_items.h"

namespace etl::writers {

namespace {

constexpr std::size_t kNameBytes = 63;                             // NAMEDATALEN - 1.
constexpr std::size_t kLargestValue = (std::size_t{1} << 30) - 5;  // MaxAllocSize less the length word.
constexpr std::size_t kLargestJsonb = 0x0FFFFFFF;                  // JENTRY_OFFLENMASK.
// Limits of src/include/datatype/timestamp.h, counted from 2000-01-01: 4714-11-24 BC to 5874897-12-31 for dates,
// to 294276-12-31 for timestamps.
constexpr std::int32_t kFirstDay = -2'451'545;
constexpr std::int32_t kDayAfterLast = 2'145'031'949;
constexpr std::int64_t kFirstMicros = -211'813'488'000'000'000;
constexpr std::int64_t kMicrosAfterLast = 9'223'371'331'200'000'000;

struct IntegerRange {
  std::string_view type;
  std::int64_t min;
  std::int64_t max;
  std::string_view shown;
};
constexpr std::array kIntegerRanges = {
    IntegerRange{"int2", -32'768, 32'767, "smallint"},
    IntegerRange{"int4", -2'147'483'648, 2'147'483'647, "integer"},
    IntegerRange{"oid", 0, 4'294'967'295, "oid"},
};

void check_integers(const schema::SqlType& type, const Column& values, Failures& failures) {
  const auto* const range = std::ranges::find(kIntegerRanges, type.base, &IntegerRange::type);
  if (range == kIntegerRanges.end()) return;
  check_each<std::int64_t>(values, failures, [range](std::int64_t value) -> Problem {
    if (value >= range->min && value <= range->max) return {};
    return {"convert", fmt::format("{} is out of range for {}", value, range->shown)};
  });
}

Problem decimal_problem(const Decimal& value, const schema::SqlType& type) {
  const int precision = *type.precision;
  const int scale = type.scale.value_or(0);
  if (value.special == Decimal::Special::nan) return {};
  const auto problem = [&](std::string_view clause) {
    return Problem{"precision", fmt::format("{} {} {}", to_string(value), clause, type.declared)};
  };
  if (!value.is_finite()) return problem("does not fit");
  if (value.coefficient == 0) return {};
  if (fraction_digits(value) > std::max(scale, 0)) return problem("has more digits behind the point than");
  if (scale < 0) {
    const auto rounded = round(value, scale);
    if (!rounded || compare(*rounded, value) != 0) return problem("is no multiple that fits");
  }
  if (scale <= precision)
    return integer_digits(value) > precision - scale ? problem("has more digits than") : Problem{};
  // A scale above the precision asks for zeros behind the point: 0.00123 in a numeric(3,5).
  const Decimal limit{.coefficient = 1, .scale = static_cast<std::uint8_t>(std::min(scale - precision, 38))};
  const bool small = compare(value, limit) < 0 && compare(negate(value), limit) < 0;
  return small ? Problem{} : problem("has more digits than");
}

void check_decimals(const schema::SqlType& type, const Column& values, Failures& failures) {
  if (!type.precision) return;
  check_each<Decimal>(values, failures, [&](const Decimal& value) { return decimal_problem(value, type); });
}

void check_floats(const schema::SqlType& type, const Column& values, Failures& failures) {
  if (type.base != "float4") return;
  check_each<double>(values, failures, [](double value) -> Problem {
    if (std::isnan(value) || static_cast<double>(static_cast<float>(value)) == value) return {};
    return {"precision", fmt::format("{} has more digits than real holds", to_text(value))};
  });
}

Problem length_problem(std::string_view text, std::size_t limit) {
  if (text.size() <= limit) return {};
  const std::size_t length = count_characters(text);
  if (length <= limit) return {};
  return {"max_length", fmt::format("{} has {} characters, more than {}", quote_for_message(text), length, limit)};
}

void check_texts(const schema::SqlType& type, const Column& values, Failures& failures) {
  const bool limited = type.length && (type.base == "varchar" || type.base == "bpchar");
  const std::size_t limit = limited ? static_cast<std::size_t>(*type.length) : kLargestValue;
  const bool is_name = type.base == "name";
  check_each<std::string_view>(values, failures, [&](std::string_view text) -> Problem {
    if (holds_nul(text)) return {"encoding", "the text holds a NUL byte"};
    if (type.is_enum && std::ranges::find(type.labels, text) == type.labels.end()) {
      return {"one_of", fmt::format("{} is no value of {}", quote_for_message(text), type.name)};
    }
    if (is_name && text.size() > kNameBytes) {
      return {"max_length", fmt::format("{} is longer than 63 bytes", quote_for_message(text))};
    }
    return length_problem(text, limit);
  });
}

// Fractional seconds: 1 for microseconds, 1,000,000 for timestamptz(0).
std::int64_t smallest_step(const schema::SqlType& type) {
  std::int64_t step = 1;
  for (int digits = type.precision.value_or(6); digits < 6; ++digits) step *= 10;
  return step;
}

template <class T>
Problem too_fine(T value, const schema::SqlType& type) {
  return {"precision", fmt::format("{} has a finer fraction than {}", to_text(Value{value}), type.declared)};
}

template <class T>
void check_moments(const schema::SqlType& type, const Column& values, Failures& failures) {
  const std::int64_t step = smallest_step(type);
  check_each<T>(values, failures, [&](T value) -> Problem {
    if (value.micros == kTimeInfinity || value.micros == kTimeMinusInfinity) return {};
    if (value.micros < kFirstMicros || value.micros >= kMicrosAfterLast) {
      return {"convert", fmt::format("{} is out of range", to_text(Value{value}))};
    }
    return step == 1 || value.micros % step == 0 ? Problem{} : too_fine(value, type);
  });
}

void check_times(const schema::SqlType& type, const Column& values, Failures& failures) {
  const std::int64_t step = smallest_step(type);
  if (step == 1) return;
  check_each<Time>(values, failures,
                   [&](Time value) { return value.micros % step == 0 ? Problem{} : too_fine(value, type); });
}

void check_dates(const Column& values, Failures& failures) {
  check_each<Date>(values, failures, [](Date value) -> Problem {
    if (value.days == kDateInfinity || value.days == kDateMinusInfinity) return {};
    if (value.days >= kFirstDay && value.days < kDayAfterLast) return {};
    return {"convert", fmt::format("{} is out of range", to_text(Value{value}))};
  });
}

template <class T>
void check_sizes(std::size_t limit, const Column& values, Failures& failures) {
  check_each<T>(values, failures, [limit](const T& value) -> Problem {
    if (value.view.size() <= limit) return {};
    return {"max_length", fmt::format("the value has {} bytes, more than {}", value.view.size(), limit)};
  });
}

// Every item is read as the element type and checked as a value of its own column would be.
Problem list_problem(List cell, const schema::Column& element) {
  const ListItems list = items_of(cell, element.type.type != Type::json);
  if (!list.problem.empty()) return {"convert", list.problem};
  Arena arena;
  for (const ListItem& item : list.items) {
    if (item.is_null) continue;
    Column value{element.type.type, 1};
    if (auto reason = stores::set_from_text(value, 0, item.text(), arena)) return {"convert", std::move(*reason)};
    Failures failures;
    check_postgres(element, value, failures);
    if (!failures.empty()) return {failures.front().rule, failures.front().reason};
  }
  return {};
}

void check_lists(const schema::Column& column, const Column& values, Failures& failures) {
  if (!column.type.array) return;
  const schema::Column element = element_of(column);
  check_each<List>(values, failures, [&](List cell) { return list_problem(cell, element); });
}

}  // namespace

schema::Column element_of(const schema::Column& column) {
  schema::Column element = column;
  element.type.array = false;
  element.type.type = column.type.is_enum ? Type::text : schema::postgres_type(column.type.base, false).type;
  return element;
}

void check_postgres(const schema::Column& column, const Column& values, Failures& failures) {
  const schema::SqlType& type = column.type;
  switch (values.type()) {
    case Type::integer:
      return check_integers(type, values, failures);
    case Type::decimal:
      return check_decimals(type, values, failures);
    case Type::float64:
      return check_floats(type, values, failures);
    case Type::text:
      return check_texts(type, values, failures);
    case Type::bytes:
      return check_sizes<Bytes>(kLargestValue, values, failures);
    case Type::date:
      return check_dates(values, failures);
    case Type::time:
      return check_times(type, values, failures);
    case Type::timestamp:
      return check_moments<Timestamp>(type, values, failures);
    case Type::timestamptz:
      return check_moments<Instant>(type, values, failures);
    case Type::json:
      return check_sizes<Json>(type.base == "jsonb" ? kLargestJsonb : kLargestValue, values, failures);
    case Type::list:
      return check_lists(column, values, failures);
    default:
      return;
  }
}

}  // namespace etl::writers
