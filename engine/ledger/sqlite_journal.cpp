#include <fmt/format.h>

#include <algorithm>

#include "engine/ledger/journals.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/text.h"
#include "engine/stores/sql_text.h"

namespace etl::ledger {

namespace {

using Rows = std::span<const std::uint32_t>;
using RowIds = std::span<const std::int64_t>;

// SQLite's functions take up to 127 arguments (limits.html, "Maximum Number Of Arguments On A Function").
constexpr std::size_t kColumnsPerCall = 100;

std::string columns_of(std::span<const schema::Column> columns) {
  std::string out;
  for (const schema::Column& column : columns)
    out += (out.empty() ? "t." : ", t.") + stores::quote_identifier(column.name);
  return out;
}

// The aggregate of the hashes of rows `t` (stores/sqlite_functions.h).
std::string row_hashes(const schema::Table& table) {
  std::span<const schema::Column> columns = table.columns;
  if (columns.size() <= kColumnsPerCall) return fmt::format("etl_row_hashes({})", columns_of(columns));
  std::vector<std::string> texts;
  for (; !columns.empty(); columns = columns.subspan(std::min(kColumnsPerCall, columns.size()))) {
    texts.push_back(
        fmt::format("etl_row_text({})", columns_of(columns.first(std::min(kColumnsPerCall, columns.size())))));
  }
  return fmt::format("etl_hashes({})", fmt::join(texts, ", "));
}

void append_json_key(const Value& value, std::string& out) {
  const auto* bytes = std::get_if<Bytes>(&value);
  if (bytes == nullptr) {
    append_json(value, out);
  } else {
    out += '"';
    for (const unsigned char byte : bytes->view) fmt::format_to(std::back_inserter(out), "{:02X}", byte);
    out += '"';
  }
}

std::string json_of(const Column& keys, Rows rows) {
  std::string out;
  for (const std::uint32_t row : rows) {
    out += out.empty() ? '[' : ',';
    append_json_key(keys.at(row), out);
  }
  return out + ']';
}

bool is_consecutive(RowIds rowids) {
  return std::ranges::adjacent_find(rowids, [](std::int64_t a, std::int64_t b) { return a == b || b - 1 != a; }) ==
         rowids.end();
}

class SqliteJournal : public Journal {
 public:
  SqliteJournal(stores::SqlSession& session, const JournalRequest& request, std::uint64_t& step)
      : Journal{key_columns(*request.table, request.written)},
        session_{session},
        request_{request},
        step_{step},
        table_{stores::quote_table(*request.table)},
        rowid_{rowid_name(*request.table)},
        run_{to_text(request.run)} {}

  void inserted(std::span<const ColumnPtr> keys, Rows rows, RowIds rowids) override {
    if (!rowid_.empty()) return each_entry(rows, rowids, [&](Rows, RowIds ids) { add_by_rowid('i', ids, true); });
    if (key_.empty()) return add_count(rows.size());
    each_entry(rows, rowids, [&](Rows some, RowIds) { add_by_key('i', keys, some, true); });
  }

  void met(std::span<const ColumnPtr> keys, Rows rows, RowIds rowids) override {
    if (!rowids.empty()) return each_entry(rows, rowids, [&](Rows, RowIds ids) { add_by_rowid('s', ids, false); });
    if (!key_.empty()) each_entry(rows, rowids, [&](Rows some, RowIds) { add_by_key('s', keys, some, false); });
  }

  std::uint64_t updating(const std::string& matched) override {
    if (images_.empty()) make_images();
    std::string image;
    for (const schema::Column& column : request_.table->columns)
      image += ", t." + stores::quote_identifier(column.name);
    return session_.change(fmt::format("INSERT INTO {} SELECT '{}', {}, {}, s.etl_ordinal, 'u', {}, NULL{} FROM {}",
                                       images_, run_, request_.position, ++step_,
                                       rowid_.empty() ? "NULL" : "t." + rowid_, image, matched));
  }

  void updated() override {
    session_.change(
        fmt::format("UPDATE {0} SET etl_hash = (SELECT {1} FROM {2} AS t WHERE {3}) WHERE "
                    "etl_step = {4}",
                    images_, row_hashes(*request_.table), table_, same_row(), step_));
  }

  std::uint64_t removing(const std::string& where) override { return copy_removed(session_, request_, where); }

 private:
  template <class Use>
  static void each_entry(Rows rows, RowIds rowids, Use use) {
    const std::size_t size = std::max(rows.size(), rowids.size());
    for (std::size_t from = 0; from < size; from += kRowsPerEntry) {
      const std::size_t count = std::min(kRowsPerEntry, size - from);
      use(rows.empty() ? rows : rows.subspan(from, count), rowids.empty() ? rowids : rowids.subspan(from, count));
    }
  }

  std::string head(std::size_t part, char action) const {
    return fmt::format(
        "INSERT INTO etl_journal (run, position, step, part, action, rows, keys, hashes) SELECT '{}', {}, "
        "{}, {}, '{}', ",
        run_, request_.position, step_, part, action);
  }

  // Keys and hashes as the table has them. Row ids in one run are read as a range.
  void add_by_rowid(char action, RowIds rowids, bool hashes) {
    ++step_;
    std::string list;
    std::string from;
    if (is_consecutive(rowids)) {
      from = fmt::format("{} AS t NOT INDEXED WHERE t.{} BETWEEN {} AND {}", table_, rowid_, rowids.front(),
                         rowids.back());
    } else {
      for (const std::int64_t id : rowids)
        fmt::format_to(std::back_inserter(list), "{}{}", list.empty() ? '[' : ',', id);
      list += ']';
      from = fmt::format("json_each($list) AS j CROSS JOIN {} AS t NOT INDEXED WHERE t.{} = j.value", table_, rowid_);
    }
    const std::vector<std::pair<std::string, Value>> parameters = {{"list", std::string_view{list}}};
    const std::vector<std::string> columns = key_.empty() ? std::vector{rowid_} : quoted_key();
    for (std::size_t part = 0; part < columns.size(); ++part) {
      const std::string hashed = part == 0 && hashes ? row_hashes(*request_.table) : "NULL";
      session_.change(
          fmt::format("{}count(*), etl_keys(t.{}), {} FROM {}", head(part, action), columns[part], hashed, from),
          list.empty() ? stores::SqlParameters{} : stores::SqlParameters{parameters});
    }
  }

  // A table without row ids: its rows are found by their keys, as they rest in the table.
  void add_by_key(char action, std::span<const ColumnPtr> keys, Rows rows, bool hashes) {
    ++step_;
    for (std::size_t part = 0; part < key_.size(); ++part) {
      const std::string list = json_of(*keys[part], rows);
      const std::string all = part == 0 && hashes ? tuples_of(keys, rows) : "";
      const std::string hashed = part == 0 && hashes
                                     ? fmt::format("(SELECT {} FROM json_each($all) AS j CROSS JOIN {} AS t WHERE {})",
                                                   row_hashes(*request_.table), table_, same_key())
                                     : "NULL";
      const std::vector<std::pair<std::string, Value>> parameters = {{"list", std::string_view{list}},
                                                                     {"all", std::string_view{all}}};
      session_.change(fmt::format("{}{}, $list, {}", head(part, action), rows.size(), hashed), parameters);
    }
  }

  void add_count(std::size_t rows) {
    ++step_;
    session_.change(fmt::format("{}{}, NULL, NULL", head(0, 'i'), rows));
  }

  static std::string tuples_of(std::span<const ColumnPtr> keys, Rows rows) {
    std::string out;
    for (const std::uint32_t row : rows) {
      out += out.empty() ? "[[" : ",[";
      for (std::size_t part = 0; part < keys.size(); ++part) {
        if (part > 0) out += ',';
        append_json_key(keys[part]->at(row), out);
      }
      out += ']';
    }
    return out + ']';
  }

  // A blob stands in JSON as hexadecimal digits.
  std::string same_key() const {
    std::string out;
    for (std::size_t part = 0; part < key_.size(); ++part) {
      const std::string value = fmt::format("json_extract(j.value, '$[{}]')", part);
      out += fmt::format("{}t.{} = {}", part == 0 ? "" : " AND ", stores::quote_identifier(key_[part]),
                         is_blob(key_[part]) ? "etl_blob(" + value + ")" : value);
    }
    return out;
  }

  bool is_blob(const std::string& name) const { return request_.table->column(name)->type.type == Type::bytes; }

  std::string same_row() const {
    if (!rowid_.empty()) return fmt::format("t.{} = {}.etl_rowid", rowid_, images_);
    std::string out;
    for (const std::string& name : key_) {
      const auto place = std::ranges::find(request_.table->columns, name, &schema::Column::name);
      out += fmt::format("{}t.{} = {}.c{}", out.empty() ? "" : " AND ", stores::quote_identifier(name), images_,
                         place - request_.table->columns.begin());
    }
    return out;
  }

  std::vector<std::string> quoted_key() const {
    std::vector<std::string> out;
    for (const std::string& name : key_) out.push_back(stores::quote_identifier(name));
    return out;
  }

  void make_images() {
    images_ = fmt::format("etl_images_{}_{}", number_of(session_, request_.run), request_.position);
    std::string columns;
    for (std::size_t i = 0; i < request_.table->columns.size(); ++i) columns += fmt::format(", c{}", i);
    session_.script(
        fmt::format("CREATE TABLE IF NOT EXISTS {} (etl_run, etl_position, etl_step, etl_ordinal, etl_action, "
                    "etl_rowid, etl_hash{})",
                    images_, columns));
    note_table(session_, request_, "images", images_);
  }

  stores::SqlSession& session_;
  JournalRequest request_;
  std::uint64_t& step_;
  std::string table_;
  std::string rowid_;
  std::string run_;
  std::string images_;  // "" before the first update.
};

}  // namespace

std::unique_ptr<Journal> open_sqlite_journal(stores::SqlSession& session, const JournalRequest& request,
                                             std::uint64_t& step) {
  return std::make_unique<SqliteJournal>(session, request, step);
}

}  // namespace etl::ledger
