CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT, manager_id INTEGER);
-- 2 points forward to 5, 1 at itself, 7 and 8 at each other, 4 at a rejected row, 6 at 4, 9 at nobody.
INSERT INTO employees VALUES (1, 'Ada', 1), (2, 'Bob', 5), (3, 'x', 1), (4, 'Di', 3), (5, 'Eve', 1), (6, 'Flo', 4),
  (7, 'Gil', 8), (8, 'Hal', 7), (9, 'Ian', 99), (10, 'Joe', NULL);
