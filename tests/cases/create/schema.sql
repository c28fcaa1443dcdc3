-- dialect: postgresql
CREATE TABLE everything (id bigint PRIMARY KEY, flag boolean, big bigint, exact numeric(12,4), real_number double precision, words varchar(20),
  day date, clock time, wall timestamp, instant timestamptz, key uuid, doc jsonb, raw bytea);
