-- Emails move between people, row by row.
CREATE TABLE people (n INTEGER PRIMARY KEY, id INTEGER, email TEXT, name TEXT);
INSERT INTO people VALUES
  (1, 1, 'b@x', 'Ada'),    -- taken by 2: rejected
  (2, 2, 'bb@x', 'Bob'),   -- gives it up
  (3, 1, 'b@x', 'Ada'),    -- so it is free
  (4, 3, 'a@x', 'Cy'),     -- new, with what 1 gave up
  (5, 4, 'b@x', 'Di'),     -- new, but taken
  (6, 1, NULL, 'Ada'),     -- NULL is nobody's
  (7, 4, 'b@x', 'Di'),
  (8, 5, 'e@x', 'Eve'),
  (9, 5, 'ee@x', 'Eve'),
  (10, 6, 'e@x', 'Flo'),
  (11, 5, 'e@x', 'Eve'),   -- taken by 6 by now
  (12, 2, 'bb@x', 'Robert'),
  (13, 5, 'bb@x', 'Eve'),  -- taken by 2 as before
  (14, 6, 'ee@x', 'Flo');  -- taken by 5 still
