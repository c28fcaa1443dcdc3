#include "engine/verify/journal_keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <utility>

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
    while (some(use)) {
    }
  }

  // The next few; false when there are none.
  bool some(const std::function<void(const Piece&)>& use) {
    const bool postgres = session_.dialect() == schema::Dialect::postgresql;
    const std::string columns =
        postgres ? "coalesce(ints::text, uuids::text, texts::text), xmin::text, NULL" : "keys, NULL, hashes";
    const auto rows = read(fmt::format(
        "SELECT step, action, part, {} FROM {} WHERE run = $run AND position = $position AND step IN (SELECT step FROM "
        "{} WHERE run = $run AND position = $position AND step > $last AND part = 0 ORDER BY step LIMIT 8) ORDER BY "
        "step, "
        "action, part",
        columns, journal(), journal()));
    if (rows.empty()) return false;
    for (std::size_t at = 0; at < rows.size();) at = take(rows, at, use);
    last_ = ledger::read_integer(rows.back()[0]);
    return true;
  }

 private:
  std::string journal() const { return ledger::table_name(session_.dialect(), "journal"); }

  std::vector<stores::SqlRow> read(const std::string& sql) {
    const std::vector<std::pair<std::string, Value>> parameters = {
        {"run", table_.run}, {"position", std::int64_t{table_.position}}, {"last", last_}};
    return session_.read(sql, parameters);
  }

  std::size_t take(const std::vector<stores::SqlRow>& rows, std::size_t at,
                   const std::function<void(const Piece&)>& use) {
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
  std::int64_t last_ = 0;  // The step that was read last.
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
    return read(
        fmt::format("SELECT step, ordinal, xmin::text{} FROM etl.images WHERE run = $run AND position = $position "
                    "AND (step, ordinal) > ($step, $ordinal) ORDER BY step, ordinal LIMIT {}",
                    keys, kAtOnce),
        step, ordinal);
  }

  std::vector<stores::SqlRow> read_sqlite(std::int64_t step, std::int64_t ordinal) {
    std::string keys;
    for (const std::size_t place : places_) {
      keys += fmt::format(", CASE typeof(c{0}) WHEN 'blob' THEN hex(c{0}) ELSE c{0} END", place);
    }
    return read(
        fmt::format("SELECT etl_step, etl_ordinal, etl_hash{} FROM {} WHERE etl_run = $run AND etl_position = "
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

// Sixteen bytes, as a map of UUIDs keeps them.
void put(run::KeyMap& traces, const run::Key128& key, const Trace& trace) {
  Uuid packed;
  packed.bytes[0] = static_cast<std::uint8_t>(trace.action);
  std::memcpy(packed.bytes.data() + sizeof trace.mark, &trace.mark, sizeof trace.mark);
  traces.erase(key);
  traces.insert(key, packed);
}

void put_piece(run::KeyMap& traces, const Piece& piece, RowForm& rows,
               const std::function<bool(const run::Key128&)>& wanted) {
  for (std::size_t row = 0; row < piece.rows; ++row) {
    const run::Key128 key = rows.journaled_key(key_at(piece, row));
    if (!wanted(key)) continue;
    if (piece.action == 's') {  // A row that the run wrote and met again is one that it wrote.
      if (!traces.contains(key)) put(traces, key, {.action = Trace::Action::met});
      continue;
    }
    const std::string_view hashes{piece.hashes};
    const std::uint64_t mark =
        hashes.empty() ? piece.xmin : eight_bytes(hashes.substr(std::min(row * 8, hashes.size())));
    put(traces, key, {.action = Trace::Action::inserted, .mark = mark});
  }
}

std::optional<Trace> find_in(run::KeyMap& traces, const run::Key128& key) {
  Arena arena;
  const auto value = traces.find(key, arena);
  if (!value) return std::nullopt;
  const auto& packed = std::get<Uuid>(*value);
  Trace trace{.action = static_cast<Trace::Action>(packed.bytes[0])};
  std::memcpy(&trace.mark, packed.bytes.data() + sizeof trace.mark, sizeof trace.mark);
  return trace;
}

bool every_key(const run::Key128&) { return true; }

}  // namespace

class JournalKeys::Followed {
 public:
  Followed(stores::SqlSession& session, const ledger::TableRow& table, RowForm& rows)
      : session_{session}, table_{table}, rows_{rows}, pieces_{session, table} {}

  bool read(run::KeyMap& into) {
    return pieces_.some([&](const Piece& piece) { put_piece(into, piece, rows_, every_key); });
  }
  void load(JournalKeys& into) { into.load(session_, table_, rows_, every_key); }

 private:
  stores::SqlSession& session_;
  const ledger::TableRow& table_;
  RowForm& rows_;
  Pieces pieces_;
};

JournalKeys::JournalKeys(run::KeySpace& space)
    : space_{space}, traces_{std::make_unique<run::KeyMap>(space, Type::uuid)} {}
JournalKeys::~JournalKeys() = default;

std::optional<Trace> JournalKeys::find_held(const run::Key128& key) {
  const auto earlier = earlier_ ? find_in(*earlier_, key) : std::nullopt;
  return earlier ? earlier : find_in(*traces_, key);
}

bool JournalKeys::read_on() {
  earlier_ = std::exchange(traces_, std::make_unique<run::KeyMap>(space_, Type::uuid));
  return followed_->read(*traces_);
}

std::optional<Trace> JournalKeys::find(const run::Key128& key) {
  const auto held = find_held(key);
  if (held || !followed_) return held;
  if (read_on()) {
    if (const auto next = find_in(*traces_, key)) return next;
  }
  // Not where it was to be expected: no order to rely on.
  const auto followed = std::move(followed_);
  earlier_.reset();
  traces_ = std::make_unique<run::KeyMap>(space_, Type::uuid);
  followed->load(*this);
  return find_in(*traces_, key);
}

std::vector<bool> JournalKeys::inserted(std::span<const run::Key128> keys) {
  std::vector<bool> out(keys.size());
  const auto look = [&] {
    for (std::size_t row = 0; row < keys.size(); ++row) {
      const auto trace = find_held(keys[row]);
      out[row] = trace && trace->action == Trace::Action::inserted;
    }
    return std::ranges::find(out, true) != out.end();
  };
  if (!look() && followed_ && read_on()) look();
  return out;
}

void JournalKeys::follow(stores::SqlSession& session, const ledger::TableRow& table, RowForm& rows) {
  if (!table.key.empty()) followed_ = std::make_unique<Followed>(session, table, rows);
}

void JournalKeys::load(stores::SqlSession& session, const ledger::TableRow& table, RowForm& rows,
                       const std::function<bool(const run::Key128&)>& wanted) {
  if (table.key.empty()) return;
  Pieces{session, table}.each([&](const Piece& piece) { put_piece(*traces_, piece, rows, wanted); });
  Images{session, table}.each([&](const Texts& texts, std::uint64_t mark) {
    const run::Key128 key = rows.journaled_key(texts);
    if (!wanted(key)) return;
    const auto known = find_in(*traces_, key);
    const bool inserted = known && known->action == Trace::Action::inserted;
    put(*traces_, key, {.action = inserted ? Trace::Action::inserted : Trace::Action::updated, .mark = mark});
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
