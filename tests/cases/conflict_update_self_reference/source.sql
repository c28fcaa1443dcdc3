CREATE TABLE employees (id INTEGER PRIMARY KEY, name TEXT, title TEXT, manager_id INTEGER);
INSERT INTO employees VALUES
  (1, 'Ada', 'chief', 1),     -- there already
  (2, 'Bob', 'cook', 5),      -- there already, points forward to a new row
  (3, 'x', 'none', 1),
  (4, 'Cy', 'clerk', 3),      -- there already, but its manager is rejected
  (5, 'Di', 'guard', 2),      -- new, and in a ring with Bob
  (6, 'Eve', 'cook', 8),      -- new, points forward
  (7, 'Eve', 'chef', 1),      -- the same person, later
  (8, 'Flo', 'clerk', 6),
  (9, 'Bob', 'baker', 1),     -- Bob once more: the last word
  (10, 'Gil', 'clerk', 4);    -- its manager was rejected
CREATE TABLE badges (number INTEGER PRIMARY KEY, employee_id INTEGER);
INSERT INTO badges VALUES (1, 1), (2, 2), (3, 7), (4, 4), (5, 9), (6, 5);
