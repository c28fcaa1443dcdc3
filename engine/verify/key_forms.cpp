#include "engine/verify/key_forms.h"

#include <fmt/format.h>

#include <cstdlib>
#include <cstring>

#include "engine/stores/cell.h"
#include "engine/stores/sql_text.h"
#include "engine/verify/cells.h"

namespace etl::verify {

namespace {

using stores::quote_identifier;
using stores::RawCell;

// Values of one number print alike whatever their scale.
std::string plain_text(const Value& value) {
  std::string text = to_text(value);
  if (type_of(value) != Type::decimal || text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

class PostgresKey : public KeyForm {
 public:
  explicit PostgresKey(const schema::Column& column) : column_{column} {
    const std::string& base = column.type.base;
    if (base == "int2" || base == "int4" || base == "int8" || base == "oid") {
      way_ = Way::integer;
    } else if (base == "uuid") {
      way_ = Way::uuid;
    } else if (base == "text" || base == "varchar" || base == "bpchar" || base == "citext" || base == "name" ||
               column.type.is_enum) {
      way_ = Way::text;
    }
  }

  std::string select() const override {
    return "t." + quote_identifier(column_.name) + (way_ == Way::other ? "::text" : "");
  }
  void use(const Column& values, stores::SqlSession&) override { values_ = &values; }

  void expected(std::uint32_t row, std::string& out) override { append(*values_, row, out); }
  void print(const Column& values, std::uint32_t row, stores::SqlSession&, std::string& out) override {
    append(values, row, out);
  }

  void found(const RawCell& cell, std::string& out) override {
    switch (way_) {
      case Way::integer:
        out += std::to_string(integer_of(cell.bytes));
        return;
      case Way::uuid: {
        Uuid uuid;
        std::memcpy(uuid.bytes.data(), cell.bytes.data(), uuid.bytes.size());
        append_text(Value{uuid}, out);
        return;
      }
      case Way::text:
        out += trimmed(cell.bytes);
        return;
      case Way::other:
        out += normal(cell.bytes);
    }
  }

  void journaled(std::string_view text, std::string& out) override {
    out += way_ == Way::other ? normal(text) : std::string{trimmed(text)};
  }

  void literal(std::uint32_t row, std::string& out) override {
    const auto text = stores::postgres_text(values_->at(row)).value_or("");
    out += '"';
    for (const char letter : text) {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter;
    }
    out += '"';
  }

  std::string of_wanted(const std::string& name) const override {
    return fmt::format("{}::{}", name, column_.type.declared);
  }

 private:
  enum class Way : std::uint8_t { integer, uuid, text, other };

  static std::int64_t integer_of(std::string_view bytes) {
    std::uint64_t value = !bytes.empty() && (bytes[0] & '\x80') != 0 ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) value = value << 8U | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
  }
  void append(const Column& values, std::uint32_t row, std::string& out) const {
    const Value value = values.at(row);
    if (way_ == Way::other) {
      out += plain_text(value);
    } else {
      append_text_value(value, out);
    }
  }
  std::string_view trimmed(std::string_view text) const {
    return column_.type.base == "bpchar" ? text.substr(0, text.find_last_not_of(' ') + 1) : text;
  }
  void append_text_value(const Value& value, std::string& out) const {
    const std::size_t begin = out.size();
    append_text(value, out);
    if (column_.type.base == "bpchar") out.resize(begin + trimmed(std::string_view{out}.substr(begin)).size());
  }
  // Read as the type, where that is known, and printed again.
  std::string normal(std::string_view text) const {
    Arena arena;
    Column one{column_.type.type, 1};
    if (stores::set_from_text(one, 0, text, arena)) return std::string{text};
    return plain_text(one.at(0));
  }

  schema::Column column_;
  Way way_ = Way::other;
  const Column* values_ = nullptr;
};

// Built upon the form of the column's cells: a letter for the storage class, and bytes.
class SqliteKey : public KeyForm {
 public:
  SqliteKey(const std::string& name, const stores::SqliteColumn& column)
      : cells_{sqlite_cell(name, column)} {}

  std::string select() const override { return cells_->select(); }
  void use(const Column& values, stores::SqlSession& session) override {
    values_ = &values;
    cells_->use(values, session);
  }
  void expected(std::uint32_t row, std::string& out) override { print_form(of(row), out); }
  void print(const Column& values, std::uint32_t row, stores::SqlSession& session, std::string& out) override {
    cells_->use(values, session);
    print_form(of(row), out);
    if (values_ != nullptr) cells_->use(*values_, session);
  }
  void found(const RawCell& cell, std::string& out) override {
    form_.clear();
    cells_->found(cell, form_);
    print_form(form_, out);
  }
  // Of a JSON array: numbers and texts; blobs came as their hexadecimal digits.
  void journaled(std::string_view text, std::string& out) override { out += text; }

  void literal(std::uint32_t row, std::string& out) override {
    const std::string& form = of(row);
    if (form[0] == 't') {
      out += stores::quote_literal(std::string_view{form}.substr(1));
    } else if (form[0] == 'b') {
      out += "x'";
      print_form(form, out);
      out += '\'';
    } else {
      print_form(form, out);
    }
  }
  std::string of_wanted(const std::string& name) const override { return name; }

 private:
  const std::string& of(std::uint32_t row) {
    form_.clear();
    cells_->expected(row, form_);
    return form_;
  }

  static void print_form(const std::string& form, std::string& out) {
    const std::string_view bytes = std::string_view{form}.substr(1);
    switch (form[0]) {
      case 'i': {
        std::int64_t value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        out += std::to_string(value);
        return;
      }
      case 'r': {
        double value = 0;
        std::memcpy(&value, bytes.data(), sizeof value);
        out += fmt::format("{:.17g}", value);
        return;
      }
      case 'b':
        for (const char byte : bytes) out += fmt::format("{:02X}", static_cast<unsigned char>(byte));
        return;
      default:
        out += bytes;
    }
  }

  std::unique_ptr<CellForm> cells_;
  const Column* values_ = nullptr;
  std::string form_;
};

}  // namespace

std::unique_ptr<KeyForm> postgres_key(const schema::Column& column) { return std::make_unique<PostgresKey>(column); }

std::unique_ptr<KeyForm> sqlite_key(const std::string& name, const stores::SqliteColumn& column) {
  return std::make_unique<SqliteKey>(name, column);
}

}  // namespace etl::verify
