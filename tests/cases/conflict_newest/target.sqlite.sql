CREATE TABLE people (code TEXT PRIMARY KEY NOT NULL, email TEXT UNIQUE, updated_at TEXT) STRICT;
INSERT INTO people VALUES ('a', 'a0@x', '2020-01-01 12:00:00+00:00'), ('c', 'c0@x', '2030-01-01 00:00:00+00:00'), ('d', 'd0@x', NULL);
