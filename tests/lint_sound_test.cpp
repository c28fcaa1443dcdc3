// Lint is sound: a mapping that lints without an error never fails at run time for its own reason. Generated mappings
// over generated schemas; many hold a mistake, and then either lint says so or the run does not mind.
// ETL_SOUND_SEEDS=n tries n of them instead of the few of every day.
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/support/command.h"

namespace etl::testing {
namespace {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_{seed * 0x9E3779B97F4A7C15ULL + 1} {}

  std::size_t below(std::size_t count) {
    state_ ^= state_ << 13U;
    state_ ^= state_ >> 7U;
    state_ ^= state_ << 17U;
    return static_cast<std::size_t>(state_ % count);
  }
  bool one_in(std::size_t count) { return below(count) == 0; }
  template <class T>
  const T& of(const std::vector<T>& items) {
    return items[below(items.size())];
  }

 private:
  std::uint64_t state_;
};

const std::vector<std::string> kSourceTables = {"a", "b"};

// What stands in `from` of a field of each type; some are wrong on purpose.
const std::vector<std::string> kTexts = {
    "name",        "name | trim | lower", "name || '-' || note", "coalesce(note, name)", "nam",
    "upper(name)", "lowr(name)",          "amount",              "text(count)",          "case when count > 1 then name else note end",
    "roles[name]", "try(roles[note])", "roles['Ada']", "coalesce(roles['nobody'], name)", "case when name in roles then roles[name] else note end",
    "note | nullif('')", "name | left(3)", "try(note, name)",    "concat(name, note)",   "case when count > 1 then name else count end"};
const std::vector<std::string> kLookups = {"{map: {Ada: x, bob: y}}", "{map: {ada: x}, ignore_case: true}",
                                           "{map: {Ada: x, ada: y}, ignore_case: true}"};
const std::vector<std::string> kNumbers = {"count",     "count + 1", "int(note)", "try(int(note))", "cuont",     "length(name)",
                                           "count * 2", "count / 0", "name",      "round(amount)",  "count % 3", "count - amount"};
const std::vector<std::string> kDecimals = {"decimal(amount)", "amount", "decimal(note)", "count", "decimal(amount) | round(2)",
                                            "name * 2",        "try(decimal(note))"};
const std::vector<std::string> kTimes = {"at", "date(at)", "timestamp(at)", "note", "try(date(note))", "now()", "count"};
const std::vector<std::string> kConditions = {"count > 1", "name is not null", "name = 'x'", "cuont > 1", "at > 5", "count", "name like 'A%'"};
const std::vector<std::string> kSqliteChecks = {
    "SELECT id FROM x WHERE name = 'never'",   "SELECT id FROM x WHERE nmae = 'never'", "SELECT id FROM xs",
    "SELECT x.id FROM x JOIN y ON y.id = x.y_id WHERE x.count < -1000000", "SELEC 1", "SELECT foo(id) FROM x",
    "SELECT id FROM x WHERE count > $least + 1000000", "SELECT id FROM x WHERE count > $leats",
    "SELECT id FROM x GROUP BY id HAVING count(*) > 1"};
const std::vector<std::string> kHooks = {"DELETE FROM x WHERE id < 0", "DELETE FROM z", "UPDATE x SET nmae = 1", "ANALYZE", "DELET"};
const std::vector<std::string> kQueries = {"SELECT id, name, note, count, amount, at FROM a", "SELECT * FROM b", "SELECT id, nam FROM a",
                                           "SELECT id, upper(name) AS name, note, count, amount, at FROM a WHERE count > 0"};

std::string source_schema() {
  std::string sql;
  for (const std::string& table : kSourceTables) {
    sql += "CREATE TABLE " + table +
           " (id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, count INTEGER, amount REAL, at TEXT, b_id INTEGER);\n";
  }
  return sql;
}

std::string source_rows(Dice& dice) {
  const std::vector<std::string> texts = {"'Ada'", "'bob'", "''", "'12'", "'1.5'", "'x'", "'2024-03-01'"};
  const std::vector<std::string> times = {"'2024-03-01'", "'2024-03-01 09:30:00'", "'soon'", "NULL"};
  std::string sql;
  for (const std::string& table : kSourceTables) {
    for (std::size_t id = 1; id <= 4; ++id) {
      sql += "INSERT INTO " + table + " VALUES (" + std::to_string(id) + ", " + dice.of(texts) + ", " +
             (dice.one_in(3) ? "NULL" : dice.of(texts)) + ", " + std::to_string(dice.below(5)) + ", " +
             (dice.one_in(4) ? "NULL" : "1.25") + ", " + dice.of(times) + ", " + std::to_string(1 + dice.below(5)) + ");\n";
    }
  }
  return sql;
}

// Unique expressions, partial ones, defaults by function, checks, references forward and backward.
std::string target_schema(Dice& dice, bool sqlite) {
  const std::string number = sqlite ? "INTEGER" : "integer";
  const std::string text = sqlite ? "TEXT" : "text";
  const auto maybe = [&](std::size_t count, const std::string& sql) { return dice.one_in(count) ? sql : std::string{}; };
  std::string x = "CREATE TABLE x (id " + number + " PRIMARY KEY, name " + text + maybe(2, " NOT NULL") + ", count " + number +
                  maybe(4, " NOT NULL DEFAULT 0") + maybe(4, " CHECK (count >= 0)") + ", amount numeric(8,2), made " +
                  (sqlite ? "TEXT" : "timestamp") + maybe(2, " NOT NULL DEFAULT CURRENT_TIMESTAMP") + ", y_id " + number +
                  maybe(2, " REFERENCES y (id)") + ", token " + text;
  if (dice.one_in(3)) x += sqlite ? " NOT NULL DEFAULT (lower(hex(randomblob(4))))" : " NOT NULL DEFAULT md5('x')";
  x += ");\n";
  std::string y = "CREATE TABLE y (id " + number + " PRIMARY KEY, name " + text + maybe(3, " UNIQUE") + ", at " +
                  (sqlite ? "TEXT" : "date") + ");\n";
  std::string sql = sqlite ? "-- dialect: sqlite\n" + x + y : "-- dialect: postgresql\n" + y + x;
  sql += maybe(3, "CREATE UNIQUE INDEX x_name ON x (lower(name));\n");
  sql += maybe(4, "CREATE UNIQUE INDEX x_count ON x (count) WHERE count > 2;\n");
  return sql;
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out += c == '"' || c == '\\' ? std::string{"\\"} + c : std::string{c};
  return out + "\"";
}

std::string field(const std::string& name, const std::string& expression) {
  return "      " + name + ": {from: " + quoted(expression) + "}\n";
}

std::string table_x(Dice& dice, bool query) {
  std::string yaml = std::string{"  x:\n    from: "} + (query ? "q" : "source.a") + "\n    max_rejects: 100%\n";
  if (dice.one_in(3)) yaml += "    where: " + quoted(dice.of(kConditions)) + "\n";
  yaml += "    fields:\n" + field("id", dice.one_in(6) ? "int(note)" : "id") + field("name", dice.of(kTexts));
  if (!dice.one_in(3)) yaml += field("count", dice.of(kNumbers));
  if (dice.one_in(2)) yaml += field("amount", dice.of(kDecimals));
  if (dice.one_in(3)) yaml += field("made", dice.of(kTimes));
  if (dice.one_in(2)) yaml += field("y_id", dice.of<std::string>({"y[b_id]", "b_id", "y[count]", "z[b_id]", "x[b_id]", "try(y[b_id])"}));
  if (dice.one_in(4)) yaml += field("token", dice.of(kTexts));
  if (dice.one_in(3)) yaml += "    check:\n      it holds: " + quoted(dice.of(kConditions)) + "\n";
  return yaml;
}

std::string table_y(Dice& dice) {
  std::string yaml = "  y:\n    from: source.b\n    max_rejects: 100%\n    fields:\n" + field("id", "id") + field("name", dice.of(kTexts));
  if (dice.one_in(2)) yaml += field("at", dice.of(kTimes));
  return yaml;
}

std::string mapping(Dice& dice) {
  const bool query = dice.one_in(4);
  std::string yaml = "version: 1\nname: sound\nparams:\n  least: {type: int, default: 1}\nconnections:\n"
                     "  source: {url: sqlite:source.db, schema: source.sql}\n"
                     "  target: {url: sqlite:target.db, schema: target.sql, create: true}\n";
  if (query) yaml += "sources:\n  q: {connection: source, query: " + quoted(dice.of(kQueries)) + ", key: [id]}\n";
  yaml += "lookups:\n  roles: " + dice.of(kLookups) + "\n";
  const std::string x = table_x(dice, query);
  const std::string y = table_y(dice);
  yaml += "tables:\n" + (dice.one_in(2) ? x + y : y + x);
  if (dice.one_in(2)) yaml += "check:\n  it is so: " + quoted(dice.of(kSqliteChecks)) + "\n";
  if (dice.one_in(4)) yaml += "before:\n  - sql: " + quoted(dice.of(kHooks)) + "\n";
  if (dice.one_in(4)) yaml += "after:\n  - sql: " + quoted(dice.of(kHooks)) + "\n";
  return yaml;
}

void make_database(const std::filesystem::path& path, const std::string& sql) {
  sqlite3* database = nullptr;
  REQUIRE(sqlite3_open(path.c_str(), &database) == SQLITE_OK);
  CHECK(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
  sqlite3_close(database);
}

bool blames_the_mapping(const Finished& run) {
  if (run.exit == 2) return true;
  for (const char* words : {"no such", "syntax error", "ambiguous", "unexpected:", "datatype mismatch", "error["}) {
    if (run.err.find(words) != std::string::npos) return true;
  }
  return false;
}

}  // namespace

TEST_CASE("lint is sound: what lints clean does not fail for the mapping's own reason") {
  const char* wanted = std::getenv("ETL_SOUND_SEEDS");
  const std::uint64_t seeds = wanted ? std::strtoull(wanted, nullptr, 10) : 60;
  std::size_t clean = 0;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    Dice dice{seed};
    const Scratch scratch;
    const std::string schema = target_schema(dice, !dice.one_in(3));
    const std::string yaml = mapping(dice);
    write_whole(scratch.path() / "source.sql", source_schema());
    write_whole(scratch.path() / "target.sql", schema);
    write_whole(scratch.path() / "mapping.yaml", yaml);
    const auto lint = run_etl({"lint", "mapping.yaml"}, scratch.path());
    REQUIRE_MESSAGE(lint.exit <= 1, "seed ", seed, "\n", lint.err, "\n", yaml);
    if (lint.exit != 0) continue;
    ++clean;
    make_database(scratch.path() / "source.db", source_schema() + source_rows(dice));
    const auto run = run_etl({"run", "mapping.yaml"}, scratch.path());
    CHECK_MESSAGE(!blames_the_mapping(run), "seed ", seed, "\n", run.err, "\n", schema, "\n", yaml);
  }
  CHECK(clean * 20 >= seeds);
}

}  // namespace etl::testing
