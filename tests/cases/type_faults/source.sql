-- SQLite keeps whatever a program puts into a column.
CREATE TABLE people (id INTEGER PRIMARY KEY, age INTEGER, height REAL, name TEXT, photo BLOB);
INSERT INTO people VALUES (1, 36, 1.72, 'Ada', x'00ff');
INSERT INTO people VALUES (2, 'forty', 1.8, 'Bob', NULL);
INSERT INTO people VALUES (3, 1.5, 1.8, 'Cy', NULL);
INSERT INTO people VALUES (4, 40, 'tall', 'Di', NULL);
INSERT INTO people VALUES (5, 41, 2, x'4569', NULL);
INSERT INTO people VALUES (6, x'31', 'short', 'Flo', x'');
INSERT INTO people VALUES (7, NULL, NULL, NULL, NULL);
INSERT INTO people VALUES (8, '42', '1.5', 'Gil', NULL);
