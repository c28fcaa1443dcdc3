// PostgreSQL as a target: refusals, triggers, rules, and what goes wrong with a server.
#include "engine/stores/postgres_errors.h"
#include "tests/support/scratch.h"

namespace etl::writers {
namespace {

using tests::all_rows;
using tests::column_of;
using tests::error_of;
using tests::PostgresDatabase;
using tests::request_of;

TEST_CASE("PostgreSQL's refusals keep names and lose values") {
  const PostgresDatabase database;
  if (!database) return;
  database.run(
      "CREATE TABLE parent (id int PRIMARY KEY);"
      "CREATE TABLE child (id int, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED, address inet, note "
      "text);"
      "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN IF NEW.note = 'secret-note' THEN RAISE EXCEPTION 'no %', NEW.note; END IF; RETURN NEW; END $$;"
      "CREATE TRIGGER refuse BEFORE INSERT ON child FOR EACH ROW EXECUTE FUNCTION refuse()");
  const auto target = open_target(database.info());
  target->begin();
  const schema::Table& child = *target->catalog().table("child");
  const auto refusal = [&](const std::string& column, Type type, const Value& value) {
    const auto result =
        target->open(request_of(child, {column}))->write(std::vector<ColumnPtr>{column_of(type, {value})}, all_rows(1));
    REQUIRE(result.refusal);
    CHECK(result.refusal->message.find("secret") == std::string::npos);
    return *result.refusal;
  };
  const Refusal orphan = refusal("parent", Type::integer, std::int64_t{7});
  CHECK(orphan.foreign_key);
  CHECK(orphan.message == "violates foreign key constraint child_parent_fkey");
  const Refusal malformed = refusal("address", Type::text, "secret-address");
  CHECK(malformed.code == "22P02");
  CHECK(malformed.column == "address");
  CHECK(malformed.message == "text that the column's type does not read in column address");
  CHECK(refusal("note", Type::text, "secret-note").message == "refused by a trigger");
  CHECK(target->is_empty(child));
}

std::vector<std::uint32_t> every(std::uint32_t step, std::uint32_t count) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = step - 1; row < count; row += step) rows.push_back(row);
  return rows;
}

// Rows that a trigger drops are named, by their key where there is one, else by sending halves again.
TEST_CASE("rows that a BEFORE trigger drops are named") {
  const PostgresDatabase database;
  if (!database) return;
  database.run(
      "CREATE SEQUENCE seen; CREATE TABLE keyed (id int PRIMARY KEY); CREATE TABLE bare (id int);"
      "CREATE FUNCTION drop_some() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN IF nextval('seen') % 97 = 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;"
      "CREATE FUNCTION drop_by_id() RETURNS trigger LANGUAGE plpgsql AS"
      " $$ BEGIN IF NEW.id % 97 = 0 THEN RETURN NULL; END IF; RETURN NEW; END $$;"
      "CREATE TRIGGER d BEFORE INSERT ON keyed FOR EACH ROW EXECUTE FUNCTION drop_some();"
      "CREATE TRIGGER d BEFORE INSERT ON bare FOR EACH ROW EXECUTE FUNCTION drop_by_id()");
  const auto target = open_target(database.info());
  target->begin();
  std::vector<Value> ids;
  for (std::int64_t id = 1; id <= 1000; ++id) ids.emplace_back(id);
  const std::vector<ColumnPtr> columns = {column_of(Type::integer, ids)};
  for (const char* name : {"keyed", "bare"}) {
    CAPTURE(name);
    const schema::Table& table = *target->catalog().table(name);
    CHECK_FALSE(table.triggers.empty());
    const auto result = target->open(request_of(table, {"id"}))->write(columns, all_rows(1000));
    CHECK(result.dropped == every(97, 1000));
    CHECK(result.written == 990);
    CHECK(target->query(std::string{"SELECT 1 FROM "} + name, {}, 2000).count == 990);
  }
}

TEST_CASE("tables with rules or row security are written through a staging table") {
  const PostgresDatabase database;
  if (!database) return;
  database.run(
      "CREATE TABLE ruled (id int PRIMARY KEY, n int GENERATED ALWAYS AS (id * 2) STORED);"
      "CREATE TABLE audit (id int); CREATE RULE log AS ON INSERT TO ruled DO ALSO INSERT INTO audit VALUES (NEW.id);"
      "CREATE TABLE guarded (id int GENERATED ALWAYS AS IDENTITY, owner text);"
      "ALTER TABLE guarded ENABLE ROW LEVEL SECURITY; ALTER TABLE guarded FORCE ROW LEVEL SECURITY;"
      "CREATE POLICY mine ON guarded WITH CHECK (owner = 'me') ;");
  const auto target = open_target(database.info());
  target->begin();
  const std::vector<ColumnPtr> ids = {column_of(Type::integer, {std::int64_t{1}, std::int64_t{2}, std::int64_t{2}})};
  const auto writer = target->open(request_of(*target->catalog().table("ruled"), {"id"}));
  CHECK(writer->write(ids, all_rows(3)).refusal->code == "23505");
  CHECK(writer->write(ids, all_rows(2)).written == 2);
  CHECK(target->query("SELECT n FROM ruled ORDER BY id", {}, 9).rows.at(1).at(0) == "4");
  CHECK(target->query("SELECT 1 FROM audit", {}, 9).count == 2);
  const auto guarded = target->open(request_of(*target->catalog().table("guarded"), {"id", "owner"}));
  const std::vector<ColumnPtr> rows = {column_of(Type::integer, {std::int64_t{7}}), column_of(Type::text, {"me"})};
  CHECK(guarded->write(rows, all_rows(1)).written == 1);
  CHECK(target->query("SELECT id FROM guarded", {}, 9).rows.at(0).at(0) == "7");
}

TEST_CASE("COPY overrides an identity, defaults are evaluated, sequences rise only") {
  const PostgresDatabase database;
  if (!database) return;
  database.run(
      "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code uuid DEFAULT gen_random_uuid(),"
      " label text DEFAULT 'x' || 1)");
  const auto target = open_target(database.info());
  target->begin();
  const schema::Table& table = *target->catalog().table("t");
  const std::vector<ColumnPtr> rows = {column_of(Type::integer, {std::int64_t{10}})};
  CHECK(target->open(request_of(table, {"id"}))->write(rows, all_rows(1)).written == 1);
  Arena arena;
  CHECK(to_text(target->make_defaults(table, *table.column("id"), 2, arena)->at(1)) == "2");
  target->advance_sequences(table, std::vector<std::size_t>{0});
  CHECK(to_text(target->make_defaults(table, *table.column("id"), 1, arena)->at(0)) == "11");
  const auto codes = target->make_defaults(table, *table.column("code"), 2, arena);
  CHECK(to_text(codes->at(0)) != to_text(codes->at(1)));
  CHECK(to_text(target->make_defaults(table, *table.column("label"), 1, arena)->at(0)) == "x1");
}

TEST_CASE("a server that is not there, and a database or user that is not, are told apart") {
  const PostgresDatabase database;
  if (!database) return;
  auto info = database.info();
  info.url = "postgresql://nobody:hunter2@localhost:1/x?connect_timeout=2";
  const Error nobody = error_of([&] { open_target(info); });
  CHECK(std::string{nobody.what()}.ends_with("no server answers there"));
  CHECK(std::string{nobody.what()}.find("hunter2") == std::string::npos);
  CHECK(nobody.kind() == Error::Kind::connection);
  info.url = database.url() + "&dbname=etl_no_such_database";
  CHECK(std::string{error_of([&] { open_target(info); }).what()}.ends_with("the database does not exist"));
  info.url = database.url() + "&user=etl_no_such_user";
  CHECK(std::string{error_of([&] { open_target(info); }).what()}.ends_with("the user does not exist"));
  info.url = "postgresql://etl:hunter/2@db/x";
  const Error unreadable = error_of([&] { open_target(info); });
  CHECK(std::string{unreadable.what()}.find("hunter") == std::string::npos);
  CHECK(stores::explain_connect_failure("FATAL:  password authentication failed for user \"x\"").clause ==
        "the server refused the user or the password");
}

TEST_CASE("a session that the server ends is an error, and leaves nothing") {
  const PostgresDatabase database;
  if (!database) return;
  database.run("CREATE TABLE t (id int PRIMARY KEY, note text)");
  auto target = open_target(database.info());
  target->begin();
  const auto writer = target->open(request_of(*target->catalog().table("t"), {"id"}));
  const std::vector<ColumnPtr> rows = {column_of(Type::integer, {std::int64_t{1}})};
  CHECK(writer->write(rows, all_rows(1)).written == 1);
  const auto pid = target->query("SELECT pg_backend_pid()", {}, 1).rows.at(0).at(0);
  database.run("SELECT pg_terminate_backend(" + pid + ", 5000)");
  const Error gone = error_of([&] { writer->write(rows, all_rows(1)); });
  CHECK(gone.kind() == Error::Kind::connection);
  CHECK_FALSE(gone.remedy().empty());
  CHECK(error_of([&] { target->commit(); }).kind() == Error::Kind::connection);
  target.reset();
  CHECK(open_target(database.info())->is_empty(*open_target(database.info())->catalog().table("t")));
}

TEST_CASE("session settings are pinned; those of the mapping hold beside them") {
  const PostgresDatabase database;
  if (!database) return;
  auto info = database.info();
  database.run("CREATE SCHEMA sales; CREATE TABLE sales.orders (id int)");
  info.session = {{"search_path", "sales"}};
  const auto target = open_target(info);
  CHECK(target->query("SELECT count(*) FROM orders", {}, 1).rows.at(0).at(0) == "0");
  CHECK(target->query("SELECT current_setting('TimeZone')", {}, 1).rows.at(0).at(0) == "UTC");
  info.session = {{"timezone", "Europe/Paris"}};
  CHECK(error_of([&] { open_target(info); }).kind() == Error::Kind::schema);
}

TEST_CASE("constraints that were deferred by hand are found before the commit") {
  const PostgresDatabase database;
  if (!database) return;
  database.run(
      "CREATE TABLE parent (id int PRIMARY KEY);"
      "CREATE TABLE child (parent int REFERENCES parent DEFERRABLE)");
  const auto target = open_target(database.info());
  target->begin();
  CHECK(target->check_constraints().empty());
  target->execute("SET CONSTRAINTS ALL DEFERRED; INSERT INTO child VALUES (1)", {});
  CHECK(target->check_constraints() == "child: a row violates foreign key constraint child_parent_fkey");
}

}  // namespace
}  // namespace etl::writers
