CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, nickname TEXT);
INSERT INTO people VALUES (1, 'Ada', 'A'), (2, NULL, 'B'), (3, 'Cy', '  '), (4, NULL, NULL), (5, '', 'E');
