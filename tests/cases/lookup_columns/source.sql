CREATE TABLE towns (code TEXT PRIMARY KEY, name TEXT, people INTEGER);
INSERT INTO towns VALUES ('A', 'Aville', 10), ('B', NULL, 2000);
CREATE TABLE people (id INTEGER PRIMARY KEY, town TEXT);
INSERT INTO people VALUES (1, 'a'), (2, 'B'), (3, 'C'), (4, NULL);
