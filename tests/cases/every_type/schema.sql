-- dialect: postgresql
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE every_type (
  id integer PRIMARY KEY,
  c_smallint smallint, c_integer integer, c_bigint bigint,
  c_numeric numeric, c_numeric_12_2 numeric(12,2), c_numeric_18_0 numeric(18,0),
  c_real real, c_double double precision, c_money money,
  c_char char(5), c_varchar varchar(10), c_text text, c_name name, c_bytea bytea, c_boolean boolean,
  c_date date, c_time time, c_timetz timetz, c_timestamp timestamp, c_timestamp_0 timestamp(0), c_timestamptz timestamptz,
  c_interval interval, c_uuid uuid, c_json json, c_jsonb jsonb, c_xml xml,
  c_inet inet, c_cidr cidr, c_macaddr macaddr, c_macaddr8 macaddr8,
  c_point point, c_line line, c_lseg lseg, c_box box, c_path path, c_polygon polygon, c_circle circle,
  c_bit bit(4), c_varbit bit varying(8), c_tsvector tsvector, c_tsquery tsquery,
  c_int4range int4range, c_numrange numrange, c_tstzrange tstzrange, c_daterange daterange, c_int4multirange int4multirange,
  c_oid oid, c_pg_lsn pg_lsn,
  c_mood mood, c_positive positive,
  c_texts text[], c_ints integer[], c_numerics numeric[], c_instants timestamptz[], c_moods mood[],
  c_generated integer GENERATED ALWAYS AS (c_integer * 2) STORED,
  c_identity bigint GENERATED ALWAYS AS IDENTITY
);
-- The same without types that COPY cannot take in binary: both ways of writing must give the same.
CREATE TABLE plain_types (
  id integer PRIMARY KEY,
  c_smallint smallint,
  c_integer integer,
  c_bigint bigint,
  c_numeric numeric,
  c_numeric_12_2 numeric(12,2),
  c_numeric_18_0 numeric(18,0),
  c_real real,
  c_double double precision,
  c_char char(5),
  c_varchar varchar(10),
  c_text text,
  c_name name,
  c_bytea bytea,
  c_boolean boolean,
  c_date date,
  c_time time,
  c_timestamp timestamp,
  c_timestamp_0 timestamp(0),
  c_timestamptz timestamptz,
  c_uuid uuid,
  c_json json,
  c_jsonb jsonb,
  c_mood mood,
  c_positive positive,
  c_texts text[],
  c_ints integer[],
  c_numerics numeric[],
  c_instants timestamptz[],
  c_moods mood[]
);
