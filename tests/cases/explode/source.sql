CREATE TABLE coaches (id INTEGER PRIMARY KEY, languages TEXT, pages TEXT);
INSERT INTO coaches VALUES
  (1, '["English", "latin", "German"]', '[{"title": "a", "words": ["x", "y"]}, {"title": "b", "words": []}, {"title": "c", "words": [1]}]'),
  (2, NULL, NULL),
  (3, '[]', '[]'),
  (4, '["French"]', '[{"title": "d"}]'),
  (5, '["latin"]', '[{"title": "e", "words": ["z", "z", "z"]}]');
