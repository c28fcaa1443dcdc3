CREATE TABLE people (code text PRIMARY KEY, email text UNIQUE, updated_at timestamptz);
INSERT INTO people VALUES ('a', 'a0@x', '2020-01-01T12:00:00Z'), ('c', 'c0@x', '2030-01-01T00:00:00Z'), ('d', 'd0@x', NULL);
