CREATE TABLE makers (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO makers VALUES (1, 'Ada'), (2, 'Bob');
CREATE TABLE colours (code INTEGER PRIMARY KEY, name TEXT);
INSERT INTO colours VALUES (10, 'red'), (20, 'blue'), (30, 'red');
CREATE TABLE shirts (id INTEGER PRIMARY KEY, tags TEXT, sizes TEXT, makers TEXT, size TEXT, colour TEXT);
INSERT INTO shirts VALUES
  (1, ' new, , sale', 'S L', '2 1', 'large', 'red'),
  (2, '', NULL, '', NULL, 'blue'),
  (3, 'one', 'S XXL', NULL, 'small', 'red'),
  (4, 'one', 'S', '1 9', 'small', 'red'),
  (5, 'one', 'S', '1 x', 'small', 'red'),
  (6, 'one', 'S', NULL, 'huge', 'red'),
  (7, NULL, 'M', '1', 'medium', 'green');
