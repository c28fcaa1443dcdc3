CREATE TABLE things (id INTEGER PRIMARY KEY, kind TEXT, size TEXT, shop INTEGER);
INSERT INTO things VALUES (1, 'b', 'S', 1), (2, 'q', 'm', 2), (3, 'n', 'l', 1), (4, 'x', 's', 3), (5, NULL, NULL, NULL);
