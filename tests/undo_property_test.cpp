// Law 2: run, roll back, and the target is as it was. Generated schemas, mappings and rows, on both databases, undone
// by `etl rollback` and by the databases' own shells. ETL_WORLDS is the number of worlds on each database, ETL_WORLD
// the seed of one that is tried alone.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <future>
#include <iterator>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace {

namespace fs = std::filesystem;
using etl::testing::Finished;
using etl::testing::run_etl;
using etl::testing::run_program;
using etl::testing::Scratch;
using etl::testing::TestTarget;
using etl::testing::write_whole;

using Lines = std::vector<std::string>;

// A table of a world. Keys are numbers; how a number reads as a key is `key`'s business.
struct Table {
  enum class Key { number, counted, identity, text, uuid, pair, none };
  std::string name;
  Key key = Key::number;
  int parent = -1;  // Of `parent_id`: an earlier table, or this one.
  std::string on_delete;
  bool deferrable = false;
  bool unique_label = false;
  bool updates = false;  // on_conflict: update.
  enum class Replace { none, all, some } replace = Replace::none;
  bool plain_json = false;  // PostgreSQL: json keeps every blank and every key that stands twice, jsonb does not.
};

struct Row {
  int table = 0;
  int key = 0;
  int parent = -1;  // Key of the parent's row; -1: NULL.
};

struct World {
  std::vector<Table> tables;
  std::vector<Row> before, source;
  bool has_children = false;  // A table that no mapping knows refers to tables[0].
  std::string children_on_delete;
  std::vector<int> children;  // Keys of tables[0] that it refers to before the run.
  bool created = false;       // The run makes the tables.
  bool runs_twice = false;    // A second run follows, and is undone first.
};

bool has_single_key(const Table& table) { return table.key != Table::Key::none && table.key != Table::Key::pair; }

// Of a hundred tables, how many are met with on_conflict: update.
constexpr int kUpdates = 40;

// Draws from one seed, so that a world can be made again.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_{seed} {}
  int roll(int sides) { return static_cast<int>(engine_() % static_cast<unsigned>(sides)); }
  bool chance(int percent) { return roll(100) < percent; }

 private:
  std::mt19937 engine_;
};

std::string draw_on_delete(Dice& dice) {
  return std::vector<std::string>{"", "CASCADE", "SET NULL", "RESTRICT",
                                  "NO ACTION"}[static_cast<std::size_t>(dice.roll(5))];
}

Table make_table(Dice& dice, const std::vector<Table>& earlier, bool postgres) {
  Table table;
  table.name =
      earlier.size() % 2 == 0 ? "t" + std::to_string(earlier.size()) : "Odd \"" + std::to_string(earlier.size());
  table.key = static_cast<Table::Key>(dice.roll(7));
  if (!postgres && table.key == Table::Key::identity) table.key = Table::Key::counted;
  table.unique_label = dice.chance(40);
  table.updates = table.key != Table::Key::none && dice.chance(kUpdates);
  table.deferrable = dice.chance(30);
  table.on_delete = draw_on_delete(dice);
  table.plain_json = dice.chance(50);
  std::vector<int> parents;
  for (std::size_t i = 0; i < earlier.size(); ++i) {
    if (has_single_key(earlier[i])) parents.push_back(static_cast<int>(i));
  }
  if (has_single_key(table)) parents.push_back(static_cast<int>(earlier.size()));
  if (!parents.empty() && dice.chance(75))
    table.parent = parents[static_cast<std::size_t>(dice.roll(static_cast<int>(parents.size())))];
  return table;
}

// Keys from here on are those of rows that the run inserts.
constexpr int kNew = 1000;

bool is_new(const Row& row) { return row.key >= kNew; }

// The key of a row that may be a parent of this one; mostly.
int draw_parent(Dice& dice, const World& world, int table, bool source) {
  std::vector<int> keys;
  const int parent = world.tables[static_cast<std::size_t>(table)].parent;
  for (const Row& other : world.before) {
    if (other.table == parent) keys.push_back(other.key);
  }
  for (const Row& other : world.source) {
    if (source && other.table == parent && is_new(other)) keys.push_back(other.key);
  }
  if (keys.empty() || !dice.chance(80)) return -1;
  return keys[static_cast<std::size_t>(dice.roll(static_cast<int>(keys.size())))];
}

// Rows of a table to which nothing refers may be replaced.
void draw_replace(Dice& dice, World& world) {
  for (std::size_t i = world.has_children ? 1 : 0; i < world.tables.size(); ++i) {
    Table& table = world.tables[i];
    const bool is_parent =
        std::ranges::any_of(world.tables, [&](const Table& other) { return other.parent == static_cast<int>(i); });
    if (table.updates || is_parent || !dice.chance(40)) continue;
    table.replace = dice.chance(50) ? Table::Replace::all : Table::Replace::some;
  }
}

void draw_rows(Dice& dice, World& world, int t) {
  const Table& table = world.tables[static_cast<std::size_t>(t)];
  const int old_rows = world.created ? 0 : dice.roll(4);
  for (int i = 1; i <= old_rows; ++i) {
    world.before.push_back({.table = t, .key = i, .parent = draw_parent(dice, world, t, false)});
  }
  const int new_rows = dice.roll(9);
  for (int i = 1; i <= new_rows; ++i) {
    world.source.push_back({.table = t, .key = kNew + i, .parent = draw_parent(dice, world, t, true)});
  }
  const bool meets_old = table.updates || table.replace == Table::Replace::all;
  for (int i = 1; i <= old_rows && meets_old; ++i) {
    if (dice.chance(60)) world.source.push_back({.table = t, .key = i, .parent = draw_parent(dice, world, t, true)});
  }
}

World make_world(Dice& dice, bool postgres) {
  World world;
  const int count = 1 + dice.roll(4);
  for (int i = 0; i < count; ++i) world.tables.push_back(make_table(dice, world.tables, postgres));
  world.created = dice.chance(20);
  world.runs_twice = !world.created && dice.chance(25);
  world.has_children = has_single_key(world.tables[0]) && !world.created;
  world.children_on_delete = draw_on_delete(dice);
  if (!world.created) draw_replace(dice, world);
  for (int t = 0; t < count; ++t) draw_rows(dice, world, t);
  for (const Row& row : world.before) {
    if (world.has_children && row.table == 0 && dice.chance(40)) world.children.push_back(row.key);
  }
  return world;
}

// The rows of the second run: the old ones under other keys, or with other values where they are met.
World next_run(const World& world) {
  World next = world;
  for (Row& row : next.source) {
    const Table& table = world.tables[static_cast<std::size_t>(row.table)];
    if (!table.updates && table.replace != Table::Replace::all) row.key += kNew;
  }
  return next;
}

std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char letter : name) out += letter == '"' ? std::string{"\"\""} : std::string{letter};
  return out + "\"";
}

std::string key_type(Table::Key key, bool postgres) {
  switch (key) {
    case Table::Key::text:
      return postgres ? "text" : "TEXT";
    case Table::Key::uuid:
      return postgres ? "uuid" : "TEXT";
    case Table::Key::counted:
      return postgres ? "bigint" : "INTEGER";
    default:
      return postgres ? "integer" : "INTEGER";
  }
}

std::string key_value(Table::Key key, int number) {
  const std::string digits = std::to_string(number);
  if (key == Table::Key::text) return "'key ''" + digits + "\"'";
  if (key == Table::Key::uuid) return "'00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') + digits + "'";
  return digits;
}

std::string create(const World& world, const Table& table, bool postgres) {
  std::string sql = "CREATE TABLE " + quoted(table.name) + " (";
  switch (table.key) {
    case Table::Key::none:
      sql += "id integer";
      break;
    case Table::Key::pair:
      sql += "id integer NOT NULL, part text NOT NULL, PRIMARY KEY (id, part)";
      break;
    case Table::Key::counted:
      sql += postgres ? "id bigserial PRIMARY KEY" : "id INTEGER PRIMARY KEY AUTOINCREMENT";
      break;
    case Table::Key::identity:
      sql += "id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY";
      break;
    default:
      sql += "id " + key_type(table.key, postgres) + (postgres ? "" : " NOT NULL") + " PRIMARY KEY";
  }
  if (table.key == Table::Key::pair) {  // Columns stand before constraints.
    sql = "CREATE TABLE " + quoted(table.name) + " (id integer NOT NULL, part text NOT NULL";
  }
  sql += ", label text" + std::string{table.unique_label ? " UNIQUE" : ""};
  const std::string json = table.plain_json ? "json" : "jsonb";
  sql += postgres ? ", amount numeric(12,3), ratio double precision, doc " + json + ", moment timestamptz"
                  : ", amount NUMERIC, ratio REAL, doc TEXT, moment TEXT";
  sql += ", twice integer GENERATED ALWAYS AS (length(label) * 2) STORED";
  if (table.parent >= 0) {
    const Table& parent = world.tables[static_cast<std::size_t>(table.parent)];
    sql += ", parent_id " + key_type(parent.key, postgres) + " REFERENCES " + quoted(parent.name) + " (id)";
    if (!table.on_delete.empty()) sql += " ON DELETE " + table.on_delete;
    if (table.deferrable) sql += " DEFERRABLE INITIALLY DEFERRED";
  }
  if (table.key == Table::Key::pair) sql += ", PRIMARY KEY (id, part)";
  return sql + ");\nCREATE INDEX " + quoted("by label of " + table.name) + " ON " + quoted(table.name) + " (label);\n";
}

std::string insert(const World& world, const Row& row, const std::string& label, bool plain) {
  const Table& table = world.tables[static_cast<std::size_t>(row.table)];
  std::string names = "id, label, amount, ratio, doc, moment";
  // What an image has to keep: minus zero, blanks in JSON and keys that stand in it twice.
  const std::string doc = label == "old" ? R"({"a": 1,  "a": 2, "b": -0.0})" : R"({"a":[1,-0.0,null]})";
  const std::string ratio = label == "old" || row.key % 2 == 0 ? "-0.0" : "2.5";
  std::string values = key_value(table.key, row.key) + ", '" + label + std::to_string(row.key) + "', " +
                       std::to_string(row.key) + ".125, " + ratio + ", '" + doc + "', '2024-02-29T12:00:00Z'";
  if (table.key == Table::Key::pair) {
    names += ", part";
    values += ", 'p" + std::to_string(row.key % 2) + "'";
  }
  if (table.parent >= 0) {
    names += ", parent_id";
    values += ", " + (row.parent < 0 ? std::string{"NULL"}
                                     : key_value(world.tables[static_cast<std::size_t>(table.parent)].key, row.parent));
  }
  const bool overriding = !plain && table.key == Table::Key::identity;
  return "INSERT INTO " + quoted(table.name) + " (" + names + ")" + (overriding ? " OVERRIDING SYSTEM VALUE" : "") +
         " VALUES (" + values + ");\n";
}

std::string children(const World& world, bool postgres) {
  std::string sql = "CREATE TABLE aside (id integer PRIMARY KEY, ref " + key_type(world.tables[0].key, postgres) +
                    " REFERENCES " + quoted(world.tables[0].name) + " (id)" +
                    (world.children_on_delete.empty() ? "" : " ON DELETE " + world.children_on_delete) + ");\n";
  for (const int key : world.children) {
    sql += "INSERT INTO aside VALUES (" + std::to_string(key) + ", " + key_value(world.tables[0].key, key) + ");\n";
  }
  return sql;
}

void fill_target(const World& world, TestTarget& target, const fs::path& folder) {
  const bool postgres = target.dialect() == "postgresql";
  std::string tables = postgres ? "-- dialect: postgresql\n" : "-- dialect: sqlite\n";
  for (const Table& table : world.tables) tables += create(world, table, postgres);
  if (world.created) return write_whole(folder / "schema.sql", tables);
  std::string rows;
  for (const Row& row : world.before) rows += insert(world, row, "old", !postgres);
  target.execute(tables + rows);
  if (world.has_children) target.execute(children(world, postgres));
}

void fill_source(const World& world, const fs::path& folder, const std::string& label) {
  std::string source;
  for (const Table& table : world.tables) {
    source += "CREATE TABLE " + quoted(table.name) +
              " (id, label TEXT, amount NUMERIC, ratio REAL, doc TEXT, moment TEXT, part TEXT, parent_id);\n";
  }
  for (const Row& row : world.source) source += insert(world, row, label, true);
  write_whole(folder / "source.sql", source);
  fs::remove(folder / "source.db");
  REQUIRE(run_program({"sqlite3", "source.db", ".read source.sql"}, folder).exit == 0);
}

std::string yaml_text(const std::string& text) { return "'" + text + "'"; }

void write_mapping(const World& world, TestTarget& target, const fs::path& folder) {
  const bool postgres = target.dialect() == "postgresql";
  std::string yaml = "version: 1\nname: world\nconnections:\n  source: sqlite:source.db\n  target: {url: '" +
                     target.url() + "'" + (world.created ? ", schema: schema.sql, create: true" : "") +
                     "}\nsettings: {backup: false}\ntables:\n";
  for (const Table& table : world.tables) {
    const auto key_cast = [&](Table::Key key) {
      return key == Table::Key::text   ? " | text"
             : key == Table::Key::uuid ? (postgres ? " | uuid" : " | text")
                                       : " | int";
    };
    yaml += "  " + yaml_text(table.name) + ":\n    from: " + yaml_text("source." + table.name) +
            "\n    ignore: [part, parent_id]\n";
    if (table.updates)
      yaml += std::string{"    key: ["} + (table.key == Table::Key::pair ? "id, part" : "id") +
              "]\n    on_conflict: update\n";
    if (table.replace == Table::Replace::all) yaml += "    replace: true\n";
    if (table.replace == Table::Replace::some) yaml += "    replace: \"label in ('old1', 'old3')\"\n";
    yaml += "    fields:\n      id: {from: 'id" + std::string{key_cast(table.key)} +
            "'}\n      label:\n      amount:\n      ratio:\n      doc: {from: 'doc | " +
            std::string{postgres ? "json" : "text"} + "'}\n      moment: {from: 'moment | " +
            std::string{postgres ? "timestamptz" : "text"} + "'}\n";
    if (table.key == Table::Key::pair) yaml += "      part:\n";
    if (table.parent >= 0)
      yaml += "      parent_id: {from: 'parent_id" +
              std::string{key_cast(world.tables[static_cast<std::size_t>(table.parent)].key)} + "'}\n";
  }
  write_whole(folder / "world.yaml", yaml);
}

// Rows, sequences, tables and indexes, but for the ledger's.
std::string logical_dump(TestTarget& target) {
  std::string out;
  const auto add = [&](const std::vector<Lines>& rows) {
    for (const Lines& row : rows) {
      for (const std::string& cell : row) out += cell + " | ";
      out += "\n";
    }
  };
  for (const std::string& table : target.tables()) {
    out += "table " + table + "\n";
    const std::string name = quoted(table);
    if (target.dialect() == "postgresql") {
      add(target.query("SELECT t::text FROM " + name + " t ORDER BY 1"));
      continue;
    }
    std::string cells;
    for (const std::string& column : target.columns(table))
      cells +=
          (cells.empty() ? "" : " || ', ' || ") + ("typeof(" + quoted(column) + ") || quote(" + quoted(column) + ")");
    add(target.query("SELECT " + cells + " FROM " + name + " ORDER BY 1"));
  }
  if (target.dialect() == "postgresql") {
    add(target.query(
        "SELECT schemaname, sequencename, last_value::text FROM pg_sequences WHERE schemaname <> 'etl' ORDER BY 1, 2"));
    add(target.query(
        "SELECT indexdef FROM pg_indexes WHERE schemaname NOT IN ('etl', 'pg_catalog', 'pg_toast') ORDER BY 1"));
    add(
        target.query("SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = "
                     "'public'::regnamespace ORDER BY 1, 2"));
  } else {
    add(target.query(
        "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'etl\\_%' ESCAPE '\\' AND name <> "
        "'sqlite_sequence' ORDER BY 1"));
    if (!target.query("SELECT 1 FROM sqlite_schema WHERE name = 'sqlite_sequence'").empty())
      add(target.query("SELECT name, seq FROM sqlite_sequence WHERE name NOT LIKE 'etl\\_%' ESCAPE '\\' ORDER BY 1"));
  }
  return out;
}

// The folder of its report; the run must have ended well.
fs::path run_world(const fs::path& folder) {
  const Finished ran = run_etl({"run", "world.yaml"}, folder);
  REQUIRE_MESSAGE(ran.exit == 0, ran.out, ran.err, etl::testing::read_whole(folder / "world.yaml"));
  fs::path newest;
  for (const auto& entry : fs::directory_iterator{folder / "reports"}) {
    if (newest.empty() || fs::last_write_time(entry) > fs::last_write_time(newest)) newest = entry.path();
  }
  return newest;
}

// Undone by etl, or by the database's own shell with etl off the PATH.
Finished undo(TestTarget& target, const fs::path& report, bool by_etl, bool force) {
  const fs::path folder = report.parent_path().parent_path();
  if (by_etl) {
    std::vector<std::string> arguments = {"rollback", "world.yaml"};
    if (force) arguments.emplace_back("--force");
    return run_etl(arguments, folder);
  }
  const fs::path script = report / (force && target.dialect() == "sqlite" ? "rollback-force.sql" : "rollback.sql");
  const std::map<std::string, std::string> environment = {{"PATH", "/usr/bin:/bin"}, {"ETL", ""}};
  if (target.dialect() == "postgresql") {
    return run_program({"psql", "-X", "-v", force ? "force=1" : "force=0", "-f", script.string(), target.url()}, folder,
                       environment);
  }
  const std::string file = target.url().substr(7);
  return run_program({"/bin/sh", "-c", "sqlite3 -init /dev/null '" + file + "' < '" + script.string() + "'"}, folder,
                     environment);
}

// A row of the run, and the rows of the run that it needs by its references.
void keep(const World& world, int table, int key, std::set<std::pair<int, int>>& kept) {
  for (const Row& row : world.source) {
    if (row.table != table || row.key != key || !kept.insert({table, key}).second) continue;
    const int parent = world.tables[static_cast<std::size_t>(table)].parent;
    if (row.parent >= kNew) keep(world, parent, row.parent, kept);
  }
}

bool is_replaced(const World& world, const Row& row) {
  const Table::Replace replace = world.tables[static_cast<std::size_t>(row.table)].replace;
  return replace == Table::Replace::all || (replace == Table::Replace::some && (row.key == 1 || row.key == 3));
}

// Rows that a table holds behind the run.
std::size_t count_after(const World& world) {
  const auto stays = [&](const Row& row) { return !is_replaced(world, row); };
  const auto comes = [&](const Row& row) { return is_new(row) || is_replaced(world, row); };
  return static_cast<std::size_t>(std::ranges::count_if(world.before, stays) +
                                  std::ranges::count_if(world.source, comes));
}

bool has_table(TestTarget& target, const std::string& name) {
  const Lines tables = target.tables();
  return std::ranges::find(tables, name) != tables.end();
}

// All rows, as lines that begin with their table.
std::multiset<std::string> all_rows(TestTarget& target, const World& world) {
  std::multiset<std::string> out;
  for (const Table& table : world.tables) {
    if (!has_table(target, table.name)) continue;
    for (const Lines& row : target.query("SELECT * FROM " + quoted(table.name))) {
      std::string line = table.name;
      for (const std::string& cell : row) line += " | " + cell;
      out.insert(line);
    }
  }
  return out;
}

std::size_t count_rows(TestTarget& target, const World& world) { return all_rows(target, world).size(); }

// What an application did after the run; `kept` then has the rows of the run that must stay.
struct Since {
  bool stops = false;
  bool changed = false;   // The schema.
  bool referred = false;  // By rows of a table that was made since.
  bool dropped = false;   // A table that the run had written.
  std::set<std::pair<int, int>> kept;
  int added = 0;
};

// A row of a new table that needs one which the run wrote.
void refer_to_last(Dice& dice, const World& world, TestTarget& target, Since& since) {
  const int last = static_cast<int>(world.tables.size()) - 1;
  for (const Row& row : world.source) {
    if (row.table != last || !is_new(row) || !dice.chance(30)) continue;
    target.execute("INSERT INTO since VALUES (" + key_value(world.tables.back().key, row.key) + ")");
    keep(world, last, row.key, since.kept);
    since.stops = since.referred = true;
  }
}

// An index or a table that needs a table which the run made, or a table that is gone.
void change_schema(Dice& dice, const World& world, TestTarget& target, Since& since) {
  const Table& last = world.tables.back();
  const bool is_parent =
      std::ranges::any_of(world.tables,
                          [&](const Table& other) {
                            return other.parent == static_cast<int>(world.tables.size()) - 1 && &other != &last;
                          }) ||
      (world.tables.size() == 1 && world.has_children);
  const int what = dice.roll(3);
  since.changed = true;
  if (what == 0 && !is_parent) {
    target.execute("DROP TABLE " + quoted(last.name));
    since.dropped = true;
  } else if (what == 1 && has_single_key(last)) {
    target.execute("CREATE TABLE since (ref " + key_type(last.key, target.dialect() == "postgresql") + " REFERENCES " +
                   quoted(last.name) + " (id) ON DELETE CASCADE)");
    since.stops = world.created;
    refer_to_last(dice, world, target, since);
  } else {
    target.execute("CREATE INDEX since ON " + quoted(last.name) + " (amount, label)");
    since.stops = world.created;
  }
}

Since live_on(Dice& dice, const World& world, TestTarget& target) {
  Since since;
  const bool postgres = target.dialect() == "postgresql";
  if (dice.chance(world.created ? 60 : 15)) change_schema(dice, world, target, since);
  if (since.dropped) return since;
  if (dice.chance(50)) {
    const Row added{.table = 0, .key = 5000, .parent = -1};
    target.execute(insert(world, added, "app", !postgres));
    since.added = 1;
    since.stops = since.stops || world.created;  // Its table would go.
  }
  std::vector<Row> written;
  for (const Row& row : world.source) {
    if (world.tables[static_cast<std::size_t>(row.table)].key != Table::Key::none) written.push_back(row);
  }
  if (!written.empty() && dice.chance(35)) {
    const Row row = written[static_cast<std::size_t>(dice.roll(static_cast<int>(written.size())))];
    const Table& table = world.tables[static_cast<std::size_t>(row.table)];
    target.execute("UPDATE " + quoted(table.name) + " SET amount = 77 WHERE id = " + key_value(table.key, row.key));
    keep(world, row.table, row.key, since.kept);
    since.stops = true;
  }
  for (const Row& row : world.source) {
    if (row.table != 0 || !is_new(row) || !world.has_children || !dice.chance(15)) continue;
    target.execute("INSERT INTO aside VALUES (" + std::to_string(row.key) + ", " +
                   key_value(world.tables[0].key, row.key) + ")");
    keep(world, 0, row.key, since.kept);
    since.stops = true;
  }
  return since;
}

// Rows that stay are those of before, those that were added since, and those of the run that must.
void check_forced(const World& world, const Since& since, const std::multiset<std::string>& rows_before,
                  TestTarget& target) {
  std::size_t kept_new = 0;
  std::size_t kept_old = 0;
  for (const auto& [table, key] : since.kept) {
    const Table& kept = world.tables[static_cast<std::size_t>(table)];
    (key >= kNew ? kept_new : kept_old)++;
    CHECK(target.query("SELECT 1 FROM " + quoted(kept.name) + " WHERE id = " + key_value(kept.key, key)).size() == 1);
  }
  CHECK(count_rows(target, world) == world.before.size() + static_cast<std::size_t>(since.added) + kept_new);
  const auto rows_after = all_rows(target, world);
  std::vector<std::string> missing;
  std::ranges::set_difference(rows_before, rows_after, std::back_inserter(missing));
  CHECK(missing.size() <= kept_old);
}

// How many worlds had what.
using Kinds = std::map<std::string, int>;

void count_kinds(const World& world, const Since& since, bool by_etl, Kinds& kinds) {
  const auto has = [&](const std::string& kind, bool is) { kinds[kind] += is ? 1 : 0; };
  const auto any = [&](auto property) { return std::ranges::any_of(world.tables, property); };
  has("in all", true);
  has("by the database's shell", !by_etl);
  has("created by the run", world.created);
  has("updated", any([](const Table& table) { return table.updates; }));
  has("replaced whole", any([](const Table& table) { return table.replace == Table::Replace::all; }));
  has("replaced in part", any([](const Table& table) { return table.replace == Table::Replace::some; }));
  has("without a key", any([](const Table& table) { return table.key == Table::Key::none; }));
  has("two runs", world.runs_twice);
  has("referenced from outside", world.has_children);
  has("table dropped since", since.dropped);
  has("schema changed since", since.changed && !since.dropped);
  has("stopped, then forced", since.stops);
}

// Runs once more with other rows, and undoes that: the target is as the first run left it.
void run_again_and_undo(const World& world, TestTarget& target, const fs::path& folder, bool by_etl) {
  const std::string between = logical_dump(target);
  fill_source(next_run(world), folder, "again");
  const fs::path report = run_world(folder);
  const Finished undone = undo(target, report, by_etl, false);
  REQUIRE_MESSAGE(undone.exit == 0, undone.out, undone.err);
  CHECK(logical_dump(target) == between);
}

// A table that the run had written is not there any more: everything else is as before.
void check_dropped(const World& world, TestTarget& target, const std::multiset<std::string>& rows_before,
                   const fs::path& report, bool by_etl) {
  const std::string gone = world.tables.back().name + " | ";
  const Finished undone = undo(target, report, by_etl, false);
  if (!by_etl && target.dialect() == "sqlite") {  // A file knows the tables of the day on which it was written.
    CHECK(undone.exit != 0);
    REQUIRE(undo(target, report, true, false).exit == 0);
  } else {
    REQUIRE_MESSAGE(undone.exit == 0, undone.out, undone.err);
  }
  auto wanted = rows_before;
  std::erase_if(wanted, [&](const std::string& row) { return row.starts_with(gone); });
  CHECK(all_rows(target, world) == wanted);
  if (world.created) CHECK(target.tables().empty());
}

void try_world(unsigned seed, TestTarget& target, Kinds& kinds) {
  const Scratch scratch;
  Dice dice{seed};
  const bool postgres = target.dialect() == "postgresql";
  const World world = make_world(dice, postgres);
  fill_target(world, target, scratch.path());
  fill_source(world, scratch.path(), "new");
  write_mapping(world, target, scratch.path());
  CAPTURE(seed);
  CAPTURE(target.dialect());
  const std::string before = logical_dump(target);
  const auto rows_before = all_rows(target, world);
  const fs::path report = run_world(scratch.path());
  CHECK(count_rows(target, world) == count_after(world));
  const bool by_etl = dice.chance(50);
  if (world.runs_twice) run_again_and_undo(world, target, scratch.path(), dice.chance(50));
  if (dice.chance(30)) {
    const std::string after_run = logical_dump(target);
    const Finished tried = run_etl({"rollback", "world.yaml", "--dry-run"}, scratch.path());
    CHECK_MESSAGE(tried.exit == 0, tried.out, tried.err);
    CHECK(logical_dump(target) == after_run);
  }
  const Since since = dice.chance(50) ? live_on(dice, world, target) : Since{};
  count_kinds(world, since, by_etl, kinds);
  if (since.dropped) return check_dropped(world, target, rows_before, report, by_etl);
  const std::string after = logical_dump(target);
  const Finished first = undo(target, report, by_etl, false);
  CAPTURE(first.out);
  CAPTURE(first.err);
  if (!since.stops) {
    REQUIRE(first.exit == 0);
    if (since.added == 0 && !since.changed) CHECK(logical_dump(target) == before);
    CHECK(count_rows(target, world) == world.before.size() + static_cast<std::size_t>(since.added));
    CHECK(undo(target, report, by_etl, false).exit != 0);  // Undone once is enough.
    return;
  }
  REQUIRE(first.exit != 0);
  CHECK(logical_dump(target) == after);
  Finished forced = undo(target, report, by_etl, true);
  if (since.referred && !by_etl && !postgres) {  // A file knows the tables of the day on which it was written.
    CHECK(forced.exit != 0);
    CHECK(logical_dump(target) == after);
    forced = undo(target, report, true, true);
  }
  REQUIRE_MESSAGE(forced.exit == 0, forced.out, forced.err);
  check_forced(world, since, rows_before, target);
}

struct Seeds {
  unsigned first, last;
};

Seeds wanted_seeds() {
  const auto number = [](const char* text) { return static_cast<unsigned>(std::strtoul(text, nullptr, 10)); };
  if (const char* one = std::getenv("ETL_WORLD")) return {number(one), number(one)};
  const char* count = std::getenv("ETL_WORLDS");
  return {1, count == nullptr ? 110 : number(count)};
}

Kinds try_on_sqlite(Seeds seeds) {
  Kinds kinds;
  for (unsigned seed = seeds.first; seed <= seeds.last; ++seed) {
    const Scratch scratch;
    try_world(seed, *etl::testing::sqlite_target(scratch.path()), kinds);
  }
  return kinds;
}

Kinds try_on_postgres(Seeds seeds) {
  Kinds kinds;
  const auto postgres = etl::testing::postgres_target();
  for (unsigned seed = seeds.first; postgres != nullptr && seed <= seeds.last; ++seed) {
    postgres->execute("DROP SCHEMA IF EXISTS etl CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public");
    try_world(seed, *postgres, kinds);
  }
  return kinds;
}

}  // namespace

TEST_CASE("undo: any run of any world leaves the target as it was") {
  const Seeds seeds = wanted_seeds();
  auto beside = std::async(std::launch::async, try_on_sqlite, seeds);
  Kinds kinds = try_on_postgres(seeds);
  for (const auto& [kind, count] : beside.get()) kinds[kind] += count;
  std::string text;
  for (const auto& [kind, count] : kinds) text += "\n  " + std::to_string(count) + " " + kind;
  MESSAGE("worlds tried: ", kinds["in all"], text);
  CHECK(kinds["in all"] > static_cast<int>(seeds.last - seeds.first));
}
