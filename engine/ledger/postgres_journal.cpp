#include <fmt/format.h>

#include <array>
#include <charconv>

#include "engine/ledger/journals.h"
#include "engine/ledger/text.h"
#include "engine/stores/sql_text.h"

namespace etl::ledger {

namespace {

using Rows = std::span<const std::uint32_t>;

// Array literals (manual, section 8.15.2).
std::string ints_text(const Column& keys, Rows rows) {
  std::string out;
  out.reserve(rows.size() * 8 + 2);
  std::array<char, 24> digits{};
  const auto values = keys.values<std::int64_t>();
  for (const std::uint32_t row : rows) {
    out += out.empty() ? '{' : ',';
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), values[row]).ptr;
    out.append(digits.data(), end);
  }
  return out + '}';
}

std::string uuids_text(const Column& keys, Rows rows) {
  std::string out;
  out.reserve(rows.size() * 37 + 2);
  std::array<char, 36> text{};
  const auto values = keys.values<Uuid>();
  for (const std::uint32_t row : rows) {
    out += out.empty() ? '{' : ',';
    out.append(text.data(), format_uuid(values[row], text.data()));
  }
  return out + '}';
}

// Texts that the column's type reads back: canonical, but bytes as bytea writes them.
void append_key(const Value& value, std::string& out) {
  const auto* bytes = std::get_if<Bytes>(&value);
  if (bytes == nullptr) return append_text(value, out);
  out += "\\x";
  for (const unsigned char byte : bytes->view) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
}

std::string texts_text(const Column& keys, Rows rows) {
  std::string out;
  std::string text;
  for (const std::uint32_t row : rows) {
    out += out.empty() ? '{' : ',';
    text.clear();
    append_key(keys.at(row), text);
    append_array_item(text, out);
  }
  return out + '}';
}

class PostgresJournal : public Journal {
 public:
  PostgresJournal(stores::SqlSession& session, const JournalRequest& request, std::uint64_t& step)
      : Journal{key_columns(*request.table, request.written)},
        session_{session},
        request_{request},
        step_{step},
        kinds_{key_kinds(*request.table, key_)} {}

  void inserted(std::span<const ColumnPtr> keys, Rows rows, std::span<const std::int64_t>) override {
    add('i', keys, rows);
  }
  void met(std::span<const ColumnPtr> keys, Rows rows, std::span<const std::int64_t>) override {
    if (!key_.empty()) add('s', keys, rows);
  }

  std::uint64_t updating(const std::string& matched) override {
    std::string image;
    for (const schema::Column& column : request_.table->columns) {
      image += fmt::format("{}t.{}::text", image.empty() ? "" : ", ", stores::quote_identifier(column.name));
    }
    return session_.change(
        fmt::format("INSERT INTO etl.images (run, position, step, ordinal, action, image, was) SELECT '{}', {}, {}, "
                    "s.etl_ordinal, 'u', ARRAY[{}], t.xmin FROM {}",
                    to_text(request_.run), request_.position, ++step_, image, matched));
  }
  void updated() override {}  // The image and the updated row share their xmin.

  std::uint64_t removing(const std::string& where) override { return copy_removed(session_, request_, where); }

 private:
  void add(char action, std::span<const ColumnPtr> keys, Rows rows) {
    for (; rows.size() > kRowsPerEntry; rows = rows.subspan(kRowsPerEntry)) add_entry(action, keys, rows.first(kRowsPerEntry));
    if (!rows.empty()) add_entry(action, keys, rows);
  }

  void add_entry(char action, std::span<const ColumnPtr> keys, Rows rows) {
    const std::string head =
        fmt::format("('{}', {}, {}, ", to_text(request_.run), request_.position, ++step_);
    std::vector<std::string> arrays;
    std::string values;
    if (key_.empty()) values = fmt::format("{}0, '{}', {}, NULL, NULL, NULL)", head, action, rows.size());
    for (std::size_t part = 0; part < key_.size(); ++part) {
      const bool ints = kinds_[part] == "ints";
      const bool uuids = kinds_[part] == "uuids";
      arrays.push_back(ints ? ints_text(*keys[part], rows) : uuids ? uuids_text(*keys[part], rows) : texts_text(*keys[part], rows));
      values += fmt::format("{}{}{}, '{}', {}, {}, {}, {})", values.empty() ? "" : ", ", head, part, action, rows.size(),
                            ints ? parameter(part, "bigint") : "NULL::bigint[]",
                            uuids ? parameter(part, "uuid") : "NULL::uuid[]",
                            !ints && !uuids ? parameter(part, "text") : "NULL::text[]");
    }
    std::vector<std::pair<std::string, Value>> parameters;
    for (std::size_t part = 0; part < arrays.size(); ++part) {
      parameters.emplace_back(fmt::format("k{}", part), std::string_view{arrays[part]});
    }
    session_.change("INSERT INTO etl.journal (run, position, step, part, action, rows, ints, uuids, texts) VALUES " + values,
                    parameters);
  }

  static std::string parameter(std::size_t part, std::string_view type) { return fmt::format("$k{}::{}[]", part, type); }

  stores::SqlSession& session_;
  JournalRequest request_;
  std::uint64_t& step_;
  std::vector<std::string> kinds_;
};

}  // namespace

std::unique_ptr<Journal> open_postgres_journal(stores::SqlSession& session, const JournalRequest& request,
                                               std::uint64_t& step) {
  return std::make_unique<PostgresJournal>(session, request, step);
}

}  // namespace etl::ledger
