#include <cstring>
#include <fmt/format.h>

#include "engine/base/error.h"
#include "engine/stores/cell.h"
#include "engine/stores/sql_text.h"
#include "engine/verify/cells.h"
#include "engine/writers/postgres_checks.h"
#include "engine/writers/postgres_encode.h"

namespace etl::verify {

namespace {

using stores::quote_identifier;

constexpr std::uint32_t kSomeOid = 25;  // array_send names the element type; the form leaves it out.

std::uint16_t number16(std::string_view bytes, std::size_t at) {
  std::uint16_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return __builtin_bswap16(value);
}

std::int32_t number32(std::string_view bytes, std::size_t at) {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return static_cast<std::int32_t>(__builtin_bswap32(value));
}

// What the form of a type leaves out, in the bytes that its send function gives.
using Canonical = void (*)(const schema::SqlType& type, std::string_view bytes, std::string& out);

void as_it_is(const schema::SqlType&, std::string_view bytes, std::string& out) { out += bytes; }

void without_blanks_behind(const schema::SqlType&, std::string_view bytes, std::string& out) {
  out += bytes.substr(0, bytes.find_last_not_of(' ') + 1);
}

// numeric_send: number of digits, weight of the first, sign, scale; digits of base 10000. Zeros at both ends say nothing;
// a column with a scale shows that one.
void numeric(const schema::SqlType& type, std::string_view bytes, std::string& out) {
  std::size_t begin = 8;
  std::size_t end = bytes.size();
  auto weight = static_cast<std::int16_t>(number16(bytes, 2));
  while (end > begin && number16(bytes, end - 2) == 0) end -= 2;
  while (end > begin && number16(bytes, begin) == 0) {
    begin += 2;
    --weight;
  }
  std::uint16_t sign = number16(bytes, 4);
  constexpr std::uint16_t kSpecial = 0xC000;
  if (begin == end) {
    weight = 0;
    if (sign != kSpecial && (sign & kSpecial) != kSpecial) sign = 0;
  }
  const std::uint16_t scale = type.precision && (sign & kSpecial) != kSpecial
                                  ? static_cast<std::uint16_t>(type.scale.value_or(0))
                                  : number16(bytes, 6);
  for (const std::uint16_t number : {static_cast<std::uint16_t>(weight), sign, scale}) {
    out.append(reinterpret_cast<const char*>(&number), sizeof number);
  }
  out += bytes.substr(begin, end - begin);
}

// jsonb_send: a version byte and a text with blanks behind commas and colons.
void jsonb(const schema::SqlType&, std::string_view bytes, std::string& out) {
  bool inside = false;
  for (std::size_t at = 1; at < bytes.size(); ++at) {
    const char letter = bytes[at];
    if (!inside && letter == ' ') continue;
    out += letter;
    if (inside && letter == '\\' && at + 1 < bytes.size()) {
      out += bytes[++at];
    } else if (letter == '"') {
      inside = !inside;
    }
  }
}

Canonical canonical_of(const schema::SqlType& type) {
  if (type.base == "bpchar") return without_blanks_behind;
  if (type.base == "numeric") return numeric;
  if (type.base == "jsonb") return jsonb;
  return as_it_is;
}

// array_send: dimensions, flags, element type; length and lower bound of each dimension; the items with their lengths.
void array(const schema::SqlType& element, std::string_view bytes, std::string& out) {
  const auto dimensions = static_cast<std::size_t>(number32(bytes, 0));
  std::size_t at = 12 + 8 * dimensions;
  out += bytes.substr(0, 4);
  out += bytes.substr(12, 8 * dimensions);
  const Canonical canonical = canonical_of(element);
  std::string item;
  while (at + 4 <= bytes.size()) {
    const std::int32_t size = number32(bytes, at);
    at += 4;
    item.clear();
    if (size >= 0) {
      canonical(element, bytes.substr(at, static_cast<std::size_t>(size)), item);
      at += static_cast<std::size_t>(size);
    }
    const auto length = size < 0 ? std::uint32_t{0xFFFFFFFF} : static_cast<std::uint32_t>(item.size());
    out.append(reinterpret_cast<const char*>(&length), sizeof length).append(item);
  }
}

class BinaryCell : public CellForm {
 public:
  BinaryCell(const schema::Column& column, Type type)
      : column_{column}, element_{writers::element_of(column)}, encoder_{writers::binary_column(column, type, kSomeOid)} {
    canonical_ = column.type.array ? array : canonical_of(column.type);
    encoder_.row_bound = writers::kCellBound;
  }

  bool works() const { return encoder_.encode != nullptr; }
  std::string select() const override { return "t." + quote_identifier(column_.name); }

  void use(const Column& values, stores::SqlSession&) override {
    encoder_.column = &values;
    encoder_.values = values.values<std::byte>().data();
  }

  void expected(std::uint32_t row, std::string& out) override {
    bytes_.clear();
    bytes_.reserve(writers::kCellBound * 2);
    try {
      encoder_.encode(encoder_, row, bytes_);
    } catch (const writers::Unencodable&) {  // The run rejected the row.
      out += '?';
      return;
    }
    canonical(bytes_.bytes().substr(4), out);
  }

  void found(const stores::RawCell& cell, std::string& out) const override { canonical(cell.bytes, out); }

 private:
  void canonical(std::string_view bytes, std::string& out) const {
    canonical_(column_.type.array ? element_.type : column_.type, bytes, out);
  }

  schema::Column column_;
  schema::Column element_;
  writers::BinaryColumn encoder_;
  writers::CopyBuffer bytes_{{}, 4096};
  Canonical canonical_ = as_it_is;
};

// Types without a form of ours: the text that the server prints. What the mapping makes is first read by the server.
class TextCell : public CellForm {
 public:
  explicit TextCell(const schema::Column& column) : column_{column} {}

  std::string select() const override { return "t." + quote_identifier(column_.name) + "::text"; }

  void use(const Column& values, stores::SqlSession& session) override {
    texts_.assign(values.size(), {});
    std::string literal = "{";
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (!values.is_null(row)) stores::append_postgres_text(values.at(row), texts_[row]);
      literal += row == 0 ? "" : ",";
      append_item(values.is_null(row) ? nullptr : &texts_[row], literal);
    }
    const std::string sql = fmt::format(
        "SELECT (v.x::{})::text FROM unnest({}::text[]) WITH ORDINALITY AS v(x, n) ORDER BY v.n", column_.type.declared,
        stores::quote_literal(literal + "}"));
    session.script("SAVEPOINT etl_verify");
    try {
      const auto rows = session.read(sql);
      for (std::size_t row = 0; row < rows.size(); ++row) texts_[row] = rows[row][0].value_or("");
    } catch (const Error&) {  // A value that the server refuses was rejected by the run; the others are printed alike.
      session.script("ROLLBACK TO SAVEPOINT etl_verify");
    }
    session.script("RELEASE SAVEPOINT etl_verify");
  }

  void expected(std::uint32_t row, std::string& out) override { out += texts_[row]; }
  void found(const stores::RawCell& cell, std::string& out) const override { out += cell.bytes; }

 private:
  static void append_item(const std::string* text, std::string& out) {
    if (text == nullptr) {
      out += "NULL";
      return;
    }
    out += '"';
    for (const char letter : *text) {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter;
    }
    out += '"';
  }

  schema::Column column_;
  std::vector<std::string> texts_;
};

}  // namespace

std::unique_ptr<CellForm> postgres_cell(const schema::Column& column, Type type) {
  auto binary = std::make_unique<BinaryCell>(column, type);
  if (binary->works()) return binary;
  return std::make_unique<TextCell>(column);
}

}  // namespace etl::verify
