CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT) STRICT;
CREATE TABLE orders (id INTEGER PRIMARY KEY, user_id INTEGER REFERENCES users(id) ON DELETE CASCADE) STRICT;
CREATE TABLE sales (id INTEGER PRIMARY KEY, kind TEXT, day TEXT, year INTEGER, total INTEGER) STRICT;
INSERT INTO users VALUES (1, 'old'), (7, 'gone');
INSERT INTO orders VALUES (1, 7), (2, 7);
INSERT INTO sales VALUES (1, 'sale', '2020-12-31', 2020, 1), (10, 'sale', '2021-01-01', 2020, 2), (11, 'sale', '2020-05-05', 2019, 3),
  (12, 'refund', '2019-01-01', 2019, 4), (13, 'refund', '2019-01-01', 2019, NULL), (14, 'refund', '2019-01-01', 2019, 0),
  (15, NULL, NULL, NULL, NULL);
