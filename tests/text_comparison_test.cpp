// W510: SQL over decimals that SQLite keeps as text. What is warned of is what SQLite itself answers differently.
#include "engine/schema/text_comparison.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "engine/base/diagnostic.h"
#include "engine/schema/ddl.h"

namespace {

using namespace etl;

const char* kSchema =
    "CREATE TABLE items (id integer PRIMARY KEY, price numeric(8,2), cost numeric(8,2), fine numeric(8,3), "
    "count numeric(6,0), size integer);";

schema::Catalog catalog() {
  Diagnostics diagnostics;
  return schema::read_ddl(std::make_shared<SourceText>("schema.sql", kSchema), schema::Dialect::postgresql,
                          diagnostics);
}

// "price, cost" for what is warned of.
std::string warned(const std::string& sql) {
  std::string names;
  for (const auto& found : schema::text_comparisons(sql, catalog())) {
    names += (names.empty() ? "" : ", ") + found.column;
    CHECK(sql.substr(found.begin).find(found.column) < 4);  // Behind a qualifier at most.
  }
  return names;
}

// What SQLite answers when decimals are kept as `type`.
std::string answer(const std::string& sql, const std::string& type) {
  SQLite::Database database{":memory:", SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE};
  database.exec("CREATE TABLE items (id INTEGER PRIMARY KEY, price " + type + ", cost " + type + ", fine " + type +
                ", count INTEGER, size INTEGER) STRICT");
  database.exec(
      "INSERT INTO items VALUES (1, '9.50', '10.00', '9.500', 9, 9), (2, '10.00', '9.50', '10.000', 10, 10), "
      "(3, '100.00', '100.00', '100.000', 100, 100)");
  SQLite::Statement statement{database, sql};
  std::string rows;
  while (statement.executeStep()) rows += statement.getColumn(0).getString() + " ";
  return rows;
}

}  // namespace

TEST_CASE("SQL that compares decimals as text is warned of, and answers otherwise than numbers would") {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"SELECT id FROM items WHERE price < 50", "price"},
      {"SELECT id FROM items WHERE 50 > price", "price"},
      {"SELECT id FROM items WHERE price = 10", "price"},
      {"SELECT i.id FROM items AS i WHERE i.price >= 20 AND i.size > 0", "price"},
      {"SELECT id FROM items WHERE price > cost", "price, cost"},
      {"SELECT id FROM items WHERE fine = price", "fine, price"},
      {"SELECT id FROM items WHERE price BETWEEN 5 AND 20", "price"},
      {"SELECT id FROM items WHERE price IN (10, 100)", "price"},
      {"SELECT id FROM items ORDER BY price", "price"},
      {"SELECT id FROM items WHERE price = (SELECT 10)", "price"},
      {"SELECT CASE price WHEN 10 THEN id END FROM items", "price"},
      {"SELECT max(price) = 100 FROM items", "price"},
  };
  for (const auto& [sql, columns] : cases) {
    CAPTURE(sql);
    CHECK(warned(sql) == columns);
    CHECK(answer(sql, "TEXT") != answer(sql, "REAL"));
  }
}

TEST_CASE("SQL that makes numbers of decimals, or compares equal texts, is not warned of") {
  const std::vector<std::string> cases = {
      "SELECT id FROM items WHERE CAST(price AS REAL) < 50",
      "SELECT id FROM items WHERE price < CAST(50 AS REAL)",
      "SELECT id FROM items WHERE price + 0 < 50",
      "SELECT id FROM items WHERE price > size",
      "SELECT id FROM items WHERE price = cost",
      "SELECT id FROM items WHERE count < 50",
      "SELECT id FROM items WHERE price IS NOT NULL AND size < 50",
      "SELECT id FROM items ORDER BY CAST(price AS REAL)",
      "SELECT sum(price) > 100 FROM items",
      "SELECT id FROM items WHERE price BETWEEN CAST(5 AS REAL) AND CAST(20 AS REAL)",
  };
  for (const std::string& sql : cases) {
    CAPTURE(sql);
    CHECK(warned(sql) == "");
    CHECK(answer(sql, "TEXT") == answer(sql, "REAL"));
  }
}
