#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/ledger/journals.h"
#include "engine/ledger/text.h"
#include "engine/stores/sql_text.h"

namespace etl::ledger {

namespace {

using Rows = std::span<const std::uint32_t>;

// Type numbers (src/include/catalog/pg_type.dat).
constexpr std::uint32_t kInt8 = 20;
constexpr std::uint32_t kText = 25;
constexpr std::uint32_t kUuid = 2950;

void append32(std::uint32_t number, std::string& out) {
  const std::uint32_t swapped = __builtin_bswap32(number);
  out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

void append64(std::uint64_t number, std::string& out) {
  const std::uint64_t swapped = __builtin_bswap64(number);
  out.append(reinterpret_cast<const char*>(&swapped), sizeof swapped);
}

// An array of one dimension in binary form (array_send in src/backend/utils/adt/arrayfuncs.c): read ten times as fast
// as its text.
std::string array_of(std::uint32_t type, std::size_t size, std::size_t bytes) {
  std::string out;
  out.reserve(20 + size * 4 + bytes);
  append32(1, out);  // Dimensions.
  append32(0, out);  // No NULLs.
  append32(type, out);
  append32(static_cast<std::uint32_t>(size), out);
  append32(1, out);  // The first index.
  return out;
}

std::string ints_array(const Column& keys, Rows rows) {
  std::string out = array_of(kInt8, rows.size(), rows.size() * sizeof(std::int64_t));
  const auto values = keys.values<std::int64_t>();
  for (const std::uint32_t row : rows) {
    append32(sizeof(std::int64_t), out);
    append64(static_cast<std::uint64_t>(values[row]), out);
  }
  return out;
}

std::string uuids_array(const Column& keys, Rows rows) {
  std::string out = array_of(kUuid, rows.size(), rows.size() * sizeof(Uuid));
  const auto values = keys.values<Uuid>();
  for (const std::uint32_t row : rows) {
    append32(sizeof(Uuid), out);
    out.append(reinterpret_cast<const char*>(values[row].bytes.data()), sizeof(Uuid));
  }
  return out;
}

// Texts that the column's type reads back: canonical, but bytes as bytea writes them.
void append_key(const Value& value, std::string& out) {
  const auto* bytes = std::get_if<Bytes>(&value);
  if (bytes == nullptr) return append_text(value, out);
  out += "\\x";
  for (const unsigned char byte : bytes->view) fmt::format_to(std::back_inserter(out), "{:02x}", byte);
}

std::string texts_array(const Column& keys, Rows rows) {
  std::string out = array_of(kText, rows.size(), rows.size() * sizeof(Uuid));
  std::string text;
  for (const std::uint32_t row : rows) {
    text.clear();
    append_key(keys.at(row), text);
    append32(static_cast<std::uint32_t>(text.size()), out);
    out += text;
  }
  return out;
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
    for (; rows.size() > kRowsPerEntry; rows = rows.subspan(kRowsPerEntry))
      add_entry(action, keys, rows.first(kRowsPerEntry));
    if (!rows.empty()) add_entry(action, keys, rows);
  }

  void add_entry(char action, std::span<const ColumnPtr> keys, Rows rows) {
    const std::string head = fmt::format("('{}', {}, {}, ", to_text(request_.run), request_.position, ++step_);
    std::vector<std::string> arrays;
    std::string values;
    if (key_.empty()) values = fmt::format("{}0, '{}', {}, NULL, NULL, NULL)", head, action, rows.size());
    for (std::size_t part = 0; part < key_.size(); ++part) {
      const bool ints = kinds_[part] == "ints";
      const bool uuids = kinds_[part] == "uuids";
      arrays.push_back(ints    ? ints_array(*keys[part], rows)
                       : uuids ? uuids_array(*keys[part], rows)
                               : texts_array(*keys[part], rows));
      values += fmt::format("{}{}{}, '{}', {}, {}, {}, {})", values.empty() ? "" : ", ", head, part, action,
                            rows.size(), ints ? parameter(part, "bigint") : "NULL::bigint[]",
                            uuids ? parameter(part, "uuid") : "NULL::uuid[]",
                            !ints && !uuids ? parameter(part, "text") : "NULL::text[]");
    }
    session_.change_binary(
        "INSERT INTO etl.journal (run, position, step, part, action, rows, ints, uuids, texts) VALUES " + values,
        arrays);
  }

  static std::string parameter(std::size_t part, std::string_view type) {
    return fmt::format("${}::{}[]", part + 1, type);
  }

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
