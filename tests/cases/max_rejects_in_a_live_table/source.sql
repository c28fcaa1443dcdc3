-- No reject is allowed unless the mapping says so; what was there before stays.
CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO people VALUES (1, 'Ada'), (2, NULL), (3, 'Cy');
