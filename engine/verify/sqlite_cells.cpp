// How values rest in SQLite: datatype3.html of its documentation, sections 3 and 4.
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "engine/stores/sql_text.h"
#include "engine/verify/cells.h"

namespace etl::verify {

namespace {

using schema::Affinity;
using stores::RawCell;

std::optional<std::int64_t> integer_of(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<double> number_of(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789+-.eE \t\n\v\f\r") != std::string_view::npos) return std::nullopt;
  const std::string terminated{text};
  char* end = nullptr;
  const double value = std::strtod(terminated.c_str(), &end);
  while (*end != '\0' && std::strchr(" \t\n\v\f\r", *end) != nullptr) ++end;
  if (end == terminated.c_str() || *end != '\0') return std::nullopt;
  return value;
}

// As SQLite's own "%!.15g".
std::string text_of(double value) {
  std::array<char, 64> shown{};
  std::snprintf(shown.data(), shown.size(), "%.15g", value);
  std::string text = shown.data();
  if (text.find('.') == std::string::npos && std::isfinite(value)) text.insert(std::min(text.find('e'), text.size()), ".0");
  return text;
}

void append_real(double value, std::string& out) {
  const double plain = value == 0 ? 0.0 : value;  // A REAL column keeps no minus zero.
  out += 'r';
  out.append(reinterpret_cast<const char*>(&plain), sizeof plain);
}

void append_integer(std::int64_t value, std::string& out) {
  out += 'i';
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

// A column of NUMERIC or INTEGER affinity keeps whole numbers as INTEGER, whatever they came as.
void append_number(double value, std::string& out) {
  constexpr double kLargest = 9.2e18;
  if (value == std::trunc(value) && std::abs(value) < kLargest) return append_integer(static_cast<std::int64_t>(value), out);
  append_real(value, out);
}

void append_numeric(const RawCell& cell, std::string& out) {
  if (cell.kind == RawCell::Kind::integer) return append_integer(cell.integer, out);
  if (cell.kind == RawCell::Kind::real) return append_number(cell.real, out);
  if (cell.kind == RawCell::Kind::text) {
    if (const auto integer = integer_of(cell.bytes)) return append_integer(*integer, out);
    if (const auto number = number_of(cell.bytes)) return append_number(*number, out);
  }
  out += cell.kind == RawCell::Kind::blob ? 'b' : 't';
  out += cell.bytes;
}

void append_cell(const RawCell& cell, Affinity affinity, std::string& out) {
  const bool numeric = affinity == Affinity::numeric || affinity == Affinity::integer;
  if (numeric) return append_numeric(cell, out);
  switch (cell.kind) {
    case RawCell::Kind::integer:
      if (affinity == Affinity::real) return append_real(static_cast<double>(cell.integer), out);
      if (affinity == Affinity::text) {
        out += 't' + std::to_string(cell.integer);
        return;
      }
      return append_integer(cell.integer, out);
    case RawCell::Kind::real:
      if (affinity != Affinity::text) return append_real(cell.real, out);
      out += 't' + text_of(cell.real);
      return;
    case RawCell::Kind::text:
      if (affinity == Affinity::real) {
        if (const auto number = number_of(cell.bytes)) return append_real(*number, out);
      }
      out += 't';
      break;
    default:
      out += 'b';
  }
  out += cell.bytes;
}

// What the writer binds (writers/sqlite_bind.h).
class Binding {
 public:
  explicit Binding(const stores::SqliteColumn& form) : form_{form} {}

  // Values of a column of type `any` are bound one by one, without regard to the column (stores::bind_value).
  void use(Type type) { plain_ = type == Type::any; }

  RawCell cell(const Value& value) {
    return std::visit([this](const auto& held) { return bind(held); }, value);
  }

 private:
  static RawCell whole(std::int64_t value) { return {.kind = RawCell::Kind::integer, .integer = value}; }
  static RawCell text(std::string_view value) { return {.kind = RawCell::Kind::text, .bytes = value}; }
  RawCell shown(std::size_t size) { return text({scratch_.data(), size}); }

  static RawCell bind(std::monostate) { return {}; }
  static RawCell bind(bool value) { return whole(value ? 1 : 0); }
  static RawCell bind(std::int64_t value) { return whole(value); }
  static RawCell bind(double value) { return {.kind = RawCell::Kind::real, .real = value}; }
  static RawCell bind(std::string_view value) { return text(value); }
  static RawCell bind(Bytes value) { return {.kind = RawCell::Kind::blob, .bytes = value.view}; }
  static RawCell bind(Json value) { return text(value.view); }
  static RawCell bind(List value) { return text(value.view); }
  RawCell bind(Date value) { return shown(format_date(value, scratch_.data())); }
  RawCell bind(Time value) { return shown(format_time(value, scratch_.data())); }
  RawCell bind(Timestamp value) { return shown(format_timestamp(value, scratch_.data())); }
  RawCell bind(const Uuid& value) { return shown(format_uuid(value, scratch_.data())); }

  RawCell bind(Instant value) {
    std::string_view plain{scratch_.data(), format_instant(value, scratch_.data())};
    if (plain_ || !form_.offset_zone) return text(plain);
    longer_.assign(plain);
    if (const std::size_t zone = longer_.find('Z'); zone != std::string::npos) longer_.replace(zone, 1, "+00:00");
    return text(longer_);
  }

  RawCell bind(const Decimal& value) {
    if (!plain_ && form_.affinity == Affinity::text) {
      const auto fixed = form_.text_scale >= 0 ? rescale(value, form_.text_scale) : std::optional<Decimal>{};
      return shown(format_decimal(fixed.value_or(value), scratch_.data()));
    }
    if (const auto integer = to_integer(value)) return whole(*integer);
    constexpr int kExactDigits = 15;
    const bool exact = value.is_finite() && integer_digits(value) + fraction_digits(value) <= kExactDigits;
    if (exact) return bind(to_double(value));
    return shown(format_decimal(value, scratch_.data()));
  }

  stores::SqliteColumn form_;
  bool plain_ = false;
  std::array<char, 64> scratch_{};
  std::string longer_;
};

class SqliteCell : public CellForm {
 public:
  SqliteCell(std::string name, const stores::SqliteColumn& form)
      : name_{std::move(name)}, affinity_{form.affinity}, binding_{form} {}

  std::string select() const override { return "t." + stores::quote_identifier(name_); }
  void use(const Column& values, stores::SqlSession&) override {
    values_ = &values;
    binding_.use(values.type());
  }
  void expected(std::uint32_t row, std::string& out) override {
    append_cell(binding_.cell(values_->at(row)), affinity_, out);
  }
  void found(const RawCell& cell, std::string& out) const override { append_cell(cell, affinity_, out); }

 private:
  std::string name_;
  Affinity affinity_;
  Binding binding_;
  const Column* values_ = nullptr;
};

}  // namespace

std::unique_ptr<CellForm> sqlite_cell(const std::string& name, const stores::SqliteColumn& column) {
  return std::make_unique<SqliteCell>(name, column);
}

}  // namespace etl::verify
