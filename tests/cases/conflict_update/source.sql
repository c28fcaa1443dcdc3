CREATE TABLE log (n INTEGER PRIMARY KEY, email TEXT, name TEXT, score TEXT, seen TEXT);
INSERT INTO log VALUES
  (1, 'ada@x.co', 'Ada', '1.50', '2020-01-01T00:00:00Z'),   -- as the target has it
  (2, 'bob@x.co', 'Bob', '2', '2020-01-01T00:00:00.5Z'),    -- new
  (3, 'BOB@x.co', 'Bob', '2.00', '2020-01-01T00:00:00.5Z'),        -- the same once more
  (4, 'bob@x.co', 'Bobby', '3', NULL),                      -- and changed
  (5, 'ada@x.co', NULL, '1.5', '2020-01-01T00:00:00Z'),     -- a name becomes NULL
  (6, NULL, 'Nobody', '0', NULL),                           -- no key
  (7, 'cy@x.co', 'Cy', '-4', NULL),                         -- broken by a CHECK of the target
  (8, 'cy@x.co', 'Cy', '4', NULL),                          -- and mended
  (9, 'cy@x.co', 'Cy', '-5', NULL),                         -- and broken again, in the middle of its kind
  (10, 'cy@x.co', 'Cyd', '5', NULL),
  (11, 'old@x.co', 'Old', 'x', NULL),                       -- broken before it is compared
  (12, 'ada@x.co', 'Ada', '1.5', '2020-01-01T00:00:00Z');   -- as it was at first
CREATE TABLE days (n INTEGER PRIMARY KEY, who TEXT, day TEXT, steps INTEGER);
INSERT INTO days VALUES (1, 'ada@x.co', '2020-01-01', 100), (2, 'ada@x.co', '2020-01-02', 200),
  (3, 'bob@x.co', '2020-01-01', 300), (4, 'ada@x.co', '2020-01-01', 400), (5, 'ada@x.co', '2020-01-02', 250);
