CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT);
INSERT INTO users VALUES (1, 'ada@example.com', 'Ada'), (2, ' ADA@example.com', 'another Ada'), (3, 'bob@example.com', 'in the target already'),
  (4, 'cy@example.com', 'Cy'), (5, 'Cy@Example.com', 'Cy again'), (6, 'cy@example.com', 'and again'), (7, NULL, 'no key');
