CREATE TABLE entries (id INTEGER PRIMARY KEY, day TEXT, flag TEXT, minutes TEXT, kind TEXT, who TEXT);
INSERT INTO entries VALUES
  (1, '2025-01-01', '1', '20', 'w', 'ann'),
  (2, '2025-01-01', '1', '30', 'w', 'ann'),
  (3, '2025-01-02', '1', 'long', 'q', 'ann'),
  (4, '2025-01-02', '1', '40', 'r', 'ann'),
  (5, '2025-02-30', '1', '10', 'r', 'secret'),
  (6, '2025-01-03', 'x', '10', 'r', 'ann'),
  (7, '2025-01-03', '1', '10', 'r', 'ann'),
  (8, '2025-01-04', '0', 'never', 'r', 'secret'),
  (9, '2025-01-05', '1', '99', 'r', 'bob'),
  (10, '2025-01-05', '1', '9', 'r', 'bob'),
  (11, '2025-01-06', '1', '0', 'r', 'bob'),
  (12, 'someday', 'y', '0', 'r', 'bob');
