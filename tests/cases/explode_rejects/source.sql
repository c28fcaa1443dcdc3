CREATE TABLE pupils (id INTEGER PRIMARY KEY, grades TEXT);
INSERT INTO pupils VALUES
  (1, '[1, "x", 7]'),
  (2, 'not json'),
  (3, '{"a": 1}'),
  (4, '[2]'),
  (5, '[{"letters": ["a", "bb"]}, {"letters": 5}]');
