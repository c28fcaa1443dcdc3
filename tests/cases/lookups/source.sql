CREATE TABLE people (id INTEGER PRIMARY KEY, role TEXT, level TEXT);
INSERT INTO people VALUES (1, 'adm', '7'), (2, 'USR', 'high'), (3, 'root', '1'), (4, NULL, NULL), (5, '010', '010'), (6, '10', '2');
