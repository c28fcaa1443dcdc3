#include "engine/verify/journal_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "engine/ledger/text.h"

namespace etl::verify {

namespace {

using Texts = std::vector<std::string>;

// A piece of the journal: rows of one action, each with its key.
struct Piece {
  char action = 'i';
  std::vector<Texts> keys;  // By column, then by row.
  std::string hashes;       // SQLite: eight bytes for each row.
  std::uint64_t xmin = 0;   // PostgreSQL.
  std::size_t rows = 0;
};

class Pieces {
 public:
  Pieces(stores::SqlSession& session, const ledger::TableRow& table) : session_{session}, table_{table} {}

  // In the order in which things happened.
  void each(const std::function<void(const Piece&)>& use) {
    const bool postgres = session_.dialect() == schema::Dialect::postgresql;
    const std::string columns =
        postgres ? "coalesce(ints::text, uuids::text, texts::text), xmin::text, NULL" : "keys, NULL, hashes";
    for (std::int64_t last = 0;;) {
      const auto rows = read(fmt::format(
          "SELECT step, action, part, {} FROM {} WHERE run = $run AND position = $position AND step IN (SELECT step FROM "
          "{} WHERE run = $run AND position = $position AND step > $last AND part = 0 ORDER BY step LIMIT 8) ORDER BY step, "
          "action, part",
          columns, journal(), journal()), last);
      if (rows.empty()) return;
      for (std::size_t at = 0; at < rows.size();) at = take(rows, at, use);
      last = ledger::read_integer(rows.back()[0]);
    }
  }

 private:
  std::string journal() const { return ledger::table_name(session_.dialect(), "journal"); }

  std::vector<stores::SqlRow> read(const std::string& sql, std::int64_t last) {
    const std::vector<std::pair<std::string, Value>> parameters = {
        {"run", table_.run}, {"position", std::int64_t{table_.position}}, {"last", last}};
    return session_.read(sql, parameters);
  }

  std::size_t take(const std::vector<stores::SqlRow>& rows, std::size_t at, const std::function<void(const Piece&)>& use) {
    Piece piece;
    const std::size_t first = at;
    piece.action = rows[at][1].value_or("i")[0];
    while (at < rows.size() && rows[at][0] == rows[first][0] && rows[at][1] == rows[first][1]) {
      piece.keys.push_back(ledger::read_array(session_.dialect(), rows[at][3].value_or("")));
      if (rows[at][5]) piece.hashes = *rows[at][5];
      piece.xmin = static_cast<std::uint64_t>(ledger::read_integer(rows[at][4]));
      ++at;
    }
    if (piece.keys.size() == table_.key.size() && !piece.keys.empty()) {
      piece.rows = piece.keys[0].size();
      use(piece);
    }
    return at;
  }

  stores::SqlSession& session_;
  const ledger::TableRow& table_;
};

std::uint64_t eight_bytes(std::string_view bytes) {
  std::uint64_t value = 0;
  if (bytes.size() >= sizeof value) std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

// Rows that were updated: their keys stand in their images, which an update never changes.
class Images {
 public:
  Images(stores::SqlSession& session, const ledger::TableRow& table) : session_{session}, table_{table} {
    for (const std::string& name : table.key) {
      places_.push_back(static_cast<std::size_t>(std::ranges::find(table.columns, name) - table.columns.begin()));
    }
  }

  void each(const std::function<void(const Texts&, std::uint64_t mark)>& use) {
    const bool postgres = session_.dialect() == schema::Dialect::postgresql;
    if (!postgres && table_.images.empty()) return;
    std::int64_t step = 0;
    std::int64_t ordinal = -1;
    while (true) {
      const auto rows = postgres ? read_postgres(step, ordinal) : read_sqlite(step, ordinal);
      if (rows.empty()) return;
      for (const stores::SqlRow& row : rows) {
        Texts texts;
        for (std::size_t i = 0; i < places_.size(); ++i) texts.push_back(row[3 + i].value_or(""));
        const std::string mark = row[2].value_or("");
        use(texts, postgres ? static_cast<std::uint64_t>(ledger::read_integer(mark)) : eight_bytes(mark));
      }
      step = ledger::read_integer(rows.back()[0]);
      ordinal = ledger::read_integer(rows.back()[1]);
    }
  }

 private:
  static constexpr int kAtOnce = 10'000;

  std::vector<stores::SqlRow> read_postgres(std::int64_t step, std::int64_t ordinal) {
    std::string keys;
    for (const std::size_t place : places_) keys += fmt::format(", image[{}]", place + 1);
    return read(fmt::format("SELECT step, ordinal, xmin::text{} FROM etl.images WHERE run = $run AND position = $position "
                            "AND (step, ordinal) > ($step, $ordinal) ORDER BY step, ordinal LIMIT {}",
                            keys, kAtOnce),
                step, ordinal);
  }

  std::vector<stores::SqlRow> read_sqlite(std::int64_t step, std::int64_t ordinal) {
    std::string keys;
    for (const std::size_t place : places_) {
      keys += fmt::format(", CASE typeof(c{0}) WHEN 'blob' THEN hex(c{0}) ELSE c{0} END", place);
    }
    return read(fmt::format("SELECT etl_step, etl_ordinal, etl_hash{} FROM {} WHERE etl_run = $run AND etl_position = "
                            "$position AND (etl_step, etl_ordinal) > ($step, $ordinal) ORDER BY etl_step, etl_ordinal LIMIT {}",
                            keys, table_.images, kAtOnce),
                step, ordinal);
  }

  std::vector<stores::SqlRow> read(const std::string& sql, std::int64_t step, std::int64_t ordinal) {
    const std::vector<std::pair<std::string, Value>> parameters = {
        {"run", table_.run}, {"position", std::int64_t{table_.position}}, {"step", step}, {"ordinal", ordinal}};
    return session_.read(sql, parameters);
  }

  stores::SqlSession& session_;
  const ledger::TableRow& table_;
  std::vector<std::size_t> places_;  // Of the key's columns among all.
};

Texts key_at(const Piece& piece, std::size_t row) {
  Texts texts;
  for (const Texts& column : piece.keys) texts.push_back(column[row]);
  return texts;
}

}  // namespace

// Sixteen bytes, as a map of UUIDs keeps them.
void JournalKeys::put(const run::Key128& key, const Trace& trace) {
  Uuid packed;
  packed.bytes[0] = static_cast<std::uint8_t>(trace.action);
  std::memcpy(packed.bytes.data() + sizeof trace.mark, &trace.mark, sizeof trace.mark);
  traces_.erase(key);
  traces_.insert(key, packed);
}

std::optional<Trace> JournalKeys::find(const run::Key128& key) {
  Arena arena;
  const auto value = traces_.find(key, arena);
  if (!value) return std::nullopt;
  const auto& packed = std::get<Uuid>(*value);
  Trace trace{.action = static_cast<Trace::Action>(packed.bytes[0])};
  std::memcpy(&trace.mark, packed.bytes.data() + sizeof trace.mark, sizeof trace.mark);
  return trace;
}

void JournalKeys::load(stores::SqlSession& session, const ledger::TableRow& table, RowForm& rows,
                       const std::function<bool(const run::Key128&)>& wanted) {
  if (table.key.empty()) return;
  Pieces{session, table}.each([&](const Piece& piece) {
    for (std::size_t row = 0; row < piece.rows; ++row) {
      const run::Key128 key = rows.journaled_key(key_at(piece, row));
      if (!wanted(key)) continue;
      if (piece.action == 's') {  // A row that the run wrote and met again is one that it wrote.
        if (!traces_.contains(key)) put(key, {.action = Trace::Action::met});
        continue;
      }
      const std::string_view hashes{piece.hashes};
      const std::uint64_t mark = hashes.empty() ? piece.xmin : eight_bytes(hashes.substr(std::min(row * 8, hashes.size())));
      put(key, {.action = Trace::Action::inserted, .mark = mark});
    }
  });
  Images{session, table}.each([&](const Texts& texts, std::uint64_t mark) {
    const run::Key128 key = rows.journaled_key(texts);
    if (!wanted(key)) return;
    const auto known = find(key);
    const bool inserted = known && known->action == Trace::Action::inserted;
    put(key, {.action = inserted ? Trace::Action::inserted : Trace::Action::updated, .mark = mark});
  });
}

void JournalKeys::for_each(stores::SqlSession& session, const ledger::TableRow& table, bool written,
                           const std::function<void(std::span<const std::string>, bool)>& use) {
  if (table.key.empty()) return;
  Pieces{session, table}.each([&](const Piece& piece) {
    const bool met = piece.action == 's';
    for (std::size_t row = 0; (met || written) && row < piece.rows; ++row) use(key_at(piece, row), met);
  });
  if (!written) return;
  Images{session, table}.each([&](const Texts& texts, std::uint64_t) { use(texts, false); });
}

}  // namespace etl::verify
