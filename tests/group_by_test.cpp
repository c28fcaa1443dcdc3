// group_by gives what SQL's GROUP BY gives, whatever the rows and the size of a batch.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sqlite3.h>

#include <memory>
#include <random>
#include <string>

#include "tests/support/command.h"
#include "tests/support/database.h"

namespace etl::testing {
namespace {

constexpr auto kMapping = R"(version: 1
name: groups
connections:
  source: sqlite:source.db
  target: ${DATABASE_URL}
sources:
  items: {connection: source, table: items, order: [id]}
tables:
  totals:
    from: items
    where: keep = 1
    group_by: [a, lower(b)]
    fields:
      place: row_number()
      a:
      b: lower(b)
      n: count()
      c: count(x)
      d: count_distinct(x)
      s: sum(x)
      lo: min(x)
      hi: max(x)
      words: string_agg(w, ',')
settings: {batch: 0000}
)";

constexpr auto kQuery =
    "SELECT row_number() OVER (ORDER BY first), a, b, n, c, d, s, lo, hi, words FROM (SELECT min(id) AS first, a, "
    "lower(b) AS b, count(*) AS n, count(x) AS c, count(DISTINCT x) AS d, sum(x) AS s, min(x) AS lo, max(x) AS hi, "
    "group_concat(w, ',') AS words FROM (SELECT * FROM items ORDER BY id) WHERE keep = 1 GROUP BY a, lower(b)) ORDER BY "
    "first";

// Few values, many of them NULL, so that groups meet again and again.
std::string generate(std::mt19937& random, int rows) {
  const auto pick = [&random](int most) { return static_cast<int>(random() % static_cast<unsigned>(most)); };
  const auto maybe = [&](std::string value) { return pick(4) == 0 ? std::string{"NULL"} : std::move(value); };
  std::string sql =
      "CREATE TABLE items (id INTEGER PRIMARY KEY, keep INTEGER, a INTEGER, b TEXT, x INTEGER, w TEXT);";
  for (int id = 1; id <= rows; ++id) {
    const std::string b = fmt::format("'{}{}'", pick(2) == 0 ? "k" : "K", pick(4));
    sql += fmt::format("INSERT INTO items VALUES ({}, {}, {}, {}, {}, {});", id, pick(5) == 0 ? 0 : 1,
                       maybe(std::to_string(pick(6))), maybe(b), maybe(std::to_string(pick(100) - 50)),
                       maybe(fmt::format("'w{}'", pick(30))));
  }
  return sql;
}

void make_database(const std::filesystem::path& file, const std::string& sql) {
  sqlite3* raw = nullptr;
  REQUIRE(sqlite3_open(file.c_str(), &raw) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> database{raw, sqlite3_close};
  REQUIRE(sqlite3_exec(raw, ("BEGIN;" + sql + "COMMIT").c_str(), nullptr, nullptr, nullptr) == SQLITE_OK);
}

TEST_CASE("group_by: equals SQL's GROUP BY on generated rows") {
  std::mt19937 random{7};
  for (const int rows : {0, 1, 50, 400, 3000}) {
    const std::string data = generate(random, rows);
    for (const int batch : {1, 7, 10'000}) {
      CAPTURE(rows);
      CAPTURE(batch);
      const Scratch scratch;
      make_database(scratch.path() / "source.db", data);
      auto target = sqlite_target(scratch.path());
      target->execute(
          "CREATE TABLE totals (place INTEGER PRIMARY KEY, a INTEGER, b TEXT, n INTEGER, c INTEGER, d INTEGER, s "
          "INTEGER, lo INTEGER, hi INTEGER, words TEXT);");
      std::string mapping = kMapping;
      mapping.replace(mapping.find("0000"), 4, std::to_string(batch));
      write_whole(scratch.path() / "mapping.yaml", mapping);
      const auto finished = run_etl({"run", "mapping.yaml"}, scratch.path(), {{"DATABASE_URL", target->url()}});
      INFO("stderr: ", finished.err);
      REQUIRE(finished.exit == 0);
      target->execute(data);
      const bool same = target->query(kQuery) == target->query("SELECT * FROM totals ORDER BY place");
      CHECK(same);
    }
  }
}

}  // namespace
}  // namespace etl::testing
