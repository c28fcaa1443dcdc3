// DDL of both dialects into the catalogue, live databases into the same one, and DDL made from it.
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>
#include <sqlite3.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>

#include "engine/base/diagnostic.h"
#include "engine/schema/ddl.h"
#include "engine/schema/live.h"
#include "engine/schema/sql.h"
#include "engine/schema/types.h"

namespace {

using namespace etl;
using namespace etl::schema;

struct Read {
  Catalog catalog;
  std::string findings;  // As the command line prints them.
};

Read read(const std::string& ddl, Dialect dialect = Dialect::postgresql) {
  Diagnostics diagnostics;
  Read result;
  result.catalog = read_ddl(std::make_shared<SourceText>("schema.sql", ddl), dialect, diagnostics);
  for (const Diagnostic& finding : diagnostics.sorted()) {
    result.findings += fmt::format("{}: {}\n", to_string(finding.at), finding.message);
  }
  return result;
}

const Column& column(const Read& read, std::string_view table, std::string_view name) {
  const Table* found = read.catalog.table(table);
  REQUIRE(found != nullptr);
  const Column* column = found->column(name);
  REQUIRE_MESSAGE(column != nullptr, std::string{name});
  return *column;
}

struct Database {
  sqlite3* handle = nullptr;
  Database() { sqlite3_open(":memory:", &handle); }
  ~Database() { sqlite3_close(handle); }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  // "" or SQLite's message.
  std::string run(const std::string& sql) const {
    char* message = nullptr;
    sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message);
    std::string text = message == nullptr ? "" : message;
    sqlite3_free(message);
    return text;
  }

  std::string value(const std::string& sql) const {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(handle, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK) return sqlite3_errmsg(handle);
    std::string text = "no row";
    if (sqlite3_step(statement) == SQLITE_ROW) {
      const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, 0));
      text = bytes == nullptr ? "NULL" : bytes;
    }
    sqlite3_finalize(statement);
    return text;
  }
};

// ---- PostgreSQL DDL

TEST_CASE("PostgreSQL columns keep their types, defaults and places") {
  const Read ddl = read(
      "CREATE TYPE mood AS ENUM ('sad', 'ok');\n"
      "CREATE TABLE t (\n"
      "  id bigserial PRIMARY KEY,\n"
      "  price numeric(12,2) NOT NULL DEFAULT 0,\n"
      "  code char(3) DEFAULT 'USD',\n"
      "  tags text[] DEFAULT '{a,\"b c\"}',\n"
      "  m mood DEFAULT 'ok',\n"
      "  at timestamptz DEFAULT now(), rounded timestamptz(3) DEFAULT now(),\n"
      "  rand uuid DEFAULT gen_random_uuid(),\n"
      "  n int GENERATED ALWAYS AS IDENTITY,\n"
      "  twice numeric GENERATED ALWAYS AS (price * 2) STORED,\n"
      "  gone text DEFAULT NULL,\n"
      "  doc jsonb DEFAULT '{\"b\": 1e2, \"a\": []}'::jsonb\n"
      ");");
  CHECK(ddl.findings == "");
  CHECK(to_string(ddl.catalog.table("t")->at) == "schema.sql:2:14");
  CHECK(to_string(column(ddl, "t", "price").at) == "schema.sql:4:3");
  CHECK(column(ddl, "t", "price").at.text() == "price");

  CHECK(column(ddl, "t", "id").serial);
  CHECK(column(ddl, "t", "id").not_null);
  CHECK(column(ddl, "t", "id").type.declared == "bigint");
  const SqlType& price = column(ddl, "t", "price").type;
  CHECK(price.declared == "numeric(12,2)");
  CHECK(price.precision == 12);
  CHECK(price.scale == 2);
  CHECK(price.type == Type::decimal);
  CHECK(column(ddl, "t", "price").default_literal == "0");
  CHECK(column(ddl, "t", "code").type.declared == "character(3)");
  CHECK(column(ddl, "t", "code").default_literal == "USD");
  CHECK(column(ddl, "t", "tags").type.type == Type::list);
  CHECK(column(ddl, "t", "tags").default_literal == R"(["a","b c"])");
  CHECK(column(ddl, "t", "m").type.labels == std::vector<std::string>{"sad", "ok"});
  CHECK(column(ddl, "t", "m").default_literal == "ok");
  CHECK(column(ddl, "t", "at").default_is_now);
  CHECK(column(ddl, "t", "rounded").type.declared == "timestamp(3) with time zone");
  CHECK_FALSE(column(ddl, "t", "rounded").default_is_now);  // The database rounds it.
  CHECK(column(ddl, "t", "rand").default_sql == "gen_random_uuid()");
  CHECK_FALSE(column(ddl, "t", "rand").default_literal);
  CHECK(column(ddl, "t", "n").identity == Column::Identity::always);
  CHECK(column(ddl, "t", "twice").generated);
  CHECK(column(ddl, "t", "twice").generated_sql == "price * 2");
  CHECK_FALSE(column(ddl, "t", "gone").default_sql);
  CHECK(column(ddl, "t", "doc").default_literal == R"({"a":[],"b":100})");
}

TEST_CASE("PostgreSQL keys, references and checks, wherever they are written") {
  const Read ddl = read(
      "CREATE TABLE parent (a int, b int, PRIMARY KEY (a, b));\n"
      "CREATE TABLE child (\n"
      "  id int CONSTRAINT child_key PRIMARY KEY,\n"
      "  a int, b int,\n"
      "  boss int REFERENCES child ON DELETE SET NULL DEFERRABLE INITIALLY DEFERRED,\n"
      "  kind text CHECK (kind IN ('x', 'y')) UNIQUE DEFERRABLE,\n"
      "  state varchar(9) CHECK (state::text = ANY (ARRAY['on'::varchar, 'off'::varchar]::text[])),\n"
      "  size int CHECK (size > 0 AND size < 10),\n"
      "  FOREIGN KEY (a, b) REFERENCES parent ON UPDATE CASCADE,\n"
      "  CHECK (a < b)\n"
      ");\n"
      "CREATE UNIQUE INDEX one ON child (a, b);\n"
      "CREATE UNIQUE INDEX few ON child (a) WHERE b IS NULL;\n"
      "CREATE UNIQUE INDEX low ON child (lower(kind));\n"
      "ALTER TABLE child ADD COLUMN extra date NOT NULL DEFAULT '2024-02-29', ALTER COLUMN size SET NOT NULL,\n"
      "  ADD CONSTRAINT pairs UNIQUE NULLS NOT DISTINCT (a, size);\n");
  REQUIRE(ddl.findings == "");
  const Table& child = *ddl.catalog.table("child");
  REQUIRE(child.unique_keys.size() == 4);
  CHECK(child.primary_key()->name == "child_key");
  CHECK(child.unique_keys[1].name == "child_kind_key");
  CHECK(child.unique_keys[1].deferrable);
  CHECK(child.unique_keys[2].columns == std::vector<std::string>{"a", "b"});
  CHECK(child.unique_keys[3].nulls_not_distinct);
  CHECK(child.indexes.size() == 2);

  REQUIRE(child.foreign_keys.size() == 2);
  CHECK(child.foreign_keys[0].name == "child_boss_fkey");
  CHECK(child.foreign_keys[0].target_columns == std::vector<std::string>{"id"});
  CHECK(child.foreign_keys[0].on_delete == "SET NULL");
  CHECK(child.foreign_keys[0].initially_deferred);
  CHECK(child.foreign_keys[1].name == "child_a_b_fkey");
  CHECK(child.foreign_keys[1].target_columns == std::vector<std::string>{"a", "b"});
  CHECK(child.foreign_keys[1].on_update == "CASCADE");

  CHECK(column(ddl, "child", "kind").one_of == std::vector<std::string>{"x", "y"});
  CHECK(column(ddl, "child", "state").one_of == std::vector<std::string>{"on", "off"});
  CHECK(column(ddl, "child", "size").one_of.empty());
  CHECK(column(ddl, "child", "size").not_null);
  CHECK(column(ddl, "child", "extra").default_literal == "2024-02-29");
  REQUIRE(child.checks.size() == 4);
  CHECK(child.checks[2].name == "child_size_check");
  CHECK(child.checks[3].name == "child_check");
  CHECK(child.checks[3].sql == "a < b");
}

TEST_CASE("domains hand their base, default, NOT NULL and values to the column") {
  const Read ddl = read(
      "CREATE DOMAIN app.grade AS varchar(2) DEFAULT 'B' NOT NULL CHECK (VALUE IN ('A', 'B')) CHECK (VALUE <> '');\n"
      "CREATE TABLE t (g app.grade, h app.grade DEFAULT 'A');");
  CHECK(ddl.findings == "");
  const Column& grade = column(ddl, "t", "g");
  CHECK(grade.type.is_domain);
  CHECK(grade.type.name == "grade");
  CHECK(grade.type.base == "varchar");
  CHECK(grade.type.length == 2);
  CHECK(grade.type.declared == "app.grade");
  CHECK(grade.not_null);
  CHECK(grade.default_literal == "B");
  CHECK(grade.one_of == std::vector<std::string>{"A", "B"});
  CHECK(grade.domain_checks.size() == 2);
  CHECK(column(ddl, "t", "h").default_literal == "A");
}

TEST_CASE("a dump reads: sessions, owners, rows and psql commands are passed over") {
  const Read ddl = read(
      "--\n-- PostgreSQL database dump\n--\n\\restrict abc\nSET statement_timeout = 0;\n"
      "SELECT pg_catalog.set_config('search_path', '', false);\n"
      "CREATE TABLE public.t (\n    id integer NOT NULL,\n    name text DEFAULT 'a;b'::text\n);\n"
      "ALTER TABLE public.t OWNER TO somebody;\n"
      "CREATE SEQUENCE public.t_id_seq AS integer START WITH 1 NO MINVALUE CACHE 1;\n"
      "ALTER SEQUENCE public.t_id_seq OWNED BY public.t.id;\n"
      "ALTER TABLE ONLY public.t ALTER COLUMN id SET DEFAULT nextval('public.t_id_seq'::regclass);\n"
      "COPY public.t (id, name) FROM stdin;\n1\tit's; (not SQL\n2\t\\N\n\\.\n\n"
      "SELECT pg_catalog.setval('public.t_id_seq', 2, true);\n"
      "INSERT INTO public.t VALUES (3, 'x');\n"
      "ALTER TABLE ONLY public.t\n    ADD CONSTRAINT t_pkey PRIMARY KEY (id);\n"
      "COMMENT ON TABLE public.t IS 'all';\n");
  CHECK(ddl.findings == "");
  const Column& id = column(ddl, "public.t", "id");
  CHECK(id.serial);
  CHECK(id.default_sql == "nextval('public.t_id_seq'::regclass)");
  CHECK(ddl.catalog.table("t")->primary_key()->name == "t_pkey");
  for (const std::string& sql : ddl.catalog.statements) {
    CAPTURE(sql);
    CHECK(sql.find("INSERT") == std::string::npos);
    CHECK(sql.find("OWNER") == std::string::npos);
    CHECK(sql.find("set_config") == std::string::npos);
  }
  CHECK(ddl.catalog.statements.size() == 6);
}

TEST_CASE("what is wrong in PostgreSQL DDL is told at its place") {
  CHECK(read("CREATE TABLE t (id int);\nCREATE TABEL u (id int);").findings ==
        "schema.sql:2:8: the DDL cannot be read: syntax error at or near \"TABEL\"\n");
  CHECK(read("-- größe\nCREATE TABLE t (é int, x int nul);").findings ==
        "schema.sql:2:30: the DDL cannot be read: syntax error at or near \"nul\"\n");
  CHECK(read("CREATE TABLE t (a integr);").findings == "schema.sql:1:19: there is no type integr\n");
  CHECK(read("CREATE TABLE t (a int, a text);").findings == "schema.sql:1:24: column a is specified twice\n");
  CHECK(read("CREATE TABLE t (a int, UNIQUE (b));").findings == "schema.sql:1:24: table t has no column b\n");
  CHECK(read("CREATE TABLE t (a int REFERENCES u);").findings ==
        "schema.sql:1:17: a refers to u, but there is no table u\n");
  CHECK(read("CREATE TABLE t (a int); CREATE UNIQUE INDEX ON t (b);").findings ==
        "schema.sql:1:48: table t has no column b\n");
  CHECK(read("CREATE TABLE t (a int PRIMARY KEY, b int PRIMARY KEY);").findings ==
        "schema.sql:1:42: table t has two primary keys\n");
  CHECK(read("ALTER TABLE u ADD b int;").findings == "schema.sql:1:13: there is no table u\n");
  CHECK(read("CREATE TABLE t (a text DEFAULT 'x);").findings.starts_with("schema.sql:1:32: "));
  CHECK(read(std::string("CREATE TABLE t\0 (a int);", 24)).findings ==
        "schema.sql:1:15: the DDL cannot be read: a NUL byte\n");
  CHECK(read("CREATE TABLE t (a \xff int);").findings == "schema.sql:1:19: the DDL cannot be read: not UTF-8\n");
}

TEST_CASE("MySQL: tables as mysqldump writes them") {
  const auto found = read(R"(
/*!40101 SET NAMES utf8mb4 */;
DROP TABLE IF EXISTS `users`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `users` (
  `id` bigint(20) unsigned NOT NULL AUTO_INCREMENT,
  `email` varchar(254) COLLATE utf8mb4_bin NOT NULL DEFAULT '' COMMENT 'it''s; a \\'key\\'',
  `name` varchar(50) DEFAULT NULL,
  `active` tinyint(1) NOT NULL DEFAULT '1',
  `flag` bit(1) DEFAULT b'0',
  `level` enum('low','high,er') NOT NULL DEFAULT 'low',
  `price` decimal(10,2) DEFAULT '0.00',
  `born` date DEFAULT NULL,
  `seen` datetime(6) DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
  `made` timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  `photo` longblob,
  `extra` json DEFAULT NULL,
  `total` int GENERATED ALWAYS AS ((`price` * 2)) STORED,
  `team_id` int unsigned DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `email` (`email`),
  UNIQUE KEY `part` (`name`(10)),
  KEY `name` (`name`) USING BTREE,
  CONSTRAINT `fk_team` FOREIGN KEY (`team_id`) REFERENCES `teams` (`id`) ON DELETE SET NULL ON UPDATE CASCADE
) ENGINE=InnoDB AUTO_INCREMENT=9 DEFAULT CHARSET=utf8mb4 COMMENT='people; all';
INSERT INTO `users` VALUES (1,'a;b\\'c','CREATE TABLE x (y int);'),(2,'b',NULL);
/*!40101 SET SQL_MODE=@OLD_SQL_MODE */;
)",
                          Dialect::mysql);
  CHECK(found.findings == "");
  REQUIRE(found.catalog.tables.size() == 1);
  const Table& users = found.catalog.tables.front();
  std::string columns;
  for (const Column& column : users.columns) {
    columns += column.name + " " + std::string{name(column.type.type)} + (column.not_null ? " not null" : "") +
               (column.serial ? " serial" : "") + (column.default_literal ? " = " + *column.default_literal : "") +
               (column.default_is_now ? " = now" : "") + (column.generated ? " generated" : "") + "\n";
  }
  CHECK(columns ==
        "id decimal not null serial\nemail text not null = \nname text\nactive bool not null = true\nflag bool = false\n"
        "level text not null = low\nprice decimal = 0.00\nborn date\nseen timestamp = now\nmade timestamptz not null = now\n"
        "photo bytes\nextra json\ntotal int generated\nteam_id int\n");
  CHECK(users.column("level")->type.labels == std::vector<std::string>{"low", "high,er"});
  CHECK(users.column("email")->client_compares);
  CHECK_FALSE(users.column("name")->client_compares);
  REQUIRE(users.unique_keys.size() == 2);
  CHECK(users.primary_key()->columns == std::vector<std::string>{"id"});
  CHECK(users.unique_keys[1].name == "email");
  REQUIRE(users.foreign_keys.size() == 1);
  CHECK(users.foreign_keys[0].table == "teams");
  CHECK(users.foreign_keys[0].on_delete == "SET NULL");
}

TEST_CASE("MySQL: keys that come later, other statements, faults") {
  const auto found = read(
      "create table if not exists shop.a (id int, b varchar(9) not null unique, primary key (id)) engine=MyISAM;\n"
      "CREATE TABLE c (id serial, n int default -5, d double precision) -- a comment\n;\n"
      "ALTER TABLE c ADD PRIMARY KEY (id), ADD KEY k (n), MODIFY n bigint NOT NULL;\n"
      "CREATE UNIQUE INDEX u ON c (n, d);\n"
      "DELIMITER ;;\nCREATE PROCEDURE p() BEGIN SELECT 1; CREATE TABLE no (x int); END;;\nDELIMITER ;\n"
      "CREATE VIEW v AS SELECT 1; LOCK TABLES a WRITE;",
      Dialect::mysql);
  CHECK(found.findings == "");
  REQUIRE(found.catalog.tables.size() == 2);
  CHECK(found.catalog.tables[0].name == "a");
  CHECK(found.catalog.tables[0].column("id")->not_null);
  const Table& c = found.catalog.tables[1];
  CHECK(c.primary_key()->columns == std::vector<std::string>{"id"});
  CHECK(c.unique_keys.back().name == "u");
  CHECK(c.column("n")->type.name == "bigint");
  CHECK(c.column("n")->not_null);
  CHECK(read("CREATE TABLE t (a integr);", Dialect::mysql).findings ==
        "schema.sql:1:19: the DDL cannot be read: there is no type integr\n");
  CHECK(read("CREATE TABLE t (a int", Dialect::mysql).findings ==
        "schema.sql:1:22: the DDL cannot be read: ) expected, but the statement ends\n");
  CHECK(read("CREATE TABLE t (a int, PRIMARY (a));", Dialect::mysql).findings ==
        "schema.sql:1:32: the DDL cannot be read: KEY expected\n");
}

TEST_CASE("the first line of a file names its dialect") {
  CHECK(declared_dialect(SourceText{"a", "-- dialect: sqlite\nCREATE"}) == Dialect::sqlite);
  CHECK(declared_dialect(SourceText{"a", "-- dialect:  mysql \r\n"}) == Dialect::mysql);
  CHECK(declared_dialect(SourceText{"a", "-- dialect: oracle\n"}) == std::nullopt);
  CHECK(declared_dialect(SourceText{"a", "CREATE TABLE t (a int) -- dialect: sqlite"}) == std::nullopt);
}

// ---- SQLite DDL

TEST_CASE("SQLite's DDL is read as SQLite understands it") {
  const Read ddl = read(
      "CREATE TABLE team (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE);\n"
      "CREATE TABLE \"per son\" (\n"
      "  id TEXT PRIMARY KEY, -- a, comment\n"
      "  [team id] INTEGER DEFAULT 7 CONSTRAINT of_team REFERENCES team ON DELETE CASCADE DEFERRABLE INITIALLY "
      "DEFERRED,\n"
      "  kind VARCHAR(20) DEFAULT 'it''s' CHECK (kind IN ('it''s', 'b')),\n"
      "  price DECIMAL(10,2), ok BOOLEAN DEFAULT 1, at DATETIME DEFAULT CURRENT_TIMESTAMP, raw BLOB, any_,\n"
      "  upper_name TEXT GENERATED ALWAYS AS (upper(kind)) VIRTUAL,\n"
      "  CONSTRAINT cheap CHECK (price < 100)\n"
      ") WITHOUT ROWID;\n"
      "CREATE UNIQUE INDEX u ON \"per son\" (kind, price);\n"
      "CREATE INDEX i ON \"per son\" (price);\n"
      "CREATE TRIGGER guard BEFORE INSERT ON team BEGIN SELECT 1; END;\n"
      "INSERT INTO team VALUES (1, 'x');",
      Dialect::sqlite);
  CHECK(ddl.findings == "");
  CHECK(column(ddl, "team", "id").serial);
  CHECK(column(ddl, "team", "name").collation == "NOCASE");
  CHECK_FALSE(column(ddl, "team", "name").client_compares);
  CHECK(ddl.catalog.table("team")->triggers == std::vector<std::string>{"BEFORE INSERT guard"});

  const Table& person = *ddl.catalog.table("per son");
  CHECK(to_string(person.at) == "schema.sql:2:14");
  CHECK(person.without_rowid);
  CHECK_FALSE(person.strict);
  CHECK(to_string(column(ddl, "per son", "team id").at) == "schema.sql:4:3");
  CHECK(column(ddl, "per son", "team id").default_literal == "7");
  CHECK(column(ddl, "per son", "kind").default_literal == "it's");
  CHECK(column(ddl, "per son", "kind").one_of == std::vector<std::string>{"it's", "b"});
  CHECK(column(ddl, "per son", "price").type.type == Type::decimal);
  CHECK(column(ddl, "per son", "ok").type.type == Type::boolean);
  CHECK(column(ddl, "per son", "ok").default_literal == "true");
  CHECK(column(ddl, "per son", "at").type.type == Type::any);
  CHECK(column(ddl, "per son", "at").default_sql == "CURRENT_TIMESTAMP");
  CHECK(column(ddl, "per son", "raw").type.type == Type::bytes);
  CHECK(column(ddl, "per son", "any_").type.type == Type::any);
  CHECK(column(ddl, "per son", "upper_name").generated);
  CHECK(column(ddl, "per son", "upper_name").generated_sql == "upper(kind)");
  CHECK(column(ddl, "per son", "upper_name").type.declared == "TEXT");
  REQUIRE(person.foreign_keys.size() == 1);
  CHECK(person.foreign_keys[0].name == "of_team");
  CHECK(person.foreign_keys[0].target_columns == std::vector<std::string>{"id"});
  CHECK(person.foreign_keys[0].on_delete == "CASCADE");
  CHECK(person.foreign_keys[0].initially_deferred);
  CHECK(person.primary_key()->columns == std::vector<std::string>{"id"});
  CHECK(person.unique_keys.size() == 2);
  CHECK(person.indexes.size() == 1);
  CHECK(person.checks.size() == 2);
  CHECK(person.checks[1].name == "cheap");
  CHECK(person.checks[1].sql == "price < 100");
}

TEST_CASE("views and virtual tables of SQLite are read, what only serves them is not") {
  const Database database;
  CHECK(database.run("CREATE TABLE t (a TEXT, b INTEGER); CREATE VIEW v AS SELECT a AS x, b FROM t;"
                     "CREATE VIEW broken AS SELECT * FROM nowhere; CREATE VIRTUAL TABLE docs USING fts5(body);") == "");
  const Catalog live = read_live_sqlite(database.handle);
  CHECK(live.table_names() == std::vector<std::string>{"t", "v", "docs"});
  CHECK(live.table("v")->is_view);
  CHECK(live.table("v")->columns[0].name == "x");
  CHECK(live.table("v")->columns[1].type.type == Type::integer);
  CHECK(live.table("docs")->columns.size() == 1);
}

TEST_CASE("SQLite's affinities decide, whatever the name suggests") {
  CHECK(sqlite_type("BIGINT UNSIGNED").type == Type::integer);
  CHECK(sqlite_type("CHARINT").type == Type::integer);
  CHECK(sqlite_type("NVARCHAR(10)").type == Type::text);
  CHECK(sqlite_type("DOUBLE PRECISION").type == Type::float64);
  CHECK(sqlite_type("BLOB").type == Type::bytes);
  CHECK(sqlite_type("").type == Type::any);
  CHECK(sqlite_type("ANY").type == Type::any);
  CHECK(sqlite_type("NUMERIC(5)").type == Type::decimal);
  CHECK(sqlite_type("STRING").type == Type::any);
  CHECK(sqlite_affinity("FLOATING POINT") == Affinity::integer);
}

TEST_CASE("what is wrong in SQLite DDL is told at its place, and files stay out of reach") {
  CHECK(read("CREATE TABLE t (a);\nCREATE TABLE u (a TEXT, b TEXT,);", Dialect::sqlite).findings ==
        "schema.sql:2:32: the DDL cannot be read: near \")\": syntax error\n");
  CHECK(read("\n  CREATE TABLE t (a); CREATE TABLE t (b);", Dialect::sqlite).findings ==
        "schema.sql:2:36: the DDL cannot be read: table t already exists\n");
  CHECK(read("ATTACH 'x.db' AS x;", Dialect::sqlite).findings.find("not authorized") != std::string::npos);
  CHECK_FALSE(std::filesystem::exists("x.db"));
  const Read endless =
      read("CREATE TABLE t AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i FROM n) SELECT i FROM n;",
           Dialect::sqlite);
  CHECK(endless.findings.find("interrupted") != std::string::npos);
}

// ---- SQL of mappings

TEST_CASE("parameters are found where they are parameters") {
  const std::string sql = "SELECT '$a', $b, x$c, $$ $d $$ -- $e\n FROM t WHERE u=$user_id AND v = $date";
  for (const Dialect dialect : {Dialect::postgresql}) {
    std::string found;
    for (const SqlParameter& parameter : sql_parameters(sql, dialect)) {
      found += fmt::format("{}@{} ", parameter.name, sql.substr(parameter.begin, parameter.end - parameter.begin));
    }
    CHECK(found == "b@$b user_id@$user_id date@$date ");
  }
  const auto sqlite = sql_parameters("SELECT '$a', \"$b\", $c /* $d */ FROM t", Dialect::sqlite);
  REQUIRE(sqlite.size() == 1);
  CHECK(sqlite[0].name == "c");
}

TEST_CASE("SQL is read without a database: faults, columns, tables") {
  CHECK(parse_sql_error("SELECT id FROM users WHERE id = $id") == "");
  CHECK(parse_sql_error("SELECT id FORM users WHERE") == "syntax error at or near \"users\"");
  CHECK(parse_sql_error("SELECT 1; DELETE FROM users") == "several statements where one is expected");
  CHECK(parse_sql_error("-- nothing") == "no statement");
  CHECK(parse_sql_error("SELECT 1;") == "");

  const Read ddl = read("CREATE TABLE users (id uuid, name text); CREATE TABLE roles (id int, title text);");
  const SqlReading joined = read_postgres_sql(
      "WITH r AS (SELECT title, id AS n FROM roles) SELECT u.*, r.n, count(*), lower(name) AS low, 'x' FROM users u "
      "JOIN r ON true WHERE u.id = $id",
      ddl.catalog);
  CHECK(joined.fault == "");
  CHECK(joined.is_query);
  CHECK(joined.columns_known);
  std::string names;
  for (const Column& column : joined.columns) names += column.name + ":" + std::string{name(column.type.type)} + " ";
  CHECK(names == "id:uuid name:text n:int count:any low:any ?column?:any ");
  CHECK(joined.tables == std::vector<std::string>{"users", "roles"});
  CHECK_FALSE(read_postgres_sql("SELECT * FROM elsewhere", ddl.catalog).columns_known);
  CHECK_FALSE(read_postgres_sql("UPDATE users SET name = ''", ddl.catalog).is_query);
  CHECK_FALSE(read_postgres_sql("WITH d AS (DELETE FROM users RETURNING *) SELECT * FROM d", ddl.catalog).is_query);
  CHECK(read_postgres_sql("SELECT é FROM t WHERE )", ddl.catalog).fault_offset == 23);
}

TEST_CASE("SQLite checks statements against the schema, names included") {
  const Read ddl = read("CREATE TABLE users (id uuid PRIMARY KEY, age int);");
  const SqliteTrial trial{ddl.catalog};
  const SqlReading good = trial.read("SELECT id, age + 1 AS next FROM users WHERE age > $age;  -- all");
  CHECK(good.fault == "");
  CHECK(good.is_query);
  REQUIRE(good.columns.size() == 2);
  CHECK(good.columns[0].name == "id");
  CHECK(good.columns[1].name == "next");
  CHECK(trial.read("SELECT nme FROM users").fault == "no such column: nme");
  CHECK(trial.read("SELECT nme FROM users").fault_offset == 7);
  CHECK(trial.read("SELECT * FROM usrs").fault == "no such table: usrs");
  CHECK(trial.read("SELECT 1; SELECT 2").fault == "several statements where one is expected");
  CHECK(trial.read(" ").fault == "no statement");
  CHECK_FALSE(trial.read("DELETE FROM users").is_query);
}

// ---- rendering

void create(const Database& database, const Catalog& catalog) {
  for (const std::string& sql : render(catalog, Dialect::sqlite)) {
    CAPTURE(sql);
    CHECK(database.run(sql) == "");
  }
}

TEST_CASE("columns rendered for SQLite take what PostgreSQL takes and nothing else") {
  struct Case {
    std::string type;
    std::vector<std::string> good;
    std::vector<std::string> bad;
  };
  const std::vector<Case> cases = {
      {"smallint", {"-32768", "32767"}, {"32768", "1.5", "'x'"}},
      {"integer", {"2147483647"}, {"2147483648", "-2147483649"}},
      {"bigint", {"9223372036854775807"}, {"'abc'"}},
      {"boolean", {"0", "1"}, {"2", "'true'"}},
      {"numeric(6,2)",
       {"'0.00'", "'-9999.99'", "'1234.50'", "'NaN'"},
       {"'12345.00'", "'1.5'", "'1.500'", "'01.50'", "'1a.50'", "'.50'", "'Infinity'", "''", "'-12345.00'"}},
      {"numeric(2,2)", {"'0.25'", "'-0.25'"}, {"'10.25'"}},
      {"numeric(5,0)", {"-99999", "0"}, {"100000", "1.5"}},
      {"numeric(20,0)", {"'12345678901234567890'", "'-1'"}, {"'123456789012345678901'", "'1.0'", "''"}},
      {"numeric",
       {"'1'", "'-0.001'", "'123456789012345678901234567890.5'", "'Infinity'", "'NaN'"},
       {"'1e5'", "'1.2.3'", "'1.'", "'x'"}},
      {"real", {"1.5", "2"}, {"'x'"}},
      {"double precision", {"9e999", "-0.5"}, {"x'00'"}},
      {"varchar(3)", {"'abc'", "''", "'äöü'"}, {"'abcd'"}},
      {"char(3)", {"'ab'"}, {"'abcd'"}},
      {"text", {"'any'"}, {"x'00'"}},
      {"bytea", {"x'00ff'"}, {"'text'"}},
      {"uuid", {"'0a1b2c3d-0000-4000-8000-00000000000f'"}, {"'0A1B2C3D-0000-4000-8000-00000000000F'", "'0a1b'"}},
      {"jsonb", {"'{\"a\":1}'", "'null'"}, {"'{a'"}},
      {"text[]", {"'[]'", "'[\"a\",null]'"}, {"'{}'", "'[1'"}},
      {"date", {"'2024-02-29'", "'infinity'", "'0001-01-01'"}, {"'2023-02-29'", "'2024-2-1'", "'now'", "'2024-13-01'"}},
      {"time",
       {"'23:59:59.999999'", "'24:00:00'", "'00:00:00'"},
       {"'9:30'", "'25:00:00'", "'12:00:00Z'", "'12:60:00'"}},
      {"timestamp",
       {"'2024-02-29T23:59:59.999999'", "'2024-01-01T00:00:00'", "'-infinity'"},
       {"'2024-01-01 00:00:00'", "'2024-01-01T00:00:00Z'", "'2024-02-30T00:00:00'", "'2024-01-01'"}},
      {"timestamptz",
       {"'2024-02-29T23:59:59.5+00:00'", "'2024-01-01T00:00:00+00:00'", "'infinity'"},
       {"'2024-01-01T00:00:00Z'", "'2024-01-01T00:00:00'", "'2024-01-01T24:00:00+00:00'",
        "'2024-01-01T00:00:00+01:00'"}},
      {"mood", {"'sad'"}, {"'Sad'", "''"}},
      {"bit(3)", {"'010'"}, {"'01'", "'012'"}},
      {"positive", {"1"}, {"0"}},
      {"interval", {"'1 day'"}, {"x'00'"}},
  };
  std::string ddl = "CREATE TYPE mood AS ENUM ('sad', 'ok'); CREATE DOMAIN positive AS int CHECK (VALUE > 0);";
  for (std::size_t at = 0; at < cases.size(); ++at) ddl += fmt::format("CREATE TABLE t{} (c {});", at, cases[at].type);
  const Database database;
  create(database, read(ddl).catalog);
  for (std::size_t at = 0; at < cases.size(); ++at) {
    CAPTURE(cases[at].type);
    CHECK(database.run(fmt::format("INSERT INTO t{} VALUES (NULL)", at)) == "");
    for (const std::string& good : cases[at].good) {
      CAPTURE(good);
      CHECK(database.run(fmt::format("INSERT INTO t{} VALUES ({})", at, good)) == "");
    }
    for (const std::string& bad : cases[at].bad) {
      CAPTURE(bad);
      CHECK(database.run(fmt::format("INSERT INTO t{} VALUES ({})", at, bad)) != "");
    }
  }
}

TEST_CASE("constraints and defaults keep their meaning on SQLite") {
  const Read ddl = read(
      "CREATE TABLE team (id serial PRIMARY KEY, name varchar(10) NOT NULL UNIQUE);\n"
      "CREATE TABLE t (\n"
      "  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),\n"
      "  team_id int NOT NULL REFERENCES team ON DELETE CASCADE,\n"
      "  price numeric(8,2) NOT NULL DEFAULT 1 CHECK (price >= 0 AND price < 1000.5),\n"
      "  qty int NOT NULL DEFAULT 2,\n"
      "  total numeric(12,2) GENERATED ALWAYS AS (price * qty) STORED,\n"
      "  email text CHECK (email LIKE '%@%._%' AND char_length(email) BETWEEN 5 AND 20),\n"
      "  kind text DEFAULT 'a''b' CHECK (kind IN ('a''b', 'c') OR kind IS NULL),\n"
      "  starts date DEFAULT '2024-01-01', ends date,\n"
      "  active boolean NOT NULL DEFAULT true,\n"
      "  short timestamp(1) DEFAULT CURRENT_TIMESTAMP, whole timestamptz(0) DEFAULT now(), day date DEFAULT now(),\n"
      "  at timestamptz NOT NULL DEFAULT now() CHECK (at > '2000-01-01 00:00:00+02'),\n"
      "  CONSTRAINT ordered CHECK (ends IS NULL OR ends >= starts),\n"
      "  CONSTRAINT agree CHECK ((email IS NULL) = (NOT active))\n"
      ");\n");
  REQUIRE(ddl.findings == "");
  std::vector<std::string> left_out;
  render(ddl.catalog, Dialect::sqlite, left_out);
  CHECK(left_out.empty());
  const Database database;
  create(database, ddl.catalog);
  CHECK(database.run("PRAGMA foreign_keys = ON; INSERT INTO team (name) VALUES ('red')") == "");
  CHECK(database.run("INSERT INTO t (team_id, email) VALUES (1, 'a@b.co')") == "");
  CHECK(database.value("SELECT price || ' ' || total || ' ' || kind || ' ' || starts || ' ' || active FROM t") ==
        "1.00 2.00 a'b 2024-01-01 1");
  CHECK(database.value("SELECT length(id) = 36 AND at LIKE '20%T%+00:00' FROM t") == "1");
  CHECK(database.value("SELECT length(short) <= 21 AND length(whole) = 25 AND length(day) = 10 FROM t") == "1");
  const auto insert = [&](const std::string& columns, const std::string& values) {
    return database.run(fmt::format("INSERT INTO t (team_id, email, {}) VALUES (1, 'a@b.co', {})", columns, values));
  };
  CHECK(insert("price", "'999.99'") == "");
  CHECK(insert("price", "'1000.50'") != "");
  CHECK(insert("price", "'-0.01'") != "");
  CHECK(insert("kind", "'d'") != "");
  CHECK(insert("kind", "NULL") == "");
  CHECK(insert("ends", "'2023-12-31'") == "CHECK constraint failed: ordered");
  CHECK(insert("ends", "'2024-12-31'") == "");
  CHECK(insert("at", "'1999-12-31T21:59:59+00:00'") != "");
  CHECK(insert("at", "'1999-12-31T22:00:01+00:00'") == "");
  CHECK(insert("active", "0") == "CHECK constraint failed: agree");
  CHECK(database.run("INSERT INTO t (team_id, email) VALUES (1, 'A-at-b.co')") != "");
  CHECK(database.run("INSERT INTO t (team_id, email) VALUES (7, 'a@b.co')") == "FOREIGN KEY constraint failed");
  CHECK(database.run("DELETE FROM team") == "");
  CHECK(database.value("SELECT count(*) FROM t") == "0");
}

TEST_CASE("what SQLite cannot say is left out by name") {
  std::vector<std::string> left_out;
  const Read ddl = read(
      "CREATE TABLE t (a text CHECK (a ~ '^x'), n int GENERATED BY DEFAULT AS IDENTITY, d text DEFAULT current_user,\n"
      "  g text NOT NULL GENERATED ALWAYS AS (md5(a)) STORED, CHECK (a < 'm'));\n"
      "CREATE INDEX low ON t (lower(a));\nCREATE VIEW v AS SELECT a FROM t;\n"
      "CREATE TRIGGER tr BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();");
  const auto statements = render(ddl.catalog, Dialect::sqlite, left_out);
  CHECK(statements.size() == 1);
  std::string all;
  for (const std::string& what : left_out) all += what + "\n";
  for (const std::string_view what :
       {"CHECK (a ~ '^x') (SQLite cannot say the operator ~)", "the sequence of n", "DEFAULT current_user of d", "md5",
        "the order of text", "CREATE INDEX low", "view v", "CREATE TRIGGER tr"}) {
    CAPTURE(all);
    CHECK(all.find(what) != std::string::npos);
  }
  const Database database;
  create(database, ddl.catalog);
  CHECK(database.run("INSERT INTO t (a, n) VALUES ('y', 1)") == "");
}

TEST_CASE("a rendered catalogue reads back with the same names, keys and references") {
  for (const auto& entry : std::filesystem::directory_iterator{"schemas"}) {
    if (entry.path().extension() != ".sql") continue;
    std::stringstream bytes;
    bytes << std::ifstream{entry.path()}.rdbuf();
    const std::string path = entry.path().generic_string();
    CAPTURE(path);
    const auto source = std::make_shared<SourceText>(path, bytes.str());
    if (declared_dialect(*source) == Dialect::mysql) continue;
    Diagnostics diagnostics;
    const Catalog catalog = read_ddl(source, declared_dialect(*source).value(), diagnostics);
    CHECK(diagnostics.empty());
    CHECK(catalog.tables.size() > 1);
    const Catalog back = as_rendered_sqlite(catalog);
    REQUIRE(back.tables.size() == catalog.tables.size());
    for (const Table& table : catalog.tables) {
      const Table* found = back.table(table.name);
      REQUIRE(found != nullptr);
      CHECK((catalog.dialect == Dialect::sqlite || found->strict));
      CHECK(found->unique_keys.size() == table.unique_keys.size());
      REQUIRE(found->columns.size() == table.columns.size());
      for (std::size_t at = 0; at < table.columns.size(); ++at) {
        CAPTURE(table.columns[at].name);
        CHECK(found->columns[at].name == table.columns[at].name);
        CHECK(found->columns[at].not_null == table.columns[at].not_null);
      }
      REQUIRE(found->foreign_keys.size() == table.foreign_keys.size());
      for (std::size_t at = 0; at < table.foreign_keys.size(); ++at) {
        CHECK(found->foreign_keys[at].columns == table.foreign_keys[at].columns);
        CHECK(found->foreign_keys[at].target_columns == table.foreign_keys[at].target_columns);
      }
    }
  }
}

// ---- live PostgreSQL

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;

Connection connect(const std::string& conninfo) {
  Connection connection{PQconnectdb(conninfo.c_str()), PQfinish};
  REQUIRE_MESSAGE(PQstatus(connection.get()) == CONNECTION_OK, PQerrorMessage(connection.get()));
  return connection;
}

Query rows_of(PGconn* connection) {
  return [connection](const std::string& sql) {
    const std::unique_ptr<PGresult, decltype(&PQclear)> result{PQexec(connection, sql.c_str()), PQclear};
    const auto status = PQresultStatus(result.get());
    REQUIRE_MESSAGE((status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK), sql << "\n"
                                                                                   << PQerrorMessage(connection));
    std::vector<std::vector<std::optional<std::string>>> rows(static_cast<std::size_t>(PQntuples(result.get())));
    for (std::size_t row = 0; row < rows.size(); ++row) {
      for (int at = 0; at < PQnfields(result.get()); ++at) {
        const int line = static_cast<int>(row);
        rows[row].push_back(PQgetisnull(result.get(), line, at) != 0
                                ? std::nullopt
                                : std::optional<std::string>{PQgetvalue(result.get(), line, at)});
      }
    }
    return rows;
  };
}

// A database of its own, dropped at the end.
class Scratch {
 public:
  Scratch(std::string server, std::string name) : server_{std::move(server)}, name_{std::move(name)} {
    drop();
    rows_of(connect(server_).get())("CREATE DATABASE " + name_ + " TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
  }
  ~Scratch() { drop(); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  Connection open() const {
    Connection connection = connect(server_ + (server_.starts_with("postgres") ? database_url() : " dbname=" + name_));
    rows_of(connection.get())("SET client_min_messages = warning");
    return connection;
  }

 private:
  // libpq takes the last dbname of a URL's parameters.
  std::string database_url() const {
    return (server_.find('?') == std::string::npos ? "?dbname=" : "&dbname=") + name_;
  }
  void drop() const {
    const Connection connection = connect(server_);
    rows_of(connection.get())("SET client_min_messages = warning");
    rows_of(connection.get())("DROP DATABASE IF EXISTS " + name_);
  }

  std::string server_;
  std::string name_;
};

// The lines that only one of the two has.
std::string difference(const std::string& left, const std::string& right) {
  const auto lines = [](const std::string& text) {
    std::set<std::string> lines;
    std::istringstream stream{text};
    for (std::string line; std::getline(stream, line);) lines.insert(line);
    return lines;
  };
  const auto ours = lines(left);
  const auto theirs = lines(right);
  std::string difference;
  for (const auto& line : ours) difference += theirs.contains(line) ? "" : "- " + line + "\n";
  for (const auto& line : theirs) difference += ours.contains(line) ? "" : "+ " + line + "\n";
  return difference;
}

// Everything that a plan uses, one line per fact; SQL texts are left out, the server prints them in its own way.
std::string facts(const Catalog& catalog) {
  std::vector<std::string> lines;
  for (const Table& table : catalog.tables) {
    const std::string name = (table.schema.empty() ? "public" : table.schema) + "." + table.name;
    std::string line = name;
    for (const Column& column : table.columns) {
      line += fmt::format(
          "\n  {}.{} {} name={} base={} array={} enum={} domain={} type={} length={} precision={} scale={} "
          "null={} default={} literal={} now={} serial={} identity={} generated={} collation={} compares={} "
          "one_of={} labels={} checks={}",
          name, column.name, column.type.declared, column.type.name, column.type.base, column.type.array,
          column.type.is_enum, column.type.is_domain, etl::name(column.type.type), column.type.length.value_or(-1),
          column.type.precision.value_or(-1), column.type.scale.value_or(-1), !column.not_null,
          column.default_sql.has_value(), column.default_literal.value_or("-"), column.default_is_now, column.serial,
          static_cast<int>(column.identity), column.generated, column.collation, column.client_compares,
          fmt::join(column.one_of, "|"), fmt::join(column.type.labels, "|"), column.domain_checks.size());
    }
    if (table.is_view) line = name + " view";
    for (const UniqueKey& key : table.unique_keys) {
      line += fmt::format("\n  {} unique {} ({}) {} {} {}", name, key.name, fmt::join(key.columns, ","), key.primary,
                          key.deferrable, key.nulls_not_distinct);
    }
    for (const ForeignKey& key : table.foreign_keys) {
      line += fmt::format("\n  {} foreign {} ({}) {}.{} ({}) {} {} {} {}", name, key.name, fmt::join(key.columns, ","),
                          key.schema, key.table, fmt::join(key.target_columns, ","), key.deferrable,
                          key.initially_deferred, key.on_delete, key.on_update);
    }
    for (const Check& check : table.checks) line += fmt::format("\n  {} check {}", name, check.name);
    line += fmt::format("\n  {} {} indexes", name, table.indexes.size());
    lines.push_back(std::move(line));
  }
  std::sort(lines.begin(), lines.end());
  return fmt::format("{}", fmt::join(lines, "\n"));
}

constexpr std::string_view kEveryType = R"(
CREATE TYPE mood AS ENUM ('sad', 'ok', 'it''s');
CREATE TYPE pair AS (a int, b text);
CREATE DOMAIN positive AS numeric(9,3) DEFAULT 1 NOT NULL CHECK (VALUE > 0);
CREATE DOMAIN short AS varchar(5) COLLATE "C" CHECK (VALUE IN ('a', 'b'));
CREATE DOMAIN shorter AS short NOT NULL;
CREATE SEQUENCE numbers;
CREATE SCHEMA app;
CREATE COLLATION app.blind (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
CREATE TABLE app.owner (id int PRIMARY KEY);
CREATE TABLE every (
  c_bool boolean DEFAULT true, c_bytea bytea DEFAULT '\xDEAD', c_char "char" DEFAULT 'x', c_name name, c_int8 bigint DEFAULT -5,
  c_int2 smallint DEFAULT '7', c_int4 int DEFAULT 3, c_text text COLLATE "C" DEFAULT 'it''s', c_oid oid, c_xml xml, c_json json DEFAULT '[1, 2]',
  c_jsonb jsonb DEFAULT '{}', c_point point, c_lseg lseg, c_path path, c_box box, c_polygon polygon, c_line line, c_circle circle,
  c_float4 real DEFAULT 1.5, c_float8 double precision DEFAULT 'Infinity', c_float float(10), c_money money, c_macaddr macaddr,
  c_macaddr8 macaddr8, c_inet inet DEFAULT '127.0.0.1', c_cidr cidr, c_bpchar char(5) DEFAULT 'ab', c_bpchar1 char, c_varchar varchar(40) DEFAULT 'x',
  c_varchar0 varchar, c_date date DEFAULT CURRENT_DATE, c_date2 date DEFAULT '2024-02-29', c_time time(3) DEFAULT '10:30',
  c_timestamp timestamp DEFAULT LOCALTIMESTAMP, c_timestamp0 timestamp(0) DEFAULT '2024-01-02 03:04:05', c_timestamptz timestamptz DEFAULT now(),
  c_timestamptz2 timestamptz(2) DEFAULT '2024-01-02 03:04:05+02', c_utc timestamp DEFAULT (now() AT TIME ZONE 'utc'),
  c_timetz timetz(2), c_interval interval DEFAULT '1 day', c_interval3 interval(3), c_interval_dh interval day to hour,
  c_interval_s interval second(2), c_bit bit(3) DEFAULT '101', c_bit1 bit, c_varbit varbit(9), c_varbit0 bit varying, c_numeric numeric DEFAULT 1.50,
  c_numeric5 numeric(5) DEFAULT 12, c_numeric52 numeric(5,2) DEFAULT '-1.5', c_numeric_neg numeric(3,-2), c_uuid uuid DEFAULT gen_random_uuid(),
  c_uuid2 uuid DEFAULT 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11', c_tsvector tsvector, c_tsquery tsquery, c_pg_lsn pg_lsn, c_snapshot pg_snapshot,
  c_int4range int4range, c_tstzrange tstzrange, c_nummultirange nummultirange, c_regclass regclass, c_xid8 xid8, c_jsonpath jsonpath,
  c_mood mood DEFAULT 'ok', c_moods mood[], c_pair pair, c_positive positive, c_positive2 positive DEFAULT 2.5, c_short short, c_shorter shorter,
  c_shorts short[], c_ints int[] DEFAULT '{1,2}', c_texts text[] DEFAULT ARRAY['a', 'b c']::text[], c_none text[] DEFAULT '{}', c_num numeric(4,1)[][],
  c_vcs varchar(3)[], c_blind text COLLATE app.blind UNIQUE, c_null varchar(3) DEFAULT NULL, c_seq int DEFAULT nextval('numbers'),
  c_serial bigserial, c_small smallserial, c_identity int GENERATED BY DEFAULT AS IDENTITY, c_always bigint GENERATED ALWAYS AS IDENTITY (START 5),
  c_generated int GENERATED ALWAYS AS (c_int4 * 2) STORED,
  c_one text CHECK (c_one IN ('a', 'it''s')), c_two varchar(4) CHECK (c_two = 'x' OR c_two IS NULL OR c_two IN ('y', 'z')) NOT NULL,
  c_three int CHECK (c_three IN (1, -2)), c_owner int REFERENCES app.owner ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  PRIMARY KEY (c_int4, c_text), UNIQUE (c_uuid) DEFERRABLE, UNIQUE (c_mood, c_date), UNIQUE (c_mood, c_date), CHECK (c_int4 > c_int2),
  CONSTRAINT named CHECK (c_int8 <> 0), CHECK (c_int8 > 1), CHECK (c_int8 < 100)
);
CREATE UNIQUE INDEX plain ON every (c_inet DESC, c_oid) INCLUDE (c_bool);
CREATE UNIQUE INDEX ON every (c_xid8);
CREATE UNIQUE INDEX partial ON every (c_inet) WHERE c_oid > 5;
CREATE INDEX ON every (lower(c_text));
CREATE TABLE a_table_with_a_rather_long_name_for_a_table (a_column_with_a_rather_long_name_for_a_column int UNIQUE CHECK (a_column_with_a_rather_long_name_for_a_column > 0) REFERENCES app.owner (id),
  other int, UNIQUE NULLS NOT DISTINCT (other, a_column_with_a_rather_long_name_for_a_column));
CREATE TABLE heir (own int) INHERITS (app.owner);
ALTER TABLE app.owner ADD COLUMN note text DEFAULT 'n' NOT NULL, ADD COLUMN parent_id int REFERENCES app.owner;
ALTER TABLE every ALTER c_name SET DEFAULT 'me', ALTER c_xml SET NOT NULL;
)";

struct Sample {
  std::string name;
  std::string ddl;
};

std::vector<Sample> samples() {
  std::vector<Sample> samples = {{"every type", std::string{kEveryType}}};
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{"schemas"}) files.push_back(entry.path());
  if (const char* more = std::getenv("ETL_TEST_DDL")) files.emplace_back(more);
  for (const auto& file : files) {
    std::stringstream bytes;
    bytes << std::ifstream{file}.rdbuf();
    const SourceText source{file.generic_string(), bytes.str()};
    if (file.extension() != ".sql" || declared_dialect(source).value_or(Dialect::postgresql) != Dialect::postgresql)
      continue;
    samples.push_back({file.generic_string(), bytes.str()});
  }
  return samples;
}

TEST_CASE("a DDL file and the live database made from it give the same catalogue") {
  const char* server = std::getenv("ETL_TEST_POSTGRES");
  if (server == nullptr) {
    MESSAGE("skipped: ETL_TEST_POSTGRES is not set");
    return;
  }
  for (const Sample& sample : samples()) {
    CAPTURE(sample.name);
    const Read ddl = read(sample.ddl);
    CHECK(ddl.findings == "");
    const Scratch scratch{server, "etl_schema_test"};
    const Connection connection = scratch.open();
    const Query query = rows_of(connection.get());
    for (const std::string& sql : render(ddl.catalog, Dialect::postgresql)) query(sql);
    const Catalog live = read_live_postgres(query);
    CHECK(difference(facts(ddl.catalog), facts(live)) == "");

    // And both make the same tables of SQLite.
    CHECK(difference(facts(as_rendered_sqlite(ddl.catalog)), facts(as_rendered_sqlite(live))) == "");

    // The live catalogue can be created again, from nothing but itself.
    const Scratch again{server, "etl_schema_test_2"};
    const Connection second = again.open();
    if (sample.name == "every type") continue;  // Its composite type, sequence and collation are the server's own.
    for (const std::string& sql : render(live, Dialect::postgresql)) rows_of(second.get())(sql);
    CHECK(difference(facts(read_live_postgres(rows_of(second.get()))), facts(live)) == "");
  }
}

TEST_CASE("what makes writing special is read from the live database") {
  const char* server = std::getenv("ETL_TEST_POSTGRES");
  if (server == nullptr) {
    MESSAGE("skipped: ETL_TEST_POSTGRES is not set");
    return;
  }
  const Scratch scratch{server, "etl_schema_test"};
  const Connection connection = scratch.open();
  const Query query = rows_of(connection.get());
  query("CREATE EXTENSION citext");
  query("CREATE TABLE t (id int PRIMARY KEY, email citext UNIQUE, CONSTRAINT apart EXCLUDE (id WITH =))");
  query("CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
  query("CREATE TRIGGER before_row BEFORE INSERT OR UPDATE ON t FOR EACH ROW EXECUTE FUNCTION f()");
  query("CREATE TRIGGER asleep AFTER DELETE ON t FOR EACH ROW EXECUTE FUNCTION f()");
  query("ALTER TABLE t DISABLE TRIGGER asleep");
  query("ALTER TABLE t ENABLE ROW LEVEL SECURITY");
  query("CREATE TABLE r (id int)");
  query("CREATE RULE no AS ON DELETE TO r DO INSTEAD NOTHING");
  query("CREATE VIEW v AS SELECT id, email FROM t");
  query("CREATE SCHEMA other");
  query("CREATE TABLE other.t (x int)");
  query("CREATE SCHEMA etl");
  query("CREATE TABLE etl.runs (x int)");
  const Catalog live = read_live_postgres(query);
  CHECK(live.table_names() == std::vector<std::string>{"t", "r", "v", "other.t"});
  const Table& table = *live.table("t");
  CHECK(table.schema == "public");
  CHECK(table.triggers == std::vector<std::string>{"BEFORE INSERT OR UPDATE before_row"});
  CHECK(table.row_security);
  CHECK_FALSE(table.has_rules);
  CHECK_FALSE(table.column("email")->client_compares);
  CHECK(table.column("email")->type.name == "citext");
  CHECK(live.table("r")->has_rules);
  CHECK(live.table("v")->is_view);
  CHECK(live.table("v")->columns.size() == 2);
  CHECK(live.table("other.t")->columns[0].name == "x");
  CHECK(read_live_postgres(query, {"other"}).tables.size() == 1);
}

TEST_CASE("a SQLite schema can be created in PostgreSQL") {
  const char* server = std::getenv("ETL_TEST_POSTGRES");
  if (server == nullptr) {
    MESSAGE("skipped: ETL_TEST_POSTGRES is not set");
    return;
  }
  const Read ddl = read(
      "CREATE TABLE b (id INTEGER PRIMARY KEY, a_id INTEGER REFERENCES a(id), ok BOOLEAN DEFAULT 1, at DATETIME "
      "DEFAULT CURRENT_TIMESTAMP,"
      " price DECIMAL(10,2), raw BLOB, kind TEXT UNIQUE CHECK (kind IN ('x', 'y')), CHECK (price > 0));"
      "CREATE TABLE a (id INTEGER PRIMARY KEY);",
      Dialect::sqlite);
  const Scratch scratch{server, "etl_schema_test"};
  const Connection connection = scratch.open();
  const Query query = rows_of(connection.get());
  std::vector<std::string> left_out;
  for (const std::string& sql : render(ddl.catalog, Dialect::postgresql, left_out)) query(sql);
  CHECK(left_out.size() == 2);
  const Catalog live = read_live_postgres(query);
  std::string types;
  for (const Column& column : live.table("b")->columns) types += column.type.declared + ",";
  CHECK(types == "bigint,bigint,boolean,text,numeric(10,2),bytea,text,");
  CHECK(live.table("b")->foreign_keys.size() == 1);
  CHECK(live.table("b")->column("kind")->one_of.size() == 2);
}

}  // namespace
