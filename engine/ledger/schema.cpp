#include "engine/ledger/schema.h"

#include <fmt/format.h>

#include "engine/ledger/ledger.h"

namespace etl::ledger {

namespace {

constexpr std::string_view kPostgres = R"(
CREATE SCHEMA IF NOT EXISTS etl;
REVOKE ALL ON SCHEMA etl FROM PUBLIC;
CREATE TABLE etl.version (version integer NOT NULL);
CREATE TABLE etl.runs (
  run uuid PRIMARY KEY,
  number bigint NOT NULL UNIQUE,
  mapping text NOT NULL,
  path text NOT NULL,
  hash text NOT NULL,
  params text NOT NULL,
  started timestamptz NOT NULL,
  ended timestamptz,
  state text NOT NULL,
  atomic text NOT NULL,
  attempt integer NOT NULL,
  options text NOT NULL,
  folder text NOT NULL,
  report text,
  etl text NOT NULL,
  system text,
  database bigint,
  xid bigint,
  pid integer,
  backend_start timestamptz,
  undone_by text,
  undone_at timestamptz);
CREATE TABLE etl.tables (
  run uuid NOT NULL,
  position integer NOT NULL,
  name text NOT NULL,
  target text NOT NULL,
  columns text[] NOT NULL,
  types text[] NOT NULL,
  written text[] NOT NULL,
  key text[] NOT NULL,
  key_kinds text[] NOT NULL,
  created boolean NOT NULL,
  state text NOT NULL,
  read bigint NOT NULL, added bigint NOT NULL, filtered bigint NOT NULL, merged bigint NOT NULL,
  inserted bigint NOT NULL, updated bigint NOT NULL, unchanged bigint NOT NULL, skipped bigint NOT NULL,
  rejected bigint NOT NULL, removed bigint NOT NULL,
  replaced text,
  images text,
  PRIMARY KEY (run, position));
CREATE TABLE etl.objects (
  run uuid NOT NULL,
  ordinal integer NOT NULL,
  kind text NOT NULL,
  name text NOT NULL,
  before_value bigint,
  before_called boolean,
  after_value bigint,
  after_called boolean,
  PRIMARY KEY (run, ordinal));
CREATE TABLE etl.journal (
  run uuid NOT NULL,
  position integer NOT NULL,
  step bigint NOT NULL,
  part smallint NOT NULL,
  action "char" NOT NULL,
  rows integer NOT NULL,
  ints bigint[],
  uuids uuid[],
  texts text[],
  PRIMARY KEY (run, position, step, part, action));
ALTER TABLE etl.journal ALTER ints SET STORAGE EXTERNAL, ALTER uuids SET STORAGE EXTERNAL,
  ALTER texts SET STORAGE EXTERNAL;
CREATE TABLE etl.images (
  run uuid NOT NULL,
  position integer NOT NULL,
  step bigint NOT NULL,
  ordinal integer NOT NULL,
  action "char" NOT NULL,
  image text[] NOT NULL,
  was xid,
  PRIMARY KEY (run, position, step, ordinal));
CREATE TABLE etl.id_map (
  run uuid NOT NULL,
  mapping text NOT NULL,
  name text NOT NULL,
  step bigint NOT NULL,
  source_keys text[] NOT NULL,
  target_keys text[] NOT NULL,
  PRIMARY KEY (run, name, step));
CREATE TABLE etl.cursors (
  mapping text NOT NULL,
  source text NOT NULL,
  value text NOT NULL,
  run uuid NOT NULL,
  PRIMARY KEY (mapping, source));
)";

// Not STRICT: the JSON of keys and the images of rows are read by SQL that does its own typing.
constexpr std::string_view kSqlite = R"(
CREATE TABLE etl_version (version INTEGER NOT NULL);
CREATE TABLE etl_runs (
  run TEXT NOT NULL PRIMARY KEY,
  number INTEGER NOT NULL UNIQUE,
  mapping TEXT NOT NULL,
  path TEXT NOT NULL,
  hash TEXT NOT NULL,
  params TEXT NOT NULL,
  started TEXT NOT NULL,
  ended TEXT,
  state TEXT NOT NULL,
  atomic TEXT NOT NULL,
  attempt INTEGER NOT NULL,
  options TEXT NOT NULL,
  folder TEXT NOT NULL,
  report TEXT,
  etl TEXT NOT NULL,
  system TEXT,
  database INTEGER,
  xid INTEGER,
  pid INTEGER,
  backend_start TEXT,
  undone_by TEXT,
  undone_at TEXT);
CREATE TABLE etl_tables (
  run TEXT NOT NULL,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  target TEXT NOT NULL,
  columns TEXT NOT NULL,
  types TEXT NOT NULL,
  written TEXT NOT NULL,
  key TEXT NOT NULL,
  key_kinds TEXT NOT NULL,
  created INTEGER NOT NULL,
  state TEXT NOT NULL,
  read INTEGER NOT NULL, added INTEGER NOT NULL, filtered INTEGER NOT NULL, merged INTEGER NOT NULL,
  inserted INTEGER NOT NULL, updated INTEGER NOT NULL, unchanged INTEGER NOT NULL, skipped INTEGER NOT NULL,
  rejected INTEGER NOT NULL, removed INTEGER NOT NULL,
  replaced TEXT,
  images TEXT,
  PRIMARY KEY (run, position)) WITHOUT ROWID;
CREATE TABLE etl_objects (
  run TEXT NOT NULL,
  ordinal INTEGER NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  before_value INTEGER,
  before_called INTEGER,
  after_value INTEGER,
  after_called INTEGER,
  PRIMARY KEY (run, ordinal)) WITHOUT ROWID;
CREATE TABLE etl_journal (
  run TEXT NOT NULL,
  position INTEGER NOT NULL,
  step INTEGER NOT NULL,
  part INTEGER NOT NULL,
  action TEXT NOT NULL,
  rows INTEGER NOT NULL,
  keys TEXT,
  hashes BLOB,
  PRIMARY KEY (run, position, step, part, action));
CREATE TABLE etl_id_map (
  run TEXT NOT NULL,
  mapping TEXT NOT NULL,
  name TEXT NOT NULL,
  step INTEGER NOT NULL,
  source_keys TEXT NOT NULL,
  target_keys TEXT NOT NULL,
  PRIMARY KEY (run, name, step));
CREATE TABLE etl_cursors (
  mapping TEXT NOT NULL,
  source TEXT NOT NULL,
  value TEXT NOT NULL,
  run TEXT NOT NULL,
  PRIMARY KEY (mapping, source));
)";

constexpr std::string_view kPostgresCheckpoints = R"(
CREATE TABLE etl.checkpoints (
  run uuid NOT NULL,
  position integer NOT NULL,
  rows bigint NOT NULL,
  digest text NOT NULL,
  step bigint NOT NULL,
  rejects text NOT NULL,
  rejects_bytes bigint NOT NULL,
  PRIMARY KEY (run, position));
)";

constexpr std::string_view kSqliteCheckpoints = R"(
CREATE TABLE etl_checkpoints (
  run TEXT NOT NULL,
  position INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  digest TEXT NOT NULL,
  step INTEGER NOT NULL,
  rejects TEXT NOT NULL,
  rejects_bytes INTEGER NOT NULL,
  PRIMARY KEY (run, position)) WITHOUT ROWID;
)";

}  // namespace

std::string schema_sql(schema::Dialect dialect) {
  const bool postgres = dialect == schema::Dialect::postgresql;
  return fmt::format("{}{}INSERT INTO {} VALUES ({})", postgres ? kPostgres : kSqlite,
                     postgres ? kPostgresCheckpoints : kSqliteCheckpoints, table_name(dialect, "version"), kVersion);
}

// 1 had another table of checkpoints, which no run ever filled.
std::string migration_sql(schema::Dialect dialect, int from) {
  const bool postgres = dialect == schema::Dialect::postgresql;
  std::string out;
  if (from < 2) {
    out += fmt::format("DROP TABLE {};{}", table_name(dialect, "checkpoints"),
                       postgres ? kPostgresCheckpoints : kSqliteCheckpoints);
  }
  return out + fmt::format("UPDATE {} SET version = {}", table_name(dialect, "version"), kVersion);
}

}  // namespace etl::ledger
