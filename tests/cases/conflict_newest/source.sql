CREATE TABLE people (n INTEGER PRIMARY KEY, code TEXT, email TEXT, changed TEXT);
INSERT INTO people VALUES
  (1, 'a', 'a1@x', '2020-01-02T00:00:00Z'),     -- newer than the target
  (2, 'a', 'a2@x', '2020-01-01T00:00:00Z'),     -- older
  (3, 'a', 'a3@x', '2020-01-02T00:00:00Z'),     -- a tie
  (4, 'a', 'a4@x', NULL),                       -- NULL never wins
  (5, 'a', 'a5@x', '2020-01-02T00:00:00.5Z'),   -- half a second later
  (6, 'b', 'b1@x', NULL),                       -- new
  (7, 'b', 'b2@x', '1999-01-01T00:00:00Z'),     -- anything beats NULL
  (8, 'c', 'c1@x', '2020-01-01T00:00:00Z'),     -- older than the target
  (9, 'd', 'd1@x', '2020-01-01T00:00:00Z'),     -- the target has NULL
  (10, 'e', 'a5@x', '2020-01-01T00:00:00Z'),    -- takes what another row has
  (11, 'c', 'a5@x', '2020-01-01T00:00:00Z'),    -- the same, but older: skipped
  (12, 'c', 'a5@x', '2031-01-01T00:00:00Z'),    -- the same, and newer: rejected
  (13, 'a', 'a6@x', '2020-01-03T00:00:00Z'),    -- gives a5 up
  (14, 'c', 'a5@x', '2031-01-01T00:00:00Z'),    -- and now it is free
  (15, 'd', 'd1@x', '2020-01-05T00:00:00Z');
