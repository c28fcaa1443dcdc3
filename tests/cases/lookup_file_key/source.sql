CREATE TABLE people (id INTEGER PRIMARY KEY, city TEXT);
INSERT INTO people VALUES (1, 'de-020'), (2, 'at-001'), (3, 'at-002'), (4, NULL);
