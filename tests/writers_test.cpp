// What every target promises, asked of every target.
#include <array>
#include <functional>

#include "engine/schema/ddl.h"
#include "engine/stores/sql_text.h"
#include "engine/writers/memory_target.h"
#include "tests/support/scratch.h"

namespace etl::writers {
namespace {

using tests::all_rows;
using tests::column_of;
using tests::error_of;
using tests::Folder;
using tests::PostgresDatabase;
using tests::request_of;
using tests::sqlite_at;

constexpr const char* kDdl =
    "CREATE TABLE people (id bigint PRIMARY KEY, name text, born date, boss bigint REFERENCES people(id),"
    " CONSTRAINT name_is_not_bad CHECK (name <> 'bad'));"
    "CREATE TABLE counted (id serial PRIMARY KEY, name varchar(5) NOT NULL UNIQUE);";

schema::Catalog catalog_of(const std::string& ddl) {
  Diagnostics diagnostics;
  auto catalog =
      schema::read_ddl(std::make_shared<SourceText>("test.sql", ddl), schema::Dialect::postgresql, diagnostics);
  REQUIRE_FALSE(diagnostics.has_errors());
  return catalog;
}

// A target that holds the tables of kDdl, made anew for each question.
struct Subject {
  std::string kind;
  std::unique_ptr<Target> target;
  const schema::Table& table(const std::string& name) const {
    const schema::Table* found = target->catalog().table(name);
    REQUIRE(found != nullptr);
    return *found;
  }
};

// Asks every kind of target; `databases` runs SQL, so the one in memory is left out.
void ask_all(bool databases, const std::function<void(const Subject&)>& question) {
  const schema::Catalog catalog = catalog_of(kDdl);
  const Folder folder;
  const auto ask = [&](const std::string& kind, std::unique_ptr<Target> target, bool create) {
    CAPTURE(kind);
    target->begin();
    if (create) target->create(catalog);
    question({kind, std::move(target)});
  };
  const TargetOptions options{.declared = &catalog};
  ask("new SQLite", open_target(sqlite_at(folder / "new.db"), options), true);
  tests::run_sqlite(folder / "old.db", "CREATE TABLE other (a)");
  ask("existing SQLite", open_target(sqlite_at(folder / "old.db"), options), true);
  if (const PostgresDatabase database; database) {
    ask("PostgreSQL", open_target(database.info()), true);
  }
  if (!databases) ask("memory", std::make_unique<MemoryTarget>(catalog), false);
}

std::string text_at(const Target::Rows& rows, std::size_t row, std::size_t column) {
  REQUIRE(rows.rows.size() > row);
  return rows.rows[row].at(column);
}

const std::vector<std::string>& awkward_texts() {
  static const std::vector<std::string> texts = {
      "",    "a",      "it's \"quoted\"",    "two\nlines\r\n", "tab\there", "back\\slash \\N \\.",
      "Zoë", "日本語", "👩‍👩‍👧", "{a,b}",          "NULL",      std::string(300'000, 'x')};
  return texts;
}

TEST_CASE("every target takes awkward texts and NULL, in pieces of any size") {
  for (const std::size_t piece : {1, 7, 1024}) {
    ask_all(true, [&](const Subject& subject) {
      std::vector<Value> ids;
      std::vector<Value> names;
      for (const std::string& text : awkward_texts()) {
        ids.push_back(static_cast<std::int64_t>(ids.size()));
        names.push_back(std::string_view{text});
      }
      ids.push_back(std::int64_t{-1});
      names.emplace_back();
      const std::vector<ColumnPtr> columns = {column_of(Type::integer, ids), column_of(Type::text, names)};
      const auto writer = subject.target->open(request_of(subject.table("people"), {"id", "name"}));
      const std::vector<std::uint32_t> rows = all_rows(ids.size());
      for (std::size_t at = 0; at < rows.size(); at += piece) {
        const auto part = std::span{rows}.subspan(at, std::min(piece, rows.size() - at));
        const auto result = writer->write(columns, part);
        CHECK(result.written == part.size());
        CHECK_FALSE(result.refusal);
        CHECK(result.dropped.empty());
      }
      const auto found = subject.target->query("SELECT name FROM people ORDER BY id", {}, 100);
      CHECK(found.count == ids.size());
      CHECK(text_at(found, 0, 0) == "NULL");
      for (std::size_t i = 0; i < awkward_texts().size(); ++i) CHECK(text_at(found, i + 1, 0) == awkward_texts()[i]);
    });
  }
}

TEST_CASE("an empty piece is nothing; an empty table is empty") {
  ask_all(false, [](const Subject& subject) {
    const auto writer = subject.target->open(request_of(subject.table("people"), {"id"}));
    CHECK(subject.target->is_empty(subject.table("people")));
    CHECK(writer->write(std::vector<ColumnPtr>{column_of(Type::integer, {})}, {}).written == 0);
    CHECK(subject.target->is_empty(subject.table("people")));
    const std::vector<ColumnPtr> one = {column_of(Type::integer, {std::int64_t{1}})};
    CHECK(writer->write(one, all_rows(1)).written == 1);
    CHECK_FALSE(subject.target->is_empty(subject.table("people")));
  });
}

TEST_CASE("a refused piece leaves nothing, and what follows is written") {
  ask_all(true, [](const Subject& subject) {
    const auto writer = subject.target->open(request_of(subject.table("people"), {"id", "name"}));
    const std::vector<ColumnPtr> columns = {
        column_of(Type::integer, {std::int64_t{1}, std::int64_t{2}, std::int64_t{1}, std::int64_t{5}}),
        column_of(Type::text, {"a", "b", "c", "bad"})};
    const auto refused = [&](std::vector<std::uint32_t> rows) {
      const auto result = writer->write(columns, rows);
      CHECK(result.written == 0);
      REQUIRE(result.refusal);
      CHECK(subject.target->query("SELECT id FROM people", {}, 10).count == 0);
      return *result.refusal;
    };
    const Refusal unique = refused({0, 1, 2});
    CHECK(unique.code ==
          (subject.target->dialect() == schema::Dialect::sqlite ? "SQLITE_CONSTRAINT_PRIMARYKEY" : "23505"));
    CHECK(unique.message.starts_with("violates unique constraint people_"));
    const Refusal check = refused({3});
    CHECK(check.message == "violates check constraint name_is_not_bad");
    CHECK(check.constraint == "name_is_not_bad");
    CHECK(writer->write(columns, std::vector<std::uint32_t>{1, 2}).written == 2);
  });
}

TEST_CASE("a refusal names the column and the constraint") {
  ask_all(true, [](const Subject& subject) {
    const auto writer = subject.target->open(request_of(subject.table("counted"), {"name"}));
    const std::vector<ColumnPtr> columns = {column_of(Type::text, {"a", Value{}, "a"})};
    const auto null = writer->write(columns, std::vector<std::uint32_t>{0, 1}).refusal;
    REQUIRE(null);
    CHECK(null->message == "violates not-null of column name");
    CHECK(null->column == "name");
    const auto twice = writer->write(columns, std::vector<std::uint32_t>{0, 2}).refusal;
    REQUIRE(twice);
    CHECK(twice->constraint == "counted_name_key");
    CHECK(twice->message == "violates unique constraint counted_name_key");
  });
}

TEST_CASE("keys are found by any number of columns, NULL never") {
  ask_all(false, [](const Subject& subject) {
    const schema::Table& people = subject.table("people");
    const auto writer = subject.target->open(request_of(people, {"id", "name", "born"}));
    const Value day = Date{8'000};
    writer->write(std::vector<ColumnPtr>{column_of(Type::integer, {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}),
                                         column_of(Type::text, {"a,\"b\"", "\\", Value{}}),
                                         column_of(Type::date, {day, Value{}, day})},
                  all_rows(3));
    const std::vector<std::string> by_name = {"name"};
    const std::vector<ColumnPtr> names = {column_of(Type::text, {"\\", "x", Value{}, "a,\"b\""})};
    CHECK(subject.target->find(people, by_name, names) == std::vector<bool>{true, false, false, true});
    const std::vector<std::string> by_both = {"id", "born"};
    const std::vector<ColumnPtr> both = {column_of(Type::integer, {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}),
                                         column_of(Type::date, {day, day, day})};
    CHECK(subject.target->find(people, by_both, both) == std::vector<bool>{true, false, true});
    Arena arena;
    const std::vector<std::string> wanted = {"born", "id"};
    const std::vector<Type> types = {Type::date, Type::integer};
    const auto found = subject.target->fetch(people, by_name, names, wanted, types, arena);
    CHECK(to_text(found.at(0)->at(3)) == "2021-11-26");
    CHECK(found.at(0)->is_null(0));
    CHECK(to_text(found.at(1)->at(0)) == "2");
    CHECK(found.at(1)->is_null(1));
    CHECK(found.at(1)->is_null(2));
  });
}

TEST_CASE("references are filled afterwards, rows removed by key") {
  ask_all(false, [](const Subject& subject) {
    const schema::Table& people = subject.table("people");
    const auto writer = subject.target->open(request_of(people, {"id"}));
    const auto ids = column_of(Type::integer, {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}});
    writer->write(std::vector<ColumnPtr>{ids}, all_rows(3));
    const std::vector<std::string> id = {"id"};
    const std::vector<ColumnPtr> keys = {ids};
    subject.target->update(people, id, keys, "boss",
                           *column_of(Type::integer, {Value{}, std::int64_t{1}, std::int64_t{1}}));
    Arena arena;
    const std::vector<std::string> wanted = {"boss"};
    const std::vector<Type> types = {Type::integer};
    const auto boss = subject.target->fetch(people, id, keys, wanted, types, arena).at(0);
    CHECK(boss->is_null(0));
    CHECK(to_text(boss->at(2)) == "1");
    const std::vector<ColumnPtr> some = {column_of(Type::integer, {std::int64_t{2}, std::int64_t{3}, std::int64_t{9}})};
    CHECK(subject.target->remove(people, id, some) == 2);
    CHECK(subject.target->find(people, id, keys) == std::vector<bool>{true, false, false});
    CHECK(subject.target->check_constraints().empty());
  });
}

TEST_CASE("keys that the database makes are fresh, and never given twice") {
  ask_all(false, [](const Subject& subject) {
    const schema::Table& counted = subject.table("counted");
    Arena arena;
    const auto first = subject.target->make_defaults(counted, *counted.column("id"), 3, arena);
    const auto second = subject.target->make_defaults(counted, *counted.column("id"), 2, arena);
    CHECK(to_text(first->at(0)) == "1");
    CHECK(to_text(first->at(2)) == "3");
    CHECK(to_text(second->at(1)) == "5");
    CHECK(subject.target->make_defaults(counted, *counted.column("id"), 0, arena)->size() == 0);
  });
}

TEST_CASE("kept keys move the sequence up, never down") {
  ask_all(true, [](const Subject& subject) {
    const schema::Table& counted = subject.table("counted");
    const auto writer = subject.target->open(request_of(counted, {"id", "name"}));
    writer->write(std::vector<ColumnPtr>{column_of(Type::integer, {std::int64_t{41}}), column_of(Type::text, {"a"})},
                  all_rows(1));
    const std::vector<std::size_t> id = {0};
    subject.target->advance_sequences(counted, id);
    Arena arena;
    CHECK(to_text(subject.target->make_defaults(counted, *counted.column("id"), 1, arena)->at(0)) == "42");
    subject.target->advance_sequences(counted, id);
    CHECK(to_text(subject.target->make_defaults(counted, *counted.column("id"), 1, arena)->at(0)) == "43");
  });
}

TEST_CASE("values that a column would cut are found before they are sent") {
  ask_all(false, [](const Subject& subject) {
    const auto writer = subject.target->open(request_of(subject.table("counted"), {"name"}));
    Failures failures;
    const std::string nul("a\0b", 3);
    writer->check(0, *column_of(Type::text, {"fünf5", "sechs6", "five ", "five  ", Value{}, std::string_view{nul}}),
                  failures);
    REQUIRE(failures.size() == 3);
    CHECK(failures[0].row == 1);
    CHECK(failures[0].rule == "max_length");
    CHECK(failures[0].reason == "'sechs6' has 6 characters, more than 5");
    CHECK(failures[1].row == 3);
    CHECK(failures[2].row == 5);
    CHECK(failures[2].rule == "encoding");
  });
}

TEST_CASE("what was rolled back is gone, what was committed stays") {
  ask_all(false, [](const Subject& subject) {
    const std::vector<ColumnPtr> one = {column_of(Type::integer, {std::int64_t{1}})};
    {
      subject.target->commit();
      subject.target->begin();
      CHECK(subject.target->open(request_of(subject.table("people"), {"id"}))->write(one, all_rows(1)).written == 1);
      subject.target->roll_back();
    }
    subject.target->begin();
    CHECK(subject.target->is_empty(subject.table("people")));
    CHECK(subject.target->open(request_of(subject.table("people"), {"id"}))->write(one, all_rows(1)).written == 1);
    subject.target->commit();
    CHECK_FALSE(subject.target->is_empty(subject.table("people")));
  });
}

TEST_CASE("queries are bounded, parameters bound by name, wrong names found by prepare") {
  ask_all(true, [](const Subject& subject) {
    const auto writer = subject.target->open(request_of(subject.table("people"), {"id", "name"}));
    writer->write(std::vector<ColumnPtr>{column_of(Type::integer, {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}}),
                                         column_of(Type::text, {"a", "b", Value{}})},
                  all_rows(3));
    const std::vector<std::pair<std::string, Value>> parameters = {{"low", std::int64_t{1}},
                                                                   {"name", std::string_view{"b"}}};
    const auto some = subject.target->query("SELECT id, name FROM people ORDER BY id; ", {}, 2);
    CHECK(some.count == 3);
    CHECK(some.rows.size() == 2);
    CHECK(some.columns == std::vector<std::string>{"id", "name"});
    const auto found =
        subject.target->query("SELECT id FROM people WHERE id > $low AND name = $name -- $other", parameters, 9);
    CHECK(found.count == 1);
    CHECK(text_at(found, 0, 0) == "2");
    subject.target->prepare("SELECT id FROM people WHERE id > $low", parameters);
    subject.target->execute("UPDATE people SET name = $name WHERE id > $low", parameters);
    CHECK(subject.target->query("SELECT 1 FROM people WHERE name = 'b'", {}, 9).count == 2);
    CHECK(error_of([&] { subject.target->prepare("SELECT $other", parameters); }).kind() == Error::Kind::schema);
    const Error wrong = error_of([&] { subject.target->prepare("SELECT nme FROM people", {}); });
    CHECK(wrong.kind() == Error::Kind::schema);
    CHECK(std::string{wrong.what()}.find("nme") != std::string::npos);
  });
}

TEST_CASE("parameters are found outside strings, names and comments") {
  const auto names = [](std::string_view sql) {
    std::string out;
    for (const auto& place : stores::find_parameters(sql)) out += std::string{place.name} + " ";
    return out;
  };
  CHECK(names("SELECT $a, '$b', \"$c\", $a") == "a a ");
  CHECK(names("-- $a\nSELECT $b /* $c /* $d */ $e */, $f") == "b f ");
  CHECK(names("SELECT $$ $a $$, $tag$ $b $tag$, $c") == "c ");
  CHECK(names("SELECT E'it\\'s $a', 'it''s $b', x$y, $1") == "");
}

}  // namespace
}  // namespace etl::writers
