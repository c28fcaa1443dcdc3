CREATE TABLE people (id INTEGER PRIMARY KEY, email TEXT, born TEXT, age INTEGER, name TEXT);
INSERT INTO people VALUES (1, 'not an address at all', '2999-12-31', -1, NULL), (2, 'a@b.example', '2000-02-30', 'old', ''), (3, 'a@b.example', '2000-02-29', 150, 'Cy');
