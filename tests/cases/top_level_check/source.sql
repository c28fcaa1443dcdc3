CREATE TABLE payments (id INTEGER PRIMARY KEY, amount INTEGER);
INSERT INTO payments VALUES (1, 10), (2, 0), (3, 5000), (4, 0);
