CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);
INSERT INTO users VALUES (1, 'Alex'), (2, 'bo'), (3, 'alex');
CREATE TABLE things (id INTEGER PRIMARY KEY, coach TEXT);
INSERT INTO things VALUES (1, 'bo');
