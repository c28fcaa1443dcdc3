-- The source's own total is wrong on purpose: the target makes its own.
CREATE TABLE lines (quantity INTEGER, price INTEGER, ref INTEGER PRIMARY KEY);
INSERT INTO lines VALUES (2, 3, 1), (5, 5, 2), (0, 9, 3);
