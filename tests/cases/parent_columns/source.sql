CREATE TABLE shops (id INTEGER PRIMARY KEY, name TEXT, area INTEGER);
INSERT INTO shops VALUES (1, 'North', 3), (2, 'NORTH', 4), (3, 'Old', 5), (4, 'too long', 6), (5, 'new', NULL);
CREATE TABLE sales (id INTEGER PRIMARY KEY, shop INTEGER);
INSERT INTO sales VALUES (1, 1), (2, 2), (3, 3), (4, 4), (5, 5), (6, NULL), (7, 99);
