#include "engine/writers/sqlite_checks.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "engine/writers/checks.h"
#include "engine/writers/postgres_checks.h"

namespace etl::writers {

namespace {

using schema::Affinity;

constexpr int kExactDigits = 15;  // Decimal digits that a double always keeps.
constexpr std::int64_t kExactInteger = std::int64_t{1} << 53;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// A number literal as SQLite reads it from text: blanks around it are allowed, hexadecimal is not.
bool is_number_literal(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  std::size_t at = 0;
  const auto digits = [&] {
    const std::size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at - begin;
  };
  const auto skip = [&](std::string_view any) {
    const bool found = at < text.size() && any.find(text[at]) != std::string_view::npos;
    if (found) ++at;
    return found;
  };
  skip("+-");
  std::size_t found = digits();
  if (skip(".")) found += digits();
  if (found == 0) return false;
  if (skip("eE")) {
    skip("+-");
    if (digits() == 0) return false;
  }
  return at == text.size();
}

// What SQLite would show for the number that it makes of the text; a column of REAL affinity keeps no integers.
std::string as_number(std::string_view text, Affinity affinity) {
  std::int64_t integer = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), integer);
  if (affinity != Affinity::real && error == std::errc{} && end == text.data() + text.size()) {
    return std::to_string(integer);
  }
  const double value = std::strtod(std::string{text}.c_str(), nullptr);
  constexpr double kLargestInteger = 9.2e18;
  if (affinity != Affinity::real && std::abs(value) < kLargestInteger && value == std::trunc(value)) {
    return std::to_string(static_cast<std::int64_t>(value));
  }
  std::array<char, 64> shown{};
  sqlite3_snprintf(static_cast<int>(shown.size()), shown.data(), "%!.15g", value);
  return shown.data();
}

// Texts of dates, UUIDs and the like are none that could be read as numbers; bare texts may be.
void check_texts(Affinity affinity, const Column& values, Failures& failures) {
  const bool numeric = affinity != Affinity::text && affinity != Affinity::blob;
  check_each<std::string_view>(values, failures, [&](std::string_view text) -> Problem {
    if (holds_nul(text)) return {"encoding", "the text holds a NUL byte"};
    if (!numeric || !is_number_literal(text) || as_number(text, affinity) == text) return {};
    return {"precision",
            fmt::format("{} would be stored as the number {}", quote_for_message(text), as_number(text, affinity))};
  });
}

void check_decimals(Affinity affinity, const Column& values, Failures& failures) {
  if (affinity == Affinity::text || affinity == Affinity::blob) return;
  check_each<Decimal>(values, failures, [&](const Decimal& value) -> Problem {
    const bool exact = value.is_finite() && integer_digits(value) + fraction_digits(value) <= kExactDigits;
    if (exact || (affinity != Affinity::real && to_integer(value))) return {};
    return {"precision", fmt::format("{} would be stored as a float", to_string(value))};
  });
}

void check_floats(const Column& values, Failures& failures) {
  check_each<double>(values, failures, [](double value) -> Problem {
    return std::isnan(value) ? Problem{"precision", "NaN would be stored as NULL"} : Problem{};
  });
}

void check_integers(Affinity affinity, const Column& values, Failures& failures) {
  if (affinity != Affinity::real) return;
  check_each<std::int64_t>(values, failures, [](std::int64_t value) -> Problem {
    if (value >= -kExactInteger && value <= kExactInteger) return {};
    return {"precision", fmt::format("{} would be stored as a float", value)};
  });
}

void check_any(const Column& values, Failures& failures) {
  check_each<Value>(values, failures, [](const Value& value) -> Problem {
    const auto* text = std::get_if<std::string_view>(&value);
    if (text != nullptr && holds_nul(*text)) return {"encoding", "the text holds a NUL byte"};
    const auto* real = std::get_if<double>(&value);
    if (real != nullptr && std::isnan(*real)) return {"precision", "NaN would be stored as NULL"};
    return {};
  });
}

void check_storage(Affinity affinity, const Column& values, Failures& failures) {
  switch (values.type()) {
    case Type::any:
      return check_any(values, failures);
    case Type::integer:
      return check_integers(affinity, values, failures);
    case Type::decimal:
      return check_decimals(affinity, values, failures);
    case Type::float64:
      return check_floats(values, failures);
    case Type::text:
      return check_texts(affinity, values, failures);
    default:
      return;
  }
}

}  // namespace

void check_sqlite(const stores::SqliteColumn& column, const schema::Column* declared, const Column& values,
                  Failures& failures) {
  if (declared == nullptr) return check_storage(column.affinity, values, failures);
  Failures both;
  check_postgres(*declared, values, both);
  const auto of_declared = std::ssize(both);
  check_storage(column.affinity, values, both);
  if (of_declared != 0) {
    std::ranges::stable_sort(both, {}, &Failure::row);
    const auto same_row = [](const Failure& one, const Failure& other) { return one.row == other.row; };
    both.erase(std::unique(both.begin(), both.end(), same_row), both.end());
  }
  failures.insert(failures.end(), both.begin(), both.end());
}

}  // namespace etl::writers
