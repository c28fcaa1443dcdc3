// Makes the five MINGUS sample databases: realistic rows from a seed, a known share of them faulty, and a note
// (planted.json) of every fault and every reject that a run must make of them.
#include <fmt/format.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sample_tables.h"

namespace {

namespace fs = std::filesystem;
using namespace samples;

// ---- which rows are faulty

struct Planted {
  std::int64_t row = 0;
  std::size_t fault = 0;  // In Table::faults.
};

struct Layout {
  std::int64_t rows = 0;
  std::vector<Planted> planted;  // By row.
};

std::int64_t owner_of(const Table& table, std::int64_t row) {
  const auto& share = table.share;
  return row / share.rows_per_block * share.users_per_block +
         share.owner[static_cast<std::size_t>(row % share.rows_per_block)];
}

// How many rows of the same user stand before this one.
std::int64_t nth_of_owner(const Table& table, std::int64_t row) {
  const auto place = static_cast<std::size_t>(row % table.share.rows_per_block);
  const auto& owner = table.share.owner;
  return std::count(owner.begin(), owner.begin() + static_cast<std::ptrdiff_t>(place), owner[place]);
}

std::int64_t row_count(const Table& table, std::int64_t user_count) {
  return user_count / table.share.users_per_block * table.share.rows_per_block;
}

// The faulty users, by row; the number is the fault's index + 1. Filled by the first table, read by the others.
using FaultyUsers = std::vector<std::uint8_t>;

bool can_hold(const Table& table, const Fault& fault, std::int64_t row, const Layout& layout,
              const FaultyUsers& faulty) {
  if (table.has_owner && faulty[static_cast<std::size_t>(owner_of(table, row))] != 0) return false;
  if (!fault.copies_row_before) return true;
  if (row == 0 || (!layout.planted.empty() && layout.planted.back().row == row - 1)) return false;
  return !table.has_owner || owner_of(table, row) == owner_of(table, row - 1);
}

// Spreads faults over the rows, one per stretch of equal length, the kinds in turn. Children of faulty users stay
// good: they are rejected for their parent alone.
void plant(const Table& table, std::size_t number, const std::vector<std::size_t>& kinds, std::int64_t budget,
           const Options& options, const FaultyUsers& faulty, Layout& layout) {
  for (std::int64_t i = 0; i < budget; ++i) {
    const auto begin = i * layout.rows / budget;
    const auto length = (i + 1) * layout.rows / budget - begin;
    const auto kind = kinds[static_cast<std::size_t>(i) % kinds.size()];
    const auto start = Random{options.seed, 1000 + number, i}.below(length);
    for (std::int64_t step = 0; step < length; ++step) {
      const auto row = begin + (start + step) % length;
      if (!can_hold(table, table.faults[kind], row, layout, faulty)) continue;
      layout.planted.push_back({row, kind});
      break;
    }
  }
}

// What --failing plants instead of the usual faults: short zip codes, more of them than 1 % allows.
constexpr std::string_view kFailingTable = "user_profiles";
constexpr std::string_view kFailingKind = "short_zip";
constexpr double kFailingShare = 0.02;

std::vector<Layout> lay_out(const std::vector<Table>& all, const Options& options) {
  const auto user_count = options.rows / kRowsPerUser;
  FaultyUsers faulty(static_cast<std::size_t>(user_count), 0);
  std::vector<Layout> layouts(all.size());
  std::int64_t rest = options.rows;
  for (std::size_t i = 0; i < all.size(); ++i) rest -= layouts[i].rows = row_count(all[i], user_count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    auto& layout = layouts[i];
    if (all[i].takes_the_rest) layout.rows += rest;
    const bool fails = options.failing && all[i].name == kFailingTable;
    std::vector<std::size_t> kinds;
    for (std::size_t kind = 0; kind < all[i].faults.size(); ++kind) {
      if (!fails || all[i].faults[kind].kind == kFailingKind) kinds.push_back(kind);
    }
    const auto share = fails ? std::max(kFailingShare, options.dirty) : options.dirty;
    const auto budget =
        std::max<std::int64_t>(static_cast<std::int64_t>(share * static_cast<double>(layout.rows)), fails ? 1 : 0);
    plant(all[i], i, kinds, budget, options, faulty, layout);
    if (i != 0) continue;
    for (const auto& [row, fault] : layout.planted)
      faulty[static_cast<std::size_t>(row)] = static_cast<std::uint8_t>(fault + 1);
  }
  return layouts;
}

// ---- writing

void check(int code, sqlite3* database, std::string_view doing) {
  if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
  throw std::runtime_error{fmt::format("{}: {}", doing, sqlite3_errmsg(database))};
}

using Database = std::unique_ptr<sqlite3, int (*)(sqlite3*)>;
using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;

void execute(sqlite3* database, const std::string& sql) {
  check(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr), database, sql.substr(0, 60));
}

std::string read_text(const fs::path& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    throw std::runtime_error{
        fmt::format("cannot read {}: run in the project's folder, or give --schemas", path.string())};
  return {std::istreambuf_iterator<char>{file}, {}};
}

Database create(const fs::path& path, const std::string& ddl) {
  for (const auto* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(path.string() + suffix);
  sqlite3* raw = nullptr;
  const auto code = sqlite3_open(path.c_str(), &raw);
  Database database{raw, sqlite3_close};
  check(code, raw, path.string());
  execute(raw, "PRAGMA journal_mode = OFF");  // The file is new: a crash leaves nothing worth keeping.
  execute(raw, "PRAGMA synchronous = OFF");
  execute(raw, ddl);
  execute(raw, "BEGIN");
  return database;
}

void bind(sqlite3_stmt* statement, int index, const Cell& cell) {
  const auto length = static_cast<int>(cell.text.size());
  switch (cell.kind) {
    case Cell::Kind::null:
      sqlite3_bind_null(statement, index);
      return;
    case Cell::Kind::integer:
      sqlite3_bind_int64(statement, index, cell.integer);
      return;
    case Cell::Kind::real:
      sqlite3_bind_double(statement, index, cell.real);
      return;
    case Cell::Kind::text:
      sqlite3_bind_text(statement, index, cell.text.data(), length, SQLITE_STATIC);
      return;
    case Cell::Kind::blob:
      sqlite3_bind_blob(statement, index, cell.text.data(), length, SQLITE_STATIC);
      return;
  }
}

void apply(const Fault& fault, const Table& table, const Options& options, std::int64_t row, std::vector<Cell>& cells) {
  const auto put = [&](std::string_view column, Cell cell) {
    const auto found = std::ranges::find(table.columns, column);
    cells[static_cast<std::size_t>(found - table.columns.begin())] = std::move(cell);
  };
  put(fault.column, fault.cell(options, row));
  for (const auto& [column, cell] : fault.also) put(column, cell);
}

void write_rows(sqlite3* database, const Table& table, std::size_t number, const Layout& layout,
                const Options& options) {
  std::string sql = fmt::format("INSERT INTO {} (id", table.name);
  for (const auto column : table.columns) sql += fmt::format(", {}", column);
  sql += ") VALUES (?";
  for (std::size_t i = 0; i < table.columns.size(); ++i) sql += ", ?";
  sql += ")";
  sqlite3_stmt* raw = nullptr;
  check(sqlite3_prepare_v2(database, sql.c_str(), -1, &raw, nullptr), database, sql);
  const Statement statement{raw, sqlite3_finalize};

  auto next = layout.planted.begin();
  for (std::int64_t row = 0; row < layout.rows; ++row) {
    Random random{options.seed, number, row};
    const auto user = table.has_owner ? owner_of(table, row) : 0;
    auto cells = table.fill(options, random, row, user, nth_of_owner(table, row));
    if (next != layout.planted.end() && next->row == row)
      apply(table.faults[(next++)->fault], table, options, row, cells);
    sqlite3_bind_int64(raw, 1, row + 1);
    for (std::size_t i = 0; i < cells.size(); ++i) bind(raw, static_cast<int>(i) + 2, cells[i]);
    check(sqlite3_step(raw), database, table.name);
    sqlite3_reset(raw);
  }
}

// ---- the note of what was planted

// Rejects to come: of one table, for one field and rule.
struct Expected {
  std::string_view table, field, rule;
  std::int64_t count = 0;
};

struct Kind {
  const Table* table = nullptr;
  const Fault* fault = nullptr;
  std::int64_t rows = 0;
  std::vector<Expected> rejects;  // The rows themselves, then the children that go with them.
};

std::string_view field_of(const Fault& fault) {
  if (fault.field == "-") return "";
  return fault.field.empty() ? fault.column : fault.field;
}

// Rejects with rule `parent` in each table, for each fault of users.
std::vector<std::map<std::string_view, std::int64_t>> count_cascades(const std::vector<Table>& all,
                                                                     const std::vector<Layout>& layouts) {
  FaultyUsers faulty(static_cast<std::size_t>(layouts[0].rows), 0);
  for (const auto& [row, fault] : layouts[0].planted)
    faulty[static_cast<std::size_t>(row)] = static_cast<std::uint8_t>(fault + 1);
  std::vector<std::map<std::string_view, std::int64_t>> cascades(all[0].faults.size());
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (!all[i].has_owner) continue;
    for (std::int64_t row = 0; row < layouts[i].rows; ++row) {
      const auto fault = faulty[static_cast<std::size_t>(owner_of(all[i], row))];
      if (fault != 0) ++cascades[fault - 1U][all[i].name];
    }
  }
  return cascades;
}

std::vector<Kind> count_kinds(const std::vector<Table>& all, const std::vector<Layout>& layouts) {
  const auto cascades = count_cascades(all, layouts);
  std::vector<Kind> kinds;
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t number = 0; number < all[i].faults.size(); ++number) {
      const auto& fault = all[i].faults[number];
      const auto rows = std::ranges::count(layouts[i].planted, number, &Planted::fault);
      if (rows == 0) continue;
      kinds.push_back({&all[i], &fault, rows, {{all[i].name, field_of(fault), fault.rule, rows}}});
      if (i != 0) continue;
      for (const auto& [table, count] : cascades[number])
        kinds.back().rejects.push_back({table, "user_id", "parent", count});
    }
  }
  return kinds;
}

std::string json(const std::vector<Expected>& rejects, std::string_view indent) {
  std::string out;
  for (const auto& [table, field, rule, count] : rejects) {
    out += fmt::format("{}\n{}{{\"table\": \"{}\", \"field\": \"{}\", \"rule\": \"{}\", \"count\": {}}}",
                       out.empty() ? "" : ",", indent, table, field, rule, count);
  }
  return out;
}

// All rejects to come, one entry per table, field and rule.
std::vector<Expected> sum(const std::vector<Kind>& kinds) {
  std::vector<Expected> all;
  for (const auto& kind : kinds) {
    for (const auto& reject : kind.rejects) {
      const auto same = std::ranges::find_if(all, [&](const Expected& other) {
        return other.table == reject.table && other.field == reject.field && other.rule == reject.rule;
      });
      if (same == all.end())
        all.push_back(reject);
      else
        same->count += reject.count;
    }
  }
  return all;
}

std::string describe(const std::vector<Table>& all, const std::vector<Layout>& layouts, const Options& options) {
  const auto kinds = count_kinds(all, layouts);
  const auto rejects = sum(kinds);
  std::string out = fmt::format("{{\n  \"rows\": {}, \"seed\": {}, \"dirty\": {}, \"failing\": {},\n", options.rows,
                                options.seed, options.dirty, options.failing);
  std::string over;
  out += "  \"tables\": {";
  std::int64_t profiles_lost = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    std::int64_t rejected = 0;
    for (const auto& reject : rejects) rejected += reject.table == all[i].name ? reject.count : 0;
    if (rejected * 100 > layouts[i].rows) over += fmt::format("{}\"{}\"", over.empty() ? "" : ", ", all[i].name);
    if (all[i].name == "user_profiles") profiles_lost = static_cast<std::int64_t>(layouts[i].planted.size());
    out += fmt::format(
        "{}\n    \"{}\": {{\"database\": \"{}.db\", \"rows\": {}, \"planted\": {}, \"rejects\": {}, \"written\": {}}}",
        i == 0 ? "" : ",", all[i].name, all[i].database, layouts[i].rows, layouts[i].planted.size(), rejected,
        layouts[i].rows - rejected);
  }
  // Profiles of good users that are themselves rejected: what the mapping's warning about them finds.
  out += fmt::format("\n  }},\n  \"tables_over_1_percent\": [{}],\n  \"users_without_profile\": {},\n  \"planted\": [",
                     over, profiles_lost);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto& [table, fault, rows, follow] = kinds[i];
    out += fmt::format(
        "{}\n    {{\"kind\": \"{}\", \"table\": \"{}\", \"column\": \"{}\", \"rows\": {}, \"rejects\": [{}]}}",
        i == 0 ? "" : ",", fault->kind, table->name, fault->column, rows, json(follow, "      "));
  }
  return out + fmt::format("\n  ],\n  \"rejects\": [{}\n  ]\n}}\n", json(rejects, "    "));
}

// ---- the command line

constexpr std::string_view kUsage =
    R"(usage: samples [--rows N] [--seed S] [--dirty SHARE] [--failing] [--out DIR] [--schemas DIR]

Makes mingus.db, business_intelligence.db, cache.db, performance_metrics.db and alerts.db, and planted.json, which
says what is wrong with them and which rejects follow.

  --rows N        rows in all twelve tables together, 20 or more (100000); a user comes with 20 rows
  --seed S        the same seed gives the same rows (1)
  --dirty SHARE   share of faulty rows in each table, 0 to 0.1 (0.003). Children of faulty users are rejected with
                  them, so that above 0.003 a run with max_rejects: 1% may fail
  --failing       2 % of user_profiles have a short zip code: a run with max_rejects: 1% must fail
  --out DIR       where to write (data/mingus)
  --schemas DIR   where the CREATE TABLEs stand (schemas/mingus)
)";

struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

Options parse(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const auto& name = arguments[i];
    if (name == "--failing") {
      options.failing = true;
      continue;
    }
    if (i + 1 == arguments.size()) throw UsageError{name + " needs a value, or is not an option"};
    const auto& value = arguments[++i];
    std::istringstream stream{value};
    if (name == "--out")
      options.out = value;
    else if (name == "--schemas")
      options.schemas = value;
    else if (name == "--rows")
      stream >> options.rows;
    else if (name == "--seed")
      stream >> options.seed;
    else if (name == "--dirty")
      stream >> options.dirty;
    else
      throw UsageError{name + " is not an option"};
    if (name != "--out" && name != "--schemas" && (!stream || stream.peek() != EOF))
      throw UsageError{fmt::format("{}: {} is not a number", name, value)};
  }
  if (options.rows < kRowsPerUser) throw UsageError{"--rows: at least 20"};
  if (!(options.dirty >= 0 && options.dirty <= 0.1)) throw UsageError{"--dirty: 0 to 0.1"};
  return options;
}

void make(const Options& options) {
  const auto all = tables();
  const auto layouts = lay_out(all, options);
  const fs::path folder{options.out};
  fs::create_directories(folder);
  const auto note = folder / "planted.json";
  fs::remove(note);  // Written last: where it stands, the databases are complete.
  for (const auto name : kDatabases) {
    const auto file = std::string{name};
    const auto database = create(folder / (file + ".db"), read_text(fs::path{options.schemas} / (file + ".sql")));
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (all[i].database == name) write_rows(database.get(), all[i], i, layouts[i], options);
    }
    execute(database.get(), "COMMIT");
  }
  std::ofstream stream{note, std::ios::binary};
  stream << describe(all, layouts, options);
  stream.close();
  if (!stream) throw std::runtime_error{"cannot write " + note.string()};
  const auto faults =
      std::accumulate(layouts.begin(), layouts.end(), std::size_t{0},
                      [](std::size_t sum, const Layout& layout) { return sum + layout.planted.size(); });
  fmt::print("{} rows in five databases, {} of them faulty: {}\n", options.rows, faults, note.string());
}

}  // namespace

int main(int argc, char** argv) try {
  const std::vector<std::string> arguments{argv + 1, argv + argc};
  if (std::ranges::count(arguments, "--help") != 0) {
    std::cout << kUsage;
    return EXIT_SUCCESS;
  }
  make(parse(arguments));
  return EXIT_SUCCESS;
} catch (const UsageError& error) {
  std::cerr << "samples: " << error.what() << "\n" << kUsage;
  return 2;
} catch (const std::exception& error) {
  std::cerr << "samples: " << error.what() << "\n";
  return 3;
}
