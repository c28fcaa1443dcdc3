CREATE TABLE visits (id INTEGER PRIMARY KEY, who TEXT, page TEXT, at INTEGER);
INSERT INTO visits VALUES
  (1, 'ann', 'a', 50), (2, 'bot', 'a', 40), (3, 'bob', 'b', 30), (4, 'ann', 'a', 20), (5, 'ann', NULL, 60),
  (6, 'ann', NULL, 70), (7, 'bob', 'b', 10), (8, 'bot', 'c', 15), (9, 'eve', 'b', 90), (10, 'eve', 'c', 80);
