CREATE TABLE users (id integer PRIMARY KEY, name text);
CREATE TABLE orders (id integer PRIMARY KEY, user_id integer REFERENCES users(id) ON DELETE CASCADE);
CREATE TABLE sales (id integer PRIMARY KEY, kind text, day date, year integer, total integer);
INSERT INTO users VALUES (1, 'old'), (7, 'gone');
INSERT INTO orders VALUES (1, 7), (2, 7);
INSERT INTO sales VALUES (1, 'sale', '2020-12-31', 2020, 1), (10, 'sale', '2021-01-01', 2020, 2), (11, 'sale', '2020-05-05', 2019, 3),
  (12, 'refund', '2019-01-01', 2019, 4), (13, 'refund', '2019-01-01', 2019, NULL), (14, 'refund', '2019-01-01', 2019, 0),
  (15, NULL, NULL, NULL, NULL);
