#include "engine/verify/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>

#include "engine/stores/sql_text.h"

namespace etl::verify {

namespace {

using stores::RawCell;

// Rows of one statement: its text stays below what SQLite takes, and the server's plan small.
constexpr std::size_t kRowsAtOnce = 2'000;

std::uint64_t mark_in(const RawCell& cell, bool sqlite) {
  std::uint64_t mark = 0;
  if (sqlite) {
    if (cell.bytes.size() >= sizeof mark) std::memcpy(&mark, cell.bytes.data(), sizeof mark);
    return mark;
  }
  return static_cast<std::uint64_t>(parse_integer(cell.bytes).value.value_or(0));
}

}  // namespace

std::int64_t number_in(const RawCell& cell) {
  if (cell.kind == RawCell::Kind::integer) return cell.integer;
  std::uint64_t value = 0;
  for (const char byte : cell.bytes) value = value << 8U | static_cast<unsigned char>(byte);
  return static_cast<std::int64_t>(value);
}

std::optional<std::string> shown(const RawCell& cell) {
  switch (cell.kind) {
    case RawCell::Kind::null:
      return std::nullopt;
    case RawCell::Kind::integer:
      return std::to_string(cell.integer);
    case RawCell::Kind::real:
      return to_text(Value{cell.real});
    case RawCell::Kind::blob: {
      std::string out = "x'";
      for (const char byte : cell.bytes) out += fmt::format("{:02x}", static_cast<unsigned char>(byte));
      return out + "'";
    }
    default:
      return std::string{cell.bytes};
  }
}

// "unnest(...) WITH ORDINALITY" or "VALUES ...", named k(n, k0, k1, ...).
std::string Probe::wanted_of(std::size_t count,
                             const std::function<void(std::size_t, std::size_t, std::string&)>& literal) const {
  const std::size_t parts = rows_.key().size();
  std::string names;
  for (std::size_t part = 0; part < parts; ++part) names += fmt::format("{}k{}", part == 0 ? "" : ", ", part);
  std::string out;
  if (is_sqlite()) {
    for (std::size_t row = 0; row < count; ++row) {
      out += fmt::format("{}({}", row == 0 ? "" : ",", row + 1);
      for (std::size_t part = 0; part < parts; ++part) {
        out += ',';
        literal(part, row, out);
      }
      out += ')';
    }
    return fmt::format("WITH k(n, {}) AS (VALUES {}) ", names, out);
  }
  for (std::size_t part = 0; part < parts; ++part) {
    std::string array = "{";
    for (std::size_t row = 0; row < count; ++row) {
      if (row > 0) array += ',';
      literal(part, row, array);
    }
    out += fmt::format("{}{}::text[]", part == 0 ? "" : ", ", stores::quote_literal(array + "}"));
  }
  return fmt::format("unnest({}) WITH ORDINALITY AS k({}, n)", out, names);
}

// One look into the index for each key: without it PostgreSQL's planner, which may know nothing of a table that was
// just loaded, can read the whole table for every statement.
std::string Probe::sql(const std::string& wanted, const std::vector<std::string>& selects) const {
  std::string same;
  for (std::size_t part = 0; part < rows_.key().size(); ++part) {
    same += fmt::format("{}t.{} = {}", part == 0 ? "" : " AND ", stores::quote_identifier(rows_.key_field(part).name),
                        rows_.of_wanted(part, fmt::format("k.k{}", part)));
  }
  const std::string list = fmt::format("{}", fmt::join(selects, ", "));
  const std::string comma = selects.empty() ? "" : ", ";
  if (is_sqlite()) {
    return fmt::format("{}SELECT k.n{}{} FROM k CROSS JOIN {} AS t ON {}", wanted, comma, list, target_, same);
  }
  return fmt::format("SELECT k.n{}{} FROM {} CROSS JOIN LATERAL (SELECT {} FROM {} AS t WHERE {} OFFSET 0) AS r", comma,
                     selects.empty() ? "" : "r.*", wanted, list, target_, same);
}

std::string Probe::wanted_rows(std::span<const std::uint32_t> wanted) {
  return wanted_of(wanted.size(), [&](std::size_t part, std::size_t row, std::string& out) {
    rows_.key_literal(part, wanted[row], out);
  });
}

// As texts: the column's type reads them on PostgreSQL, its affinity on SQLite.
std::string Probe::wanted_keys(std::span<const std::vector<std::string>> keys) {
  return wanted_of(keys.size(), [&](std::size_t part, std::size_t row, std::string& out) {
    const std::string& text = keys[row][part];
    if (is_sqlite()) {
      out += stores::quote_literal(text);
      return;
    }
    out += '"';
    for (const char letter : text) {
      if (letter == '"' || letter == '\\') out += '\\';
      out += letter;
    }
    out += '"';
  });
}

void Probe::find(std::span<const std::uint32_t> wanted, const Found& found) {
  std::vector<std::string> selects = rows_.selects();
  if (!mark_.empty()) selects.push_back(mark_);
  for (std::size_t from = 0; from < wanted.size(); from += kRowsAtOnce) {
    const auto some = wanted.subspan(from, std::min(kRowsAtOnce, wanted.size() - from));
    session_.scan(sql(wanted_rows(some), selects), [&](std::span<const RawCell> cells) {
      const auto place = from + static_cast<std::size_t>(number_in(cells[0])) - 1;
      const std::uint64_t mark = mark_.empty() ? 0 : mark_in(cells.back(), is_sqlite());
      found(place, cells.subspan(1, rows_.selects().size()), mark);
    });
  }
}

std::vector<std::vector<std::optional<std::string>>> Probe::texts(std::span<const std::uint32_t> wanted) {
  std::vector<std::vector<std::optional<std::string>>> out(wanted.size());
  std::vector<std::string> selects;
  for (std::size_t place = 0; place < rows_.fields().size(); ++place) {
    selects.push_back(fmt::format("t.{}{}", stores::quote_identifier(rows_.name(place)), is_sqlite() ? "" : "::text"));
  }
  for (std::size_t from = 0; from < wanted.size(); from += kRowsAtOnce) {
    const auto some = wanted.subspan(from, std::min(kRowsAtOnce, wanted.size() - from));
    session_.scan(sql(wanted_rows(some), selects), [&](std::span<const RawCell> cells) {
      auto& row = out[from + static_cast<std::size_t>(number_in(cells[0])) - 1];
      row.clear();
      for (const RawCell& cell : cells.subspan(1)) row.push_back(shown(cell));
    });
  }
  return out;
}

std::vector<bool> Probe::holds(std::span<const std::vector<std::string>> keys) {
  std::vector<bool> out(keys.size(), false);
  for (std::size_t from = 0; from < keys.size(); from += kRowsAtOnce) {
    const auto some = keys.subspan(from, std::min(kRowsAtOnce, keys.size() - from));
    session_.scan(sql(wanted_keys(some), {}), [&](std::span<const RawCell> cells) {
      out[from + static_cast<std::size_t>(number_in(cells[0])) - 1] = true;
    });
  }
  return out;
}

}  // namespace etl::verify
